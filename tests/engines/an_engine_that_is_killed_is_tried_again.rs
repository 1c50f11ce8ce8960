use std::path::Path;
use std::process::Command;

use telecine_parts::eventually;

use crate::a_cancel_leaves_no_program::noise;
use crate::program::{Folders, Program};

#[tokio::test]
async fn once_and_then_its_job_has_failed() {
    let folders = Folders::new();
    let talk = folders.media().join("talk.wav");
    noise(&talk);
    let mut command = folders.command_with_store("transcriber");
    command.args(["--keep", "--input"]).arg(talk);
    let mut program = Program::start(folders, command).await;
    for _ in 0..2 {
        let engine = program.until_runs("pocketsphinx_batch").await;
        kill(&engine);
        let gone = || async { (!engine.exists()).then_some(()) };
        eventually("the engine to be gone", gone).await.unwrap();
    }
    program.until_over(1).await;
    let killed = &["media_outcome=\"killed\"", "error_type=\"killed\""];
    assert_eq!(program.sum("media_job_duration_seconds_count", killed).await, 1.0);
    assert_eq!(program.sum("media_job_retries_total", &["media_job_type=\"single\""]).await, 1.0);
    // As it was killed while it loaded its model, or after.
    let ended = program.sum("media_model_load_duration_seconds_count", killed).await
        + program.sum("media_transcription_duration_seconds_count", killed).await;
    assert_eq!(ended, 2.0);
    assert_eq!(program.sum("media_job_active", &[]).await, 0.0);
    assert!(program.process.stop().await.unwrap().success());
}

fn kill(process: &Path) {
    assert!(Command::new("kill").arg("-KILL").arg(process.file_name().unwrap()).status().unwrap().success());
}
