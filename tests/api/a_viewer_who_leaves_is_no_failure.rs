use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::Api;

const ROUTE: &str = "http_route=\"/media/{*path}\"";
const SIZE: u64 = 256 << 20;

#[tokio::test]
async fn a_viewer_who_leaves_is_no_failure_and_leaves_nothing_behind() {
    let api = Api::start().await;
    // Takes no room on the disk, and more than any socket buffers.
    let film = std::fs::File::create(api.folders().output().join("film.mp4")).unwrap();
    film.set_len(SIZE).unwrap();

    let mut viewer = TcpStream::connect(api.address()).await.unwrap();
    viewer.write_all(b"GET /media/film.mp4 HTTP/1.1\r\nHost: example.org\r\n\r\n").await.unwrap();
    let mut begin = vec![0; 64 << 10];
    viewer.read_exact(&mut begin).await.unwrap();
    assert!(begin.starts_with(b"HTTP/1.1 200 OK"));
    let active = ["media_api=\"public\"", ROUTE];
    api.until_sum("http_server_active_requests", &active, |requests| requests == 1.0).await;
    drop(viewer);

    api.until_sum("http_server_active_requests", &active, |requests| requests == 0.0).await;
    let cancelled = [ROUTE, "media_outcome=\"cancelled\"", "http_response_status_code=\"200\""];
    assert_eq!(api.sum("http_server_request_duration_seconds_count", &cancelled).await, 1.0);
    let sent = api.sum("http_server_response_body_size_bytes_sum", &[ROUTE]).await;
    assert!(sent > 0.0 && sent < SIZE as f64, "{sent}");
    assert_eq!(api.sum("http_server_request_duration_seconds_count", &[ROUTE, "error_type"]).await, 0.0);
}

#[tokio::test]
async fn a_player_gets_the_range_that_it_asks_for() {
    let api = Api::start().await;
    std::fs::write(api.folders().output().join("film.mp4"), "0123456789").unwrap();
    let range = async |range: &str| {
        let response = api.request("GET", "/media/film.mp4").header("range", range).send().await.unwrap();
        let content = response.headers().get("content-range").map(|range| range.to_str().unwrap().to_owned());
        (response.status(), content.unwrap_or_default(), response.text().await.unwrap())
    };
    let part = |content: &str, text: &str| (StatusCode::PARTIAL_CONTENT, content.to_owned(), text.to_owned());
    assert_eq!(range("bytes=2-4").await, part("bytes 2-4/10", "234"));
    assert_eq!(range("bytes=7-").await, part("bytes 7-9/10", "789"));
    assert_eq!(range("bytes=-2").await, part("bytes 8-9/10", "89"));
    assert_eq!(range("bytes=20-").await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(range("lines=1-2").await, (StatusCode::OK, String::new(), "0123456789".to_owned()));
}

#[tokio::test]
async fn nothing_outside_is_served() {
    let api = Api::start().await;
    std::fs::write(api.folders().media().join("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink(api.folders().media(), api.folders().output().join("link")).unwrap();
    for path in ["/media/link/secret.txt", "/media/..%2fmedia%2fsecret.txt", "/media/%2fetc%2fpasswd", "/media/link"] {
        assert_eq!(api.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
