//! Built without telemetry, the same program does the same, and nothing of telemetry is left in it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What is left of the dependencies: two that make code while it compiles and become none, and what makes errors.
const LEFT: [&str; 4] = ["mirror", "telecine", "pin-project-lite", "thiserror"];

/// What the binary of a program with telemetry is full of.
const TRACES: [&str; 7] =
    ["opentelemetry", "OTEL_", "prometheus", "tracing_subscriber", "tokio", "hyper", "media.upload"];

#[test]
fn without_telemetry_nothing_of_it_is_there() {
    let program = built_without();
    let binary = fs::read(&program).unwrap();
    let left: Vec<_> = TRACES.into_iter().filter(|trace| contains(&binary, trace)).collect();
    assert_eq!(left, [""; 0]);

    let mut run = Run::start(&program);
    run.copies("talk.mp4");
    assert_eq!(run.threads(), 1, "it copies on the thread that it began with");
    assert_eq!(run.sockets(), 0);
    run.ends();
}

#[test]
fn with_telemetry_the_same_code_is_measured() {
    let program = Path::new(env!("CARGO_BIN_EXE_mirror"));
    let binary = fs::read(program).unwrap();
    let found: Vec<_> = TRACES.into_iter().filter(|trace| contains(&binary, trace)).collect();
    assert_eq!(found, TRACES, "these tell it apart from one without");

    let mut run = Run::start(program);
    run.copies("talk.mp4");
    assert!(run.threads() > 1);
    let port = run.port();
    let scraped = get(port, "/metrics");
    let moved = |line: &str| line.starts_with("media_upload_io_bytes_total{") && line.ends_with(" 12");
    assert!(scraped.lines().any(moved), "{scraped}");
    run.ends();
}

#[test]
fn its_dependencies_are_not_those_of_telemetry() {
    let args = ["tree", "--package", "mirror", "--no-default-features", "--edges", "normal,no-proc-macro"];
    let tree = cargo(&[&args[..], &["--prefix", "none", "--format", "{lib} {p}"]].concat());
    let mut names: Vec<_> = tree.lines().filter_map(|line| line.split(' ').rev().nth_back(1)).collect();
    names.sort_unstable();
    names.dedup();
    let more: Vec<_> = names.iter().filter(|name| !LEFT.contains(name)).collect();
    assert_eq!(more, [&""; 0], "{tree}");
    assert!(names.contains(&"telecine"), "{tree}");
}

/// Compiles it without telemetry, as it would be shipped, apart from what the tests have compiled.
fn built_without() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("off");
    let args = ["build", "--release", "--package", "mirror", "--message-format", "json", "--target-dir"];
    let said = cargo(&[&args.map(OsStr::new)[..], &[target.as_os_str()]].concat());
    let mut messages = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let program = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.expect("cargo names what it has built")
}

fn cargo<S: AsRef<OsStr>>(args: &[S]) -> String {
    let output = Command::new(env!("CARGO")).args(args).arg("--offline").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn contains(binary: &[u8], text: &str) -> bool {
    binary.windows(text.len()).any(|window| window == text.as_bytes())
}

fn get(port: u16, path: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// The program, waiting for the next name.
struct Run {
    child: Child,
    names: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Run {
    fn start(program: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(program)
            .arg("backup")
            .current_dir(&folder)
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("OTEL_METRICS_EXPORTER", "prometheus")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let names = child.stdin.take();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, names, said, folder }
    }

    fn copies(&mut self, name: &str) {
        fs::write(self.folder.path().join(name), "twelve bytes").unwrap();
        writeln!(self.names.as_mut().unwrap(), "{name}").unwrap();
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{name}: 12 bytes\n"));
        assert_eq!(fs::read_to_string(self.folder.path().join("backup").join(name)).unwrap(), "twelve bytes");
    }

    fn of_process(&self, folder: &str) -> Vec<PathBuf> {
        let folder = fs::read_dir(format!("/proc/{}/{folder}", self.child.id())).unwrap();
        folder.map(|entry| entry.unwrap().path()).collect()
    }

    fn threads(&self) -> usize {
        self.of_process("task").len()
    }

    fn sockets(&self) -> usize {
        let files = self.of_process("fd");
        files.iter().filter(|file| fs::read_link(file).unwrap().to_string_lossy().starts_with("socket:")).count()
    }

    /// The port that it listens on: the one socket among its files that the kernel has as listening.
    fn port(&self) -> u16 {
        let files = self.of_process("fd");
        let inodes: Vec<_> = files.iter().filter_map(|file| socket(&fs::read_link(file).unwrap())).collect();
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", self.child.id())).unwrap();
        let listens = table.lines().skip(1).find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let ours = fields[3] == "0A" && inodes.iter().any(|inode| inode == fields[9]);
            ours.then(|| u16::from_str_radix(fields[1].rsplit(':').next().unwrap(), 16).unwrap())
        });
        listens.expect("it listens")
    }

    fn ends(mut self) {
        drop(self.names.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn socket(link: &Path) -> Option<String> {
    let link = link.to_string_lossy();
    Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
}
