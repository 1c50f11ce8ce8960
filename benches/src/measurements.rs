//! A counter and a histogram without a handle, with three attributes.

use std::hint::black_box;

use opentelemetry::metrics::{Counter, Histogram, Meter};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter as ClientCounter;
use prometheus_client::metrics::family::Family;

use crate::handles::{BOUNDS, attributes, sdk_meter, settings, values};
use crate::paired::Table;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    codec: &'static str,
    outcome: &'static str,
    rendition: &'static str,
}

pub fn run() {
    counters();
    histograms();
}

fn counters() {
    let mut table = Table::new("Counter without a handle, three attributes");
    let (sdk, set) = (counter(&sdk_meter()), attributes());
    let peer = table.case("opentelemetry_sdk", move || sdk.add(black_box(1), &set));
    for (name, meter, context, _) in settings(1.0) {
        let (counter, set) = (counter(&meter), attributes());
        let case = table.case_in(Some(context), name, move || counter.add(black_box(1), &set));
        table.compare(case, peer, Some(1.05));
    }
    // The worst order for both: the SDK finds it as it first came.
    let (sdk, [one, two, three]) = (counter(&sdk_meter()), attributes());
    sdk.add(1, &[one.clone(), two.clone(), three.clone()]);
    let other = [three.clone(), two.clone(), one.clone()];
    let sdk_other = table.case("opentelemetry_sdk, another order", move || sdk.add(black_box(1), &other));
    let [_, _, _, (_, meter, context, _), ..] = settings(1.0);
    let counter = counter(&meter);
    counter.add(1, &[one.clone(), two.clone(), three.clone()]);
    let other = [three, two, one];
    let case = table.case_in(Some(context), "telecine, trace_based, sampled span, another order", move || {
        counter.add(black_box(1), &other);
    });
    table.compare(case, sdk_other, Some(1.05));
    let client = Family::<Labels, ClientCounter>::default();
    let case = table.case("prometheus-client, derived labels", move || {
        let labels = Labels { codec: "h264", outcome: "success", rendition: "720p" };
        client.get_or_create(black_box(&labels)).inc();
    });
    table.compare(case, peer, None);
    table.print();
}

fn histograms() {
    let mut table = Table::new("Histogram of 15 bounds without a handle, three attributes");
    let (sdk, set, mut next) = (histogram(&sdk_meter()), attributes(), values());
    let peer = table.case("opentelemetry_sdk", move || sdk.record(next(), &set));
    for (name, meter, context, _) in settings(1.0) {
        let (histogram, set, mut next) = (histogram(&meter), attributes(), values());
        let case = table.case_in(Some(context), name, move || histogram.record(next(), &set));
        table.compare(case, peer, Some(1.05));
    }
    table.print();
}

fn counter(meter: &Meter) -> Counter<u64> {
    meter.u64_counter("media.frames").build()
}

fn histogram(meter: &Meter) -> Histogram<f64> {
    meter.f64_histogram("media.duration").with_unit("s").with_boundaries(BOUNDS.to_vec()).build()
}
