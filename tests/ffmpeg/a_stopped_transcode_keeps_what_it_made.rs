use telecine::ffmpeg::Command;

use crate::clips::{Clips, frames, options, until};
use crate::measure::Measured;

/// Stops an endless recording after its first frames.
async fn stop(command: Command, clips: &Clips) {
    let measured = Measured::new();
    let transcode = measured.media.transcode("live").start();
    let output = clips.path("out.mp4");
    let running = command
        .options(&options())
        .args(["-c:v", "libx264", "-preset", "ultrafast"])
        .output(&output)
        .record(&transcode.recorder())
        .start()
        .await
        .unwrap();
    let stopper = running.stopper();
    let drive = async {
        until("frames", || measured.value("media.transcode.frames") > 0.0).await;
        stopper.stop();
    };
    let (done, ()) = tokio::join!(transcode.run(running.wait()), drive);
    let done = done.unwrap();
    assert!(done.stopped);
    assert_eq!(done.frames, frames(&output), "it was finished properly");
    assert_eq!(clips.names(), ["out.mp4"]);
}

#[tokio::test]
async fn by_a_key() {
    stop(Command::generate("testsrc2=s=320x180:r=30"), &Clips::new()).await;
}

#[tokio::test]
async fn by_a_signal_where_it_reads_no_keys() {
    let endless = ["-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30"];
    stop(Command::from_args(endless), &Clips::new()).await;
}
