//! What a GPU says is served in the conventions' units; what it cannot say is absent.
//!
//! There is a library of NVML's interface (`nvml.c`) that answers from a table, and a recording. Where there
//! is a real GPU, it is compared with what `nvidia-smi` says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use telecine::Telemetry;
use telecine::catalog::gpu;
use telecine::system::gpu::{Error, Nvml, Reading, Recording, Source, observe};
use telecine::telemetry::Environment;
use tempfile::TempDir;

use crate::support::{Bench, Collected, until};

const L4: &str = "hw.id=0000:3b:00.0,hw.name=NVIDIA L4";
const MIG: &str = "hw.id=0000:86:00.0,hw.name=NVIDIA A100-SXM4-80GB";

/// Says when it was read, fails as it was told, and then reads the same again and again.
struct Told {
    failures: Vec<Error>,
    reading: Reading,
    read: mpsc::Sender<()>,
}

impl Source for Told {
    fn read(&mut self) -> Result<Vec<Reading>, Error> {
        // Nobody may listen any more.
        let _ = self.read.send(());
        match self.failures.pop() {
            Some(error) => Err(error),
            None => Ok(vec![self.reading.clone()]),
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(50)
    }
}

fn library(folder: &Path, defines: &[&str]) -> PathBuf {
    let path = folder.join("libnvidia-ml.so.1");

    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/nvml.c");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-Wall", "-Werror", "-Wno-stringop-truncation"]).args(defines);
    let output = command.args(["-o".as_ref(), path.as_os_str(), source.as_ref()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[track_caller]
fn collected(bench: &Bench) -> Collected {
    until("a reading", || Some(bench.collect()).filter(|all| !all.is_empty()).ok_or_else(String::new))
}

fn reading() -> Reading {
    Reading { pci_bus_id: "0000:01:00.0".into(), name: "Test".into(), temperature: Some(50), ..Reading::default() }
}

#[test]
fn the_drivers_library_is_read_in_the_units_of_the_conventions() {
    let folder = TempDir::new().unwrap();
    let bench = Bench::new();
    let observed = observe(&bench.instruments, Nvml::new().library(library(folder.path(), &[])));
    let all = collected(&bench);
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    let mut of_catalog: Vec<_> = gpu::ALL.iter().map(telecine::catalog::Instrument::name).collect();
    of_catalog.sort_unstable();
    assert_eq!(names, of_catalog);
    let expect = |name: &str, series: &[(String, f64)]| {
        assert_eq!(all[name], series.iter().cloned().collect::<BTreeMap<_, _>>(), "{name}");
    };
    expect(
        "hw.gpu.utilization",
        &[("decoder", 0.31), ("encoder", 0.63), ("general", 0.17)]
            .map(|(task, share)| (format!("hw.gpu.task={task},{L4}"), share)),
    );
    // The third has fallen off its bus: it has no series. The second has those that it can report.
    let gib = f64::from(1 << 30);
    expect("hw.gpu.memory.usage", &[(L4.into(), gib), (MIG.into(), gib)]);
    expect("hw.gpu.memory.limit", &[(L4.into(), 24_152_899_584.0), (MIG.into(), 80.0 * gib)]);
    expect("hw.temperature", &[(L4.into(), 57.0), (MIG.into(), 57.0)]);
    expect("hw.power", &[(format!("{L4},hw.type=gpu"), 41.25), (format!("{MIG},hw.type=gpu"), 41.25)]);
    expect("media.gpu.encoder.sessions", &[(L4.into(), 3.0)]);
    expect("media.gpu.encoder.latency", &[(L4.into(), 0.0048)]);
    drop(observed);
    assert!(bench.collect().is_empty());
}

#[test]
fn no_library_and_no_driver_are_no_gpus() {
    let folder = TempDir::new().unwrap();
    let no_driver = library(folder.path(), &["-DNO_DRIVER"]);
    for path in [folder.path().join("none.so"), no_driver] {
        let error = Nvml::new().library(path).read().unwrap_err();
        assert!(matches!(error, Error::Absent(_)), "{error:?}");
    }
    let (read, was_read) = mpsc::channel();
    let failures = vec![Error::Absent("none".into())];
    let bench = Bench::new();
    let _observed = observe(&bench.instruments, Told { failures, reading: reading(), read });
    was_read.recv().unwrap();
    // It is not asked again: the source is gone.
    assert_eq!(was_read.recv(), Err(mpsc::RecvError));
    assert!(bench.collect().is_empty());
}

#[test]
fn a_failed_reading_is_tried_again_and_ends_with_its_observer() {
    let (read, was_read) = mpsc::channel();
    let failures = vec![Error::Nvml("not now".into())];
    let bench = Bench::new();
    let observed = observe(&bench.instruments, Told { failures, reading: reading(), read });
    let all = collected(&bench);
    assert_eq!(all["hw.temperature"]["hw.id=0000:01:00.0,hw.name=Test"], 50.0);
    assert_eq!(all.len(), 1, "what it does not report is absent: {all:?}");
    drop(observed);
    while was_read.recv().is_ok() {}
}

#[test]
fn what_the_driver_no_longer_answers_is_absent() {
    struct Stuck(bool, mpsc::Receiver<()>);
    impl Source for Stuck {
        fn read(&mut self) -> Result<Vec<Reading>, Error> {
            if std::mem::replace(&mut self.0, true) {
                let _ = self.1.recv();
            }
            Ok(vec![reading()])
        }

        fn interval(&self) -> Duration {
            Duration::from_millis(10)
        }
    }
    let (_free, held) = mpsc::channel();
    let bench = Bench::new();
    let _observed = observe(&bench.instruments, Stuck(false, held));
    collected(&bench);
    until("no series", || if bench.collect().is_empty() { Ok(()) } else { Err("still there".to_owned()) });
}

#[test]
fn without_a_session_there_is_no_latency() {
    let mut idle = reading();
    (idle.encoder_sessions, idle.encoder_average_latency) = (Some(0), Some(0));
    let (read, _was_read) = mpsc::channel();
    let bench = Bench::new();
    let _observed = observe(&bench.instruments, Told { failures: Vec::new(), reading: idle, read });
    let all = collected(&bench);
    assert!(all.contains_key("media.gpu.encoder.sessions") && !all.contains_key("media.gpu.encoder.latency"));
}

#[tokio::test]
async fn a_recording_is_served_like_a_gpu() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gpus.json");
    let recording = Recording::open(path).unwrap();
    assert!(recording.about().contains("no GPU was read"));
    let again = Recording::from_json(&recording.to_json()).unwrap();
    assert_eq!(again.samples(), recording.samples());
    let first = recording.samples()[0][0].clone();

    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ];
    let environment: Environment = variables.into_iter().collect();
    let telemetry = Telemetry::builder().gpus(recording).environment(environment).build().unwrap();
    let address = telemetry.exits().prometheus_address().unwrap();
    let encoder = r#"hw_gpu_utilization_ratio{hw_gpu_task="encoder",hw_id="0000:3b:00.0",hw_name="NVIDIA L4"} "#;
    let line = loop {
        let page = telecine_parts::http().get(format!("http://{address}/metrics")).send().await.unwrap();
        let page = page.text().await.unwrap();
        if let Some(line) = page.lines().find(|line| line.starts_with(encoder)) {
            assert!(!page.contains(r#"hw_gpu_task="encoder",hw_id="0000:86:00.0""#), "a MIG part reports no encoder");
            break line.to_owned();
        }
    };
    let expected = f64::from(first.encoder_utilization.unwrap()) / 100.0;
    assert_eq!(line, format!("{encoder}{expected}"));
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
}

#[test]
fn a_recording_that_is_none_is_an_error_that_names_it() {
    let error = Recording::open("no/such.json").unwrap_err();
    assert!(error.to_string().contains("no/such.json"), "{error}");
    let error = Recording::from_json(r#"{"about": "", "interval_seconds": 5, "samples": [[{"name": 1}]]}"#);
    assert!(matches!(error.unwrap_err(), Error::Recording(_)));
}

/// On a machine with a GPU: the same as `nvidia-smi` says. On others: none, and no error but that.
#[test]
fn a_real_gpu_is_what_nvidia_smi_says() {
    let query = ["--query-gpu=pci.bus_id,name,memory.total", "--format=csv,noheader,nounits"];
    let Ok(output) = Command::new("nvidia-smi").args(query).output() else {
        assert!(matches!(Nvml::new().read(), Err(Error::Absent(_))));
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    let readings = Nvml::new().read().unwrap();
    assert_eq!(said.lines().count(), readings.len());
    for (line, reading) in said.lines().zip(readings) {
        let fields: Vec<_> = line.split(", ").collect();
        assert!(fields[0].to_lowercase().ends_with(&reading.pci_bus_id), "{line}: {reading:?}");
        assert_eq!(fields[1], reading.name);
        assert_eq!(fields[2].parse::<u64>().unwrap(), reading.memory_total.unwrap() >> 20);
    }
}
