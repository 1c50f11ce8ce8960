//! Which measurements are offered, and the ids they carry.

use opentelemetry::trace::{Tracer, TracerProvider as _};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

fn latest(setup: &Setup) -> Option<Exemplar> {
    setup.stream("frames").series([].iter()).unwrap().latest()
}

fn measured(filter: Filter) -> (Setup, opentelemetry::metrics::Counter<u64>) {
    let setup = Setup::new(filter, []);
    let counter = setup.meter().u64_counter("frames").build();
    (setup, counter)
}

#[test]
fn trace_based_keeps_only_what_a_sampled_span_measured() {
    let (setup, counter) = measured(Filter::TraceBased);
    let bound = counter.bind(&[]);
    counter.add(1, &[]);
    bound.add(1);
    inside(false, 1, || {
        counter.add(1, &[]);
        bound.add(1);
    });
    assert_eq!(latest(&setup), None);
    assert_eq!(setup.exemplars.counts(), Counts::default());
    inside(true, 0xABCD, || bound.add(2));
    let kept = latest(&setup).unwrap();
    assert_eq!((kept.value, kept.span_id, kept.trace_id), (2.0, SpanId::from(0xABCD), 0xABCD.into_trace()));
    setup.exemplars.collected();
    inside(true, 0xEF, || counter.add(3, &[]));
    assert_eq!(latest(&setup).unwrap().span_id, SpanId::from(0xEF));
    assert_eq!(setup.exemplars.counts(), Counts { offered: 2, kept: 2 });
}

#[test]
fn always_on_keeps_also_what_was_measured_outside_of_a_span_without_ids() {
    let (setup, counter) = measured(Filter::AlwaysOn);
    counter.add(1, &[]);
    let kept = latest(&setup).unwrap();
    assert_eq!((kept.value, kept.span_id, kept.trace_id), (1.0, SpanId::INVALID, TraceId::INVALID));
    setup.exemplars.collected();
    inside(false, 5, || counter.add(2, &[]));
    assert_eq!(latest(&setup).unwrap().span_id, SpanId::from(5));
}

#[test]
fn the_ids_are_those_of_the_span_that_is_entered() {
    let (setup, counter) = measured(Filter::TraceBased);
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).build();

    provider.tracer("test").in_span("plain", |context| {
        counter.add(1, &[]);
        let span = context.span().span_context().clone();
        let kept = latest(&setup).unwrap();
        assert_eq!((kept.trace_id, kept.span_id), (span.trace_id(), span.span_id()));
    });

    setup.exemplars.collected();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let outer = tracing::info_span!("job").entered();
        let span = tracing::info_span!("transcode");
        let ids = span.in_scope(|| {
            counter.add(2, &[]);
            Context::map_current(|context| context.span().span_context().span_id())
        });
        let kept = latest(&setup).unwrap();
        assert_eq!((kept.value, kept.span_id), (2.0, ids));
        drop(outer);
        counter.add(3, &[]);
        setup.exemplars.collected();
        counter.add(4, &[]);
        assert_eq!(latest(&setup).unwrap(), kept, "nothing is offered outside of the span");
    });
}

#[test]
fn a_filter_is_read_by_the_name_that_the_specification_gives_it() {
    for filter in [Filter::TraceBased, Filter::AlwaysOn, Filter::AlwaysOff] {
        assert_eq!(filter.to_string().parse(), Ok(filter));
        assert_eq!(filter.to_string().to_uppercase().parse(), Ok(filter));
    }
    let unknown = "sometimes".parse::<Filter>().unwrap_err().to_string();
    assert_eq!(unknown, "unknown exemplar filter `sometimes`: expected `trace_based`, `always_on` or `always_off`");
}
