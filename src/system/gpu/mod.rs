//! GPUs: how busy each part is, memory, temperature, power, and sessions of the video encoder.
//!
//! [`Nvml`] reads NVIDIA's. It loads the driver's own library when the program runs, so that one build
//! serves machines with and without a GPU:
//!
//! ```
//! # let environment: telecine::telemetry::Environment = [
//! #     ("OTEL_METRICS_EXPORTER", "prometheus"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
//! #     ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"),
//! # ].into_iter().collect();
//! use telecine::{Telemetry, system::gpu::Nvml};
//!
//! let telemetry = Telemetry::builder()
//!     .gpus(Nvml::new())
//! #   .environment(environment)
//!     .build()?;
//! # Ok::<(), telecine::telemetry::Error>(())
//! ```
//!
//! What cannot be known is absent: all of it without a GPU or a driver, a value that a part cannot report,
//! as the encoder's on a GPU that is cut into instances (MIG), a GPU that fell off its bus, and everything
//! while the driver does not answer. None of these is a zero, and none is an error of the program's.
//!
//! # When it is read
//! A thread reads every [`Source::interval`], and a scrape is given what was read last. A call into the
//! driver may take milliseconds, seconds while it wakes a GPU, and forever after a fault of the
//! hardware: a scrape must not wait for that. A reading that is older than three intervals and a second is
//! not served.
//!
//! # What it was tried on
//! A recording, and a library of the driver's interface that answers from a table. It has not been run on a
//! GPU yet.

mod nvml;
mod recording;
mod sampler;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use self::sampler::observe_boxed;
pub use self::{nvml::Nvml, recording::Recording, sampler::observe};

/// Time between two readings, unless a source says otherwise.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// Where readings come from.
pub trait Source: Send {
    /// Reads every GPU that there is. It is called by a thread of its own, and may block.
    ///
    /// # Errors
    /// [`Error::Absent`] ends the readings. After any other, which is logged once, the next is tried.
    fn read(&mut self) -> Result<Vec<Reading>, Error>;

    /// Time between two readings. Default: [`DEFAULT_INTERVAL`].
    fn interval(&self) -> Duration {
        DEFAULT_INTERVAL
    }
}

/// What a GPU says of itself, in NVML's own units. What it cannot say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Address on the PCI bus, in the kernel's form: `0000:3b:00.0`.
    pub pci_bus_id: String,
    /// Product name.
    pub name: String,
    /// Percent of time in which a kernel ran (`nvmlDeviceGetUtilizationRates`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub general_utilization: Option<u32>,
    /// Percent of the video encoder's time (`nvmlDeviceGetEncoderUtilization`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_utilization: Option<u32>,
    /// Percent of the video decoder's time (`nvmlDeviceGetDecoderUtilization`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder_utilization: Option<u32>,
    /// Bytes that programs use (`nvmlDeviceGetMemoryInfo_v2`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_used: Option<u64>,
    /// Bytes that there are (`nvmlDeviceGetMemoryInfo_v2`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_total: Option<u64>,
    /// Degrees Celsius (`nvmlDeviceGetTemperature`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<u32>,
    /// Milliwatts (`nvmlDeviceGetPowerUsage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_usage: Option<u32>,
    /// Sessions of the encoder (`nvmlDeviceGetEncoderStats`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_sessions: Option<u32>,
    /// Microseconds, a trailing average over them (`nvmlDeviceGetEncoderStats`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_average_latency: Option<u32>,
}

/// Why GPUs could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no GPU that could be read, and there will be none.
    #[error("there is no NVIDIA GPU, or no driver for one")]
    Absent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The driver refused.
    #[error("NVML could not be read")]
    Nvml(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A recording could not be read.
    #[error("the recording {path:?} could not be read")]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A recording is not one.
    #[error("not a recording of GPUs")]
    Recording(#[source] serde_json::Error),
}
