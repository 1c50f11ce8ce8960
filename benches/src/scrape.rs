//! A scrape of 10,000 counters with three attributes and 1,000 histograms of 15 buckets, 2 MB of text.
//!
//! Every case scrapes on a thread of its own, as an endpoint does, into a buffer that is used again.

use std::hint::black_box;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use prometheus::{Encoder, TextEncoder};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use telecine::exemplar::{Exemplars, Filter};
use telecine::pull::{Exporter, Format, Options, Reader};
use telecine::views::Views;

use crate::handles::context;
use crate::paired::Table;

/// With the one up to infinity, 15 buckets.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Counters are spread over so many metrics.
const METRICS: usize = 10;
const SERIES: usize = 1000;

const RENDITIONS: [&str; 7] = ["240p", "360p", "480p", "720p", "1080p", "1440p", "2160p"];

/// Of prometheus-client's time.
const CLIENT: f64 = 0.7;
/// Of opentelemetry-prometheus' time.
const EXPORTER: f64 = 1.0 / 8.0;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    codec: String,
    rendition: String,
    worker: String,
}

/// How the values of attributes are held, which decides what the SDK's copies of them cost.
#[derive(Clone, Copy)]
pub enum Attributes {
    /// As telecine's own instruments have them: static where the values are known, else `Arc<str>`.
    Shared,
    /// As `KeyValue::new("key", format!(…))` makes them.
    Owned,
}

pub fn run() {
    for (title, batch) in [
        ("Scrape of 10,000 counters, 1,000 histograms: one after the other", Duration::from_millis(30)),
        ("The same, each after all the others have had the caches", Duration::ZERO),
    ] {
        table(Table::new(title).rounds(41, batch));
    }
}

fn table(mut table: Table) {
    table.case("opentelemetry_sdk, collection alone", on_a_thread(collection()));
    let client = table.case("prometheus-client, derived labels", on_a_thread(client()));
    let exporter = table.case("opentelemetry-prometheus", on_a_thread(exporter()));
    let shared = Attributes::Shared;
    let text = table
        .case("telecine, text", on_a_thread(telecine(Format::TEXT, Filter::AlwaysOff, shared, Options::default())));
    table.compare(text, client, Some(CLIENT));
    table.compare(text, exporter, Some(EXPORTER));
    for (name, format, filter, attributes) in [
        ("telecine, text, attributes as strings of their own", Format::TEXT, Filter::AlwaysOff, Attributes::Owned),
        ("telecine, OpenMetrics", Format::OPENMETRICS, Filter::AlwaysOff, shared),
        ("telecine, OpenMetrics, exemplars in 25,000 places", Format::OPENMETRICS, Filter::TraceBased, shared),
        ("telecine, protobuf", Format::PROTOBUF, Filter::AlwaysOff, shared),
    ] {
        let case = table.case(name, on_a_thread(telecine(format, filter, attributes, Options::default())));
        table.compare(case, client, None);
    }
    table.print();
}

/// The program's threads make what is scraped; the scrape's own memory comes from elsewhere.
pub fn on_a_thread(mut scrape: impl FnMut() + Send + 'static) -> impl FnMut() {
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    std::thread::spawn(move || {
        while begun.recv().is_ok() {
            scrape();
            end.send(()).expect("the bench waits");
        }
    });
    move || {
        begin.send(()).expect("the thread waits");
        ended.recv().expect("the thread answers");
    }
}

pub fn telecine(format: Format, filter: Filter, attributes: Attributes, options: Options) -> impl FnMut() + Send {
    let reader = Reader::new();
    let exemplars = Exemplars::new(filter, Arc::new(Views::default()));
    let provider = exemplars.wrap(SdkMeterProvider::builder().with_reader(reader.clone()).build());
    let _span = context(true).attach();
    record(&provider, attributes);
    let exporter = Exporter::new(reader, exemplars, options);
    let mut out = Vec::new();
    move || {
        // Keeps the provider.
        black_box(&provider);
        out.clear();
        exporter.scrape_into(format, &mut out).expect("the provider lives");
        black_box(out.len());
    }
}

fn collection() -> impl FnMut() + Send {
    let reader = Reader::new();
    let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
    record(&provider, Attributes::Shared);
    move || {
        black_box(&provider);
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("the provider lives");
        black_box(&metrics);
    }
}

fn exporter() -> impl FnMut() + Send {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).scope_info_enabled(false);
    let reader = exporter.build().expect("the registry is new");
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    record(&provider, Attributes::Owned);
    let mut out = Vec::new();
    move || {
        black_box(&provider);
        out.clear();
        TextEncoder::new().encode(&registry.gather(), &mut out).expect("a vector takes everything");
        black_box(out.len());
    }
}

fn client() -> impl FnMut() + Send {
    let mut registry = Registry::default();
    for metric in 0..METRICS {
        let family = Family::<Labels, Counter>::default();
        registry.register(format!("bench_counter_{metric}"), "Counted", family.clone());
        for series in 0..SERIES {
            family.get_or_create(&labels(series)).inc_by(series as u64);
        }
    }
    let family = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    registry.register("bench_histogram_seconds", "Distributed", family.clone());
    for series in 0..SERIES {
        let histogram = family.get_or_create(&labels(series));
        values(series).for_each(|value| histogram.observe(value));
    }
    let mut out = String::new();
    move || {
        out.clear();
        text::encode(&mut out, &registry).expect("a string takes everything");
        black_box(out.len());
    }
}

fn record(provider: &impl MeterProvider, kind: Attributes) {
    let meter = provider.meter("bench");
    for metric in 0..METRICS {
        let counter = meter.u64_counter(format!("bench.counter.{metric}")).with_description("Counted").build();
        for series in 0..SERIES {
            counter.add(series as u64, &attributes(series, kind));
        }
    }
    let histogram = meter.f64_histogram("bench.histogram").with_unit("s").with_description("Distributed");
    let histogram = histogram.with_boundaries(BOUNDS.to_vec()).build();
    for series in 0..SERIES {
        values(series).for_each(|value| histogram.record(value, &attributes(series, kind)));
    }
}

fn labels(series: usize) -> Labels {
    let rendition = RENDITIONS[series % 7].to_owned();
    Labels { codec: "h264".to_owned(), rendition, worker: format!("worker-{series}") }
}

/// In the order of their keys, as telecine's own instruments have them.
fn attributes(series: usize, kind: Attributes) -> [KeyValue; 3] {
    let Labels { codec, rendition, worker } = labels(series);
    let [codec, rendition, worker]: [Value; 3] = match kind {
        Attributes::Shared => ["h264".into(), RENDITIONS[series % 7].into(), Arc::<str>::from(worker).into()],
        Attributes::Owned => [codec.into(), rendition.into(), worker.into()],
    };
    [KeyValue::new("codec", codec), KeyValue::new("rendition", rendition), KeyValue::new("worker", worker)]
}

fn values(series: usize) -> impl Iterator<Item = f64> {
    (0..20).map(move |step| ((series * step) % 1500) as f64 / 100.0)
}
