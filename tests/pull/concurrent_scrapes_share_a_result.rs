use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::fixture::Fixture;

/// Collections that wait, each until it is let go on, and show their number.
struct Gated {
    fixture: Fixture,
    app: Router,
    begun: mpsc::Receiver<u64>,
    go_on: mpsc::Sender<()>,
}

impl Gated {
    fn new() -> Self {
        let fixture = Fixture::new();
        let (begin, begun) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let (gate, count) = (Mutex::new((begin, wait)), AtomicU64::new(0));
        let _gauge = fixture
            .meter("gated")
            .u64_observable_gauge("collection")
            .with_callback(move |observer| {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let gate = gate.lock().unwrap();
                gate.0.send(number).unwrap();
                gate.1.recv().unwrap();
                observer.observe(number, &[]);
            })
            .build();
        let app = fixture.endpoint().router();
        Self { fixture, app, begun, go_on }
    }

    /// Asks, and returns when the endpoint has the request: nothing is awaited before a scrape joins
    /// those that wait. Gives the number of the collection whose result it got.
    async fn ask(&self, accept: &'static str) -> JoinHandle<u64> {
        let request = Request::get("/metrics").header("accept", accept).body(Body::empty()).unwrap();
        let app = self.app.clone();
        let asked = tokio::spawn(async move {
            let body = to_bytes(app.oneshot(request).await.unwrap().into_body(), usize::MAX).await.unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            let line = text.lines().find(|line| line.starts_with("collection ")).unwrap();
            line.split(' ').nth(1).unwrap().parse().unwrap()
        });
        tokio::task::yield_now().await;
        asked
    }

    /// Waits for the next collection to begin, without keeping the runtime from its work.
    async fn next(&self) -> u64 {
        loop {
            match self.begun.try_recv() {
                Ok(number) => return number,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

#[tokio::test]
async fn those_that_wait_get_one_result_that_began_after_they_came() {
    let gated = Gated::new();
    let first = gated.ask("").await;
    assert_eq!(gated.next().await, 1);
    // These come after the first has begun, so its result is too old for them.
    let (mut texts, mut openmetrics) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        texts.push(gated.ask("").await);
        openmetrics.push(gated.ask("application/openmetrics-text").await);
    }
    assert!(gated.begun.try_recv().is_err(), "one collection at a time");
    for _ in 0..3 {
        gated.go_on.send(()).unwrap();
    }
    assert_eq!(first.await.unwrap(), 1);
    for text in texts {
        assert_eq!(text.await.unwrap(), 2);
    }
    for text in openmetrics {
        assert_eq!(text.await.unwrap(), 3);
    }
    assert_eq!(gated.fixture.exporter.stats().scrapes, 3);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_nothing_from_the_others() {
    let gated = Gated::new();
    let gone = gated.ask("").await;
    let stays = gated.ask("").await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    gated.go_on.send(()).unwrap();
    gated.go_on.send(()).unwrap();
    assert!(stays.await.unwrap() <= 2);
}
