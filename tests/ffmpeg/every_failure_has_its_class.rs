use std::fs;
use std::os::unix::process::ExitStatusExt;

use telecine::ffmpeg::{Command, Failure};
use telecine::operation::ErrorType;

use crate::clips::{Clips, fake, options, runs, text, until};
use crate::measure::Measured;

/// Runs what cannot work.
async fn fail(command: Command) -> Failure {
    let failure = command.options(&options()).run().await.unwrap_err();
    let message = failure.to_string();
    assert!(!message.contains('\n') && message.len() < 500, "{message}");
    failure
}

#[tokio::test]
async fn bad_inputs() {
    let clips = Clips::new();
    clips.bytes("empty.mp4", b"");
    clips.bytes("text.mp4", b"hello\n");
    clips.bytes("text.txt", b"hello\n");
    fs::create_dir(clips.path("directory.mp4")).unwrap();
    for (name, error_type, reason) in [
        ("missing.mp4", ErrorType::InputMissing, "No such file or directory"),
        ("empty.mp4", ErrorType::InputInvalid, "moov atom not found"),
        ("text.mp4", ErrorType::InputInvalid, "moov atom not found"),
        ("text.txt", ErrorType::InputInvalid, "Invalid data found when processing input"),
        ("directory.mp4", ErrorType::InputInvalid, "Is a directory"),
    ] {
        let failure = fail(Command::new(clips.path(name)).output(clips.path("out.mp4"))).await;
        assert_eq!(failure.error_type(), error_type, "{failure}");
        let expected = format!("{}: {reason} (ffmpeg ended with exit status: 1)", text(&clips.path(name)));
        assert_eq!(failure.to_string(), expected);
        assert!(!failure.messages().is_empty());
        assert!(!clips.path("out.mp4").exists());
    }
}

#[tokio::test]
async fn bad_settings() {
    let clips = Clips::new();
    let input = clips.normal(1);
    for (arguments, error_type, reason) in [
        (&["-c:v", "nosuch"][..], ErrorType::CodecUnsupported, "Unknown encoder 'nosuch'"),
        (&["-c:v", "h264_nosuch_nvenc"], ErrorType::EncoderUnavailable, "Unknown encoder"),
        (&["-vf", "nosuch"], ErrorType::CodecUnsupported, "No such filter: 'nosuch'"),
        (&["-map", "0:7"], ErrorType::InputInvalid, "matches no streams"),
        (&["-nosuch", "1"], ErrorType::Other, "Option not found"),
        (&["-ss", "100"], ErrorType::InputInvalid, "nothing was encoded"),
        (&["-vn", "-ss", "100"], ErrorType::InputInvalid, "nothing was encoded"),
    ] {
        let failure = fail(Command::new(&input).args(arguments).output(clips.path("out.mp4"))).await;
        assert_eq!(failure.error_type(), error_type, "{failure}");
        assert!(failure.to_string().contains(reason), "{failure}");
        assert_eq!(clips.names(), ["normal.mp4"]);
    }
    let failure = fail(Command::new(&input).output(clips.path("out.nosuch"))).await;
    let all = format!("{failure} {:?}", failure.messages());
    assert!(all.contains("out.nosuch") && !all.contains(".telecine-"), "{all}");
    let failure = fail(Command::new(&input).output(clips.path("no/such/out.mp4"))).await;
    assert!(failure.to_string().contains("no/such/out.mp4"), "{failure}");
    assert_eq!(failure.error_type(), ErrorType::Other, "no input is missing");
    let failure = fail(Command::from_args(["-progress", "pipe:1", "-i", "x", "y.mp4"])).await;
    assert!(failure.to_string().contains("-progress"), "{failure}");
}

#[tokio::test]
async fn a_network_that_is_not_there() {
    let clips = Clips::new();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://user:secret@{address}/x.mp4?signature=secret&part");
    let failure = fail(Command::from_url(url).output(clips.path("out.mp4"))).await;
    assert_eq!(failure.error_type(), ErrorType::Network, "{failure}");
    let all = format!("{failure} {failure:?}");
    assert!(!all.contains("secret") && all.contains("signature=REDACTED"), "{all}");
}

#[tokio::test]
async fn a_program_that_is_not_there() {
    let options = telecine::ffmpeg::Options { ffmpeg: "/nowhere/ffmpeg".into(), ..options() };
    let failure = Command::new("x.mp4").output("y.mp4").options(&options).run().await.unwrap_err();
    assert!(matches!(failure, Failure::Start { .. }));
    assert_eq!(failure.error_type(), ErrorType::Other);
    assert!(failure.to_string().contains("/nowhere/ffmpeg"), "{failure}");
}

#[tokio::test]
async fn a_signal_from_outside() {
    for (signal, caught) in [("KILL", false), ("TERM", true), ("INT", true)] {
        let (clips, measured) = (Clips::new(), Measured::new());
        let transcode = measured.media.transcode("test").start();
        let command = Command::generate("testsrc2=s=320x180:r=30").options(&options());
        let output = command.output(clips.path("out.mp4")).record(&transcode.recorder());
        let running = output.start().await.unwrap();
        let pid = running.pid().to_string();
        let drive = async {
            until("frames", || measured.value("media.transcode.frames") > 0.0).await;
            assert!(std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        };
        let (failure, ()) = tokio::join!(transcode.run(running.wait()), drive);
        let Failure::Killed { status, .. } = failure.unwrap_err() else { panic!("{signal}") };
        assert_eq!(status.signal().is_none(), caught, "{status}");
        let duration = measured.series("media.transcode.duration");
        let labels: Vec<_> = duration.into_keys().collect();
        assert!(labels[0].contains("error.type=killed") && labels[0].contains("media.outcome=killed"), "{labels:?}");
        assert_eq!(clips.names(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_process_that_dies_in_a_line_and_leaves_a_child() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let transcode = measured.media.transcode("test").start();
    let input = clips.bytes("in.mp4", b"x");
    let command = Command::new(&input).options(&fake("dies_in_a_line")).output(clips.path("out.mp4"));
    let command = command.record(&transcode.recorder());
    let failure = transcode.run(command.run()).await.unwrap_err();
    assert!(matches!(failure, Failure::Killed { .. }), "{failure}");
    let child = fs::read_to_string(clips.path("in.mp4.child")).unwrap().trim().parse().unwrap();
    until("the child ends too", || !runs(child)).await;
    assert_eq!(measured.value("media.transcode.frames"), 20.0);
    assert_eq!(measured.value("media.transcode.media.time"), 0.4, "half a number is none");
}
