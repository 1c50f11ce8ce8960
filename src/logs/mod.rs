//! Log lines that carry trace and span ids.
//!
//! The layers here are `tracing_subscriber` layers with a filter of their own: compose them with the layer
//! that makes spans, by [`with`](tracing_subscriber::layer::SubscriberExt::with). Nothing is global.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! let config = telecine::logs::Config { filter: Some("info,media=debug".into()), ..Default::default() };
//! let (layer, guard) = telecine::logs::layers(&config)?;
//! let subscriber = tracing_subscriber::registry().with(layer);
//! # drop(subscriber);
//! guard.flush(std::time::Duration::from_secs(1))?;
//! # Ok::<(), telecine::logs::Error>(())
//! ```
//!
//! # A line of JSON
//! One object on one line, UTF-8, with these names:
//!
//! | name | what |
//! |---|---|
//! | `timestamp` | RFC 3339, UTC, microseconds |
//! | `level` | `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` |
//! | `logger` | the event's target |
//! | `message` | always a string; an event without one has its name, or an empty string |
//! | `event_name` | only where the event was given a name |
//! | `module`, `line` | where the event stands in the source |
//! | `exception` | `{"type", "message", "chain"}`: see below |
//! | `trace_id`, `span_id`, `trace_flags` | only inside a span: lower-case hex, 32, 16 and 2 digits |
//!
//! then the configured resource attributes, the fields of the enclosing spans from the outermost to the
//! innermost, and the fields of the event. They are flat and keep their names, dots included. A name that
//! occurs twice is written once: the inner span's value wins over the outer's, the event's over both. A field
//! that has a name of the table, or of a configured resource attribute, is moved to `field.<name>`. A span's
//! `otel.*` fields are instructions to the layer that makes spans, and are not repeated.
//!
//! Integers that fit 64 bits and finite floats are JSON numbers, wider integers are strings of digits, and
//! the other floats are `"NaN"`, `"Infinity"` and `"-Infinity"`. Text is cut after [`VALUE_LIMIT`] bytes, and
//! what would make a line longer than [`LINE_LIMIT`] is left out and counted in `fields_left_out`.
//!
//! `exception` comes from the first field of the event that holds a `&(dyn std::error::Error + 'static)`:
//! `message` is its text, `chain` the texts of its sources, `type` is there for the standard library's errors
//! (Rust keeps no type name behind `dyn Error`). A text field named `error`, `err` or `exception` makes an
//! `exception` with a message alone. A second error is an ordinary field.
//!
//! # Spans and filters
//! The filter is for events. Spans of level `INFO` and above are always seen, so that with `RUST_LOG=warn` a
//! warning still says which job it belongs to.
//!
//! # Files
//! A file is opened for appending and written by a thread of its own, so that a slow disk never holds up the
//! program: what does not fit [`Config::buffer`] is dropped and counted. A file that was renamed or removed is
//! opened anew under its name before the next lines are written (Unix), so logrotate needs no signal, and
//! `copytruncate` works too.

mod capture;
mod error;
mod file;
mod filter;
mod format;
mod human;
mod json;
mod layer;
mod limits;
mod otlp;
mod output;
mod record;
mod trace;

pub use error::Error;
pub(crate) use filter::{readable, spans};
pub use format::Format;
pub use limits::RecordLimits;
pub(crate) use limits::cut;
pub use output::{Counts, Guard, Writer};
pub use record::{LINE_LIMIT, VALUE_LIMIT};

use opentelemetry_sdk::logs::SdkLoggerProvider;
use std::path::PathBuf;
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::LevelFilter, registry::LookupSpan};

/// A layer with its filter, to be added to a subscriber by `with`.
///
/// In an `Option` or a `Vec` of layers it still logs, but then tracing-subscriber does not tell it which
/// subscriber it belongs to, and the trace id of an event with an explicit parent is found only under the
/// global subscriber.
pub type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync + 'static>;

/// What is logged, how, and where to.
#[derive(Clone, Debug)]
pub struct Config {
    /// The console's format. Default: [`Format::Auto`].
    pub format: Format,
    /// `RUST_LOG`'s value, with `EnvFilter`'s syntax. Default, also for an empty text: `info`.
    ///
    /// Targets of the HTTP and OpenTelemetry crates (`hyper`, `h2`, `tonic`, `tower`, `reqwest`, `rustls`,
    /// `opentelemetry`) are kept at `warn` unless a directive names them.
    pub filter: Option<String>,
    /// `OTEL_LOG_LEVEL`: the level of the OpenTelemetry crates' own logs, unless `filter` names them.
    /// Default: none, which is `warn` without what they say of each failed export: telecine says once that a
    /// collector is away.
    pub sdk_level: Option<LevelFilter>,
    /// A file that gets every line as JSON, beside the console. Default: none.
    pub file: Option<PathBuf>,
    /// How many bytes may wait for a slow file. Default: [`DEFAULT_BUFFER`].
    pub buffer: usize,
    /// Where the console's lines go. Default: none, which is standard error.
    pub writer: Option<Writer>,
    /// Whether lines for people are coloured. Default: none, which is "when standard error is a terminal".
    /// A program that honours `NO_COLOR` sets `Some(false)`.
    pub colour: Option<bool>,
    /// What is left of large records that are exported. Lines have limits of their own.
    pub limits: RecordLimits,
    /// Resource attributes that every line of JSON repeats, `service.name` for one. Default: none.
    pub resource: Vec<(String, String)>,
}

/// Default of [`Config::buffer`]: 8 MiB.
pub const DEFAULT_BUFFER: usize = 8 << 20;

impl Default for Config {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            filter: None,
            sdk_level: None,
            file: None,
            buffer: DEFAULT_BUFFER,
            writer: None,
            colour: None,
            limits: RecordLimits::default(),
            resource: Vec::new(),
        }
    }
}

/// The layer that writes to the console and, if asked, to a file; and the guard that flushes the file.
///
/// # Errors
/// [`Error::Directive`] names the part of the filter that cannot be read, [`Error::Open`] the file that
/// cannot be opened.
pub fn layers<S>(config: &Config) -> Result<(BoxedLayer<S>, Guard), Error>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = filter::Events::console(config)?;
    let (output, guard) = output::Output::open(config)?;
    let layer = layer::Logs::new(output).with_filter(filter).boxed();
    Ok((layer, guard))
}

/// The layer that sends the same records by OTLP, with the trace context of their span.
///
/// It takes `config`'s filter, but nothing that the exporters themselves may log: the targets that
/// [`Config::filter`] lists, and telecine's own push, never reach it, whatever the filter says, so an export
/// cannot cause the next one.
///
/// Fields become attributes; `exception` becomes `exception.type`, `exception.message` and
/// `exception.stacktrace` (the chain); the source's place becomes `code.file.path` and `code.line.number`.
///
/// # Errors
/// [`Error::Directive`], as [`layers`].
pub fn otlp<S>(config: &Config, provider: &SdkLoggerProvider) -> Result<BoxedLayer<S>, Error>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = filter::Events::export(config)?;
    Ok(layer::Logs::new(otlp::Otlp::new(provider, config.limits)).with_filter(filter).boxed())
}

/// Reads `OTEL_LOG_LEVEL`: `none` or `off`, `error`, `warn`, `info`, `debug`, `verbose` or `trace`, in any case.
///
/// # Errors
/// [`Error::Level`] holds a text that is none of these.
pub fn parse_level(text: &str) -> Result<LevelFilter, Error> {
    Ok(match text.trim().to_ascii_lowercase().as_str() {
        "none" | "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" | "warning" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "verbose" | "trace" => LevelFilter::TRACE,
        _ => return Err(Error::Level { text: text.to_owned() }),
    })
}
