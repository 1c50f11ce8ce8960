//! Telemetry of a program that was built without it: what it measures is the same code, and nothing happens.

use std::time::Duration;

use crate::catalog::Instrument;
use crate::data::Data;
#[cfg(feature = "http")]
use crate::http::Http;
use crate::media::Media;
use crate::operation::{Classifier, Instruments, Observed};
use crate::system;
use crate::work::Work;

/// Telemetry that does nothing.
#[derive(Debug)]
pub struct Telemetry {
    instruments: Instruments,
    data: Data,
    media: Media,
    work: Work,
    #[cfg(feature = "http")]
    http: Http,
}

/// What a program says of itself, to nobody.
#[must_use = "nothing is started before `init()` or `build()`"]
#[derive(Debug)]
pub struct Builder {
    _private: (),
}

/// Why telemetry could not be started: never.
#[derive(Debug, thiserror::Error)]
#[error("telemetry was not built in")]
pub enum Error {}

/// What went wrong at the end: nothing.
#[derive(Debug, thiserror::Error)]
#[error("telemetry was not built in")]
pub enum ShutdownError {}

#[allow(missing_docs)] // Those of the same names say what they are for.
impl Builder {
    pub fn service(self, _: impl Into<String>) -> Self {
        self
    }

    pub fn version(self, _: impl Into<String>) -> Self {
        self
    }

    pub fn attribute(self, _: impl Into<String>, _: impl Into<String>) -> Self {
        self
    }

    pub fn catalog(self, _: &'static str, _: &'static [Instrument]) -> Self {
        self
    }

    pub fn job_types<S: Into<String>>(self, _: impl IntoIterator<Item = S>) -> Self {
        self
    }

    pub fn classifier(self, _: Classifier) -> Self {
        self
    }

    pub fn without_process_metrics(self) -> Self {
        self
    }

    pub fn bearer_token(self, _: impl Into<String>) -> Self {
        self
    }

    pub fn init(self) -> Result<Telemetry, Error> {
        self.build()
    }

    pub fn build(self) -> Result<Telemetry, Error> {
        let instruments = Instruments::noop();
        let data = Data::new(&instruments);
        let media = Media::new(&instruments);
        let work = Work::new(&instruments, &media);
        Ok(Telemetry {
            #[cfg(feature = "http")]
            http: Http::new(&instruments),
            instruments,
            data,
            media,
            work,
        })
    }
}

#[allow(missing_docs)]
impl Telemetry {
    pub fn builder() -> Builder {
        Builder { _private: () }
    }

    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    pub fn data(&self) -> &Data {
        &self.data
    }

    pub fn media(&self) -> &Media {
        &self.media
    }

    pub fn work(&self) -> &Work {
        &self.work
    }

    pub fn observe_runtime<H>(&self, name: impl AsRef<str>, handle: &H) -> Observed {
        system::runtime::observe(&self.instruments, name, handle)
    }

    #[cfg(feature = "http")]
    pub fn http(&self) -> &Http {
        &self.http
    }

    pub async fn shutdown(&self, _: Duration) -> Result<(), ShutdownError> {
        Ok(())
    }

    pub fn shutdown_blocking(&self, _: Duration) -> Result<(), ShutdownError> {
        Ok(())
    }
}

/// Makes what measures databases, caches and buffers, and records nothing.
pub fn data() -> Data {
    Data::new(&Instruments::noop())
}

/// Makes media operations that record nothing.
pub fn media() -> Media {
    Media::new(&Instruments::noop())
}

/// Makes jobs that record nothing.
pub fn work() -> Work {
    let instruments = Instruments::noop();
    Work::new(&instruments, &Media::new(&instruments))
}

/// Makes HTTP layers that record nothing.
#[cfg(feature = "http")]
pub fn http() -> Http {
    Http::new(&Instruments::noop())
}
