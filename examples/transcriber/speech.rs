//! Test speech, made by espeak-ng: sentences with pauses, in one voice or two.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::jobs::Asked;
use crate::pipeline::JobType;

struct Recording {
    file: &'static str,
    text: &'static str,
}

/// In SSML.
const RECORDINGS: [Recording; 3] = [
    Recording {
        file: "welcome.wav",
        text: "Good morning, and welcome. <break time='900ms'/> This is the first test of the recording. \
               <break time='900ms'/> Please open the window.",
    },
    Recording {
        file: "lectures/monday.wav",
        text: "Today we speak about rivers. <break time='900ms'/> \
               <voice name='en-gb'>Is the water deep?</voice>",
    },
    Recording { file: "lectures/tuesday.wav", text: "There is nothing to be seen here today." },
];

/// A recording that was cut off before the sound began.
const BROKEN: &str = "broken.wav";

/// What is to be done with them.
pub fn jobs() -> Vec<Asked> {
    let (single, channel) = (JobType::Single.as_str(), JobType::Channel.as_str());
    vec![(single, "welcome.wav".to_owned()), (channel, "lectures".to_owned()), (single, BROKEN.to_owned())]
}

/// Makes what is not there.
pub async fn make(folder: &Path) -> anyhow::Result<()> {
    for Recording { file, text } in RECORDINGS {
        let path = folder.join(file);
        if !path.exists() {
            tokio::fs::create_dir_all(path.parent().unwrap_or(folder)).await?;
            speak(text, &path).await.with_context(|| format!("test speech {file}"))?;
        }
    }
    let whole = tokio::fs::read(folder.join(RECORDINGS[0].file)).await?;
    tokio::fs::write(folder.join(BROKEN), &whole[..whole.len().min(20)]).await?;
    tracing::info!("test speech is in {}", folder.display());
    Ok(())
}

async fn speak(text: &str, path: &Path) -> anyhow::Result<()> {
    let mut espeak = Command::new("espeak-ng");
    espeak.args(["-m", "-v", "en-us", "-s", "140", "-w"]).arg(path).arg(text);
    let ended = espeak.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let ended = ended.context("espeak-ng cannot be started; Debian's package `espeak-ng` has it")?;
    ensure!(ended.status.success(), "espeak-ng: {}", String::from_utf8_lossy(&ended.stderr).trim());
    Ok(())
}
