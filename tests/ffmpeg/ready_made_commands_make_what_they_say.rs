use std::fs;

use telecine::ffmpeg::{Command, Rendition, ladder, probe};
use telecine::media::package;

use crate::clips::{Clips, frames, options, video};
use crate::measure::Measured;

fn sizes(renditions: &[Rendition]) -> Vec<(&str, u32, u32)> {
    renditions.iter().map(|rendition| (rendition.name.as_str(), rendition.width, rendition.height)).collect()
}

#[tokio::test]
async fn every_kind_of_clip_gets_its_ladder() {
    let clips = Clips::new();
    for (input, expected) in [
        (clips.normal(1), vec![("360p", 640, 360)]),
        (clips.silent(), vec![("source", 320, 180)]),
        (clips.portrait(), vec![("360p", 360, 640), ("720p", 720, 1280)]),
        (clips.rotated(), vec![("360p", 360, 640)]),
        (clips.variable(), vec![("source", 320, 180)]),
        (clips.hdr(), vec![("360p", 640, 360)]),
    ] {
        let media = probe(&input, &options()).await.unwrap();
        let renditions = ladder(&media);
        assert_eq!(sizes(&renditions), expected, "{}", input.display());
        for rendition in &renditions {
            let measured = Measured::new();
            let output = clips.path("out.mp4");
            let transcode = measured.media.transcode(&rendition.name).start();
            let command = Command::rendition(&media, rendition, &output).record(&transcode.recorder());
            let done = transcode.run(command.fail_on_defects(0).run()).await.unwrap();
            let shown = format!("{},{},1:1", rendition.width, rendition.height);
            assert_eq!(video(&output, "width,height,sample_aspect_ratio"), shown, "{}", input.display());
            assert_eq!(video(&output, "codec_name,pix_fmt"), "h264,yuv420p");
            assert_eq!(done.frames, frames(&output));
            let pixels = done.frames * u64::from(rendition.width) * u64::from(rendition.height);
            assert_eq!(measured.value("media.transcode.pixels"), pixels as f64);
            let made = probe(&output, &options()).await.unwrap();
            assert_eq!(made.audio.is_some(), media.audio.is_some(), "{}", input.display());
            assert!(!made.video.unwrap().is_hdr());
        }
    }
}

#[tokio::test]
async fn a_package_plays_and_is_counted() {
    let (clips, measured) = (Clips::new(), Measured::new());
    let media = probe(clips.normal(14), &options()).await.unwrap();
    let rendition = clips.path("360p.mp4");
    Command::rendition(&media, &ladder(&media)[0], &rendition).run().await.unwrap();
    let directory = clips.path("hls");
    let package = measured.media.package("hls").start();
    let written: package::Recorder = package.recorder();
    let done = package
        .run(async {
            let done = Command::hls(&rendition, &directory).options(&options()).run().await?;
            written.segments(done.outputs[0].files - 1);
            written.output_bytes(done.bytes());
            Ok::<_, telecine::ffmpeg::Failure>(done)
        })
        .await
        .unwrap();
    let sizes: u64 = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(done.bytes(), sizes);
    assert_eq!(frames(&directory.join("index.m3u8")), 420);
    assert_eq!(measured.value("media.package.segments"), 3.0);
    assert_eq!(measured.value("media.package.output"), sizes as f64);
    let playlist = fs::read_to_string(directory.join("index.m3u8")).unwrap();
    assert!(playlist.contains("\nsegment_00000.ts\n") && playlist.contains("#EXT-X-ENDLIST"), "{playlist}");
}

#[tokio::test]
async fn a_thumbnail_is_one_picture_and_counts_no_dropped_frames() {
    let clips = Clips::new();
    for input in [clips.normal(3), clips.hdr(), clips.rotated()] {
        let measured = Measured::new();
        let media = probe(&input, &options()).await.unwrap();
        let picture = clips.path("thumbnail.jpg");
        let transcode = measured.media.transcode("thumbnail").codec("mjpeg").start();
        let command = Command::thumbnail(&media, media.tenth(), 320, &picture).record(&transcode.recorder());
        let done = transcode.run(command.run()).await.unwrap();
        assert_eq!((done.frames, done.dropped), (1, 0), "{}", input.display());
        assert_eq!(measured.value("media.transcode.frames.dropped"), 0.0);
        let shown = if media.video.as_ref().unwrap().is_portrait() { "180,320" } else { "320,180" };
        assert_eq!(video(&picture, "width,height"), shown);
    }
}
