//! Labels are bounded whatever a program says.

use telecine::catalog::{job, transcode};

use crate::support::Bench;

#[test]
fn free_text_past_its_budget_is_other_and_counted() {
    let bench = Bench::new();
    for number in 0..100 {
        bench.work.job(format!("type-{number}")).start().success();
    }
    let series = bench.series(job::CREATED.name());
    assert_eq!(series.len(), 16 + 1);
    assert!(series.iter().any(|series| series.label("media.job.type") == "other"));
    assert_eq!(bench.total(job::CREATED.name()), 100.0);
    assert_eq!(bench.instruments.refused_labels(), [("media.job.type", 84)]);
}

#[test]
fn free_text_is_cleaned() {
    let bench = Bench::new();
    bench.work.job(" clip\n\u{7} ").start().success();
    bench.work.job("x".repeat(1000)).start().success();
    bench.work.job("").start().success();
    bench.work.job("cl\u{200b}ip\u{202e}").start().success();
    let mut types: Vec<_> =
        bench.series(job::CREATED.name()).iter().map(|series| series.label("media.job.type").to_owned()).collect();
    types.sort();
    assert_eq!(types, ["clip".to_owned(), "other".to_owned(), "x".repeat(64)]);
}

#[test]
fn what_names_one_thing_is_no_label() {
    let bench = Bench::new();
    for identity in [
        "s3://bucket/key.mp4",
        "/videos/a.mp4",
        "0af7651916cd43dd8448eb211c80319c",
        "c2a9c3f4-7f0f-4c1e-9f57-9d0d4e1b2a3c",
    ] {
        bench.work.job(identity).start().success();
    }
    assert_eq!(bench.one(job::CREATED.name()).label("media.job.type"), "other");
    assert_eq!(bench.instruments.refused_labels(), [("media.job.type", 4)]);
}

#[test]
fn what_is_not_in_the_list_is_other() {
    let bench = Bench::new();
    bench.media.transcode("720p").codec("h264").hardware("toaster").start().success();
    assert_eq!(bench.one(transcode::DURATION.name()).label("media.encoder.hardware"), "other");
}
