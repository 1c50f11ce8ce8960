//! Reads the process on Linux.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::time::{ClockId, clock_gettime};

use super::stat::{Io, Stat};
use crate::catalog::{Attribute, Instrument, process as definitions};
use crate::operation::{Instruments, Labels, Observed, Observer};
use crate::system::shared::Shared;

/// What the process is at one moment. What cannot be read is absent.
#[derive(Debug)]
struct Reading {
    stat: Option<Stat>,
    io: Option<Io>,
    /// Of all threads, those that ended included; what `/proc/self/status` says of context switches is its
    /// main thread's alone.
    usage: Option<Usage>,
    file_descriptors: Option<u64>,
    /// Seconds.
    uptime: Option<f64>,
}

/// Labels of the series, made once.
#[derive(Debug)]
struct Series {
    none: Labels,
    user: Labels,
    system: Labels,
    read: Labels,
    write: Labels,
    voluntary: Labels,
    involuntary: Labels,
    major: Labels,
    minor: Labels,
}

type Give = fn(&Reading, &Series, &mut Observer<'_>);

/// How each instrument is given its values.
const GIVE: [(&Instrument, Give); 9] = [
    (&definitions::CPU_TIME, |reading, series, observer| {
        let Some(usage) = &reading.usage else { return };
        observer.observe(seconds(usage.user_time()), &series.user);
        observer.observe(seconds(usage.system_time()), &series.system);
    }),
    (&definitions::MEMORY_USAGE, |reading, series, observer| {
        let Some(stat) = &reading.stat else { return };
        observer.observe((stat.resident * page_size() as u64) as f64, &series.none);
    }),
    (&definitions::MEMORY_VIRTUAL, |reading, series, observer| {
        let Some(stat) = &reading.stat else { return };
        observer.observe(stat.virtual_memory as f64, &series.none);
    }),
    (&definitions::DISK_IO, |reading, series, observer| {
        let Some(io) = &reading.io else { return };
        observer.observe(io.read as f64, &series.read);
        observer.observe(io.written as f64, &series.write);
    }),
    (&definitions::THREADS, |reading, series, observer| {
        let Some(stat) = &reading.stat else { return };
        observer.observe(stat.threads as f64, &series.none);
    }),
    (&definitions::FILE_DESCRIPTORS, |reading, series, observer| {
        let Some(count) = reading.file_descriptors else { return };
        observer.observe(count as f64, &series.none);
    }),
    (&definitions::CONTEXT_SWITCHES, |reading, series, observer| {
        let Some(usage) = &reading.usage else { return };
        observer.observe(usage.voluntary_context_switches() as f64, &series.voluntary);
        observer.observe(usage.involuntary_context_switches() as f64, &series.involuntary);
    }),
    (&definitions::PAGING_FAULTS, |reading, series, observer| {
        let Some(usage) = &reading.usage else { return };
        observer.observe(usage.major_page_faults() as f64, &series.major);
        observer.observe(usage.minor_page_faults() as f64, &series.minor);
    }),
    (&definitions::UPTIME, |reading, series, observer| {
        let Some(uptime) = reading.uptime else { return };
        observer.observe(uptime, &series.none);
    }),
];

pub(super) fn observe(instruments: &Instruments) -> Observed {
    let shared = Arc::new(Shared::new(Reading::take));
    let series = Arc::new(Series::new(instruments));
    let observed = GIVE.into_iter().enumerate().map(|(number, (definition, give))| {
        let (shared, series) = (Arc::clone(&shared), Arc::clone(&series));
        instruments.observe(definition, move |observer| give(&shared.reading_for(number), &series, observer))
    });
    observed.collect()
}

impl Reading {
    fn take() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").ok().and_then(|text| Stat::parse(&text));
        Self {
            stat,
            io: fs::read_to_string("/proc/self/io").ok().and_then(|text| Io::parse(&text)),
            usage: getrusage(UsageWho::RUSAGE_SELF).ok(),
            file_descriptors: file_descriptors(),
            uptime: stat.map(|stat| uptime(stat.started)),
        }
    }
}

impl Series {
    fn new(instruments: &Instruments) -> Self {
        let of = |attribute: &Attribute, value: &str| instruments.labels().set(attribute, value);
        Self {
            none: instruments.labels(),
            user: of(&definitions::CPU_MODE, "user"),
            system: of(&definitions::CPU_MODE, "system"),
            read: of(&definitions::DISK_IO_DIRECTION, "read"),
            write: of(&definitions::DISK_IO_DIRECTION, "write"),
            voluntary: of(&definitions::CONTEXT_SWITCH_TYPE, "voluntary"),
            involuntary: of(&definitions::CONTEXT_SWITCH_TYPE, "involuntary"),
            major: of(&definitions::FAULT_TYPE, "major"),
            minor: of(&definitions::FAULT_TYPE, "minor"),
        }
    }
}

fn seconds(time: TimeVal) -> f64 {
    time.num_microseconds() as f64 / 1e6
}

/// From Linux 6.2 on the folder's size is what it holds. Before, it is read, and holds the reader's own too.
fn file_descriptors() -> Option<u64> {
    let folder = "/proc/self/fd";
    match fs::metadata(folder).ok()?.size() {
        0 => Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(1)),
        size => Some(size),
    }
}

fn uptime(started: u64) -> f64 {
    let now = clock_gettime(ClockId::Boottime);
    let now = now.tv_sec as f64 + now.tv_nsec as f64 / 1e9;
    (now - started as f64 / clock_ticks_per_second() as f64).max(0.0)
}
