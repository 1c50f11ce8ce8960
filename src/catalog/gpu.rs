//! GPUs: `hw.*`, names and units as OpenTelemetry's conventions have them, and `media.gpu.*`.

use super::definition::{Attribute, Instrument};

/// Which GPU it is. Not its UUID: that names one thing of all the world, this one of a machine.
pub const GPU_ID: Attribute =
    Attribute::budget("hw.id", "The GPU's address on the PCI bus, which stays with its slot: `0000:3b:00.0`", 32);

/// The GPU's product name.
pub const GPU_NAME: Attribute = Attribute::budget("hw.name", "The GPU's product name: `NVIDIA L4`", 16);

/// Which part of the GPU worked.
pub const GPU_TASK: Attribute = Attribute::one_of(
    "hw.gpu.task",
    "The part of the GPU: its general cores, or the video encoder or decoder beside them",
    &["general", "encoder", "decoder"],
);

/// What sort of hardware it is.
pub const HARDWARE_TYPE: Attribute = Attribute::one_of("hw.type", "The sort of hardware", &["gpu"]);

/// How busy a GPU is.
pub const UTILIZATION: Instrument = Instrument::gauge(
    "hw.gpu.utilization",
    "1",
    "Share of time in which the part was busy, over the driver's last sampling period of at most a second",
)
.from_convention()
.attributes(&[GPU_TASK, GPU_ID, GPU_NAME]);

/// Memory in use.
pub const MEMORY_USAGE: Instrument =
    Instrument::up_down_counter("hw.gpu.memory.usage", "By", "Memory of the GPU that is in use, by all programs")
        .from_convention()
        .attributes(&[GPU_ID, GPU_NAME]);

/// Memory there is.
pub const MEMORY_LIMIT: Instrument =
    Instrument::up_down_counter("hw.gpu.memory.limit", "By", "Memory that the GPU has")
        .from_convention()
        .attributes(&[GPU_ID, GPU_NAME]);

/// Temperature.
pub const TEMPERATURE: Instrument = Instrument::gauge("hw.temperature", "Cel", "Temperature of the GPU's die")
    .from_convention()
    .attributes(&[GPU_ID, GPU_NAME]);

/// Power.
pub const POWER: Instrument = Instrument::gauge("hw.power", "W", "Power that the GPU's board draws")
    .from_convention()
    .attributes(&[GPU_ID, GPU_NAME, HARDWARE_TYPE]);

/// Sessions of the video encoder.
pub const ENCODER_SESSIONS: Instrument = Instrument::up_down_counter(
    "media.gpu.encoder.sessions",
    "{session}",
    "Sessions of the video encoder that are open, of all programs; products for workstations allow only a few",
)
.attributes(&[GPU_ID, GPU_NAME]);

/// Latency of the video encoder.
pub const ENCODER_LATENCY: Instrument = Instrument::gauge(
    "media.gpu.encoder.latency",
    "s",
    "Time from a frame to its encoded form, the driver's trailing average over all sessions; absent without one",
)
.attributes(&[GPU_ID, GPU_NAME]);

/// All of them.
pub const ALL: &[Instrument] =
    &[UTILIZATION, MEMORY_USAGE, MEMORY_LIMIT, TEMPERATURE, POWER, ENCODER_SESSIONS, ENCODER_LATENCY];
