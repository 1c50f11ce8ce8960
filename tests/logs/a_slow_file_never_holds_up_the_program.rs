use super::{json, object};
use std::{
    fs,
    io::Read as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use telecine::logs::{Config, Error, Format, Guard};
use tracing::{Dispatch, info};
use tracing_subscriber::layer::SubscriberExt as _;

fn into(path: &Path) -> Config {
    let mut config = json();
    config.format = Format::Off;
    config.file = Some(path.to_owned());
    config
}

fn open(config: &Config) -> (Dispatch, Guard) {
    let (layer, guard) = telecine::logs::layers(config).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn a_line_is_in_the_file_within_a_tenth_of_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worker.log");
    let (dispatch, _guard) = open(&into(&path));
    let mut waits = Vec::new();
    let mut seen = 0;
    for turn in 0..50 {
        let logged = Instant::now();
        tracing::dispatcher::with_default(&dispatch, || info!(turn, "line"));
        let mut length = seen;
        while length == seen {
            assert!(logged.elapsed() < DEADLINE, "line {turn} never came");
            length = fs::metadata(&path).unwrap().len();
            std::thread::yield_now();
        }
        waits.push(logged.elapsed());
        seen = length;
    }
    let lines: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(object).collect();
    assert_eq!(lines.len(), 50);
    waits.sort();
    let (median, worst) = (waits[25], waits[49]);
    println!("a line is in the file after {median:?} (median of 50; longest {worst:?})");
    assert!(median < Duration::from_millis(100), "{median:?}, longest {worst:?}");
}

#[test]
fn the_console_and_the_file_get_the_same_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = into(&folder.path().join("worker.log"));
    config.format = Format::Json;
    let (dispatch, console, guard) = super::subscriber(config.clone());
    tracing::dispatcher::with_default(&dispatch, || info!(frames = 240, "done"));
    guard.flush(DEADLINE).unwrap();
    assert_eq!(fs::read_to_string(config.file.unwrap()).unwrap(), console.text());
}

#[test]
fn a_dropped_guard_has_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worker.log");
    let (dispatch, guard) = open(&into(&path));
    tracing::dispatcher::with_default(&dispatch, || (0..20_000).for_each(|turn| info!(turn, "line")));
    assert_eq!(guard.counts().records, 20_000);
    let counts = guard.counter();
    drop(guard);
    assert_eq!(counts().file_lost, 0);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().map(object).count(), 20_000);
}

/// A pipe that nobody reads is as slow as a disk can be.
#[cfg(unix)]
#[test]
fn a_disk_that_stands_still_costs_lines_and_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut reader = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut config = into(&path);
    config.buffer = 256 << 10;
    let (dispatch, guard) = open(&config);

    let lines = 20_000_u64;
    tracing::dispatcher::with_default(&dispatch, || (0..lines).for_each(|turn| info!(turn, "line")));
    let lost = guard.counts().file_lost;
    assert!(lost > lines / 2 && lost < lines, "{lost}");

    let asked = Instant::now();
    let Err(Error::Flush { path: named, lines: waiting }) = guard.flush(Duration::from_millis(50)) else {
        panic!("nothing waits")
    };
    assert!(asked.elapsed() >= Duration::from_millis(50));
    assert_eq!(named, path);
    // The pipe itself holds some.
    assert!(waiting > 0 && waiting + lost <= lines, "{waiting} and {lost}");

    // The disk recovers: what waited arrives, whole and in order.
    let drain = std::thread::spawn(move || {
        let mut text = Vec::new();
        let mut piece = [0; 64 << 10];
        while text.iter().filter(|byte| **byte == b'\n').count() as u64 != lines - lost {
            let count = reader.read(&mut piece).unwrap();
            text.extend_from_slice(&piece[..count]);
        }
        String::from_utf8(text).unwrap()
    });
    guard.flush(DEADLINE).unwrap();
    // Each line has arrived or is counted.
    let turns: Vec<_> = drain.join().unwrap().lines().map(|line| object(line)["turn"].as_u64().unwrap()).collect();
    assert!(turns.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(guard.counts().file_lost, lost);
}

/// /dev/full takes nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_counted() {
    let (dispatch, guard) = open(&into(Path::new("/dev/full")));
    tracing::dispatcher::with_default(&dispatch, || (0..10).for_each(|turn| info!(turn, "line")));
    guard.flush(DEADLINE).unwrap();
    assert_eq!(guard.counts().file_lost, 10);
}

#[cfg(unix)]
#[test]
fn a_file_that_was_moved_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rotated) = (folder.path().join("worker.log"), folder.path().join("worker.log.1"));
    let (dispatch, guard) = open(&into(&path));
    let say = |text: &str| {
        tracing::dispatcher::with_default(&dispatch, || info!("{text}"));
        guard.flush(DEADLINE).unwrap();
    };
    say("before");
    fs::rename(&path, &rotated).unwrap();
    say("after");
    let message = |path: &Path| object(fs::read_to_string(path).unwrap().trim_end())["message"].clone();
    assert_eq!(message(&rotated), "before");
    assert_eq!(message(&path), "after");

    // logrotate's copytruncate.
    fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    say("truncated");
    assert_eq!(message(&path), "truncated");

    fs::remove_file(&path).unwrap();
    say("removed");
    assert_eq!(message(&path), "removed");
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("worker.log");
    let Err(error) = telecine::logs::layers::<tracing_subscriber::Registry>(&into(&path)) else { panic!("opened") };
    assert!(matches!(error, Error::Open { .. }));
    assert!(error.to_string().starts_with(&format!("log file {}: cannot be opened: ", path.display())), "{error}");
}

#[test]
fn lines_of_many_threads_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worker.log");
    let (dispatch, guard) = open(&into(&path));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || (0..500).for_each(|turn| info!(thread, turn, "line")));
            });
        }
    });
    guard.flush(DEADLINE).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().map(object).count(), 2000);
}
