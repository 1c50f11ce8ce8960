//! Shutdown delivers what waits and comes back within its deadline, wherever it is called.

use std::sync::mpsc;
use std::time::Duration;

use telecine::Telemetry;
use telecine_parts::{Collector, Received};
use tokio::runtime::{Builder, Runtime};

use crate::support::{self, DEADLINE};

/// Where the program runs.
#[derive(Clone, Copy, Debug)]
enum Program {
    PlainMain,
    CurrentThread,
    OneWorker,
    MultiThread,
}

const PROGRAMS: [Program; 4] = [Program::PlainMain, Program::CurrentThread, Program::OneWorker, Program::MultiThread];

impl Program {
    fn runtime(self) -> Option<Runtime> {
        let runtime = match self {
            Self::PlainMain => return None,
            Self::CurrentThread => Builder::new_current_thread().enable_all().build(),
            Self::OneWorker => Builder::new_multi_thread().worker_threads(1).enable_all().build(),
            Self::MultiThread => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        };
        Some(runtime.unwrap())
    }
}

/// Runs something that may hang, and says so if it does.
fn comes_back<T: Send + 'static>(what: String, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || done.send(run()));
    result.recv_timeout(2 * DEADLINE).unwrap_or_else(|_| panic!("{what} did not come back"))
}

fn one_span(telemetry: &Telemetry, name: &'static str) {
    let dispatch = telemetry.dispatch().unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        telemetry.work().job(name).id(name).start().success();
        tracing::warn!("from {name}");
    });
}

fn program(program: Program, endpoint: String, protocol: &'static str, name: &'static str) {
    let start = move || {
        let telemetry = support::builder(&endpoint, &[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]).build().unwrap();
        one_span(&telemetry, name);
        telemetry
    };
    match program.runtime() {
        None => start().shutdown_blocking(DEADLINE).unwrap(),
        // In a task, as far as there is a difference: the worker that shuts down is the only one.
        Some(runtime) => {
            let task = async move { start().shutdown(DEADLINE).await };
            match program {
                Program::CurrentThread => runtime.block_on(task).unwrap(),
                _ => runtime.block_on(runtime.spawn(task)).unwrap().unwrap(),
            }
        }
    }
}

fn arrived(collector: &Collector, name: &str) -> bool {
    let has = |of| collector.received(of).unwrap().iter().any(|request| request.to_string().contains(name));
    has(Received::Traces) && has(Received::Metrics) && has(Received::Logs)
}

#[test]
fn everything_arrives_from_every_runtime_by_both_protocols() {
    let outside = Builder::new_current_thread().enable_all().build().unwrap();
    let mut collector = outside.block_on(support::collector());
    let mut names = Vec::new();
    for (protocol, endpoint) in [("http/protobuf", collector.http()), ("grpc", collector.grpc())] {
        for (at, kind) in PROGRAMS.into_iter().enumerate() {
            let name: &'static str = format!("{protocol}-{at}").leak();
            let endpoint = format!("http://{endpoint}");
            comes_back(format!("{kind:?} by {protocol}"), move || program(kind, endpoint, protocol, name));
            names.push(name);
        }
    }
    outside.block_on(collector.stop()).unwrap();
    for name in names {
        assert!(arrived(&collector, name), "{name}");
    }
}

#[test]
fn a_telemetry_that_is_dropped_delivers_too() {
    let outside = Builder::new_current_thread().enable_all().build().unwrap();
    let mut collector = outside.block_on(support::collector());
    for (kind, name) in PROGRAMS.into_iter().zip(["drop-0", "drop-1", "drop-2", "drop-3"]) {
        let endpoint = format!("http://{}", collector.grpc());
        comes_back(format!("{kind:?}"), move || {
            let telemetry = || support::builder(&endpoint, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).build().unwrap();
            match kind.runtime() {
                None => one_span(&telemetry(), name),
                Some(runtime) => runtime.block_on(async { one_span(&telemetry(), name) }),
            }
        });
    }
    outside.block_on(collector.stop()).unwrap();
    for name in ["drop-0", "drop-1", "drop-2", "drop-3"] {
        assert!(arrived(&collector, name), "{name}");
    }
}

#[test]
fn a_server_that_never_answers_holds_nothing_past_the_deadline_and_every_loss_is_named() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for protocol in ["http/protobuf", "grpc"] {
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let error = comes_back(protocol.to_owned(), move || {
            let telemetry = support::builder(&endpoint, &[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]).build().unwrap();
            one_span(&telemetry, "lost");
            telemetry.shutdown_blocking(Duration::from_millis(500)).unwrap_err()
        });
        assert_eq!((error.lost.spans, error.lost.records), (1, 1), "{error}");
        assert!(error.lost.points > 0, "{error}");
    }
}

#[tokio::test]
async fn the_endpoint_answers_until_the_rest_is_done() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    // Metrics are only served: their end comes at once, and that of spans takes the whole time.
    let telemetry = support::builder(&endpoint, &[("OTEL_METRICS_EXPORTER", "prometheus")]).build().unwrap();
    one_span(&telemetry, "slow");
    let address = telemetry.exits().prometheus_address().unwrap();
    let scrapes = async {
        let mut answers = Vec::new();
        while let Ok(answer) = telecine_parts::http().get(format!("http://{address}/metrics")).send().await {
            answers.push(answer.status().as_u16());
        }
        answers
    };
    let (shutdown, answers) = tokio::join!(telemetry.shutdown(Duration::from_secs(1)), scrapes);
    assert_eq!(shutdown.unwrap_err().lost.spans, 1);
    assert!(answers.len() > 1 && answers.iter().all(|status| *status == 200), "{answers:?}");
}

#[test]
fn it_may_be_called_twice() {
    let telemetry = support::builder("http://127.0.0.1:9", &[("OTEL_METRICS_EXPORTER", "none")]).build().unwrap();
    // However long it may take.
    telemetry.shutdown_blocking(Duration::MAX).unwrap();
    telemetry.shutdown_blocking(DEADLINE).unwrap();
}

#[tokio::test]
async fn a_second_call_waits_for_the_first_and_gives_its_result() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let telemetry = support::builder(&endpoint, &[("OTEL_METRICS_EXPORTER", "none")]).build().unwrap();
    one_span(&telemetry, "lost");
    let deadline = Duration::from_millis(300);
    let (first, second) = tokio::join!(telemetry.shutdown(deadline), telemetry.shutdown(deadline));
    assert_eq!(first.unwrap_err(), second.unwrap_err());
}
