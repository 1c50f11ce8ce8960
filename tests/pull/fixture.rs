//! A provider with instruments of every kind, and an exporter for it.

use std::{process::Command, sync::Arc};

use opentelemetry::{
    Context, ContextGuard, KeyValue,
    metrics::{Meter, MeterProvider as _},
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::{
    Resource,
    metrics::{MeterProviderBuilder, SdkMeterProvider},
};
use telecine::{
    catalog::Catalog,
    exemplar::{Exemplars, Filter, MeterProvider},
    pull::{
        Endpoint, Exporter, Format, Mapper, Options, Reader,
        mapping::{self, Mapping, Match, Unmatched},
    },
    views::{CardinalityLimits, HistogramAggregation, Rule, Selector, StreamRule, Views},
};
use telecine_parts::{Error, binary, feed};

pub(crate) struct Fixture {
    pub(crate) provider: MeterProvider,
    pub(crate) sdk: SdkMeterProvider,
    pub(crate) exporter: Exporter,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::built(options, |builder| builder)
    }

    /// `more` may add readers.
    pub(crate) fn built(options: Options, more: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder) -> Self {
        // Histograms whose name says so are exponential.
        let aggregation = HistogramAggregation::Exponential.aggregation();
        let exponential = Rule {
            selector: Selector { instrument_name: Some("*exponential".to_owned()), ..Selector::default() },
            stream: StreamRule { aggregation: Some(aggregation), ..StreamRule::default() },
        };
        let limits = CardinalityLimits::default();
        let views =
            Views::with_rules(&Catalog::own(), vec![exponential], HistogramAggregation::Explicit, limits).unwrap();
        let views = Arc::new(views);
        let exemplars = Exemplars::new(Filter::TraceBased, Arc::clone(&views));
        let reader = Reader::new();
        let builder = SdkMeterProvider::builder().with_resource(resource()).with_reader(reader.clone());
        let sdk = more(views.add_to(builder)).build();
        let provider = exemplars.wrap(sdk.clone());
        Self { provider, sdk, exporter: Exporter::new(reader, exemplars, options) }
    }

    /// With rules that make other metrics, and without `target_info`.
    pub(crate) fn mapped(rules: impl IntoIterator<Item = mapping::Rule>) -> Self {
        Self::mapping(Mapping { unmatched: Unmatched::Keep, rules: rules.into_iter().collect() })
    }

    pub(crate) fn mapping(mapping: Mapping) -> Self {
        Self::with(Options { mapping: mapper(mapping), target_info: false, ..Options::default() })
    }

    pub(crate) fn meter(&self, name: &'static str) -> Meter {
        self.provider.meter(name)
    }

    pub(crate) fn scrape(&self, format: Format) -> String {
        String::from_utf8(self.exporter.scrape(format).unwrap()).unwrap()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.exporter.clone(), &resource())
    }

    /// Measures with every kind of instrument, some of it in a sampled span. Gives back that span's
    /// trace.
    pub(crate) fn measure(&self) -> TraceId {
        let meter = self.meter("measure");
        let labels = [KeyValue::new("rendition", "720p"), KeyValue::new("media.codec", "h264")];
        let trace = TraceId::from_bytes([0xab; 16]);

        let jobs = meter.u64_counter("test.jobs").with_unit("{job}").with_description("Jobs that ended").build();
        let bytes = meter.f64_counter("test.io").with_unit("By").with_description("What went\nthrough \\ here").build();
        let duration =
            meter.f64_histogram("media.transcode.duration").with_unit("s").with_description("Of a rendition").build();
        let size = meter
            .u64_histogram("test.size")
            .with_unit("By")
            .with_description("Of files")
            .with_boundaries(vec![1024.0, 1048576.0])
            .build();
        let speed = meter.f64_histogram("test.speed.exponential").with_description("Times real time").build();
        {
            let _span = in_a_span(trace);
            jobs.add(3, &labels);
            duration.record(4.5, &[KeyValue::new("media.rendition", "720p"), KeyValue::new("input", "clip \"7\".mov")]);
            size.record(2000, &labels);
            speed.record(1.5, &labels);
        }
        jobs.add(1, &[]);
        bytes.add(0.5, &labels);
        duration.record(0.7, &[KeyValue::new("media.rendition", "720p")]);
        size.record(1 << 40, &labels);
        for value in [0.25, 1.0, 1.0, 2.0, 3.0, 700.0] {
            speed.record(value, &labels);
        }
        meter.i64_up_down_counter("test.active").with_description("Going on").build().add(-2, &labels);
        meter.f64_gauge("test.load").with_unit("1").with_description("Of one core").build().record(0.75, &[]);
        meter.u64_gauge("test.queue").with_description("Waiting").build().record(7, &labels);
        let _observed = meter
            .u64_observable_counter("test.observed")
            .with_unit("s")
            .with_description("Time spent")
            .with_callback(|observer| observer.observe(11, &[KeyValue::new("mode", "user")]))
            .build();
        trace
    }
}

/// A mapping that is known to be right.
pub(crate) fn mapper(mapping: Mapping) -> Mapper {
    let catalog = Catalog::own();
    Mapper::new(mapping, &catalog, &Views::new(&catalog)).unwrap()
}

/// A rule that gives a metric a name.
pub(crate) fn named(metric: &str, name: &str) -> mapping::Rule {
    mapping::Rule {
        matches: Match { name: metric.to_owned(), labels: vec![] },
        name: Some(name.to_owned()),
        ..mapping::Rule::default()
    }
}

pub(crate) fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(one, two)| (one.to_owned(), two.to_owned())).to_vec()
}

/// In a sampled span of a trace, until the guard is dropped.
pub(crate) fn in_a_span(trace: TraceId) -> ContextGuard {
    let flags = TraceFlags::SAMPLED;
    let span = SpanContext::new(trace, SpanId::from_bytes([0xcd; 8]), flags, false, TraceState::default());
    Context::current().with_remote_span_context(span).attach()
}

pub(crate) fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "pull-test"),
            KeyValue::new("service.version", "1.2.3"),
            KeyValue::new("host.name", "a \"host\""),
        ])
        .build()
}

/// What promtool says of an exposition in text.
pub(crate) fn promtool(text: &str) -> Result<String, Error> {
    let mut command = Command::new(binary("promtool")?);
    command.args(["check", "metrics"]);
    feed("promtool", command, text.as_bytes())
}

/// What Python's strict parser reads, a line for each sample: name, labels in order, value, exemplar.
pub(crate) fn openmetrics(text: &str) -> Result<String, Error> {
    telecine_parts::python(
        "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
for family in parse(sys.stdin.read()):
    print('#', family.type, family.name, family.unit, repr(family.documentation))
    for s in family.samples:
        exemplar = s.exemplar and (sorted(s.exemplar.labels.items()), float(s.exemplar.value), s.exemplar.timestamp is not None)
        print(s.name, sorted(s.labels.items()), float(s.value), exemplar or '')",
        text.as_bytes(),
    )
}
