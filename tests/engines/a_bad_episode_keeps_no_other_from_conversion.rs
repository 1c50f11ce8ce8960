use serde_json::Value;

use crate::program::{Folders, Program, probed};

#[tokio::test]
async fn and_counts_as_a_failure() {
    let folders = Folders::new();
    let mut command = folders.command_with_store("converter");
    command.args(["--make", "--keep", "--dataset"]).arg(folders.media().join("kitchen"));
    let mut program = Program::start(folders, command).await;
    program.until_over(1).await;

    let (dataset, success) = ("media_dataset=\"kitchen\"", "media_outcome=\"success\"");
    let episodes = "media_conversion_episode_duration_seconds_count";
    assert_eq!(program.sum(episodes, &[dataset, success]).await, 3.0);
    let bad = &[dataset, "media_outcome=\"failure\"", "error_type=\"input_invalid\""];
    assert_eq!(program.sum(episodes, bad).await, 1.0);
    let job = &["media_job_type=\"convert\"", success];
    assert_eq!(program.sum("media_job_duration_seconds_count", job).await, 1.0);

    let whole = [("000000", 20), ("000001", 30), ("000003", 10)];
    for camera in ["front", "wrist"] {
        let label = format!("media_camera=\"{camera}\"");
        assert_eq!(program.sum("media_conversion_frames_total", &[dataset, &label]).await, 60.0);
        assert!(program.sum("media_transcode_frames_total", &[&label]).await >= 60.0);
    }
    let videos = program.folders().outputs(".mp4");
    assert_eq!(videos.len(), 2 * whole.len());
    for (episode, frames) in whole {
        for camera in ["front", "wrist"] {
            let video = &videos[&format!("{episode}/{camera}.mp4")];
            let counted = ["-count_frames", "-show_entries", "stream=nb_read_frames,r_frame_rate"];
            assert_eq!(probed(video, &counted), format!("10/1,{frames}"));
        }
    }
    let index = &program.folders().outputs("index.json")["index.json"];
    let index: Value = serde_json::from_slice(&std::fs::read(index).unwrap()).unwrap();
    assert_eq!(index["failed"][0]["episode"], "000002");
    assert_eq!(index["failed"][0]["reason"], "kitchen/000002/wrist/000007.jpg is missing");

    // The data set's manifest is read once; each of the four episodes finds it.
    assert_eq!(program.sum("media_cache_misses_total", &["manifests"]).await, 1.0);
    assert_eq!(program.sum("media_cache_hits_total", &["manifests"]).await, 4.0);
    // Every frame was in the buffer, and none is now.
    assert!(program.metrics().await.contains("media_buffer_usage_bytes{"));
    assert_eq!(program.sum("media_buffer_usage_bytes", &[]).await, 0.0);
    let read = &["media_io_direction=\"read\"", "media_store=\"media\""];
    assert!(program.sum("media_storage_io_bytes_total", read).await > 0.0);
    assert!(program.process.stop().await.unwrap().success());
}

#[tokio::test]
async fn an_episode_alone_is_converted_too() {
    let folders = Folders::new();
    let mut command = folders.command_with_store("converter");
    let kitchen = folders.media().join("kitchen");
    command.args(["--make", "--dataset"]).arg(kitchen.join("000003")).arg("--dataset").arg(kitchen.join("000002"));
    let mut program = Program::start(folders, command).await;
    let ended = program.process.until_ended().await.unwrap();
    assert!(!ended.success(), "one of the jobs has nothing to show");
    let videos = program.folders().outputs(".mp4");
    assert_eq!(videos.into_keys().collect::<Vec<_>>(), ["000003/front.mp4", "000003/wrist.mp4"]);
}
