//! What the platform works on: films of several kinds, made by ffmpeg. Speech and frames of cameras are made by the
//! programs that work on them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Result, ensure};
use serde_json::json;
use telecine_parts::binary;
use tokio::process::Command;

use crate::parts::Folder;

/// A film that is uploaded.
pub(crate) const FILM: &str = "film.mp4";
/// Ten minutes of it, so that something may befall its transcode.
pub(crate) const LONG: &str = "long.mp4";
/// The first half of a film, without the index at its end.
pub(crate) const BROKEN: &str = "broken.mp4";
/// A film that was damaged on its way.
pub(crate) const DAMAGED: &str = "damaged.ts";
/// A film whose frames come in bursts: some are left out of what is made of it, and others repeated.
pub(crate) const UNEVEN: &str = "uneven.mkv";
/// A data set of many cameras, of which one saw nothing but noise: that video is so large that it goes up in parts, and
/// the others wait for it.
pub(crate) const SNOW: &str = "snow";
/// A directory without a file that could be transcribed.
pub(crate) const NO_SPEECH: &str = "papers";

/// Some 11 MB of video.
const SNOW_FRAMES: u32 = 8;
/// With those of the test data set they are as many as labels have names for (16).
const SMALL_CAMERAS: u32 = 13;

/// Makes what is worked on.
pub(crate) async fn make(folder: &Folder) -> Result<()> {
    let (films, media) = (folder.films(), folder.media());
    let short = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=2"];
    let sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000:duration=2", "-shortest", "-preset", "ultrafast"];
    let film = films.join(FILM);
    ffmpeg(&[&short[..], &sound[..]].concat(), &film).await?;
    let whole = tokio::fs::read(&film).await?;
    tokio::fs::write(media.join(BROKEN), &whole[..whole.len() / 2]).await?;

    let papers = media.join(NO_SPEECH);
    tokio::fs::create_dir_all(&papers).await?;
    tokio::fs::write(papers.join("paper.wav"), "no sound").await?;

    let frames = make_snow(&media.join(SNOW), &film).await?;
    let noise = "color=gray:size=1920x1080:rate=10,noise=alls=100:allf=t";
    let count = SNOW_FRAMES.to_string();
    let noise = ["-f", "lavfi", "-i", noise, "-frames:v", &count, "-q:v", "2", "-start_number", "0"];

    let copied = film.to_string_lossy().into_owned();
    let long = ["-stream_loop", "300", "-i", &copied, "-c", "copy"];
    let damaged = ["-i", &copied, "-c", "copy", "-bsf:v", "h264_mp4toannexb,noise=amount=200", "-f", "mpegts"];
    let burst = ["-vf", "setpts='(floor(N/5)*5/25+mod(N\\,5)*0.002)/TB'", "-fps_mode", "passthrough"];
    let uneven = [&short[..], &burst, &["-preset", "ultrafast"]].concat();
    let [to_long, to_damaged, to_uneven] = [LONG, DAMAGED, UNEVEN].map(|name| media.join(name));
    let to_snow = frames.join("%06d.jpg");
    tokio::try_join!(
        ffmpeg(&long, &to_long),
        ffmpeg(&damaged, &to_damaged),
        ffmpeg(&uneven, &to_uneven),
        ffmpeg(&noise, &to_snow),
    )?;
    Ok(())
}

/// Makes the data set but for the camera that sees noise, and returns where its frames go.
async fn make_snow(folder: &Path, film: &Path) -> Result<PathBuf> {
    let noisy = "front".to_owned();
    let small: Vec<_> = (0..SMALL_CAMERAS).map(|number| format!("side-{number}")).collect();
    let picture = folder.join("picture.jpg");
    let episode = folder.join("000000");
    for camera in small.iter().chain([&noisy]) {
        tokio::fs::create_dir_all(episode.join(camera)).await?;
    }
    let first = ["-i", &film.to_string_lossy(), "-frames:v", "1", "-s", "64x48", "-q:v", "4", "-update", "1"];
    ffmpeg(&first, &picture).await?;
    for camera in &small {
        for frame in 0..SNOW_FRAMES {
            tokio::fs::copy(&picture, episode.join(camera).join(format!("{frame:06}.jpg"))).await?;
        }
    }
    let cameras: Vec<_> = small.iter().chain([&noisy]).collect();
    let episodes = json!([{"id": "000000", "frames": SNOW_FRAMES}]);
    let manifest = json!({"name": SNOW, "frame_rate": 10, "cameras": cameras, "episodes": episodes});
    tokio::fs::write(folder.join("dataset.json"), manifest.to_string()).await?;
    Ok(episode.join(noisy))
}

async fn ffmpeg(arguments: &[&str], output: &Path) -> Result<()> {
    let output = Command::new(binary("ffmpeg")?)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(arguments)
        .arg(output)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ffmpeg {}: {}", arguments.join(" "), said.trim());
    Ok(())
}
