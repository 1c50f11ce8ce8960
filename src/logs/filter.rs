use super::{Config, Error};
use tracing::{
    Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    EnvFilter,
    filter::{Directive, LevelFilter},
    layer::{Context, Filter},
    registry::LookupSpan,
};

/// Which events are logged. Spans of level `INFO` and above pass whatever the directives say.
#[derive(Debug)]
pub(super) struct Events {
    directives: EnvFilter,
    /// The targets that the directives name.
    named: Vec<String>,
    sdk_level: Option<LevelFilter>,
    chatter: Chatter,
}

/// What becomes of events from the crates that exporters are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Chatter {
    /// Warnings and errors pass, and what a directive names.
    Quiet,
    /// Nothing passes: exporting an event about an export would cause the next one.
    Never,
}

/// The crates that exporters are made of.
const PLUMBING: [&str; 12] = [
    "h2",
    "hyper",
    "hyper_rustls",
    "hyper_timeout",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_rustls",
    "tonic",
    "tower",
    "want",
    "mio",
];

/// What a span must at least be to be seen whatever the directives say.
const SPANS: LevelFilter = LevelFilter::INFO;

/// The spans that become parts of traces: of level `INFO` and above, and not of the crates that exporters
/// are made of. Events are left out: they are log records, which carry the trace's id.
pub(crate) fn spans<S>() -> impl Filter<S> + Send + Sync + 'static {
    tracing_subscriber::filter::filter_fn(|metadata| {
        metadata.is_span()
            && *metadata.level() <= SPANS
            && !is_plumbing(metadata.target())
            && !is_push(metadata.target())
            && !metadata.target().starts_with("opentelemetry")
    })
}

/// The directives of a filter that can be read, and why the others cannot.
pub(crate) fn readable(text: &str) -> (String, Vec<Error>) {
    let mut errors = Vec::new();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let readable: Vec<_> = parts
        .filter(|part| match part.parse::<Directive>() {
            Ok(_) => true,
            Err(source) => {
                errors.push(Error::Directive { directive: (*part).to_owned(), source });
                false
            }
        })
        .collect();
    (readable.join(","), errors)
}

impl Events {
    /// For people and files.
    pub(super) fn console(config: &Config) -> Result<Self, Error> {
        Self::new(config, Chatter::Quiet)
    }

    /// For exporters.
    pub(super) fn export(config: &Config) -> Result<Self, Error> {
        Self::new(config, Chatter::Never)
    }

    fn new(config: &Config, chatter: Chatter) -> Result<Self, Error> {
        let text = config.filter.as_deref().unwrap_or_default();
        let mut parts: Vec<_> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            parts.push("info");
        }
        for part in &parts {
            part.parse::<Directive>().map_err(|source| Error::Directive { directive: (*part).to_owned(), source })?;
        }
        let directives = EnvFilter::builder()
            .parse(parts.join(","))
            .map_err(|source| Error::Directive { directive: text.to_owned(), source })?;
        let named = parts.iter().filter_map(|part| target_of(part)).map(str::to_owned).collect();
        Ok(Self { directives, named, sdk_level: config.sdk_level, chatter })
    }

    /// What is settled before the directives are asked: `Some(false)` is no, `Some(true)` is yes.
    fn settled(&self, metadata: &Metadata<'_>) -> Option<bool> {
        let target = metadata.target();
        let sdk = target.starts_with("opentelemetry");
        if !sdk && !is_plumbing(target) && !is_push(target) {
            return None;
        }
        if self.chatter == Chatter::Never {
            return Some(false);
        }
        if is_push(target) || self.named.iter().any(|named| target.starts_with(named.as_str())) {
            return None;
        }
        if let (true, Some(level)) = (sdk, self.sdk_level) {
            return Some(*metadata.level() <= level);
        }
        if is_of_an_export(metadata) {
            return Some(false);
        }
        (*metadata.level() > Level::WARN).then_some(false)
    }
}

/// Whether the SDK says of one export, or of one item after the end, what telecine says once and counts:
/// a collector that is away would fill the log.
fn is_of_an_export(metadata: &Metadata<'_>) -> bool {
    let name = metadata.name();
    let failed = name.contains("Export") && (name.contains("Error") || name.contains("Failed"));
    matches!(metadata.target(), "opentelemetry-otlp" | "opentelemetry_otlp")
        || metadata.target().starts_with("opentelemetry_sdk") && (failed || name.ends_with("AfterShutdown"))
}

/// The target that a directive names, without its span and level.
fn target_of(directive: &str) -> Option<&str> {
    let end = directive.find(['[', '=']).unwrap_or(directive.len());
    let target = &directive[..end];
    let is_level = end == directive.len() && target.parse::<LevelFilter>().is_ok();
    (!target.is_empty() && !is_level).then_some(target)
}

fn is_plumbing(target: &str) -> bool {
    let name = target.split_once("::").map_or(target, |(name, _)| name);
    PLUMBING.contains(&name)
}

/// Our own push says when it cannot deliver: by the console, not by what it cannot deliver.
fn is_push(target: &str) -> bool {
    target.strip_prefix("telecine::push").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl<S> Filter<S> for Events
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        if metadata.is_span() {
            return *metadata.level() <= SPANS || self.directives.enabled(metadata, ctx.clone());
        }
        self.settled(metadata).unwrap_or_else(|| self.directives.enabled(metadata, ctx.clone()))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_span() {
            // The directives learn which of their spans exist by being asked.
            let interest = Filter::<S>::callsite_enabled(&self.directives, metadata);
            return if *metadata.level() <= SPANS { Interest::always() } else { interest };
        }
        match self.settled(metadata) {
            Some(true) => Interest::always(),
            Some(false) => Interest::never(),
            None => Filter::<S>::callsite_enabled(&self.directives, metadata),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = Filter::<S>::max_level_hint(&self.directives)?;
        let sdk =
            if self.chatter == Chatter::Quiet { self.sdk_level.unwrap_or(LevelFilter::WARN) } else { LevelFilter::OFF };
        Some(hint.max(SPANS).max(sdk))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        self.directives.on_new_span(attributes, id, ctx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        self.directives.on_record(id, values, ctx);
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        self.directives.on_enter(id, ctx);
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        self.directives.on_exit(id, ctx);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        self.directives.on_close(id, ctx);
    }
}
