use std::path::Path;
use std::process::Command;

use telecine_parts::eventually;

use crate::program::{Folders, Program};

#[tokio::test]
async fn of_the_engine() {
    let folders = Folders::new();
    let talk = folders.media().join("talk.wav");
    noise(&talk);
    let mut command = folders.command_with_store("transcriber");
    command.arg("--input").arg(talk);
    ends_with(Program::start(folders, command).await, "pocketsphinx_batch").await;
}

#[tokio::test]
async fn of_ffmpeg() {
    let folders = Folders::new();
    let frames = folders.media().join("endless/000000/front");
    std::fs::create_dir_all(&frames).unwrap();
    let first = frames.join("000000.jpg");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=2560x1440", "-frames:v", "1", "-q:v", "20", "-update", "1"], &first);
    for frame in 1..400 {
        std::fs::hard_link(&first, frames.join(format!("{frame:06}.jpg"))).unwrap();
    }
    let manifest = r#"{"name": "endless", "frame_rate": 10, "cameras": ["front"],
        "episodes": [{"id": "000000", "frames": 400}]}"#;
    std::fs::write(folders.media().join("endless/dataset.json"), manifest).unwrap();
    let mut command = folders.command_with_store("converter");
    command.arg("--dataset").arg(folders.media().join("endless"));
    ends_with(Program::start(folders, command).await, "ffmpeg").await;
}

/// Two signals cancel the job that runs.
async fn ends_with(mut program: Program, name: &str) {
    let child = program.until_runs(name).await;
    program.signal();
    program.process.until_says("running jobs have").await.unwrap();
    let ended = program.process.stop().await.unwrap();
    assert!(!ended.success(), "{}", program.process.output());
    let gone = || async { (!child.exists()).then_some(()) };
    eventually("it to be gone", gone).await.unwrap();
    assert!(program.folders().outputs("").is_empty());
}

/// Of noise the engine makes much more than of speech.
pub(crate) fn noise(path: &Path) {
    ffmpeg(&["-f", "lavfi", "-i", "anoisesrc=amplitude=0.5:sample_rate=16000:duration=600"], path);
}

fn ffmpeg(arguments: &[&str], output: &Path) {
    let mut ffmpeg = Command::new(telecine_parts::binary("ffmpeg").unwrap());
    let ended = ffmpeg.args(["-v", "error", "-nostdin"]).args(arguments).arg(output).status().unwrap();
    assert!(ended.success());
}
