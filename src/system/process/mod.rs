//! The program's process: CPU time, memory, disk, threads, file descriptors, context switches, page faults
//! and uptime, as OpenTelemetry's conventions have them.
//!
//! They are read at each collection, once for all instruments together: two small files of `/proc`, the
//! size of a folder there and one system call, a tenth of a millisecond in all. What the system does not let the process
//! read of itself is absent, and so is all of it elsewhere than on Linux.
//!
//! `process.cpu.utilization` is not among them: it is `rate(process_cpu_time_seconds_total[1m])` over the
//! number of CPUs, and two exits that collect would each shorten the other's time of measurement. What
//! ffmpeg uses is not this process' CPU time: it has a process of its own.

#[cfg(all(feature = "telemetry", target_os = "linux"))]
mod linux;
#[cfg(all(feature = "telemetry", target_os = "linux"))]
mod stat;

use crate::operation::{Instruments, Observed};

/// Observes the process until what is given back is dropped. [`Telemetry`](crate::Telemetry) does this by
/// itself; it is here for programs that have [`Instruments`] of their own.
///
/// ```
/// # #[cfg(feature = "telemetry")] {
/// use telecine::opentelemetry::metrics::MeterProvider;
/// use telecine::opentelemetry_sdk::metrics::SdkMeterProvider;
/// use telecine::{operation::Instruments, system::process};
///
/// let provider = SdkMeterProvider::builder().build();
/// let instruments = Instruments::new(provider.meter("mine"));
/// let _observed = process::observe(&instruments);
/// # }
/// ```
pub fn observe(instruments: &Instruments) -> Observed {
    #[cfg(all(feature = "telemetry", target_os = "linux"))]
    return linux::observe(instruments);
    #[cfg(not(all(feature = "telemetry", target_os = "linux")))]
    {
        let _ = instruments;
        Observed::nothing()
    }
}
