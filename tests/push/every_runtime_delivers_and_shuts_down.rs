use std::time::Duration;

use telecine::push::{Protocol, Push};
use tokio::runtime::Builder;

use crate::measure::{PROTOCOLS, Program, all, comes_back};
use crate::server::Server;

const DEADLINE: Duration = Duration::from_secs(30);

/// A whole life: start, work, shutdown.
fn live(config: &Push) {
    let program = Program::start(config);
    program.work();
    let (took, results) = program.shutdown(DEADLINE);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(took < DEADLINE, "{took:?}");
    assert_eq!(program.stats().map(|stats| stats.sent), [10, 1, 10]);
}

fn delivered(run: impl Fn(Push) + Copy + Send + 'static) {
    for protocol in PROTOCOLS {
        let server = Server::taking();
        let config = all(server.signal(protocol));
        comes_back(move || run(config));
        let mut paths: Vec<String> = server.got().into_iter().map(|got| got.path).collect();
        paths.sort();
        assert_eq!(paths, expected(protocol));
    }
}

fn expected(protocol: Protocol) -> [&'static str; 3] {
    match protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => ["/v1/logs", "/v1/metrics", "/v1/traces"],
        Protocol::Grpc => [
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        ],
    }
}

#[test]
fn no_runtime() {
    delivered(|config| live(&config));
}

#[test]
fn a_current_thread_runtime_that_shutdown_blocks() {
    delivered(|config| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { live(&config) });
    });
}

#[test]
fn a_runtime_of_one_worker_blocked_by_a_task() {
    delivered(|config| {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(async move { live(&config) }).await.unwrap() });
    });
}

#[test]
fn a_multi_thread_runtime() {
    delivered(|config| {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(async move { live(&config) }).await.unwrap() });
    });
}

#[test]
fn a_drop_without_shutdown() {
    delivered(|config| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let program = Program::start(&config);
            program.work();
        });
    });
}

#[test]
fn a_runtime_that_is_gone() {
    delivered(|config| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let program = runtime.block_on(async { Program::start(&config) });
        drop(runtime);
        program.work();
        let (_, results) = program.shutdown(DEADLINE);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    });
}
