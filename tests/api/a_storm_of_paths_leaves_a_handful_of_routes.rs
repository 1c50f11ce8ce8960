use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use crate::api::Api;

const REQUESTS: usize = 4000;
const AT_ONCE: usize = 16;

#[tokio::test]
async fn a_storm_of_paths_leaves_a_handful_of_routes() {
    let api = Api::start().await;
    let path = |number: usize| match number % 8 {
        0 => format!("/{number:x}/wp-login.php"),
        1 => format!("/media/{number}/1080p_{number:04}.ts"),
        2 => format!("/videos/{number}"),
        3 => format!("/jobs/{number}/more"),
        4 => format!("/.env?{number}"),
        5 => format!("/videos/{number}/export.{number}"),
        6 => format!("/media/%2e%2e/{number}"),
        _ => format!("/search?q={number}%27%20OR%201=1"),
    };
    let methods = ["GET", "POST", "PROPFIND", "DELETE", "STORM"];
    let requests = stream::iter(0..REQUESTS).map(|number| {
        let method = methods[number % methods.len()];
        api.request(method, &path(number)).header("host", format!("{number}.example.org")).send()
    });
    let answers: Vec<_> = requests.buffer_unordered(AT_ONCE).collect().await;
    for answer in answers {
        let status = answer.unwrap().status();
        assert!(!status.is_server_error(), "{status}");
    }

    let page = api.page().await;
    let values = |label: &str| -> BTreeSet<&str> {
        page.lines().filter_map(|line| line.split_once(&format!("{label}=\""))?.1.split('"').next()).collect()
    };
    let routes =
        BTreeSet::from(["unmatched", "/media/{*path}", "/search", "/videos/{id}", "/videos/{id}/export.{format}"]);
    assert_eq!(values("http_route"), routes, "{page}");
    assert_eq!(values("http_request_method"), BTreeSet::from(["DELETE", "GET", "POST", "_OTHER"]));
    assert!(!page.contains("example.org") && !page.contains("wp-login"), "{page}");
    let count = api.sum("http_server_request_duration_seconds_count", &[]).await;
    assert_eq!(count, REQUESTS as f64);
}
