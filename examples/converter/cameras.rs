//! A small data set, made by ffmpeg: two cameras, several episodes, one of which lost a frame.

use std::path::Path;

use anyhow::Context as _;
use telecine::ffmpeg::Command;

use crate::dataset::{Episode, MANIFEST, Manifest};

/// The data set's name, and its directory.
pub const DATASET: &str = "kitchen";

const CAMERAS: [(&str, &str); 2] = [("front", "testsrc2"), ("wrist", "smptebars")];
const SIZE: &str = "320x240";
const FRAME_RATE: u32 = 10;
const FRAMES: [u32; 4] = [20, 30, 20, 10];
/// The one that a camera's cable came loose in.
const LOST: &str = "000002/wrist/000007.jpg";

/// Makes it in a directory of its own below this one, if it is not there.
pub async fn make(folder: &Path) -> anyhow::Result<()> {
    let folder = folder.join(DATASET);
    if folder.join(MANIFEST).exists() {
        return Ok(());
    }
    let episodes = FRAMES.iter().enumerate().map(|(number, &frames)| Episode { id: format!("{number:06}"), frames });
    let cameras = CAMERAS.map(|(camera, _)| camera.to_owned()).to_vec();
    let manifest = Manifest { name: DATASET.to_owned(), frame_rate: FRAME_RATE, cameras, episodes: episodes.collect() };
    for episode in &manifest.episodes {
        for (camera, pattern) in CAMERAS {
            let frames = folder.join(&episode.id).join(camera);
            record(pattern, episode.frames, &frames).await.with_context(|| format!("test frames of {camera}"))?;
        }
    }
    tokio::fs::remove_file(folder.join(LOST)).await?;
    tokio::fs::write(folder.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?).await?;
    tracing::info!("a test data set is in {}", folder.display());
    Ok(())
}

async fn record(pattern: &str, frames: u32, folder: &Path) -> anyhow::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    // In a pattern, a percent sign of a name is written twice.
    let files = format!("{}/%06d.jpg", folder.to_str().context("not UTF-8")?.replace('%', "%%"));
    let source = format!("{pattern}=size={SIZE}:rate={FRAME_RATE}");
    let frames = frames.to_string();
    let from = ["-f", "lavfi", "-i", &source, "-frames:v", &frames];
    Command::from_args(from.into_iter().chain(["-q:v", "4", "-start_number", "0", &files])).run().await?;
    Ok(())
}
