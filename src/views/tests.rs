use super::*;
use crate::catalog::{job, transcode};

fn resolve(name: &str, unit: &str, boundaries: Option<&[f64]>) -> Stream {
    let views = Views::new(&Catalog::own());
    let scope = InstrumentationScope::builder("test").build();
    let mut streams = views.resolve(&scope, name, InstrumentKind::Histogram, unit, boundaries);
    assert_eq!(streams.len(), 1);
    streams.remove(0)
}

#[test]
fn the_catalogue_gives_buckets_keys_and_a_limit() {
    let stream = resolve(job::DURATION.name(), "s", None);
    assert_eq!(
        stream.aggregation,
        Aggregation::Explicit { boundaries: Family::Work.bounds().to_vec(), record_min_max: true }
    );
    let keys: Vec<_> = stream.keys.iter().flat_map(|keys| keys.iter().map(Key::as_str)).collect();
    assert_eq!(keys, ["error.type", "media.error.origin", "media.job.type", "media.outcome"]);
    assert_eq!(resolve(job::WASTED_TIME.name(), "s", None).cardinality_limit, 16 + 2 + 1);
    assert_eq!(resolve(transcode::DURATION.name(), "s", None).cardinality_limit, DEFAULT_CARDINALITY_LIMIT);
}

#[test]
fn a_view_comes_before_the_bounds_that_the_instrument_was_built_with() {
    let stream = resolve(job::DURATION.name(), "s", Some(&[1.0]));
    assert_eq!(
        stream.aggregation,
        Aggregation::Explicit { boundaries: Family::Work.bounds().to_vec(), record_min_max: true }
    );
}

#[test]
fn an_unknown_histogram_keeps_its_bounds_or_gets_some_that_suit_its_unit() {
    let bounds = |unit, given| match resolve("mine.wait", unit, given).aggregation {
        Aggregation::Explicit { boundaries, .. } => boundaries,
        other => panic!("{other:?}"),
    };
    assert_eq!(bounds("s", Some(&[1.0, 2.0])), [1.0, 2.0]);
    assert_eq!(bounds("s", None), SECONDS);
    assert_eq!(bounds("By", None), Family::Size.bounds());
    assert_eq!(bounds("{frame}", None), UNITLESS);
}
