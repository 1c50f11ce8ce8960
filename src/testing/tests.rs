use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::catalog::{Attribute, Family, Instrument, job};
use crate::media::Stage;

const FORMAT: Attribute = Attribute::one_of("clip.format", "Container of the clip", &["gif", "mp4"]);
const RENDERED: Instrument = Instrument::histogram("clip.render.duration", "s", "Time to render one clip")
    .buckets(Family::Work)
    .attributes(&[FORMAT]);

#[test]
fn a_bench_has_metrics_spans_and_lines_of_its_own() {
    let (bench, other) = (Bench::new().unwrap(), Bench::new().unwrap());
    bench.in_scope(|| {
        let attempt = bench.work().job("clip").start();
        attempt.in_scope(|| {
            bench.media().stage(Stage::Probe).start().success();
            tracing::info!(clip = "a", "rendered");
        });
        attempt.success();
    });
    assert_metric!(bench, "media.job.created" { "media.job.type" = "clip" } == 1);
    assert_metric!(bench, "media.stage.duration" { "media.stage" = "probe", "media.outcome" = "success" } == 1);
    assert_metric!(bench, "media.job.duration" >= 1);
    assert!(bench.span("stage").unwrap().is_child_of(&bench.span("job").unwrap()));
    let lines = bench.log_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("\"clip\":\"a\"") && lines[0].contains("trace_id"), "{lines:?}");

    assert_metric!(other, "media.job.created" == 0);
    assert!(other.spans().is_empty() && other.log_lines().is_empty());
}

#[tokio::test]
async fn a_future_is_run_in_the_bench() {
    let bench = Bench::new().unwrap();
    let job = bench.run(async { bench.work().job("clip").start().run(async { Ok::<_, io::Error>(7) }).await }).await;
    assert_eq!(job.unwrap(), 7);
    bench.span("job").unwrap();
}

#[test]
fn own_instruments_are_bucketed_and_scraped_with_exemplars() {
    let bench = Bench::with(|builder| builder.catalog("Clips", &[RENDERED])).unwrap();
    let instruments = bench.instruments();
    let labels = instruments.labels().set(&FORMAT, "gif");
    bench.in_scope(|| {
        tracing::info_span!("render").in_scope(|| instruments.histogram(&RENDERED).record(3.0, &labels));
    });
    let metrics = bench.metrics();
    let rendered = metrics.of_instrument(&RENDERED);
    assert_eq!((rendered.number(), rendered.sum()), (1.0, 3.0));
    let Value::Histogram { buckets, .. } = &rendered.series()[0].value else { panic!("{rendered:?}") };
    assert_eq!(buckets.len(), 1);
    assert!(buckets[0].0 >= 3.0 && buckets[0].0.is_finite(), "{buckets:?}");
    let trace_id = bench.span("render").unwrap().data().span_context.trace_id().to_string();
    assert!(bench.scrape().unwrap().contains(&trace_id));
}

#[test]
fn what_does_not_hold_is_said_with_what_there_is() {
    let bench = Bench::new().unwrap();
    drop(bench.work().job("clip").create());
    let said = |check: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(check)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let message = said(&|| assert_metric!(bench, "media.job.created" { "media.job.type" = "clip" } == 2));
    assert!(message.contains("media.job.created{media.job.type=\"clip\"} is 1, not == 2"), "{message}");
    let message = said(&|| assert_metric!(bench, "media.job.create" == 1));
    assert!(message.contains("media.job.created{"), "{message}");
    let missing = bench.span("job").unwrap_err().to_string();
    assert!(missing.starts_with("0 spans are named `job`"), "{missing}");
    assert!(bench.metrics().of_instrument(&job::CREATED).number() > 0.0);
}

#[test]
fn faults_of_a_catalogue_are_found() {
    const WRONG: Instrument = Instrument::counter("clip.rendered_total", "By", "");
    assert!(matches!(Bench::with(|builder| builder.catalog("Clips", &[WRONG])), Err(Error::Catalog(_))));
}
