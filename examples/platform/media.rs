//! What the platform works on: films of several kinds, made by ffmpeg. Speech and frames of cameras are made by the
//! programs that work on them.

use std::{path::Path, process::Stdio};

use anyhow::{Result, ensure};
use telecine_parts::binary;
use tokio::process::Command;

use crate::parts::Folder;

/// A film that is uploaded.
pub(crate) const FILM: &str = "film.mp4";
/// An hour of it that is still being worked on when the platform ends, or is cancelled.
pub(crate) const LONG: &str = "long.mp4";
/// The first half of a film, without the index at its end.
pub(crate) const BROKEN: &str = "broken.mp4";
/// A film that was damaged on its way.
pub(crate) const DAMAGED: &str = "damaged.ts";
/// A film whose frames come as they like.
pub(crate) const UNEVEN: &str = "uneven.mkv";
/// A directory without a file that could be transcribed.
pub(crate) const NO_SPEECH: &str = "papers";

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

    let copied = film.to_string_lossy().into_owned();
    let long = ["-stream_loop", "1800", "-i", &copied, "-c", "copy"];
    let damaged = ["-i", &copied, "-c", "copy", "-bsf:v", "h264_mp4toannexb,noise=amount=200", "-f", "mpegts"];
    let sparse = ["-vf", "select='gt(mod(n\\,5)\\,1)'", "-fps_mode", "vfr", "-preset", "ultrafast"];
    let uneven = [&short[..], &sparse].concat();
    let [to_long, to_damaged, to_uneven] = [LONG, DAMAGED, UNEVEN].map(|name| media.join(name));
    tokio::try_join!(ffmpeg(&long, &to_long), ffmpeg(&damaged, &to_damaged), ffmpeg(&uneven, &to_uneven))?;
    Ok(())
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
