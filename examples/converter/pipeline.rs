//! What a job does: a video of each camera and episode, and an index of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::future::try_join_all;
use serde::Serialize;
use telecine::Telemetry;
use telecine::ffmpeg::{self, Command};
use telecine::media::{FileType, Media, Stage, conversion};
use telecine::operation::{Classified, ErrorType};
use tempfile::TempDir;

use crate::claims::{Claim, Output};
use crate::dataset::{Episode, Manifest, Manifests};
use crate::frames::Frames;
use crate::source::Source;
use crate::store::Store;

/// The only type of job.
pub const CONVERT: &str = "convert";

pub struct Pipeline {
    media: Media,
    manifests: Manifests,
    source: Arc<Source>,
    frames: Frames,
    store: Store,
    scratch: TempDir,
    options: ffmpeg::Options,
}

/// What a job has made, published beside the videos.
#[derive(Default, Serialize)]
struct Index {
    dataset: String,
    videos: Vec<Video>,
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Video {
    episode: String,
    camera: String,
    /// Beside the index.
    file: String,
    frames: u64,
    #[serde(skip)]
    path: PathBuf,
}

#[derive(Serialize)]
struct Failed {
    episode: String,
    reason: String,
}

const INDEX: &str = "index.json";

impl Pipeline {
    /// `scratch` is removed at the end.
    pub fn new(telemetry: &Telemetry, source: &Arc<Source>, store: Store, scratch: TempDir) -> Self {
        Self {
            media: telemetry.media().clone(),
            manifests: Manifests::new(source, telemetry.data()),
            source: Arc::clone(source),
            frames: Frames::new(source, telemetry.data()),
            store,
            scratch,
            options: ffmpeg::Options::default(),
        }
    }

    /// Converts a data set, `kitchen`, or an episode of one, `kitchen/000001`. An episode that cannot be converted does
    /// not keep the others from it: the job fails where none could be.
    pub async fn run(&self, claim: Claim) -> anyhow::Result<Vec<Output>> {
        let folder = tempfile::tempdir_in(&self.scratch).context("scratch directory")?;
        let index = claim.steps.stage(Stage::Convert).run(self.convert(&claim.input, folder.path())).await?;
        claim.steps.stage(Stage::Upload).run(self.publish(index, folder.path(), &claim.id)).await
    }

    async fn convert(&self, input: &str, folder: &Path) -> anyhow::Result<Index> {
        let (dataset, ids) = self.episodes(input).await?;
        let mut index = Index { dataset: dataset.to_owned(), ..Index::default() };
        let mut failure = None;
        for id in ids {
            match self.episode(dataset, &id, folder).await {
                Ok(videos) => index.videos.extend(videos),
                Err(error) => {
                    tracing::warn!(
                        error = error.as_ref() as &dyn std::error::Error,
                        dataset,
                        episode = id,
                        "not converted"
                    );
                    index.failed.push(Failed { episode: id, reason: format!("{error:#}") });
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) if index.videos.is_empty() => Err(error),
            _ => Ok(index),
        }
    }

    /// The data set's directory, and the episodes that are asked for.
    async fn episodes<'a>(&self, input: &'a str) -> anyhow::Result<(&'a str, Vec<String>)> {
        let input = input.trim_end_matches('/');
        match self.manifests.get(input).await {
            Ok(manifest) => Ok((input, manifest.episodes.iter().map(|episode| episode.id.clone()).collect())),
            Err(error) => match input.rsplit_once('/') {
                Some((dataset, id)) if self.manifests.get(dataset).await.is_ok() => Ok((dataset, vec![id.to_owned()])),
                _ => Err(error),
            },
        }
    }

    async fn episode(&self, dataset: &str, id: &str, folder: &Path) -> anyhow::Result<Vec<Video>> {
        let manifest = self.manifests.get(dataset).await?;
        let conversion = self.media.conversion(&manifest.name).episode(id).start();
        let recorder = conversion.recorder();
        conversion
            .run(async {
                let episode = manifest.episode(id)?;
                let folder = folder.join(id);
                tokio::fs::create_dir_all(&folder).await?;
                let cameras = manifest.cameras.iter();
                try_join_all(cameras.map(|camera| self.camera(dataset, &manifest, episode, camera, &folder, &recorder)))
                    .await
            })
            .await
    }

    async fn camera(
        &self,
        dataset: &str,
        manifest: &Manifest,
        episode: &Episode,
        camera: &str,
        folder: &Path,
        recorder: &conversion::Recorder,
    ) -> anyhow::Result<Video> {
        let counter = recorder.camera(camera);
        let collected = folder.join(format!("{camera}.mjpeg"));
        let frames = episode.frames(&self.source, dataset, camera).await?;
        self.frames.collect(frames, &collected).await?;

        let path = folder.join(format!("{camera}.mp4"));
        let transcode = self.media.transcode("source").codec("h264").encoder("libx264").camera(camera).start();
        let command = Command::new(&collected)
            .input_args(["-f", "mjpeg", "-framerate", &manifest.frame_rate.to_string()])
            .args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"])
            .output(&path)
            .options(&self.options)
            .record(&transcode.recorder())
            .fail_on_defects(0);
        let frames = transcode.run(command.run()).await?.frames;
        tokio::fs::remove_file(collected).await?;
        if frames != u64::from(episode.frames) {
            let why = format!("{camera} has {} frames, of which {frames} can be decoded", episode.frames);
            return Err(Classified::new(ErrorType::InputInvalid, why).into());
        }
        counter.frames(frames);
        let file = format!("{}/{camera}.mp4", episode.id);
        Ok(Video { episode: episode.id.clone(), camera: camera.to_owned(), file, frames, path })
    }

    async fn publish(&self, index: Index, folder: &Path, id: &str) -> anyhow::Result<Vec<Output>> {
        let videos = index.videos.iter().map(|video| self.upload(id, &video.file, &video.path));
        let mut outputs = try_join_all(videos).await?;
        // After the videos that it names.
        let path = folder.join(INDEX);
        tokio::fs::write(&path, serde_json::to_vec_pretty(&index)?).await?;
        outputs.push(self.upload(id, INDEX, &path).await?);
        tracing::info!(videos = index.videos.len(), failed = index.failed.len(), "converted: {}", index.dataset);
        Ok(outputs)
    }

    async fn upload(&self, id: &str, file: &str, path: &Path) -> anyhow::Result<Output> {
        let key = format!("jobs/{id}/{file}");
        let upload = self.media.upload(FileType::from_extension(file));
        let bytes = self.store.upload(upload, path, &key).await?;
        tracing::debug!(bytes, "{} is published", self.store.url(&key));
        Ok(Output::new(key, bytes))
    }
}
