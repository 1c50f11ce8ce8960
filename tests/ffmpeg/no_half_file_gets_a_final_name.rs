use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use telecine::ffmpeg::{Command, Failure};
use telecine::operation::ErrorType;

use crate::clips::{Clips, options, text};

#[tokio::test]
async fn what_was_there_before_stays_until_the_new_one_is_whole() {
    let clips = Clips::new();
    let output = clips.bytes("out.mp4", b"the old one");
    let truncated = clips.truncated();
    Command::new(&truncated).options(&options()).output(&output).fail_on_defects(0).run().await.unwrap_err();
    assert_eq!(fs::read(&output).unwrap(), b"the old one");

    let input = clips.normal(1);
    Command::new(&input).args(["-c", "copy"]).output(&output).run().await.unwrap();
    assert!(fs::metadata(&output).unwrap().len() > 1000);
    assert_eq!(clips.names(), ["normal.mp4", "out.mp4", "truncated.mp4", "whole.mp4"]);
}

#[tokio::test]
async fn several_outputs_come_together_or_not_at_all() {
    let clips = Clips::new();
    let input = clips.normal(1);
    let two = |second: &str| {
        Command::new(&input)
            .options(&options())
            .args(["-c", "copy"])
            .output(clips.path("a.mp4"))
            .args(["-c:v", second])
            .output(clips.path("b.mkv"))
            .run()
    };
    two("nosuch").await.unwrap_err();
    assert_eq!(clips.names(), ["normal.mp4"]);
    let done = two("copy").await.unwrap();
    assert_eq!(clips.names(), ["a.mp4", "b.mkv", "normal.mp4"]);
    let sizes: Vec<_> = done.outputs.iter().map(|output| output.bytes).collect();
    assert_eq!(sizes, ["a.mp4", "b.mkv"].map(|name| fs::metadata(clips.path(name)).unwrap().len()));
}

#[tokio::test]
async fn a_package_replaces_the_one_before_as_a_whole() {
    let clips = Clips::new();
    let package = clips.path("package");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("stale.ts"), "x").unwrap();
    let truncated = clips.truncated();
    Command::hls(&truncated, &package).options(&options()).fail_on_defects(0).run().await.unwrap_err();
    assert!(package.join("stale.ts").exists());
    let input = clips.normal(1);
    Command::hls(&input, &package).run().await.unwrap();
    let mut names: Vec<_> = fs::read_dir(&package).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["index.m3u8", "segment_00000.ts"]);
    assert_eq!(clips.names(), ["normal.mp4", "package", "truncated.mp4", "whole.mp4"]);
}

/// A file system that is soon full. Only root may mount one.
struct Small(PathBuf);

impl Small {
    fn mount(path: &Path) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let mounted = Process::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(path).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Process::new("umount").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_a_failure_whatever_ffmpeg_reports() {
    let clips = Clips::new();
    let input = clips.normal(3);
    // Where nothing may be mounted, a device that is always full shows the messages at least.
    let to_device = ["-i", text(&input), "-c", "copy", "-f", "mpegts", "/dev/full"];
    let failure = Command::from_args(to_device).options(&options()).run().await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::DiskFull, "{failure}");

    let Some(small) = Small::mount(&clips.path("small")) else { return };
    let output = small.0.join("out.mkv");
    let copy = Command::new(&input).options(&options()).args(["-c", "copy"]).output(&output);
    let failure = copy.run().await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::DiskFull, "{failure}");
    assert_eq!(fs::read_dir(&small.0).unwrap().count(), 0);

    // The HLS muxer says nothing and ends with status 0.
    let package = small.0.join("package");
    let failure = Command::hls(&input, &package).options(&options()).run().await.unwrap_err();
    assert_eq!(failure.error_type(), ErrorType::DiskFull, "{failure}");
    assert!(matches!(failure, Failure::EmptyOutput { .. }), "{failure}");
    assert_eq!(fs::read_dir(&small.0).unwrap().count(), 0);
}

#[tokio::test]
async fn arguments_of_ones_own_are_staged_too() {
    let clips = Clips::new();
    let input = clips.normal(1);
    let output = clips.bytes("out.mp4", b"the old one");
    let failing = ["-y", "-i", text(&input), "-c:v", "nosuch", text(&output)];
    Command::from_args(failing).options(&options()).run().await.unwrap_err();
    assert_eq!(fs::read(&output).unwrap(), b"the old one");
    let keeping = ["-n", "-i", text(&input), "-c", "copy", text(&output)];
    let failure = Command::from_args(keeping).options(&options()).run().await.unwrap_err();
    assert!(failure.to_string().contains("exists"), "{failure}");
    assert_eq!(fs::read(&output).unwrap(), b"the old one");
    let working = ["-i", text(&input), "-c", "copy", text(&output)];
    assert_eq!(Command::from_args(working).run().await.unwrap().outputs[0].path, output);
    assert_eq!(clips.names(), ["normal.mp4", "out.mp4"]);
}
