//! NVIDIA's GPUs, by the driver's library.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml as Library};

use super::{DEFAULT_INTERVAL, Error, Reading, Source};

/// NVIDIA's GPUs, by NVML. The library is loaded at the first reading.
pub struct Nvml {
    path: Option<PathBuf>,
    interval: Duration,
    library: Option<Library>,
}

impl Nvml {
    /// NVIDIA's GPUs, by the library that the system's loader finds: `libnvidia-ml.so.1`.
    pub fn new() -> Self {
        Self { path: None, interval: DEFAULT_INTERVAL, library: None }
    }

    /// Where the driver's library is, if the system's loader does not find it.
    #[must_use]
    pub fn library(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Time between two readings. Default: [`DEFAULT_INTERVAL`].
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    fn load(&self) -> Result<Library, Error> {
        let mut builder = Library::builder();
        if let Some(path) = &self.path {
            builder.lib_path(path.as_os_str());
        }
        builder.init().map_err(|error| match error {
            NvmlError::LibloadingError(_)
            | NvmlError::LibraryNotFound
            | NvmlError::FailedToLoadSymbol(_)
            | NvmlError::DriverNotLoaded => Error::Absent(error.into()),
            error => Error::Nvml(error.into()),
        })
    }
}

impl Source for Nvml {
    fn read(&mut self) -> Result<Vec<Reading>, Error> {
        let library = match self.library.take() {
            Some(library) => library,
            None => self.load()?,
        };
        let library = self.library.insert(library);
        let count = library.device_count().map_err(|error| Error::Nvml(error.into()))?;
        // One that fell off the bus, or that may not be read, leaves the others where they are.
        Ok((0..count).filter_map(|index| library.device_by_index(index).and_then(|gpu| read(&gpu)).ok()).collect())
    }

    fn interval(&self) -> Duration {
        self.interval
    }
}

fn read(gpu: &Device<'_>) -> Result<Reading, NvmlError> {
    let memory = gpu.memory_info().ok();
    let encoder = gpu.encoder_stats().ok();
    Ok(Reading {
        pci_bus_id: kernels_form(&gpu.pci_info()?.bus_id),
        name: gpu.name()?,
        general_utilization: gpu.utilization_rates().ok().map(|rates| rates.gpu),
        encoder_utilization: gpu.encoder_utilization().ok().map(|encoder| encoder.utilization),
        decoder_utilization: gpu.decoder_utilization().ok().map(|decoder| decoder.utilization),
        memory_used: memory.as_ref().map(|memory| memory.used),
        memory_total: memory.as_ref().map(|memory| memory.total),
        temperature: gpu.temperature(TemperatureSensor::Gpu).ok(),
        power_usage: gpu.power_usage().ok(),
        encoder_sessions: encoder.as_ref().map(|encoder| encoder.session_count),
        encoder_average_latency: encoder.as_ref().map(|encoder| encoder.average_latency),
    })
}

/// `00000000:3B:00.0` as `0000:3b:00.0`, the name it has in `/sys/bus/pci/devices`.
fn kernels_form(bus_id: &str) -> String {
    let bus_id = bus_id.to_ascii_lowercase();
    match bus_id.strip_prefix("0000") {
        Some(short) if short.find(':') == Some(4) => short.to_owned(),
        _ => bus_id,
    }
}

impl Default for Nvml {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Nvml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nvml").field("path", &self.path).field("interval", &self.interval).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::kernels_form;

    #[test]
    fn an_address_has_the_kernels_form() {
        assert_eq!(kernels_form("00000000:3B:00.0"), "0000:3b:00.0");
        assert_eq!(kernels_form("00010000:3B:00.0"), "00010000:3b:00.0");
        assert_eq!(kernels_form("0000:3B:00.0"), "0000:3b:00.0");
        assert_eq!(kernels_form(""), "");
    }
}
