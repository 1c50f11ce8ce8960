use std::collections::BTreeSet;

use super::*;

#[track_caller]
fn is(path: &str, template: &str) {
    assert_eq!(&*Routes::default().template(path), template, "{path}");
}

#[test]
fn each_part_is_what_its_shape_says() {
    is("/", "/");
    is("/videos", "/videos");
    is("/videos/", "/videos");
    is("/videos/42", "/videos/{id}");
    is("/videos/2026-11-21", "/videos/{id}");
    is("/videos/550e8400-e29b-41d4-a716-446655440000", "/videos/{id}");
    is("/videos/9f86d081884c7d659a2feaa0c55ad015", "/videos/{id}");
    is("/videos/dQw4w9WgXcQ", "/videos/{id}");
    is("/videos/my-first-short-film", "/videos/{slug}");
    is("/videos/My%20Film", "/videos/{slug}");
    is("/api/v1/watch-history", "/api/v1/watch-history");
    is("/hls/42/1080p/seg-12.m4s", "/hls/{id}/{rendition}/{segment}");
    is("/hls/42/1080p_0001.ts", "/hls/{id}/{segment}");
    is("/hls/42/0001.mp4", "/hls/{id}/{segment}");
    is("/hls/42/chunk7.webm", "/hls/{id}/{segment}");
    is("/hls/42/init.mp4", "/hls/{id}/{init}");
    is("/hls/42/720p_init.m4s", "/hls/{id}/{init}");
    is("/hls/42/init-stream0.m4s", "/hls/{id}/{init}");
    is("/hls/42/master.m3u8", "/hls/{id}/{manifest}");
    is("/hls/42/stream.MPD", "/hls/{id}/{manifest}");
    is("/hls/42/poster.jpg", "/hls/{id}/{file}");
    is("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/{*rest}");
    for hostile in
        ["/.env", "/.git/config", "/wp-login.php", "/a/../../etc/passwd", "/a;b", "/<script>", "a", "/a\u{0}"]
    {
        is(hostile, "unmatched");
    }
}

#[test]
fn declared_routes_stay_apart() {
    let routes = Routes::builder().route("/videos/latest").route("/videos/{id}").route("/files/{*path}").build();
    let routes = routes.unwrap();
    assert_eq!(&*routes.template("/videos/latest"), "/videos/latest");
    assert_eq!(&*routes.template("/videos/anything"), "/videos/{id}");
    assert_eq!(&*routes.template("/files/.env/x.php"), "/files/{*path}");
    for scan in 0..10_000 {
        routes.template(&format!("/scan{}/{scan}", (b'a' + (scan % 26) as u8) as char));
    }
    assert_eq!(&*routes.template("/videos/latest/"), "/videos/latest");
    assert_eq!(&*routes.find("/videos/7").unwrap(), "/videos/{id}");
}

#[test]
fn a_route_that_says_the_same_as_another_is_named() {
    let error = Routes::builder().route("/videos/{id}").route("/videos/{slug}").build().unwrap_err();
    assert!(error.to_string().starts_with("route `/videos/{slug}`: "), "{error}");
}

#[test]
fn many_words_in_one_place_are_titles() {
    let routes = Routes::default();
    let films: Vec<String> = (b'a'..=b'z').map(|letter| format!("/films/film{}/watch", letter as char)).collect();
    for film in &films {
        routes.template(film);
    }
    assert_eq!(&*routes.template(&films[0]), "/films/{slug}/watch");
    assert_eq!(&*routes.template("/films/another/watch"), "/films/{slug}/watch");
}

#[test]
fn a_million_paths_make_a_handful_of_templates() {
    let routes = Routes::default();
    let mut random = 1_u64;
    let mut templates = BTreeSet::new();
    for _ in 0..1_000_000 {
        let mut path = String::new();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        for part in 0..1 + (random >> 60) % 5 {
            let bits = random.rotate_left(part as u32 * 11);
            let word: String = (0..4).map(|place| (b'a' + (bits >> (place * 5) & 15) as u8) as char).collect();
            match bits >> 40 & 7 {
                0 => path.push_str(&format!("/{}", bits & 0xffff)),
                1 => path.push_str(&format!("/{bits:016x}")),
                2 => path.push_str(&format!("/{word}.php")),
                3 => path.push_str(&format!("/.{word}")),
                4 => path.push_str(&format!("/{word}-{word}-{word}")),
                5 => path.push_str(&format!("/seg-{}.ts", bits & 0xfff)),
                _ => path.push_str(&format!("/{word}")),
            }
        }
        templates.insert(routes.template(&path));
    }
    assert!(templates.len() <= DEFAULT_LIMIT + 1, "{templates:?}");
}

#[test]
fn what_is_found_only_is_not_learned() {
    let routes = Routes::default();
    assert_eq!(routes.find("/videos/1"), None);
    assert_eq!(routes.find("/videos/1"), None);
    routes.template("/videos/2");
    assert_eq!(routes.find("/videos/1").as_deref(), Some("/videos/{id}"));
    let none = Routes::builder().limit(0).build().unwrap();
    assert_eq!(&*none.template("/videos/1"), "unmatched");
}
