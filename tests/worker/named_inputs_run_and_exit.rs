use std::path::Path;

use telecine_parts::Process;

use crate::clips;
use crate::worker::Folders;

#[tokio::test]
async fn the_exit_status_says_whether_all_succeeded() {
    let folders = Folders::new();
    let good = clips::small(&folders.media(), "good.mp4");
    let bad = clips::truncated(&folders.media(), "bad.mp4");
    let missing = folders.media().join("missing.mp4");
    assert!(run(&folders, &[&good], None).await);
    assert!(run(&folders, &[&good, &good], None).await);
    assert!(!run(&folders, &[&good, &bad], None).await);
    assert!(!run(&folders, &[&missing], None).await);
}

#[tokio::test]
async fn inputs_lie_below_the_media_directory_if_there_is_one() {
    let folders = Folders::new();
    let inside = clips::small(&folders.media(), "inside.mp4");
    let outside = clips::small(&folders.store(), "outside.mp4");
    let media = folders.media();
    assert!(run(&folders, &[&inside], Some(&media)).await);
    assert!(run(&folders, &[Path::new("inside.mp4")], Some(&media)).await);
    assert!(!run(&folders, &[&outside], Some(&media)).await);
}

#[tokio::test]
async fn it_stays_up_where_it_is_told_to() {
    let folders = Folders::new();
    let good = clips::small(&folders.media(), "good.mp4");
    let mut command = folders.command();
    command.args(["--listen", "127.0.0.1:0", "--keep", "--input"]).arg(good);
    let mut process = Process::start("media_worker", command).unwrap();
    process.until_says("\"outcome\":\"success\"").await.unwrap();
    let line = process.until_says("jobs are taken at").await.unwrap();
    let url = line.split(['"', ' ']).find(|word| word.ends_with("/jobs")).unwrap();
    let jobs = telecine_parts::http().get(url).send().await.unwrap().text().await.unwrap();
    assert!(jobs.contains("success"), "{jobs}");
    assert!(process.stop().await.unwrap().success());
}

async fn run(folders: &Folders, inputs: &[&Path], media: Option<&Path>) -> bool {
    let mut command = folders.command();
    for input in inputs {
        command.arg("--input").arg(input);
    }
    if let Some(media) = media {
        command.arg("--media").arg(media);
    }
    let mut process = Process::start("media_worker", command).unwrap();
    process.until_ended().await.unwrap().success()
}
