use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use opentelemetry_sdk::metrics::{data::ResourceMetrics, reader::MetricReader};

use super::{
    Error, Format, Mapper, Reader, Translation, encode,
    family::{Families, LeftOut, Live},
    translate::Naming,
};
use crate::{exemplar::Exemplars, views::KeyFilter};

/// What is shown, and under which names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How names are made. [`Translation::UnderscoreEscapingWithSuffixes`] unless said otherwise.
    pub translation: Translation,
    /// Whether each series says which instrumentation scope it is from (`otel_scope_name`,
    /// `otel_scope_version`, `otel_scope_schema_url` and the scope's attributes). `false` unless said
    /// otherwise.
    pub scope_labels: bool,
    /// Whether the resource is shown, as the labels of `target_info`. `true` unless said otherwise.
    pub target_info: bool,
    /// Which attributes of the resource are labels of every series (`resource_constant_labels`); a series
    /// that has such a label of its own keeps its value. `None`, which is none, unless said otherwise.
    pub resource_labels: Option<KeyFilter>,
    /// What is made of metrics under other names. Nothing, unless said otherwise.
    pub mapping: Mapper,
}

/// Makes what a [`Reader`] collects into what Prometheus reads.
///
/// It remembers the names and labels of the last scrape, so one for each reader is enough. Clones are
/// the same exporter.
///
/// ```
/// use opentelemetry::{KeyValue, metrics::MeterProvider};
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
/// use telecine::{
///     exemplar::Exemplars,
///     pull::{Exporter, Format, Options, Reader},
/// };
///
/// # fn main() -> Result<(), telecine::pull::Error> {
/// let reader = Reader::new();
/// let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
/// let exporter = Exporter::new(reader, Exemplars::off(), Options { target_info: false, ..Options::default() });
///
/// let meter = provider.meter("clips");
/// meter.u64_counter("clip.rendered").build().add(2, &[KeyValue::new("rendition", "720p")]);
///
/// let text = exporter.scrape(Format::TEXT)?;
/// assert_eq!(
///     String::from_utf8_lossy(&text),
///     "# TYPE clip_rendered_total counter\nclip_rendered_total{rendition=\"720p\"} 2\n",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Exporter(Arc<Shared>);

/// What an [`Exporter`] has done so far.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Scrapes that gave a result.
    pub scrapes: u64,
    /// Scrapes that did not.
    pub failures: u64,
    /// The last one that gave a result.
    pub last: Option<LastScrape>,
}

/// A scrape that gave a result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LastScrape {
    /// When it ended.
    pub at: SystemTime,
    /// How long collecting and encoding took.
    pub duration: Duration,
    /// In which format.
    pub format: Format,
    /// The size of the result before compression.
    pub bytes: usize,
    /// How many metric families it has.
    pub families: usize,
    /// How many series it has. A histogram is one.
    pub series: usize,
    /// Metrics that were left out, since another one of another type has their name, or since a mapping rule
    /// that matches them cannot show them.
    pub metrics_left_out: usize,
    /// Series that were left out, since they are equal to another one.
    pub series_left_out: usize,
    /// How many series each metric has.
    pub live: Arc<[Live]>,
}

struct Shared {
    reader: Reader,
    exemplars: Exemplars,
    options: Options,
    state: Mutex<State>,
    stats: Mutex<Stats>,
}

/// What is kept from scrape to scrape.
#[derive(Default)]
struct State {
    /// One for each naming that was asked for: nearly always one.
    families: Vec<Families>,
    size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            translation: Translation::default(),
            scope_labels: false,
            target_info: true,
            resource_labels: None,
            mapping: Mapper::default(),
        }
    }
}

impl Exporter {
    /// An exporter for the provider that `reader` was given to. `exemplars` are those of the provider
    /// that wraps it, or [`Exemplars::off`].
    pub fn new(reader: Reader, exemplars: Exemplars, options: Options) -> Self {
        let (state, stats) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { reader, exemplars, options, state, stats }))
    }

    /// Collects, and encodes what was found.
    ///
    /// # Errors
    /// As [`scrape_into`](Self::scrape_into).
    pub fn scrape(&self, format: Format) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.scrape_into(format, &mut out)?;
        Ok(out)
    }

    /// Collects, and appends what was found. A buffer that is used again and again makes scrapes
    /// cheaper: freeing a large one costs more than it seems.
    ///
    /// Blocks while another scrape is at it, and while callbacks of observable instruments run. Nobody
    /// who measures waits for it.
    ///
    /// # Errors
    /// [`Error::Collect`] if the reader belongs to no provider, or to one that was shut down.
    pub fn scrape_into(&self, format: Format, out: &mut Vec<u8>) -> Result<(), Error> {
        let Shared { reader, exemplars, options, .. } = &*self.0;
        let mut guard = self.state();
        let started = Instant::now();
        // Out of the lock's reach while callbacks run: if one panics, the next scrape starts anew.
        let State { mut families, size } = std::mem::take(&mut *guard);
        // Anew each time: what the SDK writes over a former collection is scattered over the heap after a
        // few, and takes half as long again to write and to read.
        let mut metrics = ResourceMetrics::default();
        if let Err(source) = reader.collect(&mut metrics) {
            *guard = State { families, size };
            self.stats_mut().failures += 1;
            return Err(Error::Collect { source });
        }
        let naming = Naming::new(options.translation, format.escaping);
        let place = match families.iter().position(|families| families.naming() == naming) {
            Some(place) => place,
            None => {
                families.push(Families::new(naming, options.mapping.mapping()));
                families.len() - 1
            }
        };
        let found = &mut families[place];
        found.update(&metrics, options, format.protocol.has_exemplars().then_some(exemplars));
        exemplars.collected();
        let before = out.len();
        out.reserve(size + size / 8);
        encode::encode(format.protocol, found, out);
        let size = out.len() - before;

        let LeftOut { metrics: metrics_left_out, series: series_left_out } = found.left_out();
        let last = LastScrape {
            at: SystemTime::now(),
            duration: started.elapsed(),
            format,
            bytes: size,
            families: found.iter().count(),
            series: found.iter().map(|family| found.len(family)).sum(),
            metrics_left_out,
            series_left_out,
            live: found.live(),
        };
        *guard = State { families, size };
        let mut stats = self.stats_mut();
        stats.scrapes += 1;
        stats.last = Some(last);
        Ok(())
    }

    /// What was done so far.
    pub fn stats(&self) -> Stats {
        self.stats_mut().clone()
    }

    pub(super) fn exemplars(&self) -> &Exemplars {
        &self.0.exemplars
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stats_mut(&self) -> MutexGuard<'_, Stats> {
        self.0.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("options", &self.0.options)
            .field("exemplars", &self.0.exemplars)
            .finish_non_exhaustive()
    }
}
