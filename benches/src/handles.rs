//! A counter and a histogram of 15 bounds through a handle with three attributes bound.

use std::hint::black_box;
use std::sync::Arc;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Meter, MeterProvider};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use prometheus_client::metrics::counter::Counter as ClientCounter;
use prometheus_client::metrics::exemplar::{CounterWithExemplar, HistogramWithExemplars};
use prometheus_client::metrics::histogram::Histogram as ClientHistogram;
use telecine::exemplar::{Exemplars, Filter};

use crate::paired::Table;

pub const BOUNDS: [f64; 15] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0];

/// Compared with the SDK's bound instruments where those take 3 and 15 ns, 8 and 25 are wanted.
const SAMPLED_COUNTER: f64 = 8.0 / 3.0;
const SAMPLED_HISTOGRAM: f64 = 25.0 / 15.0;

pub fn run() {
    counters();
    histograms();
}

fn counters() {
    let mut table = Table::new("Counter, a handle with three attributes bound");
    table.case("baseline: an empty loop", || {
        black_box(1_u64);
    });
    let sdk = counter(&sdk_meter());
    let peer = table.case("opentelemetry_sdk, bound", move || sdk.add(black_box(1)));
    for (name, meter, context, limit) in settings(SAMPLED_COUNTER) {
        let counter = counter(&meter);
        let case = table.case_in(Some(context), name, move || counter.add(black_box(1)));
        table.compare(case, peer, limit);
    }
    let client = ClientCounter::<u64>::default();
    let case = table.case("prometheus-client", move || {
        client.inc_by(black_box(1));
    });
    table.compare(case, peer, None);
    let client = CounterWithExemplar::<Vec<(String, String)>>::default();
    let case = table.case("prometheus-client, an exemplar each time", move || {
        client.inc_by(
            black_box(1),
            Some(vec![("trace_id".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736".to_owned())]),
            None,
        );
    });
    table.compare(case, peer, None);
    table.print();
}

fn histograms() {
    let mut table = Table::new("Histogram of 15 bounds, a handle with three attributes bound");
    let mut next = values();
    table.case("baseline: a loop over the values", move || {
        black_box(next());
    });
    let (sdk, mut next) = (histogram(&sdk_meter()), values());
    let peer = table.case("opentelemetry_sdk, bound", move || sdk.record(next()));
    for (name, meter, context, limit) in settings(SAMPLED_HISTOGRAM) {
        let (histogram, mut next) = (histogram(&meter), values());
        let case = table.case_in(Some(context), name, move || histogram.record(next()));
        table.compare(case, peer, limit);
    }
    let (client, mut next) = (ClientHistogram::new(BOUNDS), values());
    let case = table.case("prometheus-client", move || client.observe(next()));
    table.compare(case, peer, None);
    let (client, mut next) = (HistogramWithExemplars::<Vec<(String, String)>>::new(BOUNDS.into_iter()), values());
    let case = table.case("prometheus-client, an exemplar each time", move || {
        client.observe(
            next(),
            Some(vec![("trace_id".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736".to_owned())]),
            None,
        );
    });
    table.compare(case, peer, None);
    table.print();
}

/// telecine's providers, the context to measure in, and the limit to keep.
pub fn settings(sampled: f64) -> [(&'static str, Meter, Context, Option<f64>); 5] {
    [
        // Noise moves the ratio of two equal things by a few hundredths.
        ("telecine, exemplars off", meter(Filter::AlwaysOff), context(true), Some(1.05)),
        ("telecine, trace_based, no span", meter(Filter::TraceBased), Context::new(), None),
        ("telecine, trace_based, unsampled span", meter(Filter::TraceBased), context(false), None),
        ("telecine, trace_based, sampled span", meter(Filter::TraceBased), context(true), Some(sampled)),
        ("telecine, always_on, sampled span", meter(Filter::AlwaysOn), context(true), None),
    ]
}

pub fn sdk_meter() -> Meter {
    sdk_provider().meter("bench")
}

fn meter(filter: Filter) -> Meter {
    Exemplars::new(filter, Arc::default()).wrap(sdk_provider()).meter("bench")
}

fn sdk_provider() -> SdkMeterProvider {
    SdkMeterProvider::builder().with_reader(ManualReader::default()).build()
}

pub fn context(sampled: bool) -> Context {
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let span = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, false, TraceState::default());
    Context::new().with_remote_span_context(span)
}

pub fn attributes() -> [KeyValue; 3] {
    [
        KeyValue::new("media.codec", "h264"),
        KeyValue::new("media.outcome", "success"),
        KeyValue::new("media.rendition", "720p"),
    ]
}

fn counter(meter: &Meter) -> BoundCounter<u64> {
    meter.u64_counter("media.frames").build().bind(&attributes())
}

fn histogram(meter: &Meter) -> BoundHistogram<f64> {
    let histogram = meter.f64_histogram("media.duration").with_unit("s").with_boundaries(BOUNDS.to_vec());
    histogram.build().bind(&attributes())
}

/// Values that fall into all buckets, in no order.
pub fn values() -> impl FnMut() -> f64 {
    let mut state = 1_u32;
    let mut values = [0.0; 64];
    for value in &mut values {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let bucket = (state >> 28) as usize;
        *value = BOUNDS.get(bucket).copied().unwrap_or(100.0) * 0.99;
    }
    let mut place = 0;
    move || {
        place = (place + 1) % 64;
        black_box(values[place])
    }
}
