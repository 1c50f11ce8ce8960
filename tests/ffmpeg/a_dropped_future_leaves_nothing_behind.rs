use std::time::Duration;

use telecine::ffmpeg::{Command, Options};

use crate::clips::{Clips, exists, fake, options, until};
use crate::measure::Measured;

/// An ffmpeg that has encoded frames, and will for ever.
async fn endless(clips: &Clips, measured: &Measured, options: &Options) -> (i32, tokio::task::JoinHandle<()>) {
    let transcode = measured.media.transcode("test").start();
    let command = Command::generate("testsrc2=s=320x180:r=30").options(options).args(["-c:v", "libx264"]);
    let running = command.output(clips.path("out.mp4")).record(&transcode.recorder()).start().await.unwrap();
    let pid = running.pid();
    let task = tokio::spawn(async move {
        transcode.run(running.wait()).await.unwrap();
    });
    until("frames", || measured.value("media.transcode.frames") > 0.0).await;
    until("the temporary output", || clips.names().len() == 1).await;
    (pid, task)
}

/// The process is gone and reaped, and so is what it wrote.
async fn gone(pid: i32, clips: &Clips) {
    until("the process is reaped", || !exists(pid)).await;
    until("the output is removed", || clips.names().is_empty()).await;
}

#[tokio::test]
async fn ffmpeg_is_asked_to_end() {
    let (clips, measured) = (Clips::new(), Measured::new());
    // So long that only its own end can be what ends it.
    let (pid, task) = endless(&clips, &measured, &options()).await;
    assert!(exists(pid));
    assert_eq!(measured.value("media.transcode.active"), 1.0);
    task.abort();
    gone(pid, &clips).await;
    assert_eq!(measured.value("media.transcode.active"), 0.0);
    let duration = measured.series("media.transcode.duration");
    assert!(duration.keys().all(|labels| labels.contains("media.outcome=cancelled")), "{duration:?}");
}

#[tokio::test]
async fn one_that_hears_nothing_is_killed() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let options = Options { stop_within: Duration::from_millis(100), ..fake("hears_nothing") };
    let (pid, task) = endless(&clips, &measured, &options).await;
    task.abort();
    gone(pid, &clips).await;
}

#[test]
fn also_when_the_runtime_goes() {
    for options in [options(), Options { stop_within: Duration::from_millis(100), ..fake("hears_nothing") }] {
        let (clips, measured) = (Clips::new(), Measured::new());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (pid, _task) = runtime.block_on(endless(&clips, &measured, &options));
        drop(runtime);
        let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        other.block_on(gone(pid, &clips));
        assert_eq!(measured.value("media.transcode.active"), 0.0);
    }
}

#[tokio::test]
async fn one_that_was_never_waited_for_is_ended_too() {
    let clips = Clips::new();
    let command = Command::generate("testsrc2").options(&options()).output(clips.path("out.mp4"));
    let running = command.start().await.unwrap();
    let pid = running.pid();
    drop(running);
    gone(pid, &clips).await;
}

#[tokio::test]
async fn a_timeout_around_it_is_a_drop() {
    let clips = Clips::new();
    let command = Command::generate("testsrc2").options(&options()).output(clips.path("out.mp4"));
    let running = command.start().await.unwrap();
    let pid = running.pid();
    tokio::time::timeout(Duration::from_millis(20), running.wait()).await.unwrap_err();
    gone(pid, &clips).await;
}
