//! What a job does: probe, transcode, package, take a picture, upload.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use telecine::Telemetry;
use telecine::ffmpeg::{self, Command, Encoder, Finished, Rendition, ladder};
use telecine::media::{FileType, Media, Stage};
use telecine::work::Steps;
use tempfile::TempDir;

use crate::claims;
use crate::inputs::Inputs;
use crate::instruments::SourceDuration;
use crate::progress::Bar;
use crate::store::Store;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobType {
    /// All renditions, an HLS package of one, a thumbnail.
    Transcode,
    /// The largest rendition again, in a codec that takes less room: on a GPU, where there is one for it.
    Reencode,
    /// The first seconds, small.
    Clip,
    /// One picture.
    Thumbnail,
}

/// Something that a job made.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    pub rendition: String,
    pub url: String,
    pub bytes: u64,
    /// What it consists of, the one at the URL last.
    #[serde(skip)]
    pub objects: Vec<claims::Output>,
}

pub struct Pipeline {
    media: Media,
    source_duration: SourceDuration,
    inputs: Arc<Inputs>,
    store: Store,
    scratch: TempDir,
    options: ffmpeg::Options,
}

/// A file, or a directory of files, that is to be uploaded under the rendition's name.
struct Made {
    rendition: String,
    path: PathBuf,
}

const CLIP: Duration = Duration::from_secs(5);
const THUMBNAIL_WIDTH: u32 = 640;
const UPLOADS_AT_ONCE: usize = 4;
/// The height that is packaged, or the one below it that is there.
const PACKAGED: &str = "720p";

impl JobType {
    pub const ALL: [Self; 4] = [Self::Transcode, Self::Reencode, Self::Clip, Self::Thumbnail];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transcode => "transcode",
            Self::Reencode => "reencode",
            Self::Clip => "clip",
            Self::Thumbnail => "thumbnail",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job_type| job_type.as_str() == name)
    }
}

impl Pipeline {
    /// `scratch` is removed at the end.
    pub fn new(telemetry: &Telemetry, inputs: Arc<Inputs>, store: Store, scratch: TempDir) -> Self {
        Self {
            media: telemetry.media().clone(),
            source_duration: SourceDuration::new(telemetry),
            inputs,
            store,
            scratch,
            options: ffmpeg::Options::default(),
        }
    }

    pub async fn run(
        &self,
        id: &str,
        job_type: JobType,
        input: &Path,
        steps: &Steps,
        bar: &Bar,
    ) -> anyhow::Result<Vec<Output>> {
        let folder = tempfile::tempdir_in(&self.scratch).context("scratch directory")?;
        bar.step("probe");
        let probe = steps.stage(Stage::Probe).run(async {
            let input = self.inputs.open(input).await?;
            let source = ffmpeg::probe(&input, &self.options).await?;
            source.require_video()?;
            anyhow::Ok(source)
        });
        let source = probe.await?;
        if let Some(duration) = source.duration {
            self.source_duration.record(job_type, duration);
        }
        let made = match job_type {
            JobType::Transcode => self.transcode(&source, folder.path(), steps, bar).await?,
            JobType::Reencode => self.reencode(&source, folder.path(), steps, bar).await?,
            JobType::Clip => self.clip(&source, folder.path(), steps, bar).await?,
            JobType::Thumbnail => {
                bar.steps(3);
                let thumbnail = self.thumbnail(&source, folder.path(), bar);
                vec![steps.stage(Stage::Transcode).run(thumbnail).await?]
            }
        };
        bar.step("upload");
        steps.stage(Stage::Upload).run(self.upload(id, made)).await
    }

    async fn transcode(
        &self,
        source: &ffmpeg::Media,
        folder: &Path,
        steps: &Steps,
        bar: &Bar,
    ) -> anyhow::Result<Vec<Made>> {
        let renditions = ladder(source);
        bar.steps(renditions.len() as u64 + 4);
        let mut made = steps
            .stage(Stage::Transcode)
            .run(async {
                let mut made = Vec::new();
                for rendition in &renditions {
                    let path = folder.join(format!("{}.mp4", rendition.name));
                    let command = Command::rendition(source, rendition, &path);
                    self.encode(&rendition.name, ["h264", "libx264"], command, source.duration, bar).await?;
                    made.push(Made { rendition: rendition.name.clone(), path });
                }
                made.push(self.thumbnail(source, folder, bar).await?);
                anyhow::Ok(made)
            })
            .await?;
        let packaged = renditions.iter().find(|rendition| rendition.name == PACKAGED).or(renditions.last());
        if let Some(Rendition { name, .. }) = packaged {
            bar.step("hls");
            let path = folder.join("hls");
            let package = self.package(folder.join(format!("{name}.mp4")), &path);
            steps.stage(Stage::Package).run(package).await?;
            made.push(Made { rendition: "hls".to_owned(), path });
        }
        Ok(made)
    }

    async fn reencode(
        &self,
        source: &ffmpeg::Media,
        folder: &Path,
        steps: &Steps,
        bar: &Bar,
    ) -> anyhow::Result<Vec<Made>> {
        bar.steps(3);
        let rendition = ladder(source).pop().context("no rendition fits")?;
        let path = folder.join(format!("{}_hevc.mp4", rendition.name));
        let command = Command::rendition(source, &rendition, &path).encoder(Encoder::new("hevc_nvenc"));
        let encode = self.encode(&rendition.name, ["hevc", "hevc_nvenc"], command, source.duration, bar);
        steps.stage(Stage::Transcode).run(encode).await?;
        Ok(vec![Made { rendition: rendition.name, path }])
    }

    async fn clip(&self, source: &ffmpeg::Media, folder: &Path, steps: &Steps, bar: &Bar) -> anyhow::Result<Vec<Made>> {
        bar.steps(3);
        let renditions = ladder(source);
        let smallest = renditions.first().context("no rendition fits")?;
        let path = folder.join("clip.mp4");
        let seconds = CLIP.as_secs().to_string();
        let command = Command::rendition(source, smallest, &path).input_args(["-t", &seconds]);
        let encode = self.encode("clip", ["h264", "libx264"], command, Some(CLIP), bar);
        steps.stage(Stage::Transcode).run(encode).await?;
        Ok(vec![Made { rendition: "clip".to_owned(), path }])
    }

    async fn thumbnail(&self, source: &ffmpeg::Media, folder: &Path, bar: &Bar) -> anyhow::Result<Made> {
        let path = folder.join("thumbnail.jpg");
        let command = Command::thumbnail(source, source.tenth(), THUMBNAIL_WIDTH, &path);
        self.encode("thumbnail", ["mjpeg", "mjpeg"], command, None, bar).await?;
        Ok(Made { rendition: "thumbnail".to_owned(), path })
    }

    async fn encode(
        &self,
        rendition: &str,
        [codec, encoder]: [&str; 2],
        command: Command,
        duration: Option<Duration>,
        bar: &Bar,
    ) -> Result<Finished, ffmpeg::Failure> {
        bar.step(rendition);
        let transcode = self.media.transcode(rendition).codec(codec).encoder(encoder).start();
        let command =
            command.options(&self.options).record(&transcode.recorder()).on_progress(bar.within_step(duration));
        transcode.run(command.run()).await
    }

    async fn package(&self, input: PathBuf, directory: &Path) -> anyhow::Result<()> {
        let package = self.media.package("hls").start();
        let recorder = package.recorder();
        let command = Command::hls(input, directory).options(&self.options);
        let finished = package
            .run(async {
                let finished = command.run().await?;
                recorder.output_bytes(finished.bytes());
                // All but the playlist.
                recorder.segments(finished.outputs.iter().map(|output| output.files).sum::<u64>().saturating_sub(1));
                Ok::<_, ffmpeg::Failure>(finished)
            })
            .await?;
        tracing::debug!(bytes = finished.bytes(), "packaged");
        Ok(())
    }

    async fn upload(&self, id: &str, made: Vec<Made>) -> anyhow::Result<Vec<Output>> {
        let mut outputs = Vec::new();
        for Made { rendition, path } in made {
            let (segments, main) = files(path).await?;
            let segments = stream::iter(segments)
                .map(|segment| async move { self.upload_one(id, &segment).await })
                .buffer_unordered(UPLOADS_AT_ONCE)
                .try_collect::<Vec<_>>();
            // A playlist goes up after the segments that it names.
            let mut objects = segments.await?;
            let main = self.upload_one(id, &main).await?;
            let url = self.store.url(&main.path);
            objects.push(main);
            outputs.push(Output { rendition, url, bytes: objects.iter().map(|object| object.bytes).sum(), objects });
        }
        Ok(outputs)
    }

    async fn upload_one(&self, id: &str, file: &Path) -> anyhow::Result<claims::Output> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let folder = if name.ends_with(".ts") || name.ends_with(".m3u8") { "hls/" } else { "" };
        let key = format!("jobs/{id}/{folder}{name}");
        let bytes = self.store.upload(self.media.upload(FileType::from_extension(&name)), file, &key).await?;
        Ok(claims::Output::new(key, bytes))
    }
}

/// The segments of a package, and its playlist; of a file, itself alone.
async fn files(path: PathBuf) -> anyhow::Result<(Vec<PathBuf>, PathBuf)> {
    let mut segments = Vec::new();
    if !path.is_dir() {
        return Ok((segments, path));
    }
    let playlist = path.join("index.m3u8");
    let mut entries = tokio::fs::read_dir(&path).await?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.path() != playlist {
            segments.push(entry.path());
        }
    }
    Ok((segments, playlist))
}
