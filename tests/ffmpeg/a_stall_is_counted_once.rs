use std::fs;
use std::time::Duration;

use telecine::ffmpeg::{Command, Failure, Options};
use telecine::operation::ErrorType;

use crate::clips::{Clips, fake, until};
use crate::measure::Measured;

#[tokio::test]
async fn each_time_the_output_stands_still_counts_one() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let options = Options { stall_after: Duration::from_millis(30), ..fake("stalls_twice") };
    let input = clips.bytes("in.mp4", b"x");
    let transcode = measured.media.transcode("test").start();
    let command = Command::new(&input)
        .options(&options)
        .output(clips.path("out.mp4"))
        .video_size(2, 2)
        .record(&transcode.recorder());
    let running = transcode.run(command.run());
    let stalls = || measured.value("media.transcode.stalls");
    let frames = || measured.value("media.transcode.frames");
    let drive = async {
        until("progress", || frames() == 10.0).await;
        until("a stall", || stalls() > 0.0).await;
        fs::write(clips.path("in.mp4.go.1"), "").unwrap();
        until("progress again", || frames() == 20.0).await;
        let before = stalls();
        until("one more stall", || stalls() > before || before > 1.0).await;
        fs::write(clips.path("in.mp4.go.2"), "").unwrap();
    };
    let (done, ()) = tokio::join!(running, drive);
    assert_eq!(done.unwrap().frames, 30);
    // Two, and one more where a loaded machine takes its time to start it.
    assert!((2.0..=3.0).contains(&stalls()), "{}", stalls());
}

#[tokio::test]
async fn one_that_stalls_is_ended_where_that_is_wanted() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let options = Options { stall_after: Duration::from_millis(200), end_stalled: true, ..fake("hangs") };
    let input = clips.bytes("in.mp4", b"x");
    let transcode = measured.media.transcode("test").start();
    let command = Command::new(&input).options(&options).output(clips.path("out.mp4")).record(&transcode.recorder());
    let failure = transcode.run(command.run()).await.unwrap_err();
    assert!(matches!(failure, Failure::Stalled { .. }), "{failure}");
    assert_eq!(failure.error_type(), ErrorType::Timeout);
    assert_eq!(measured.value("media.transcode.stalls"), 1.0);
    let duration = measured.series("media.transcode.duration");
    assert!(duration.keys().all(|labels| labels.contains("media.outcome=timeout")), "{duration:?}");
}

#[tokio::test]
async fn one_that_takes_too_long_is_ended_and_killed_if_need_be() {
    for name in ["hangs", "hears_nothing"] {
        let clips = Clips::new();
        let limit = Duration::from_millis(200);
        let options = Options { stop_within: Duration::from_millis(100), ..fake(name) };
        let input = clips.bytes("in.mp4", b"x");
        let command = Command::new(&input).options(&options).timeout(limit).output(clips.path("out.mp4"));
        let failure = command.run().await.unwrap_err();
        assert!(matches!(failure, Failure::Timeout { .. }), "{name}: {failure}");
        assert_eq!(clips.names(), ["in.mp4"], "{name}");
    }
}
