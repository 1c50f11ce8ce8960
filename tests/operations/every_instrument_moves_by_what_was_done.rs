//! An instrument that nothing writes, or that is written wrong, is a defect: each is driven here, and read.

use std::time::Duration;

use telecine::catalog::{
    Catalog, Instrument, Kind, background, cache, conversion, database, gpu, http, job, package, playback, process,
    queue, runtime, span, stage, storage, telemetry, transcode, transcription, upload, worker,
};
use telecine::media::transcode::{DefectKind, QualityMetric};
use telecine::media::{FileType, RetryReason, Stage};
use telecine::opentelemetry::trace::SpanKind;
use telecine::opentelemetry_sdk::trace::SpanData;
use telecine::operation::{ErrorType, Outcome};
use telecine::work::{Clock, Heartbeat};

use crate::expected::{Expected, Want};
use crate::support::{Bench, Value};
use crate::{driven_data, driven_speech_and_playback};

/// The areas that are driven here.
const HERE: &[&[Instrument]] = &[
    job::ALL,
    queue::ALL,
    worker::ALL,
    background::ALL,
    stage::ALL,
    transcode::ALL,
    package::ALL,
    upload::ALL,
    transcription::ALL,
    conversion::ALL,
    playback::ALL,
    cache::ALL,
    database::ALL,
];

#[test]
fn every_instrument_moves_by_what_was_done() {
    let bench = Bench::new();
    drive_job(&bench);
    let _there = drive_around_jobs(&bench);
    drive_media(&bench);
    driven_speech_and_playback::drive(&bench);
    let _observed = driven_data::drive(&bench);
    let mut expected = expected();
    driven_speech_and_playback::expect(&mut expected);
    driven_data::expect(&mut expected);
    for area in HERE {
        expected.check(&bench, area);
    }
}

/// Where each area is driven. An area that nobody drives is not here.
#[test]
fn no_area_is_left_out() {
    let elsewhere = [
        // Where there is a store, a server, a collector, a process: tests/store, http, telemetry, system.
        storage::ALL,
        http::ALL,
        telemetry::ALL,
        process::ALL,
        runtime::ALL,
        gpu::ALL,
    ];
    for (area, instruments) in Catalog::own().areas() {
        assert!(HERE.iter().chain(&elsewhere).any(|driven| *driven == instruments), "nothing drives {area}");
    }
}

#[test]
fn what_runs_is_counted_as_active_and_what_waits_as_pending() {
    let bench = Bench::new();
    let job = bench.work.job("transcode").create();
    let attempt = job.attempt();
    let active = |stage: &str| {
        let all = bench.series(job::ACTIVE.name());
        all.iter()
            .filter(|series| series.label("media.stage") == stage)
            .map(|series| match series.value {
                Value::Sum(sum) => sum,
                Value::Histogram { .. } => f64::NAN,
            })
            .sum::<f64>()
    };
    assert_eq!((active("none"), active("probe")), (1.0, 0.0));
    let step = attempt.stage(Stage::Probe).start();
    assert_eq!((active("none"), active("probe")), (0.0, 1.0));
    step.success();
    assert_eq!((active("none"), active("probe")), (1.0, 0.0));
    attempt.success();
    assert_eq!((active("none"), active("probe")), (0.0, 0.0));

    let transcode = bench.media.transcode("720p").codec("h264").start();
    assert_eq!(bench.total(transcode::ACTIVE.name()), 1.0);
    transcode.success();
    assert_eq!(bench.total(transcode::ACTIVE.name()), 0.0);

    let pending = bench.media.upload(FileType::Video).store("s3").pending();
    assert_eq!((bench.total(upload::PENDING.name()), bench.total(upload::ACTIVE.name())), (1.0, 0.0));
    let upload = pending.start();
    assert_eq!((bench.total(upload::PENDING.name()), bench.total(upload::ACTIVE.name())), (0.0, 1.0));
    upload.success();
    assert_eq!((bench.total(upload::PENDING.name()), bench.total(upload::ACTIVE.name())), (0.0, 0.0));
    drop(bench.media.upload(FileType::Video).store("s3").pending());
    assert_eq!(bench.total(upload::PENDING.name()), 0.0);
}

#[test]
fn declared_job_types_are_published_as_zeros() {
    let bench = Bench::new();
    bench.work.declare(["transcode", "clip"]);
    let zeros = bench.series(job::CREATED.name());
    assert_eq!(zeros.len(), 2);
    assert!(zeros.iter().all(|series| series.value == Value::Sum(0.0)));
    let empty = bench.series(job::DURATION.name());
    assert_eq!(empty.len(), 2 * Outcome::ALL.len());
    assert!(empty.iter().all(|series| series.count() == 0));
}

fn drive_job(bench: &Bench) {
    let job = bench.work.job("transcode").max_attempts(2).create();
    job.attempt().failure(ErrorType::Throttled);
    job.attempt().success();
    bench.work.job("clip").start().failure(ErrorType::InputInvalid);
    drop(bench.work.job("thumbnail").create());
}

/// What is given back is there as long as it is held.
fn drive_around_jobs(bench: &Bench) -> impl Sized {
    let clock = Clock::stopped();
    let work = bench.work.with_clock(clock.clone());
    let queue = work.queue("transcode");
    let waiting = queue.enter();
    let busy = work.worker("encoder-7");
    busy.heartbeat();
    busy.capacity(4);
    busy.load("gpu", 1.25);
    work.workers().done("encoder-7", Outcome::Killed);
    work.workers().hear("encoder-8", &Heartbeat::new().running(1));
    clock.advance(Duration::from_secs(15));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let task = runtime.block_on(async {
        let (ran, mut runs) = tokio::sync::mpsc::unbounded_channel();
        let mut run = 0;
        let task = work.background("reconcile").every(Duration::from_secs(60)).run(move || {
            run += 1;
            ran.send(()).unwrap();
            let run = run;
            async move {
                match run {
                    1 => Err(std::io::Error::other("a share is away")),
                    2 => Ok(()),
                    _ => std::future::pending().await,
                }
            }
        });
        // The third has begun: the second has ended.
        for _ in 0..3 {
            runs.recv().await.unwrap();
        }
        task.unwrap()
    });
    (queue, waiting, busy, task, runtime)
}

fn drive_media(bench: &Bench) {
    bench.media.stage(Stage::Probe).start().success();

    let transcode = bench.media.transcode("720p").codec("h264").encoder("h264_nvenc").camera("front").start();
    let recorder = transcode.recorder();
    recorder.frames(250);
    recorder.dropped(3);
    recorder.duplicated(2);
    recorder.media_time(Duration::from_millis(10_500));
    recorder.pixels(250 * 1280 * 720);
    recorder.input_bytes(1000);
    recorder.output_bytes(250);
    recorder.stall();
    recorder.defects(DefectKind::Corrupt, 4);
    recorder.quality(QualityMetric::Ssim, 0.98);
    transcode.success();

    let transcode = bench.media.transcode("360p").codec("hevc").encoder("hevc_nvenc").start();
    transcode.recorder().fallback("h264_nvenc", "libx264");
    transcode.cancel();

    let package = bench.media.package("hls").start();
    package.recorder().segments(5);
    package.recorder().output_bytes(5000);
    package.success();

    let upload = bench.media.upload(FileType::Video).store("s3").key("a/b.mp4").start();
    let recorder = upload.recorder();
    recorder.bytes(4096);
    recorder.part(Outcome::Success);
    recorder.retry(RetryReason::Throttled);
    recorder.abort();
    upload.success();
}

fn expected() -> Expected {
    use Want::{Count, CountSum, Is, Positive};
    const TRANSCODE: &[(&str, &str)] = &[("media.job.type", "transcode")];
    const CLIP: &[(&str, &str)] = &[("media.job.type", "clip")];
    const THUMBNAIL: &[(&str, &str)] = &[("media.job.type", "thumbnail")];
    const RENDITION: &[(&str, &str)] = &[("media.rendition", "720p")];
    const CODEC: &[(&str, &str)] = &[("media.codec", "h264"), ("media.rendition", "720p")];
    const HARDWARE: &[(&str, &str)] =
        &[("media.codec", "h264"), ("media.encoder.hardware", "nvenc"), ("media.rendition", "720p")];
    const HLS: &[(&str, &str)] = &[("media.package.format", "hls")];
    const FILE: &[(&str, &str)] = &[("media.file.type", "video"), ("media.store", "s3")];
    let mut expected = Expected::default();
    expected.want(&job::CREATED, vec![(TRANSCODE, Is(1.0)), (CLIP, Is(1.0)), (THUMBNAIL, Is(1.0))]);
    expected.want(
        &job::DURATION,
        vec![
            (&[("media.job.type", "transcode"), ("media.outcome", "success")][..], Count(1)),
            (
                &[
                    ("error.type", "input_invalid"),
                    ("media.error.origin", "input"),
                    ("media.job.type", "clip"),
                    ("media.outcome", "failure"),
                ],
                Count(1),
            ),
            (&[("media.job.type", "thumbnail"), ("media.outcome", "cancelled")], CountSum(1, 0.0)),
        ],
    );
    expected.want(&job::QUEUE_DURATION, vec![(TRANSCODE, Count(1)), (CLIP, Count(1))]);
    expected.want(&job::ACTIVE, vec![(&[("media.job.type", "transcode"), ("media.stage", "none")], Is(0.0))]);
    expected
        .want(&job::RETRIES, vec![(&[("media.job.type", "transcode"), ("media.retry.reason", "throttled")], Is(1.0))]);
    expected.want(&job::WASTED_TIME, vec![(TRANSCODE, Positive), (CLIP, Positive)]);
    const QUEUE: &[(&str, &str)] = &[("media.queue.name", "transcode")];
    expected.want(&queue::SIZE, vec![(QUEUE, Is(1.0))]);
    expected.want(&queue::OLDEST_AGE, vec![(QUEUE, Is(15.0))]);
    expected.want(
        &worker::ACTIVE,
        vec![
            (&[("media.worker.state", "idle")][..], Is(1.0)),
            (&[("media.worker.state", "busy")], Is(1.0)),
            (&[("media.worker.state", "lost")], Is(0.0)),
        ],
    );
    expected.want(&worker::HEARTBEATS, vec![(&[], Is(2.0))]);
    expected.want(
        &worker::HEARTBEAT_AGE,
        vec![(&[("media.worker.name", "encoder-7")][..], Is(15.0)), (&[("media.worker.name", "encoder-8")], Is(15.0))],
    );
    expected.want(&worker::JOBS, vec![(&[("media.outcome", "killed"), ("media.worker.name", "encoder-7")], Is(1.0))]);
    expected.want(&worker::LOAD, vec![(&[("media.worker.resource", "gpu")], Is(1.25))]);
    expected.want(&worker::CAPACITY, vec![(&[], Is(4.0))]);
    expected.want(
        &background::DURATION,
        vec![
            (&[("media.outcome", "failure"), ("media.task", "reconcile")][..], Count(1)),
            (&[("media.outcome", "success"), ("media.task", "reconcile")], Count(1)),
            (&[("media.outcome", "timeout"), ("media.task", "reconcile")], Count(0)),
        ],
    );
    expected.want(&background::LAST_SUCCESS, vec![(&[("media.task", "reconcile")], Positive)]);
    expected.want(&background::ERRORS, vec![(&[("error.type", "_OTHER"), ("media.task", "reconcile")], Is(1.0))]);
    expected.want(&stage::DURATION, vec![(&[("media.outcome", "success"), ("media.stage", "probe")], Count(1))]);
    expected.want(
        &transcode::DURATION,
        vec![
            (
                &[
                    ("media.codec", "h264"),
                    ("media.encoder.hardware", "nvenc"),
                    ("media.outcome", "success"),
                    ("media.rendition", "720p"),
                ],
                Count(1),
            ),
            // It fell back to software, and says so.
            (
                &[
                    ("media.codec", "hevc"),
                    ("media.encoder.hardware", "none"),
                    ("media.outcome", "cancelled"),
                    ("media.rendition", "360p"),
                ],
                Count(1),
            ),
        ],
    );
    expected.want(&transcode::ACTIVE, vec![(HARDWARE, Is(0.0))]);
    expected.want(
        &transcode::FRAMES,
        vec![(&[("media.camera", "front"), ("media.codec", "h264"), ("media.rendition", "720p")], Is(250.0))],
    );
    expected.want(&transcode::FRAMES_DROPPED, vec![(CODEC, Is(3.0))]);
    expected.want(&transcode::FRAMES_DUPLICATED, vec![(CODEC, Is(2.0))]);
    expected.want(&transcode::MEDIA_TIME, vec![(HARDWARE, Is(10.5))]);
    expected.want(&transcode::PIXELS, vec![(HARDWARE, Is(230_400_000.0))]);
    expected.want(&transcode::INPUT, vec![(RENDITION, Is(1000.0))]);
    expected.want(&transcode::OUTPUT, vec![(CODEC, Is(250.0))]);
    expected.want(&transcode::COMPRESSION_RATIO, vec![(CODEC, CountSum(1, 0.25))]);
    expected.want(&transcode::SPEED, vec![(HARDWARE, Count(1))]);
    expected.want(&transcode::STALLS, vec![(HARDWARE, Is(1.0))]);
    expected
        .want(&transcode::DEFECTS, vec![(&[("media.defect.kind", "corrupt"), ("media.rendition", "720p")], Is(4.0))]);
    expected.want(
        &transcode::FALLBACKS,
        vec![(&[("media.encoder", "libx264"), ("media.encoder.requested", "h264_nvenc")], Is(1.0))],
    );
    expected.want(
        &transcode::QUALITY,
        vec![(&[("media.quality.metric", "ssim"), ("media.rendition", "720p")], CountSum(1, 0.98))],
    );
    expected
        .want(&package::DURATION, vec![(&[("media.outcome", "success"), ("media.package.format", "hls")], Count(1))]);
    expected.want(&package::SEGMENTS, vec![(HLS, Is(5.0))]);
    expected.want(&package::OUTPUT, vec![(HLS, Is(5000.0))]);
    expected.want(
        &upload::DURATION,
        vec![(&[("media.file.type", "video"), ("media.outcome", "success"), ("media.store", "s3")], Count(1))],
    );
    expected.want(&upload::ACTIVE, vec![(FILE, Is(0.0))]);
    // It waited for nothing: `what_runs_is_counted_as_active_and_what_waits_as_pending` drives it.
    expected.want(&upload::PENDING, vec![]);
    expected.want(&upload::IO, vec![(FILE, Is(4096.0))]);
    expected.want(&upload::SIZE, vec![(FILE, CountSum(1, 4096.0))]);
    expected.want(&upload::PARTS, vec![(&[("media.outcome", "success"), ("media.store", "s3")], Is(1.0))]);
    expected.want(&upload::RETRIES, vec![(&[("media.retry.reason", "throttled"), ("media.store", "s3")], Is(1.0))]);
    expected.want(&upload::ABORTS, vec![(&[("media.store", "s3")], Is(1.0))]);
    expected
}

#[test]
fn only_what_succeeds_counts_as_output() {
    let bench = Bench::new();
    let transcode = bench.media.transcode("720p").codec("h264").start();
    transcode.recorder().input_bytes(1000);
    transcode.recorder().output_bytes(10);
    transcode.failure(ErrorType::DiskFull);
    let upload = bench.media.upload(FileType::Video).store("s3").start();
    upload.recorder().bytes(10);
    upload.cancel();
    let package = bench.media.package("hls").start();
    package.recorder().segments(1);
    package.failure(ErrorType::DiskFull);
    assert_eq!(bench.total(transcode::INPUT.name()), 1000.0);
    for output in [transcode::OUTPUT, transcode::SPEED, upload::IO, upload::SIZE, package::SEGMENTS, package::OUTPUT] {
        assert_eq!(bench.total(output.name()), 0.0, "{}", output.name());
        assert!(output.kind() == Kind::Counter || bench.series(output.name()).is_empty());
    }
}

#[test]
fn a_definition_of_another_kind_makes_nothing() {
    let bench = Bench::new();
    bench.instruments.counter(&job::DURATION).add(1, &bench.instruments.labels());
    bench.instruments.counter(&job::WASTED_TIME).add(1, &bench.instruments.labels());
    assert!(bench.series(job::DURATION.name()).is_empty());
    // Of seconds: the other type of counter makes it.
    assert!(bench.series(job::WASTED_TIME.name()).is_empty());
}

#[test]
fn spans_have_the_names_and_attributes_of_the_catalogue() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || {
        drive_job(&bench);
        drop(drive_around_jobs(&bench));
        drive_media(&bench);
        driven_speech_and_playback::drive(&bench);
        drop(driven_data::drive(&bench));
        drop(bench.work.job("clip").id("a1b2").start());
    });
    let mut names = std::collections::BTreeSet::new();
    for span in bench.spans() {
        let known = span::ALL.iter().find(|known| is_name_of(known.name, &span)).unwrap_or_else(|| panic!("{span:?}"));
        names.insert(known.name);
        // The rest is what the tracing layer says of threads and of the source.
        let ours = |key: &str| {
            ["media.", "error.", "process.", "job", "db.", "server."].iter().any(|prefix| key.starts_with(prefix))
        };
        for attribute in span.attributes.iter().filter(|attribute| ours(attribute.key.as_str())) {
            let key = attribute.key.as_str();
            assert!(known.attributes.iter().any(|known| known.key == key), "{key} of {}", span.name);
            assert_eq!(
                span.attributes.iter().filter(|other| other.key == attribute.key).count(),
                1,
                "{key} is there twice"
            );
        }
    }
    // Those of requests are in tests/http.
    let named = span::ALL.iter().map(|span| span.name).filter(|name| !name.starts_with("{http."));
    assert_eq!(names.into_iter().collect::<Vec<_>>(), named.collect::<Vec<_>>());
}

/// Whether a span has a name of the catalogue; of one in braces, the first attribute is enough, since what comes
/// after it may be absent.
fn is_name_of(known: &str, span: &SpanData) -> bool {
    let Some((key, _)) = known.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return known == span.name;
    };
    let value = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
    value.is_some_and(|attribute| span.name.starts_with(&*attribute.value.as_str()))
}

#[test]
fn a_database_is_called_by_a_client_and_its_span_has_no_literal() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || drop(driven_data::drive(&bench)));
    let spans = bench.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["SELECT jobs", "INSERT jobs", "UPDATE media", "GET", "GET"]);
    let said = |span: &SpanData, key: &str| {
        let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
        attribute.map(|attribute| attribute.value.to_string())
    };
    assert!(spans.iter().all(|span| span.span_kind == SpanKind::Client));
    assert_eq!(said(&spans[0], "db.query.text").as_deref(), Some("SELECT ?"));
    assert_eq!(said(&spans[1], "db.response.status_code").as_deref(), Some("23505"));
    assert_eq!(said(&spans[2], "db.response.status_code").as_deref(), Some("40P01"));
    assert_eq!(said(&spans[3], "error.type").as_deref(), Some("network"));
    assert_eq!(said(&spans[4], "error.type"), None);
}
