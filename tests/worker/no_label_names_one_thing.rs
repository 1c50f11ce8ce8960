use std::collections::BTreeSet;

use serde_json::json;

use crate::clips;
use crate::worker::{Folders, Worker};

/// Ids, keys, paths, names and hosts are for spans and logs.
#[tokio::test]
async fn no_label_names_one_thing() {
    let folders = Folders::new();
    let names = ["a 'quoted' \"name\" with spaces.mp4", "-y.mp4"];
    for name in names {
        clips::small(&folders.media(), name);
    }
    std::fs::write(folders.media().join("notes.txt"), "not a video\n").unwrap();
    let worker = Worker::start(folders, &[]).await;
    let mut secrets =
        vec![worker.folders().media().display().to_string(), worker.folders().store().display().to_string()];
    for (input, job_type) in [(names[0], "transcode"), (names[1], "clip"), ("notes.txt", "thumbnail")] {
        let id = worker.submit(input, job_type).await;
        let job = worker.until(&id, "done").await;
        assert_ne!(job["outcome"], json!("cancelled"));
        secrets.extend([id, job["trace_id"].as_str().unwrap().to_owned(), input.to_owned()]);
    }
    let page = worker.metrics().await;
    // The SDK numbers its own processors.
    let others = ["#", "target_info", "otel_sdk_"];
    let series = page.lines().filter(|line| !others.iter().any(|other| line.starts_with(other)));
    let values: BTreeSet<&str> = series
        .filter_map(|line| line.split_once('{')?.1.rsplit_once('}'))
        .flat_map(|(labels, _)| labels.split("\",").filter_map(|label| label.split_once("=\"")))
        .map(|(_, value)| value.trim_end_matches('"'))
        .collect();
    assert!(values.contains("clip") && values.contains("input_invalid"), "{values:?}");
    for value in &values {
        let shown = secrets.iter().find(|secret| value.contains(secret.as_str()));
        assert_eq!(shown, None, "{value:?}");
        let harmless = value.chars().all(|c| c.is_ascii_alphanumeric() || "_+.".contains(c));
        assert!(harmless && !value.contains(".mp4"), "{value:?} of {values:?}");
    }
}
