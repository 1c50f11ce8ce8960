//! Clips for the worker to work on.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A small clip: picture and sound.
pub(crate) fn small(folder: &Path, name: &str) -> PathBuf {
    of_size(folder, name, "320x180", 1)
}

/// A clip of a size.
pub(crate) fn of_size(folder: &Path, name: &str, size: &str, seconds: u32) -> PathBuf {
    let path = folder.join(name);
    ffmpeg(
        &["-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate=25:duration={seconds}")],
        &["-f", "lavfi", "-i", &format!("sine=sample_rate=48000:duration={seconds}"), "-preset", "ultrafast"],
        &path,
    );
    path
}

/// A clip that takes much longer to transcode than any test lasts, made in a moment.
pub(crate) fn endless(folder: &Path, name: &str) -> PathBuf {
    let short = of_size(folder, "short.mp4", "1280x720", 5);
    let path = folder.join(name);
    let short = short.to_str().unwrap();
    ffmpeg(&["-stream_loop", "240", "-i", short], &["-c", "copy"], &path);
    std::fs::remove_file(short).unwrap();
    path
}

/// The first half of a clip, without the index that stands at its end.
pub(crate) fn truncated(folder: &Path, name: &str) -> PathBuf {
    let path = small(folder, name);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    path
}

/// Width and height of a file's video, as ffprobe sees it.
pub(crate) fn size_of(path: &Path) -> String {
    let mut ffprobe = Command::new(telecine_parts::binary("ffprobe").unwrap());
    ffprobe.args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"]);
    let output = ffprobe.arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A playlist lists its streams twice.
    String::from_utf8(output.stdout).unwrap().lines().next().unwrap_or_default().to_owned()
}

fn ffmpeg(input: &[&str], options: &[&str], path: &Path) {
    let mut ffmpeg = Command::new(telecine_parts::binary("ffmpeg").unwrap());
    ffmpeg.args(["-v", "error", "-nostdin", "-y"]).args(input).args(options);
    // A name may begin with a dash.
    let mut output = std::ffi::OsString::from("file:");
    output.push(path);
    let output = ffmpeg.arg(output).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
