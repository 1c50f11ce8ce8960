use std::fs;
use std::process::Stdio;

use telecine::ffmpeg::progress::Reader;
use telecine::ffmpeg::{Command, Failure};
use telecine::operation::ErrorType;

use crate::clips::{Clips, frames, text, until};
use crate::measure::Measured;

#[tokio::test]
async fn a_command_of_tokio_is_measured() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.normal(1), clips.path("out.mkv"));
    let mut own = tokio::process::Command::new("ffmpeg");
    own.current_dir(clips.dir()).arg("-i").arg("normal.mp4").args(["-c:v", "libx264", "-an", "out.mkv"]);
    let transcode = measured.media.transcode("test").start();
    let command = Command::from(own).record(&transcode.recorder());
    let done = transcode.run(command.run()).await.unwrap();
    assert_eq!((done.frames, done.bytes()), (30, fs::metadata(&output).unwrap().len()));
    assert_eq!(measured.value("media.transcode.frames"), frames(&output) as f64);
    assert_eq!(measured.value("media.transcode.pixels"), 30.0 * 640.0 * 360.0);
    assert_eq!(measured.value("media.transcode.input"), fs::metadata(&input).unwrap().len() as f64);
}

#[tokio::test]
async fn its_half_output_goes_and_an_old_one_stays() {
    let clips = Clips::new();
    let old = clips.bytes("old.mp4", b"the old one");
    let own = |arguments: &[&str]| {
        let mut own = std::process::Command::new("ffmpeg");
        own.args(arguments);
        Command::from(own).run()
    };
    let missing = clips.path("missing.mp4");
    let failure = own(&["-y", "-i", text(&missing), text(&old)]).await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::InputMissing, "{failure}");
    assert_eq!(fs::read(&old).unwrap(), b"the old one");

    // Nobody is there to be asked whether it may be written over.
    let input = clips.normal(1);
    own(&["-i", text(&input), "-c", "copy", text(&old)]).await.unwrap_err();
    assert_eq!(fs::read(&old).unwrap(), b"the old one");

    let half = clips.path("half.ts");
    let failure = own(&["-y", "-i", text(&input), "-f", "mpegts", text(&half), "-f", "mpegts", "/dev/full"]).await;
    assert_eq!(failure.unwrap_err().error_type(), ErrorType::DiskFull);
    assert_eq!(clips.names(), ["normal.mp4", "old.mp4"]);
}

#[tokio::test]
async fn dropped_it_leaves_nothing() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let mut own = tokio::process::Command::new("ffmpeg");
    own.args(["-f", "lavfi", "-i", "testsrc2=s=320x180", "-c:v", "libx264"]).arg(clips.path("out.mkv"));
    let transcode = measured.media.transcode("test").start();
    let command = Command::from(own).record(&transcode.recorder());
    let task = tokio::spawn(transcode.run(command.run()));
    until("frames", || measured.value("media.transcode.frames") > 0.0).await;
    assert_eq!(clips.names(), ["out.mkv"], "in place");
    task.abort();
    until("the output goes", || clips.names().is_empty()).await;
}

#[tokio::test]
async fn an_ffmpeg_that_one_runs_oneself_feeds_the_same_instruments() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.normal(1), clips.path("out.mkv"));
    let transcode = measured.media.transcode("test").start();
    let reader = Reader::new(transcode.recorder()).video_size(640, 360);
    let run = async {
        let mut ffmpeg = tokio::process::Command::new("ffmpeg")
            .args(["-nostdin", "-nostats", "-loglevel", "error", "-progress", "pipe:1", "-i"])
            .arg(&input)
            .args(["-c:v", "libx264"])
            .arg(&output)
            .stdout(Stdio::piped())
            .spawn()?;
        let total = reader.read(ffmpeg.stdout.take().unwrap()).await?;
        assert!(ffmpeg.wait().await?.success());
        Ok::<_, std::io::Error>(total)
    };
    let total = transcode.run(run).await.unwrap();
    assert_eq!(total.frames, 30);
    assert_eq!(measured.value("media.transcode.frames"), 30.0);
    assert_eq!(measured.value("media.transcode.pixels"), 30.0 * 640.0 * 360.0);
}

#[tokio::test]
async fn without_a_runtime_it_says_so() {
    let failed = std::thread::spawn(|| {
        let command = Command::new("x").output("y").run();
        futures_util::FutureExt::now_or_never(command).unwrap()
    });
    let Err(Failure::Arguments(reason)) = failed.join().unwrap() else { panic!() };
    assert!(reason.contains("runtime"), "{reason}");
}
