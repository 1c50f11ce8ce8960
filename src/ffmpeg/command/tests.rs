use std::ffi::OsStr;
use std::path::PathBuf;

use super::arguments::{FoundKind, Scan};
use super::*;

fn shown(arguments: &[&str]) -> Vec<String> {
    redact::arguments(arguments.iter().map(OsStr::new))
}

#[test]
fn secrets_are_not_shown() {
    for (argument, expected) in [
        ("plain.mp4", "plain.mp4"),
        ("https://host/a.mp4", "https://host/a.mp4"),
        ("https://user:secret@host:8443/a.mp4", "https://REDACTED@host:8443/a.mp4"),
        ("https://se@cret@host/a", "https://REDACTED@host/a"),
        (
            "https://host/a?X-Amz-Signature=secret&X-Amz-Date=1&secret",
            "https://host/a?X-Amz-Signature=REDACTED&X-Amz-Date=REDACTED&REDACTED",
        ),
        ("https://host?token=secret", "https://host?token=REDACTED"),
        ("rtmp://live.host/app/secret", "rtmp://live.host/app/REDACTED"),
        ("rtmps://live.host:443/app/", "rtmps://live.host:443/app/"),
        ("srt://host:9000?passphrase=secret", "srt://host:9000?passphrase=REDACTED"),
        ("[f=flv]rtmp://a/b/secret|[f=flv]rtmp://c/d/secret", "[f=flv]rtmp://a/b/REDACTED|[f=flv]rtmp://c/d/REDACTED"),
        ("movie='https://u:secret@h/a?s=secret'[x]", "movie='https://REDACTED@h/a?s=REDACTED'[x]"),
        ("a://b", "a://b"),
        ("://", "://"),
        ("scale=1:2,format=yuv420p", "scale=1:2,format=yuv420p"),
        ("名前://ü:secret@ß/?é=secret", "名前://REDACTED@ß/?é=REDACTED"),
    ] {
        assert_eq!(shown(&[argument]), [expected]);
    }
}

#[test]
fn values_of_secret_options_are_not_shown() {
    for option in [
        "-headers",
        "-cookies",
        "-decryption_key",
        "-encryption_key",
        "-password",
        "-passphrase",
        "-key",
        "-iv",
        "-auth_token",
        "-hls_enc_key",
        "-rtmp_key:v",
        "-srt_streamid",
        "-streamid",
    ] {
        let shown = shown(&[option, "secret", "-c", "copy"]);
        let hidden = option == "-srt_streamid" || shown[1] == "REDACTED";
        assert!(hidden && shown[2..] == ["-c", "copy"], "{shown:?}");
    }
    for option in ["-force_key_frames", "-keyint_min", "-preset", "-metadata:s:v"] {
        assert_eq!(shown(&[option, "value"]), [option, "value"]);
    }
}

#[test]
fn a_very_long_argument_is_cut() {
    let shown = shown(&[&"é".repeat(5000)]);
    assert_eq!(shown[0].chars().count(), 1025);
}

#[test]
fn messages_with_addresses_keep_their_text() {
    let line = "https://u:secret@h/a?sig=secret: Server returned 403 Forbidden (see https://h/help?x=1)";
    assert_eq!(
        redact::text(line),
        "https://REDACTED@h/a?sig=REDACTED: Server returned 403 Forbidden (see https://h/help?x=REDACTED"
    );
}

#[test]
fn inputs_and_outputs_are_found_among_arguments() {
    let file = |path: &str| FoundKind::File(PathBuf::from(path));
    let own = |path: &str| FoundKind::OwnName(PathBuf::from(path));
    for (arguments, inputs, outputs) in [
        ("-i a.mp4 b.mp4", vec!["a.mp4"], vec![file("b.mp4")]),
        (
            "-y -hide_banner -re -i a.mp4 -an -c:v libx264 b.mp4 -vn c.m4a",
            vec!["a.mp4"],
            vec![file("b.mp4"), file("c.m4a")],
        ),
        ("-nostats -noautorotate -i a -copyinkf:v -shortest file:b:c.mp4", vec!["a"], vec![file("b:c.mp4")]),
        ("-ss 1 -i a -ss -1 -map -0:a b", vec!["a"], vec![file("b")]),
        ("-f lavfi -i testsrc2=d=1 -i file:-x.mp4 -f mp4 b", vec!["testsrc2=d=1", "-x.mp4"], vec![file("b")]),
        ("-i - -f mpegts -", vec!["standard input"], vec![FoundKind::Stdout]),
        ("-i pipe:0 pipe:1", vec!["standard input"], vec![FoundKind::Stdout]),
        ("-i a -f null -", vec!["a"], vec![FoundKind::Elsewhere]),
        ("-i a -f null x", vec!["a"], vec![FoundKind::Elsewhere]),
        ("-i a -f hls b.m3u8", vec!["a"], vec![own("b.m3u8")]),
        ("-i a b.mpd", vec!["a"], vec![own("b.mpd")]),
        ("-i a -f image2 b.jpg", vec!["a"], vec![own("b.jpg")]),
        ("-i a b%03d.jpg", vec!["a"], vec![FoundKind::Elsewhere]),
        ("-i http://u:p@h/a rtmp://h/a/b", vec!["http://REDACTED@h/a"], vec![FoundKind::Elsewhere]),
        ("-i a -f mpegts /dev/full", vec!["a"], vec![FoundKind::Elsewhere]),
        ("-i a -some_new_option value b", vec!["a"], vec![file("b")]),
        ("-i", vec![""], vec![]),
        ("", vec![], vec![]),
    ] {
        let split: Vec<_> = arguments.split_whitespace().collect();
        let scan = Scan::of(&split);
        let names: Vec<_> = scan.inputs.iter().map(Input::name).collect();
        assert_eq!(names, inputs, "{arguments}");
        let found: Vec<_> = scan.outputs.into_iter().map(|output| output.kind).collect();
        assert_eq!(found, outputs, "{arguments}");
    }
}

#[test]
fn what_matters_among_arguments_is_noticed() {
    let scan = Scan::of(&["-n", "-copyts", "-nostdin", "-v", "error", "-i", "a", "-progress", "x", "b"]);
    assert_eq!(scan.keep_existing, Some(0));
    assert!(scan.copy_times && scan.no_stdin && scan.log_level && scan.progress && !scan.overwrite);
    // Values are no options.
    let scan = Scan::of(&["-metadata", "-n", "-i", "-y", "b"]);
    assert_eq!((scan.keep_existing, scan.overwrite), (None, false));
    assert_eq!(scan.inputs, [Input::File("-y".into())]);
}

#[test]
fn a_command_shows_what_it_will_do() {
    let command = Command::new("-in.mp4")
        .input_args(["-ss", "3"])
        .input_url("https://user:secret@host/b.mp4")
        .input_args(["-t", "5"])
        .args(["-c", "copy"])
        .output("out.mp4");
    assert_eq!(
        command.arguments().join(" "),
        "-ss 3 -protocol_whitelist file,crypto,data -i file:-in.mp4 -t 5 -i https://REDACTED@host/b.mp4 -c copy file:out.mp4"
    );
}

#[test]
fn a_timeout_outlives_the_options_around_it() {
    let limit = Duration::from_secs(7);
    let before = Command::new("a").timeout(limit).options(&Options::default());
    let after =
        Command::new("a").options(&Options { timeout: Some(Duration::MAX), ..Options::default() }).timeout(limit);
    assert_eq!((before.options.timeout, after.options.timeout), (Some(limit), Some(limit)));
}
