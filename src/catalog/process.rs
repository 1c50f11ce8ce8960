//! The program's process: `process.*`, names and units as OpenTelemetry's conventions have them.

use super::definition::{Attribute, Instrument};

/// Where CPU time went.
pub const CPU_MODE: Attribute =
    Attribute::one_of("cpu.mode", "In the program's own code, or in the system's on its behalf", &["user", "system"]);

/// Which way bytes went.
pub const DISK_IO_DIRECTION: Attribute =
    Attribute::one_of("disk.io.direction", "As the program sees it", &["read", "write"]);

/// Why a thread gave up its CPU.
pub const CONTEXT_SWITCH_TYPE: Attribute = Attribute::one_of(
    "process.context_switch.type",
    "Voluntary where a thread waited for something, involuntary where its time was up",
    &["voluntary", "involuntary"],
);

/// What a page fault cost.
pub const FAULT_TYPE: Attribute =
    Attribute::one_of("system.paging.fault.type", "Major where the disk was read", &["major", "minor"]);

/// CPU time.
pub const CPU_TIME: Instrument = Instrument::counter(
    "process.cpu.time",
    "s",
    "CPU time of all threads, those that ended included; child processes have their own",
)
.from_convention()
.attributes(&[CPU_MODE]);

/// Physical memory.
pub const MEMORY_USAGE: Instrument =
    Instrument::up_down_counter("process.memory.usage", "By", "Physical memory in use: the resident set")
        .from_convention();

/// Virtual memory.
pub const MEMORY_VIRTUAL: Instrument =
    Instrument::up_down_counter("process.memory.virtual", "By", "Virtual memory that is mapped").from_convention();

/// Bytes from and to disks.
pub const DISK_IO: Instrument = Instrument::counter(
    "process.disk.io",
    "By",
    "Bytes that were fetched from or sent to disks, caches aside; child processes count once they have ended",
)
.from_convention()
.attributes(&[DISK_IO_DIRECTION]);

/// Threads.
pub const THREADS: Instrument =
    Instrument::up_down_counter("process.thread.count", "{thread}", "Threads that the process has").from_convention();

/// File descriptors.
pub const FILE_DESCRIPTORS: Instrument = Instrument::up_down_counter(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    "File descriptors that are open",
)
.from_convention();

/// Context switches.
pub const CONTEXT_SWITCHES: Instrument = Instrument::counter(
    "process.context_switches",
    "{context_switch}",
    "How often a thread was taken off its CPU, those that ended included",
)
.from_convention()
.attributes(&[CONTEXT_SWITCH_TYPE]);

/// Page faults.
pub const PAGING_FAULTS: Instrument =
    Instrument::counter("process.paging.faults", "{fault}", "Page faults of all threads, those that ended included")
        .from_convention()
        .attributes(&[FAULT_TYPE]);

/// Uptime.
pub const UPTIME: Instrument =
    Instrument::gauge("process.uptime", "s", "Time since the process was started").from_convention();

/// All of them.
pub const ALL: &[Instrument] = &[
    CPU_TIME,
    MEMORY_USAGE,
    MEMORY_VIRTUAL,
    DISK_IO,
    THREADS,
    FILE_DESCRIPTORS,
    CONTEXT_SWITCHES,
    PAGING_FAULTS,
    UPTIME,
];
