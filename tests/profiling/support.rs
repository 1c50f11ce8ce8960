//! Telemetry that serves profiles, and pprof.

use std::process::Command;

use telecine::Telemetry;
use telecine::system::profiling::Profiling;
use telecine::telemetry::{Builder, Environment};

pub(crate) fn builder() -> Builder {
    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ];
    Telemetry::builder().environment(variables.into_iter().collect::<Environment>())
}

pub(crate) fn profiling() -> Profiling {
    Profiling::new().heap(|| {
        let heap = jemalloc_pprof::PROF_CTL.as_ref().ok_or("jemalloc was started without prof:true")?;
        Ok(heap.blocking_lock().dump_pprof()?)
    })
}

/// Waits for one's turn: there is one profiler in a process.
pub(crate) async fn turn() -> tokio::sync::MutexGuard<'static, ()> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    TURN.lock().await
}

pub(crate) async fn get(telemetry: &Telemetry, path: &str) -> (u16, Vec<u8>) {
    let address = telemetry.exits().prometheus_address().unwrap();
    let response = telecine_parts::http().get(format!("http://{address}{path}")).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

/// What pprof says of a profile.
pub(crate) fn pprof(arguments: &[&str], profile: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile.pb.gz");
    std::fs::write(&path, profile).unwrap();
    let mut go = Command::new(telecine_parts::binary("go").unwrap());
    go.args(["tool", "pprof", "-symbolize=none"]).args(arguments).arg(&path).env("GOTOOLCHAIN", "local");
    let output = go.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
