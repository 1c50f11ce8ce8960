use std::fs;
use std::process::Stdio;

use telecine::ffmpeg::Command;
use tokio::io::AsyncReadExt;

use crate::clips::{Clips, frames, options, text};
use crate::measure::Measured;

#[tokio::test]
async fn standard_output_carries_the_media_and_progress_is_whole() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let input = clips.normal(2);
    let transcode = measured.media.transcode("test").start();
    let mut running = Command::new(&input)
        .options(&options())
        .args(["-c:v", "libx264", "-f", "mpegts"])
        .output_stdout(Stdio::piped())
        .record(&transcode.recorder())
        .start()
        .await
        .unwrap();
    let mut stdout = running.take_stdout().unwrap();
    let mut media = Vec::new();
    let (done, read) = tokio::join!(transcode.run(running.wait()), stdout.read_to_end(&mut media));
    read.unwrap();
    assert_eq!(done.unwrap().frames, 60);
    assert_eq!(measured.value("media.transcode.frames"), 60.0);
    assert_eq!(frames(&clips.bytes("out.ts", &media)), 60, "nothing but media is in it");
}

#[tokio::test]
async fn standard_input_and_output_carry_the_media() {
    let clips = Clips::new();
    let whole = clips.normal(2);
    let stream = clips.path("in.ts");
    Command::new(&whole).args(["-c", "copy"]).output(&stream).run().await.unwrap();
    let (from, to) = (fs::File::open(&stream).unwrap(), fs::File::create(clips.path("out.ts")).unwrap());
    let mut own = tokio::process::Command::new("ffmpeg");
    own.args(["-i", "-", "-c:v", "libx264", "-f", "mpegts", "-"]).stdin(from).stdout(to);
    let done = Command::from(own).run().await.unwrap();
    assert_eq!(done.frames, 60);
    assert_eq!(frames(&clips.path("out.ts")), 60);
}

#[tokio::test]
async fn output_to_nowhere_is_counted() {
    let clips = Clips::new();
    let input = clips.normal(1);
    let done = Command::from_args(["-i", text(&input), "-f", "null", "-"]).options(&options()).run().await.unwrap();
    assert_eq!((done.frames, done.outputs.len()), (30, 0));
}

#[tokio::test]
async fn a_pipe_that_nobody_reads_is_refused() {
    let clips = Clips::new();
    let input = clips.normal(1);
    let command = Command::new(&input).args(["-c", "copy", "-f", "mpegts"]).output_stdout(Stdio::piped());
    let failure = command.run().await.unwrap_err().to_string();
    assert!(failure.contains("take_stdout"), "{failure}");
}
