//! What the demo does with films itself. The worker makes those that it is given.

use std::{path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use telecine_parts::binary;
use tokio::process::Command;

/// Plays `source` ten times over, as one film that takes long enough to be cancelled.
pub(crate) async fn repeat(source: &Path, long: &Path) -> Result<()> {
    let output = Command::new(binary("ffmpeg")?)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-stream_loop", "9", "-i"])
        .arg(source)
        .args(["-c", "copy"])
        .arg(long)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: ffmpeg failed: {}", long.display(), said.trim());
    Ok(())
}

/// How long a film plays, in seconds.
pub(crate) async fn seconds(file: &Path) -> Result<f64> {
    let output = Command::new(binary("ffprobe")?)
        .args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"])
        .arg(file)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().with_context(|| format!("{}: ffprobe tells no duration", file.display()))
}
