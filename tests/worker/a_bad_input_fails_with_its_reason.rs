use serde_json::json;

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn a_bad_input_fails_once_with_its_reason() {
    let folders = Folders::new();
    let media = folders.media();
    clips::truncated(&media, "truncated.mp4");
    std::fs::write(media.join("empty.mp4"), "").unwrap();
    std::fs::write(media.join("notes.txt"), "not a video at all\n").unwrap();
    std::fs::create_dir(media.join("folder")).unwrap();
    let worker = Worker::start(folders, &[]).await;
    let inputs = [
        ("truncated.mp4", "input_invalid"),
        ("empty.mp4", "input_invalid"),
        ("notes.txt", "input_invalid"),
        ("folder", "input_invalid"),
        ("missing.mp4", "input_missing"),
        ("empty.mp4/missing.mp4", "input_missing"),
    ];
    for (input, error_type) in inputs {
        let id = worker.submit(input, "transcode").await;
        let job = worker.until(&id, "done").await;
        let told = (&job["outcome"], &job["error_type"], &job["attempts"], &job["outputs"]);
        assert_eq!(told, (&json!("failure"), &json!(error_type), &json!(1), &json!([])), "{input}");
        let name = input.rsplit('/').next().unwrap();
        let output = worker.process.output();
        assert!(output.lines().any(|line| line.contains("exception") && line.contains(name)), "{output}");
    }
    worker.until_idle().await;
    worker.until_scratch_is_empty().await;
}

#[tokio::test]
async fn a_name_is_only_a_name() {
    let folders = Folders::new();
    let names = ["-y.mp4", "a 'quoted' \"name\" with spaces.mp4", "100%d.mp4", "http:film.mp4", "ünï.mp4"];
    for name in names {
        clips::small(&folders.media(), name);
    }
    let worker = Worker::start(folders, &[]).await;
    for name in names {
        let id = worker.submit(name, "transcode").await;
        let job = worker.until(&id, "done").await;
        assert_eq!(job["outcome"], "success", "{name}: {}", worker.process.output());
        assert_eq!(job["outputs"][0]["rendition"], "source");
    }
}
