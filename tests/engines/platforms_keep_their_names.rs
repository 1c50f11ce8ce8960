//! What `examples/profiles/metrics.json` asks of the two programs is there under the platforms' profiles, and moves.

use telecine_parts::S3;

use crate::profile;
use crate::program::{Folders, Program};

/// What a machine without a GPU does not have, and a build without the feature does not read.
#[cfg(not(feature = "gpu"))]
const OF_GPUS: &[&str] = &["gpu_memory_used_bytes", "gpu_memory_total_bytes"];
#[cfg(feature = "gpu")]
const OF_GPUS: &[&str] = &[];

#[tokio::test]
async fn transcript_create() {
    let folders = Folders::new();
    let media = folders.media();
    for name in ["lectures/none.wav", "none/none.wav"] {
        std::fs::create_dir_all(media.join(name).parent().unwrap()).unwrap();
        std::fs::write(media.join(name), "no sound").unwrap();
    }
    let mut command = folders.command_with_store("transcriber");
    profile::set(&mut command, "transcript-create");
    command.args(["--make", "--keep"]);
    if cfg!(feature = "gpu") {
        command.args(["--gpu-recording", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gpus.json")]);
    }
    for input in ["welcome.wav", "broken.wav", "lectures", "none"] {
        command.arg("--input").arg(media.join(input));
    }
    let mut program = Program::start(folders, command).await;
    program.until_over(4).await;
    profile::holds("transcript-create", "transcriber", &program.metrics().await, OF_GPUS);
    for job_type in ["single", "channel"] {
        let label = format!("job_type=\"{job_type}\"");
        assert_eq!(program.sum("jobs_completed_total", &[&label]).await, 1.0);
        assert_eq!(program.sum("jobs_failed_total", &[&label]).await, 1.0);
    }
    assert_eq!(program.sum("videos_processed_total", &["result=\"completed\""]).await, 3.0);
    assert_eq!(program.sum("videos_processed_total", &["result=\"failed\""]).await, 3.0);
    assert!(program.process.stop().await.unwrap().success());
}

#[tokio::test]
async fn transcode_flow() {
    let folders = Folders::new();
    let mut command = folders.command_with_store("transcriber");
    profile::set(&mut command, "transcode-flow");
    command.args(["--make", "--keep", "--input"]).arg(folders.media().join("welcome.wav"));
    let mut program = Program::start(folders, command).await;
    program.until_over(1).await;
    profile::holds("transcode-flow", "transcriber", &program.metrics().await, &[]);
    assert!(program.process.stop().await.unwrap().success());
}

#[tokio::test]
async fn roboflow() {
    // Uploads go up side by side: the server takes one request at a time, and asks to slow down.
    let s3 = S3::start_busy(&["robots"], 1).await.unwrap();
    let folders = Folders::new();
    let mut command = folders.command("converter");
    profile::set(&mut command, "roboflow");
    command
        .args(["--store", "s3://robots/videos", "--make", "--keep"])
        .env("AWS_ENDPOINT", s3.url())
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", S3::REGION)
        .env("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY);
    for _ in 0..3 {
        command.arg("--dataset").arg(folders.media().join("kitchen"));
    }
    let mut program = Program::start(folders, command).await;
    program.until_over(3).await;
    profile::holds("roboflow", "converter", &program.metrics().await, &[]);
    assert!(program.sum("roboflow_upload_retries_total", &["reason=\"throttled\""]).await > 0.0);
    assert_eq!(program.sum("roboflow_episodes_processed_total", &["status=\"failure\""]).await, 3.0);
    assert!(program.process.stop().await.unwrap().success());
}
