use std::time::Duration;

use telecine::ffmpeg::{Media, Options, probe};
use telecine::operation::ErrorType;

use crate::clips::{Clips, fake, options};

async fn look(path: impl AsRef<std::path::Path>) -> Media {
    probe(path, &options()).await.unwrap()
}

#[tokio::test]
async fn a_clip_has_its_figures() {
    let clips = Clips::new();
    let media = look(clips.normal(2)).await;
    let video = media.require_video().unwrap();
    assert_eq!(media.duration, Some(Duration::from_secs(2)));
    assert_eq!((video.codec.as_str(), video.width, video.height, video.rotation), ("h264", 640, 360, 0));
    assert_eq!((video.frame_rate, video.base_frame_rate), (Some(30.0), Some(30.0)));
    assert!(!video.is_hdr() && !video.is_portrait() && !video.is_variable_frame_rate());
    let audio = media.audio.as_ref().unwrap();
    assert_eq!((audio.codec.as_str(), audio.channels, audio.sample_rate), ("aac", 1, Some(44_100)));
    assert_eq!(media.size, std::fs::metadata(&media.path).unwrap().len());
    assert!(media.bit_rate.unwrap() > 10_000);
    assert_eq!(media.streams, 2);
}

#[tokio::test]
async fn kinds_of_clips_are_told_apart() {
    let clips = Clips::new();
    assert!(look(clips.silent()).await.audio.is_none());
    assert!(look(clips.portrait()).await.video.unwrap().is_portrait());
    assert!(look(clips.variable()).await.video.unwrap().is_variable_frame_rate());

    let rotated = look(clips.rotated()).await.video.unwrap();
    assert_eq!((rotated.width, rotated.height, rotated.stored), (360, 640, (640, 360)));
    assert!(rotated.is_portrait() && rotated.rotation % 180 == 90);

    let hdr = look(clips.hdr()).await.video.unwrap();
    assert!(hdr.is_hdr());
    assert_eq!(hdr.pixel_format.as_deref(), Some("yuv420p10le"));
    assert_eq!(hdr.color_primaries.as_deref(), Some("bt2020"));

    let truncated = look(clips.truncated()).await;
    assert_eq!(truncated.duration, Some(Duration::from_secs(4)), "the index says so");
}

#[tokio::test]
async fn what_is_no_video_is_refused_with_the_reason() {
    let clips = Clips::new();
    clips.bytes("noise.mp4", &[0xa5; 5000]);
    clips.bytes("empty.mp4", b"");
    clips.bytes("text.mp4", b"hello\n");
    clips.bytes("text.txt", b"hello\n");
    clips.bytes("subtitles.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n");
    std::fs::create_dir(clips.path("directory.mp4")).unwrap();
    for (name, error_type, reason) in [
        ("missing.mp4", ErrorType::InputMissing, "no such file"),
        ("text.txt/x.mp4", ErrorType::InputMissing, "no such file"),
        ("directory.mp4", ErrorType::InputInvalid, "is a directory"),
        ("empty.mp4", ErrorType::InputInvalid, "is empty"),
        ("text.mp4", ErrorType::InputInvalid, "moov atom not found"),
        ("text.txt", ErrorType::InputInvalid, "Invalid data found"),
        ("noise.mp4", ErrorType::InputInvalid, ""),
        ("subtitles.srt", ErrorType::InputInvalid, "neither video nor audio"),
    ] {
        let failure = probe(clips.path(name), &options()).await.unwrap_err();
        assert_eq!(failure.error_type(), error_type, "{failure}");
        let message = failure.to_string();
        assert!(message.contains(name) && message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_picture_is_no_video() {
    let clips = Clips::new();
    let picture = clips.path("picture.png");
    let media = look(clips.silent()).await;
    telecine::ffmpeg::Command::thumbnail(&media, Duration::ZERO, 64, &picture).run().await.unwrap();
    let failure = look(picture).await.require_video().unwrap_err().to_string();
    assert!(failure.contains("picture"), "{failure}");
}

#[tokio::test]
async fn a_probe_that_hangs_runs_out_of_time() {
    let clips = Clips::new();
    let path = clips.bytes("clip.mp4", b"x");
    let options = Options { ffprobe: fake("hangs").ffmpeg, probe_within: Duration::from_millis(50), ..options() };
    let failure = probe(path, &options).await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::Timeout, "{failure}");
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let clips = Clips::new();
    let path = clips.bytes("clip.mp4", b"x");
    let options = Options { ffprobe: "/nowhere/ffprobe".into(), ..options() };
    let failure = probe(path, &options).await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::Other);
    assert!(failure.to_string().contains("/nowhere/ffprobe"), "{failure}");
}
