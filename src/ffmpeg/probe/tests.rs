use std::time::Duration;

use super::*;

fn video(stream: &str) -> Video {
    let report = format!(r#"{{"streams": [{{"index": 0, "codec_type": "video", "codec_name": "h264", {stream}}}]}}"#);
    parse::parse(Path::new("x"), report.as_bytes()).unwrap().video.unwrap()
}

#[test]
fn the_size_is_the_one_that_is_shown() {
    for (stream, shown, rotation) in [
        (r#""width": 640, "height": 360"#, (640, 360), 0),
        (r#""width": 640, "height": 360, "sample_aspect_ratio": "1:1""#, (640, 360), 0),
        (r#""width": 720, "height": 576, "sample_aspect_ratio": "64:45""#, (1024, 576), 0),
        (r#""width": 720, "height": 576, "sample_aspect_ratio": "0:1""#, (720, 576), 0),
        (r#""width": 640, "height": 360, "tags": {"rotate": "90"}"#, (360, 640), 90),
        (r#""width": 640, "height": 360, "side_data_list": [{"rotation": -90}]"#, (360, 640), 90),
        (r#""width": 640, "height": 360, "side_data_list": [{}, {"rotation": 90.0}]"#, (360, 640), 270),
        (r#""width": 640, "height": 360, "side_data_list": [{"rotation": -180}]"#, (640, 360), 180),
        (r#""width": 640, "height": 360, "side_data_list": [{"rotation": 1}]"#, (640, 360), 0),
        (
            r#""width": 720, "height": 576, "sample_aspect_ratio": "64:45", "side_data_list": [{"rotation": -90}]"#,
            (576, 1024),
            90,
        ),
    ] {
        let video = video(stream);
        assert_eq!(((video.width, video.height), video.rotation), (shown, rotation), "{stream}");
    }
}

#[test]
fn frame_rates_that_are_none_are_absent() {
    let rates = |average: &str, base: &str| {
        let video = video(&format!(r#""avg_frame_rate": "{average}", "r_frame_rate": "{base}""#));
        (video.frame_rate, video.is_variable_frame_rate())
    };
    assert_eq!(rates("30/1", "30/1"), (Some(30.0), false));
    assert_eq!(rates("30000/1001", "30000/1001"), (Some(30_000.0 / 1001.0), false));
    assert_eq!(rates("1200/59", "30/1"), (Some(1200.0 / 59.0), true));
    assert_eq!(rates("0/0", "90000/1"), (None, false));
    assert_eq!(rates("x", ""), (None, false));
}

#[test]
fn a_cover_picture_is_no_video() {
    let report = br#"{"streams": [
        {"index": 0, "codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}},
        {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2, "sample_rate": "48000"},
        {"index": 2, "codec_type": "data"}
    ], "format": {"format_name": "mov", "duration": "12.5", "bit_rate": "N/A"}}"#;
    let media = parse::parse(Path::new("song.m4a"), report).unwrap();
    assert_eq!((media.duration, media.bit_rate, media.streams), (Some(Duration::from_millis(12_500)), None, 3));
    assert_eq!(media.audio.as_ref().and_then(|audio| audio.sample_rate), Some(48_000));
    let failure = media.require_video().unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::InputInvalid);
    assert!(failure.to_string().starts_with("song.m4a: no video"), "{failure}");
}

#[test]
fn what_is_no_report_is_an_error_that_names_the_file() {
    for report in ["", "{", r#"{"streams": [{"index": -1}]}"#] {
        let failure = parse::parse(Path::new("x.mp4"), report.as_bytes()).unwrap_err();
        assert!(matches!(failure, Failure::Read { .. }), "{report}: {failure}");
        assert!(failure.to_string().starts_with("x.mp4: "), "{failure}");
    }
    for report in ["{}", r#"{"streams": [{"index": 0, "codec_type": "subtitle"}]}"#] {
        let failure = parse::parse(Path::new("x.mp4"), report.as_bytes()).unwrap_err();
        assert_eq!(failure.error_type(), ErrorType::InputInvalid);
    }
}

#[test]
fn a_ladder_is_never_larger_than_its_source() {
    use crate::ffmpeg::ladder;
    for ((width, height), expected) in [
        ((640, 360), vec![("360p", 640, 360)]),
        ((1280, 720), vec![("360p", 640, 360), ("720p", 1280, 720)]),
        ((3840, 2160), vec![("360p", 640, 360), ("720p", 1280, 720), ("1080p", 1920, 1080)]),
        ((1080, 1920), vec![("360p", 360, 640), ("720p", 720, 1280), ("1080p", 1080, 1920)]),
        ((1920, 800), vec![("360p", 640, 266), ("720p", 1280, 532), ("1080p", 1920, 800)]),
        ((1440, 1080), vec![("360p", 480, 360), ("720p", 960, 720), ("1080p", 1440, 1080)]),
        ((500, 500), vec![("360p", 360, 360)]),
        ((641, 361), vec![("360p", 638, 360)]),
        ((320, 180), vec![("source", 320, 180)]),
        ((321, 181), vec![("source", 320, 180)]),
        ((1, 1), vec![("source", 2, 2)]),
        ((10_000, 10), vec![("360p", 640, 2), ("720p", 1280, 2), ("1080p", 1920, 2)]),
    ] {
        let report =
            format!(r#"{{"streams": [{{"index": 0, "codec_type": "video", "width": {width}, "height": {height}}}]}}"#);
        let media = parse::parse(Path::new("x"), report.as_bytes()).unwrap();
        let made: Vec<_> = ladder(&media).into_iter().map(|it| (it.name, it.width, it.height)).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(name, width, height)| (name.to_owned(), width, height)).collect();
        assert_eq!(made, expected, "{width}x{height}");
    }
}
