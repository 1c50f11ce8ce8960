//! What is served of the process is what the kernel tells anyone who asks, and moves with what it does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, RwLock};

use telecine::Telemetry;
use telecine::catalog::process;
use telecine::system;
use telecine::telemetry::Environment;

use crate::support::{Bench, until};

/// Reads this process each time that it is told to, and says each value with its instrument and labels.
const READER: &str = r"
import os, sys
pid = os.getppid()
def read():
    status = dict(line.split(':', 1) for line in open(f'/proc/{pid}/status'))
    io = dict(line.split(':', 1) for line in open(f'/proc/{pid}/io'))
    stat = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    tick = os.sysconf('SC_CLK_TCK')
    uptime = float(open('/proc/uptime').read().split()[0])
    print('process.cpu.time', 'cpu.mode=user', int(stat[11]) / tick)
    print('process.cpu.time', 'cpu.mode=system', int(stat[12]) / tick)
    print('process.memory.usage', '', int(status['VmRSS'].split()[0]) * 1024)
    print('process.memory.virtual', '', int(status['VmSize'].split()[0]) * 1024)
    print('process.disk.io', 'disk.io.direction=read', int(io['read_bytes']))
    print('process.disk.io', 'disk.io.direction=write', int(io['write_bytes']))
    print('process.thread.count', '', int(status['Threads']))
    print('process.unix.file_descriptor.count', '', len(os.listdir(f'/proc/{pid}/fd')))
    print('process.paging.faults', 'system.paging.fault.type=major', int(stat[9]))
    print('process.paging.faults', 'system.paging.fault.type=minor', int(stat[7]))
    print('process.uptime', '', uptime - int(stat[19]) / tick)
    voluntary = involuntary = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        task = dict(line.split(':', 1) for line in open(f'/proc/{pid}/task/{task}/status'))
        voluntary += int(task['voluntary_ctxt_switches'])
        involuntary += int(task['nonvoluntary_ctxt_switches'])
    print('process.context_switches', 'process.context_switch.type=voluntary', voluntary)
    print('process.context_switches', 'process.context_switch.type=involuntary', involuntary)
for line in sys.stdin:
    read()
    print('end', flush=True)
";

/// Another program, which runs while it is compared with: its pipes are this process' file descriptors.
struct Another {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Another {
    fn start() -> Self {
        let python = telecine_parts::binary("telecine-python").unwrap();
        let mut command = Command::new(python);
        let mut child = command.args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    fn read(&mut self) -> BTreeMap<(String, String), f64> {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        let lines = self.answers.by_ref().lines().map(Result::unwrap).take_while(|line| line != "end");
        let parsed = lines.map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            let (labels, value) = rest.split_once(' ').unwrap();
            ((name.to_owned(), labels.to_owned()), value.parse().unwrap())
        });
        parsed.collect()
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn another_reader_sees_the_same() {
    let bench = Bench::new();
    let _observed = system::process::observe(&bench.instruments);
    let mut another = Another::start();
    another.read();
    // The tests beside this one begin and end threads and open files: it is looked at until nothing has
    // happened between the readings.
    until("a moment in which the readers agree", || {
        let (before, theirs, after) = (bench.collect(), another.read(), bench.collect());
        let series = before.iter().flat_map(|(name, series)| series.keys().map(move |labels| (name, labels)));
        let series: Vec<_> = series.map(|(name, labels)| (name.clone(), labels.clone())).collect();
        assert_eq!(series, theirs.keys().cloned().collect::<Vec<_>>());
        let differs = theirs.iter().find(|((name, labels), theirs)| {
            let (before, after) = (before[name][labels], after[name][labels]);
            let slack = match name.as_str() {
                // They are told in hundredths of a second, and shared between the modes by an estimate.
                "process.cpu.time" => 0.05,
                "process.uptime" => 0.02,
                // The kernel counts pages by processor, and adds them up now and then.
                "process.memory.usage" => 4.0 * 1024.0 * 1024.0,
                // Those of threads that ended are in no file that another may read.
                "process.context_switches" => before,
                _ => 0.0,
            };
            !(before.min(after) - slack..=before.max(after) + slack).contains(*theirs)
        });
        match differs {
            Some((series, theirs)) => Err(format!("{series:?}: {theirs}")),
            None => Ok(()),
        }
    });
    another.end();
}

#[test]
fn every_instrument_moves_by_what_the_process_does() {
    let bench = Bench::new();
    let observed = system::process::observe(&bench.instruments);
    let before = bench.collect();
    assert_eq!(before.len(), process::ALL.len(), "{before:?}");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("written");

    let held = vec![7_u8; 64 << 20];
    let files: Vec<_> = (0..100).map(|_| std::fs::File::open("/proc/self/stat").unwrap()).collect();
    let end = Arc::new(RwLock::new(()));
    let not_yet = end.write().unwrap();
    let threads: Vec<_> = (0..100)
        .map(|_| {
            let end = Arc::clone(&end);
            std::thread::spawn(move || drop(end.read().unwrap()))
        })
        .collect();
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&held[..8 << 20]).unwrap();
    file.sync_all().unwrap();
    // Past the cache, by a child: what it read counts once it has been waited for.
    let from = format!("if={}", path.display());
    let read = Command::new("dd").args(["of=/dev/null", "bs=1M", "iflag=direct", &from]).output().unwrap();
    assert!(read.status.success(), "{read:?}");
    until("each has moved", || {
        // System time, and time as a user, switches of either sort.
        for _ in 0..2000 {
            std::fs::File::open("/proc/self/stat").unwrap().read_to_string(&mut String::new()).unwrap();
        }
        std::hint::black_box((0..1_000_000_u64).fold(0, |sum, number| sum ^ number.wrapping_mul(number)));
        let after = bench.collect();
        let more = |name: &str, labels: &str| after[name][labels] - before[name][labels];
        let at_least = [
            ("process.cpu.time", "cpu.mode=user", 1e-6),
            ("process.cpu.time", "cpu.mode=system", 1e-6),
            ("process.memory.usage", "", f64::from(60 << 20)),
            ("process.memory.virtual", "", f64::from(64 << 20)),
            ("process.disk.io", "disk.io.direction=write", f64::from(8 << 20)),
            ("process.disk.io", "disk.io.direction=read", f64::from(8 << 20)),
            // As many as began, less those of the tests beside this one that may have ended.
            ("process.thread.count", "", 50.0),
            ("process.unix.file_descriptor.count", "", 50.0),
            ("process.context_switches", "process.context_switch.type=voluntary", 1.0),
            ("process.context_switches", "process.context_switch.type=involuntary", 1.0),
            ("process.paging.faults", "system.paging.fault.type=minor", 1.0),
            ("process.uptime", "", 1e-3),
        ];
        match at_least.iter().find(|(name, labels, least)| more(name, labels) < *least) {
            Some(stays) => Err(format!("{stays:?}")),
            None => Ok(()),
        }
    });
    drop((held, files, not_yet));
    for thread in threads {
        thread.join().unwrap();
    }
    drop(observed);
    assert!(bench.collect().is_empty());
}

#[tokio::test]
async fn it_is_served_unless_it_is_left_out() {
    let environment = || -> Environment {
        let variables = [
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
            ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ];
        variables.into_iter().collect()
    };
    let page = async |telemetry: Telemetry| {
        let address = telemetry.exits().prometheus_address().unwrap();
        let page = telecine_parts::http().get(format!("http://{address}/metrics")).send().await.unwrap();
        let page = page.text().await.unwrap();
        telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
        page
    };
    let with = page(Telemetry::builder().environment(environment()).build().unwrap()).await;
    for name in [
        r#"process_cpu_time_seconds_total{cpu_mode="user"} "#,
        "process_memory_usage_bytes ",
        r#"process_disk_io_bytes_total{disk_io_direction="read"} "#,
        "process_unix_file_descriptor_count ",
        "process_uptime_seconds ",
    ] {
        assert!(with.lines().any(|line| line.starts_with(name)), "no {name} in\n{with}");
    }
    let without = page(Telemetry::builder().environment(environment()).without_process_metrics().build().unwrap());
    let without = without.await;
    assert!(!without.lines().any(|line| line.starts_with("process_")), "{without}");
}
