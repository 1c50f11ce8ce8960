use telecine::ffmpeg::{Command, Failure};
use telecine::operation::ErrorType;

use crate::clips::{Clips, options};
use crate::measure::Measured;

#[tokio::test]
async fn a_truncated_clip_is_a_success_with_defects() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let (input, output) = (clips.truncated(), clips.path("out.mp4"));
    let transcode = measured.media.transcode("test").start();
    let command = Command::new(&input).options(&options()).output(&output).record(&transcode.recorder());
    let done = transcode.run(command.run()).await.unwrap();
    assert!(done.defects > 0 && done.frames > 30 && done.frames < 120, "{done:?}");
    let defects = measured.series("media.transcode.defects");
    assert_eq!(defects.values().sum::<f64>(), done.defects as f64);
    for kind in ["corrupt", "truncated"] {
        assert!(defects.keys().any(|labels| labels.contains(&format!("media.defect.kind={kind}"))), "{defects:?}");
    }
}

#[tokio::test]
async fn or_a_failure_where_the_user_says_so() {
    let clips = Clips::new();
    let (input, output) = (clips.truncated(), clips.path("out.mp4"));
    let run = |allowed| Command::new(&input).options(&options()).output(&output).fail_on_defects(allowed).run();
    let failure = run(0).await.unwrap_err();
    assert!(matches!(failure, Failure::Defects { allowed: 0, .. }), "{failure}");
    assert_eq!(failure.error_type(), ErrorType::InputInvalid);
    assert!(!output.exists());
    run(1000).await.unwrap();
    assert!(output.exists());
}

#[tokio::test]
async fn a_sound_clip_has_none() {
    let clips = Clips::new();
    for input in [clips.normal(1), clips.silent(), clips.variable(), clips.hdr(), clips.rotated()] {
        let command = Command::new(&input).options(&options()).output(clips.path("out.mp4")).fail_on_defects(0);
        assert_eq!(command.run().await.unwrap().defects, 0, "{}", input.display());
    }
}
