use std::os::unix::fs::symlink;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn a_bad_body_is_refused_with_the_reason() {
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &[]).await;
    let bodies = [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "NewJob"),
        (r#""film.mp4""#, "NewJob"),
        (r#"{"type": "transcode"}"#, "missing field `input`"),
        (r#"{"input": "film.mp4"}"#, "missing field `type`"),
        (r#"{"input": 7, "type": "transcode"}"#, "string"),
        (r#"{"input": "film.mp4", "type": "mine bitcoin"}"#, "unknown variant `mine bitcoin`"),
        (r#"{"input": "film.mp4", "type": "Transcode"}"#, "unknown variant `Transcode`"),
        (r#"{"input": "", "type": "transcode"}"#, "empty"),
        (r#"{"input": "a\u0000b", "type": "transcode"}"#, "a\\0b"),
    ];
    for (body, reason) in bodies {
        let response = worker.post(body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = response.json().await.unwrap();
        assert!(answer["error"].as_str().unwrap().contains(reason), "{body}: {answer}");
    }
    assert_eq!(worker.sum("media_job_created_total", &[]).await, 0.0);
    assert_eq!(worker.get("/jobs").await.text().await.unwrap(), "[]");
}

#[tokio::test]
async fn nothing_outside_of_the_media_directory_is_read() {
    let folders = Folders::new();
    let media = folders.media();
    let outside = folders.store();
    clips::small(&outside, "secret.mp4");
    std::fs::create_dir(media.join("sub")).unwrap();
    clips::small(&media.join("sub"), "film.mp4");
    symlink(outside.join("secret.mp4"), media.join("link.mp4")).unwrap();
    symlink(&outside, media.join("folder")).unwrap();
    symlink(media.join("sub/film.mp4"), media.join("inside.mp4")).unwrap();
    symlink(media.join("loop.mp4"), media.join("loop.mp4")).unwrap();
    let absolute = outside.join("secret.mp4").to_str().unwrap().to_owned();
    let inside = media.join("sub/film.mp4").to_str().unwrap().to_owned();
    let worker = Worker::start(folders, &[]).await;

    let refused = [
        "../store/secret.mp4",
        "sub/../../store/secret.mp4",
        "..",
        &absolute,
        "/etc/passwd",
        "/nowhere/film.mp4",
        "link.mp4",
        "folder/secret.mp4",
        "folder/missing.mp4",
        "loop.mp4",
    ];
    for input in refused {
        let response = worker.post(json!({"input": input, "type": "thumbnail"})).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{input}");
    }
    for input in ["sub/film.mp4", "./sub/film.mp4", "inside.mp4", &inside] {
        let id = worker.submit(input, "thumbnail").await;
        assert_eq!(worker.until(&id, "done").await["outcome"], "success", "{input}");
    }
}

#[tokio::test]
async fn a_link_that_appears_while_the_job_waits_is_not_followed() {
    let folders = Folders::new();
    clips::endless(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &["--workers", "1"]).await;
    let first = worker.submit("film.mp4", "transcode").await;
    let second = worker.submit("later.mp4", "transcode").await;
    symlink("/etc/passwd", worker.folders().media().join("later.mp4")).unwrap();
    worker.cancel(&first).await;
    let job = worker.until(&second, "done").await;
    assert_eq!((&job["outcome"], &job["error_type"]), (&json!("failure"), &json!("permission")));
}

#[tokio::test]
async fn an_unknown_job_is_not_found() {
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &[]).await;
    assert_eq!(worker.get("/jobs/nobody").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(worker.cancel("nobody").await, StatusCode::NOT_FOUND);
}
