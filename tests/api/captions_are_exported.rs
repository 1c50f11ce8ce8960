use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_parts::Process;

use crate::api::Api;

const SRT: &str = "1\n00:00:00,500 --> 00:00:02,000\nA clear morning & <calm> (sea)\n\n\
                   2\n00:00:02,500 --> 01:00:04,250\nWales swim by\n";

#[tokio::test]
async fn captions_are_searched_and_exported_in_each_format() {
    let api = Api::start().await;
    let video = api.upload("Harbour", b"film".to_vec()).await;
    let id = video["id"].as_str().unwrap();
    let none = api.get(&format!("/videos/{id}/export.srt")).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    let given = api.request("PUT", &format!("/videos/{id}/captions")).body(SRT).send().await.unwrap();
    assert_eq!(given.status(), StatusCode::NO_CONTENT);

    let export = async |format: &str| api.get(&format!("/videos/{id}/export.{format}")).await.bytes().await.unwrap();
    assert_eq!(std::str::from_utf8(&export("srt").await).unwrap().trim(), SRT.trim());
    let folder = tempfile::tempdir().unwrap();
    // By someone else's reader.
    let vtt = folder.path().join("captions.vtt");
    std::fs::write(&vtt, export("vtt").await).unwrap();
    let mut ffprobe = Command::new(telecine_parts::binary("ffprobe").unwrap());
    ffprobe.args(["-v", "error", "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0"]);
    let packets = ffprobe.arg(&vtt).output().unwrap();
    let packets = String::from_utf8(packets.stdout).unwrap();
    assert_eq!(packets.split_whitespace().collect::<Vec<_>>(), ["0.500000,1.500000", "2.500000,3601.750000"]);
    let json: Value = serde_json::from_slice(&export("json").await).unwrap();
    assert_eq!(json["cues"][1], json!({"start": 2500, "end": 3_604_250, "text": "Wales swim by"}));
    let pdf = export("pdf").await;
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.4") && text.contains("A clear morning & <calm> \\(sea\\)"), "{text}");
    let begins = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse::<usize>().unwrap();
    assert!(text[begins..].starts_with("xref"));

    for (query, backend) in [("wales", "fts5"), ("harbour", "fts5"), ("ale", "scan")] {
        let found: Value = api.get(&format!("/search?q={query}&backend={backend}")).await.json().await.unwrap();
        assert_eq!((&found["backend"], &found["found"][0]["video"]), (&json!(backend), &json!(id)), "{query}");
    }
    assert_eq!(api.sum("app_search_queries_total", &["fts5"]).await, 2.0);
    assert_eq!(api.sum("app_search_queries_total", &["scan"]).await, 1.0);
    for format in ["srt", "vtt", "json", "pdf"] {
        assert_eq!(api.sum("app_exports_total", &[format]).await, 1.0, "{format}");
    }
}

#[tokio::test]
async fn what_a_transcriber_hears_becomes_the_video_s_captions() {
    let api = Api::start().await;
    let speech = api.folders().media().join("speech.wav");
    let mut espeak = Command::new(telecine_parts::binary("espeak-ng").unwrap());
    let spoken = espeak.args(["-v", "en-us", "-w"]).arg(&speech).arg("good morning, the weather is fine").status();
    assert!(spoken.unwrap().success());
    let video = api.upload("Weather", std::fs::read(speech).unwrap()).await;
    let mut transcriber = Process::start("transcriber", api.folders().joined("transcriber", &api, "ear-1")).unwrap();

    let job = api.submit("single", video["file"].as_str().unwrap()).await;
    api.until(&job, "done").await;
    let export = api.get(&format!("/videos/{}/export.vtt", video["id"].as_str().unwrap())).await;
    assert_eq!(export.status(), StatusCode::OK, "{}", transcriber.output());
    let captions = export.text().await.unwrap();
    assert!(captions.starts_with("WEBVTT\n\n00:00:0") && captions.contains(" --> "), "{captions}");
    // Its words are often wrong, but there are some, and they are found.
    let word = captions.split_whitespace().filter(|word| word.chars().all(char::is_lowercase)).max_by_key(|w| w.len());
    let found: Value = api.get(&format!("/search?q={}", word.unwrap())).await.json().await.unwrap();
    assert_eq!(found["found"][0]["video"], video["id"], "{captions}");
    assert!(transcriber.stop().await.unwrap().success(), "{}", transcriber.output());
}
