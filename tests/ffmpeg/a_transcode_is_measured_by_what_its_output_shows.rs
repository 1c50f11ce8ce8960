use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use telecine::ffmpeg::{Command, Failure, Finished};
use telecine::media::Media;

use crate::clips::{Clips, frames, options, text};
use crate::measure::Measured;

/// Runs a transcode as a user would.
async fn transcode(media: &Media, input: &Path, output: &Path, arguments: &[&str]) -> Result<Finished, Failure> {
    let transcode = media.transcode("test").codec("h264").start();
    let command = Command::new(input)
        .options(&options())
        .args(["-c:v", "libx264", "-preset", "ultrafast"])
        .args(arguments)
        .output(output)
        .record(&transcode.recorder());
    transcode.run(command.run()).await
}

#[tokio::test]
async fn every_figure_is_the_one_of_the_files() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.normal(3), clips.path("out.mp4"));
    let done = transcode(&measured.media, &input, &output, &["-vf", "scale=320:180"]).await.unwrap();

    let frames = frames(&output) as f64;
    let bytes = fs::metadata(&output).unwrap().len();
    assert_eq!(frames, 90.0);
    assert_eq!(measured.value("media.transcode.frames"), frames);
    assert_eq!(measured.value("media.transcode.pixels"), frames * 320.0 * 180.0);
    assert_eq!(measured.value("media.transcode.input"), fs::metadata(&input).unwrap().len() as f64);
    assert_eq!(measured.value("media.transcode.output"), bytes as f64);
    assert!((measured.value("media.transcode.media.time") - 3.0).abs() < 0.1);
    assert_eq!(measured.value("media.transcode.frames.dropped"), 0.0);
    assert_eq!(measured.value("media.transcode.defects"), 0.0);
    assert_eq!(measured.value("media.transcode.stalls"), 0.0);
    assert_eq!(measured.value("media.transcode.active"), 0.0);
    assert_eq!(measured.value("media.transcode.compression.ratio"), 1.0, "one was recorded");
    assert_eq!(measured.value("media.transcode.speed"), 1.0, "one was recorded");
    let duration = measured.series("media.transcode.duration");
    assert!(duration.keys().all(|labels| labels.contains("media.outcome=success")), "{duration:?}");
    assert_eq!((done.frames, done.bytes(), done.stopped), (90, bytes, false));
    assert_eq!(clips.names(), ["normal.mp4", "out.mp4"]);
}

#[tokio::test]
async fn frames_that_are_repeated_and_left_out_are_counted() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.variable(), clips.path("out.mp4"));
    let done = transcode(&measured.media, &input, &output, &["-vsync", "cfr", "-r", "30"]).await.unwrap();
    assert_eq!(done.frames, frames(&output));
    assert!(done.duplicated >= 30, "{done:?}");
    assert_eq!(measured.value("media.transcode.frames.duplicated"), done.duplicated as f64);

    let done = transcode(&measured.media, &output, &clips.path("slow.mp4"), &["-r", "5"]).await.unwrap();
    assert!(done.dropped >= 60, "{done:?}");
    assert_eq!(measured.value("media.transcode.frames.dropped"), done.dropped as f64);
}

#[tokio::test]
async fn sound_alone_has_media_time_and_no_frames() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.normal(2), clips.path("out.m4a"));
    transcode(&measured.media, &input, &output, &["-vn"]).await.unwrap();
    assert_eq!(measured.value("media.transcode.frames"), 0.0);
    assert!((measured.value("media.transcode.media.time") - 2.0).abs() < 0.1);
}

#[tokio::test]
async fn the_clock_of_the_input_is_not_media_time() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let transcode = measured.media.transcode("test").start();
    let (input, output) = (clips.normal(3), clips.path("out.mkv"));
    let (from, to) = (text(&input), text(&output));
    let command = Command::from_args(["-copyts", "-ss", "2", "-i", from, "-c:v", "libx264", "-an", to]);
    let command = command.record(&transcode.recorder());
    transcode.run(command.run()).await.unwrap();
    assert!(measured.value("media.transcode.media.time") <= 1.1, "{}", measured.value("media.transcode.media.time"));
}

#[tokio::test]
async fn a_listener_hears_how_far_it_is() {
    let clips = Clips::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let done = Command::new(clips.normal(3))
        .options(&options())
        .output(clips.path("out.mp4"))
        .on_progress(move |done| listener.lock().unwrap().push(*done))
        .run()
        .await
        .unwrap();
    let heard = heard.lock().unwrap();
    assert!(heard.is_sorted_by_key(|done| done.frames), "{heard:?}");
    assert_eq!(heard.last().map(|last| (last.frames, last.media_time)), Some((done.frames, done.media_time)));
}
