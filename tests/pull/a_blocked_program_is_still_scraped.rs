use std::sync::mpsc;

use telecine::pull::serve;
use telecine_parts::http;

use crate::fixture::Fixture;

/// The program's only thread waits for the scrape, which therefore needs nothing of it.
#[test]
fn a_current_thread_runtime_that_is_blocked_is_scraped() {
    let program = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = program.block_on(async {
        let fixture = Fixture::new();
        fixture.measure();
        let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
        let url = format!("http://{}/metrics", server.address());
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let scraper = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let text = scraper.block_on(async { http().get(url).send().await.unwrap().text().await.unwrap() });
            sender.send(text).unwrap();
        });
        // Blocks the program's runtime until the answer is there.
        receiver.recv().unwrap()
    });
    assert!(text.contains("test_jobs_total 1"), "{text}");
}

/// Without any runtime of the program's.
#[test]
fn a_plain_program_is_scraped() {
    use std::io::{Read, Write};

    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("test_jobs_total 1"), "{answer}");
}
