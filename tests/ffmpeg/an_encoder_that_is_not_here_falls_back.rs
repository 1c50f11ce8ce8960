use telecine::ffmpeg::{Command, Encoder, ladder, probe};
use telecine::operation::ErrorType;

use crate::clips::{Clips, options, video};
use crate::measure::Measured;

/// Built in on Debian, and of no use without a device.
const HARDWARE: &[&str] = &["h264_v4l2m2m", "h264_vaapi", "h264_qsv", "h264_nvenc"];

/// Those of them that cannot be used here: a machine may well have one.
async fn unusable() -> Vec<Encoder> {
    let mut unusable = Vec::new();
    for name in HARDWARE {
        let encoder = Encoder::new(*name);
        if let Err(failure) = encoder.check(&options()).await {
            assert_eq!(failure.error_type(), ErrorType::EncoderUnavailable, "{failure}");
            unusable.push(encoder);
        }
    }
    assert!(!unusable.is_empty(), "a machine with four kinds of encoders");
    unusable
}

#[tokio::test]
async fn software_takes_over_and_that_is_counted() {
    let clips = Clips::new();
    let media = probe(clips.silent(), &options()).await.unwrap();
    let rendition = &ladder(&media)[0];
    for encoder in unusable().await {
        let measured = Measured::new();
        let output = clips.path("out.mp4");
        let transcode = measured.media.transcode(&rendition.name).encoder(encoder.name()).start();
        let command = Command::rendition(&media, rendition, &output)
            .options(&options())
            .encoder(encoder.clone())
            .record(&transcode.recorder());
        let done = transcode.run(command.run()).await.unwrap();
        assert_eq!(done.encoder, Some(Encoder::new("libx264")));
        assert_eq!(measured.value("media.transcode.frames"), 25.0, "none is counted twice");
        let size = std::fs::metadata(&media.path).unwrap().len();
        assert_eq!(measured.value("media.transcode.input"), size as f64, "nor here");
        let fallbacks = measured.series("media.transcode.fallbacks");
        let labels = format!("media.encoder.requested={},media.encoder=libx264", encoder.name());
        assert_eq!(fallbacks.into_iter().collect::<Vec<_>>(), [(labels, 1.0)]);
        assert_eq!(video(&output, "codec_name"), "h264");
    }
}

#[tokio::test]
async fn or_it_fails_where_that_is_wanted() {
    let clips = Clips::new();
    let media = probe(clips.silent(), &options()).await.unwrap();
    let encoder = unusable().await.remove(0);
    let command = Command::rendition(&media, &ladder(&media)[0], clips.path("out.mp4")).encoder(encoder).no_fallback();
    assert_eq!(command.run().await.unwrap_err().error_type(), ErrorType::EncoderUnavailable);
}

#[tokio::test]
async fn the_first_that_works_is_found() {
    let wanted = unusable().await.into_iter().chain([Encoder::new("libx264")]);
    assert_eq!(Encoder::first_usable(&options(), wanted).await.unwrap().name(), "libx264");
    let failure = Encoder::new("no_such_encoder").check(&options()).await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::CodecUnsupported, "{failure}");
}
