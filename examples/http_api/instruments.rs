//! What this application alone measures, beside telecine's: in the same catalogue, linted and bounded alike.

use std::sync::{Arc, Mutex, PoisonError};

use telecine::Telemetry;
use telecine::catalog::{Attribute, Instrument};
use telecine::operation::{Counter, Instruments, Observed};

use crate::captions::Format;
use crate::videos::Status;

/// For `Builder::catalog`.
pub const OWN: &[Instrument] = &[VIDEO_UPLOADS, VIDEOS, SEARCH_QUERIES, EXPORTS, CIRCUIT_BREAKER_STATE, INFO];

const VIDEO_STATUS: Attribute = Attribute::one_of("video.status", "What has become of the video", &Status::NAMES);
const SEARCH_BACKEND: Attribute =
    Attribute::one_of("search.backend", "What answered: the index, or a scan of all that is there", &["fts5", "scan"]);
const EXPORT_FORMAT: Attribute = Attribute::one_of("export.format", "The format of the captions", &Format::NAMES);
const APP_VERSION: Attribute = Attribute::budget("app.version", "The program's version", 2);

const VIDEO_UPLOADS: Instrument = Instrument::counter("app.video.uploads", "{upload}", "Videos that were uploaded");
const VIDEOS: Instrument =
    Instrument::gauge("app.videos", "{video}", "Videos by what has become of them; absent while it is not known")
        .attributes(&[VIDEO_STATUS]);
const SEARCH_QUERIES: Instrument =
    Instrument::counter("app.search.queries", "{query}", "Searches that were answered").attributes(&[SEARCH_BACKEND]);
const EXPORTS: Instrument =
    Instrument::counter("app.exports", "{export}", "Captions that were exported").attributes(&[EXPORT_FORMAT]);
const CIRCUIT_BREAKER_STATE: Instrument = Instrument::gauge(
    "app.circuit_breaker.state",
    "{state}",
    "The circuit breaker before Redis: 0 closed, 1 open, 2 half open; absent without Redis",
);
const INFO: Instrument =
    Instrument::gauge("app.build", "{build}", "Always 1, with the program's version").attributes(&[APP_VERSION]);

/// How many videos there are of each status; nothing while that is not known.
pub type Counts = Arc<Mutex<Option<[u64; Status::ALL.len()]>>>;

pub struct Own {
    instruments: Instruments,
    uploads: Counter,
    searches: Counter,
    exports: Counter,
    pub videos: Counts,
    _observed: [Observed; 2],
}

impl Own {
    pub fn new(telemetry: &Telemetry, version: &str) -> Self {
        let instruments = telemetry.instruments().clone();
        let info = instruments.labels().set(&APP_VERSION, version);
        let info = instruments.observe(&INFO, move |observer| observer.observe(1.0, &info));
        let videos = Counts::default();
        let (counts, by_status) =
            (Arc::clone(&videos), Status::NAMES.map(|status| instruments.labels().set(&VIDEO_STATUS, status)));
        let videos_by_status = instruments.observe(&VIDEOS, move |observer| {
            let counts = *counts.lock().unwrap_or_else(PoisonError::into_inner);
            for (count, labels) in counts.iter().flatten().zip(&by_status) {
                observer.observe(*count as f64, labels);
            }
        });
        let own = Self {
            uploads: instruments.counter(&VIDEO_UPLOADS),
            searches: instruments.counter(&SEARCH_QUERIES),
            exports: instruments.counter(&EXPORTS),
            videos,
            _observed: [info, videos_by_status],
            instruments,
        };
        // Zeros from the start: the first of each is seen to be one more.
        own.uploads.publish(&own.instruments.labels());
        for backend in ["fts5", "scan"] {
            own.searches.publish(&own.instruments.labels().set(&SEARCH_BACKEND, backend));
        }
        for format in Format::NAMES {
            own.exports.publish(&own.instruments.labels().set(&EXPORT_FORMAT, format));
        }
        own
    }

    pub fn uploaded(&self) {
        self.uploads.add(1, &self.instruments.labels());
    }

    pub fn searched(&self, backend: &'static str) {
        self.searches.add(1, &self.instruments.labels().set(&SEARCH_BACKEND, backend));
    }

    pub fn exported(&self, format: Format) {
        self.exports.add(1, &self.instruments.labels().set(&EXPORT_FORMAT, format.as_str()));
    }

    /// Asks for the state of a circuit breaker at each collection.
    pub fn circuit_breaker(telemetry: &Telemetry, state: impl Fn() -> u8 + Send + Sync + 'static) -> Observed {
        let labels = telemetry.instruments().labels();
        telemetry.instruments().observe(&CIRCUIT_BREAKER_STATE, move |observer| {
            observer.observe(f64::from(state()), &labels);
        })
    }
}
