//! Clips of several kinds, and a look at what came of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use telecine::ffmpeg::Options;
use tempfile::TempDir;

/// A directory with clips in it.
pub(crate) struct Clips(TempDir);

impl Clips {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    /// 640x360, 30 frames per second, with sound.
    pub(crate) fn normal(&self, seconds: u32) -> PathBuf {
        self.named("normal.mp4", seconds)
    }

    pub(crate) fn named(&self, name: &str, seconds: u32) -> PathBuf {
        let sound = format!("sine=d={seconds}");
        self.make(name, &format!("testsrc2=s=640x360:r=30:d={seconds}"), &["-f", "lavfi", "-i", &sound, "-c:a", "aac"])
    }

    pub(crate) fn silent(&self) -> PathBuf {
        self.make("silent.mp4", "testsrc2=s=320x180:r=25:d=1", &[])
    }

    pub(crate) fn portrait(&self) -> PathBuf {
        self.make("portrait.mp4", "testsrc2=s=720x1280:r=10:d=1", &[])
    }

    /// Stored 640x360, shown 360x640.
    pub(crate) fn rotated(&self) -> PathBuf {
        let upright = self.make("upright.mp4", "testsrc2=s=640x360:r=10:d=1", &[]);
        let path = self.path("rotated.mp4");
        ffmpeg(&["-i", text(&upright), "-c", "copy", "-metadata:s:v", "rotate=90", text(&path)]);
        path
    }

    /// 30 frames per second for a second, then 10.
    pub(crate) fn variable(&self) -> PathBuf {
        let filter = "select='if(lt(t,1),1,not(mod(n,3)))'";
        self.make("variable.mp4", "testsrc2=s=320x180:r=30:d=3", &["-vf", filter, "-vsync", "vfr"])
    }

    /// 10 bits, PQ.
    pub(crate) fn hdr(&self) -> PathBuf {
        let path = self.path("hdr.mp4");
        let source = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=10:d=1", "-c:v", "libx265", "-preset", "ultrafast"];
        let color = ["-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", "smpte2084"];
        let rest = ["-colorspace", "bt2020nc", "-x265-params", "log-level=error", text(&path)];
        ffmpeg(&[&source[..], &color, &rest].concat());
        path
    }

    /// Its index comes first, and its second half is missing.
    pub(crate) fn truncated(&self) -> PathBuf {
        let whole = self.make("whole.mp4", "testsrc2=s=640x360:r=30:d=4", &["-g", "30", "-movflags", "+faststart"]);
        let bytes = fs::read(whole).unwrap();
        self.bytes("truncated.mp4", &bytes[..bytes.len() / 2])
    }

    pub(crate) fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn make(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let path = self.path(name);
        let file = format!("file:{}", text(&path));
        let video = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", &file];
        ffmpeg(&[&["-f", "lavfi", "-i", source], more, &video].concat());
        path
    }

    /// The names of what lies in the directory, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Limits that a test can wait for.
pub(crate) fn options() -> Options {
    Options { stop_within: Duration::from_secs(30), ..Options::default() }
}

/// A program that behaves as ffmpeg should not.
pub(crate) fn fake(name: &str) -> Options {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ffmpeg/fake").join(name);
    Options { ffmpeg: path, ..options() }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ffmpeg(arguments: &[&str]) {
    let made = Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-y"]).args(arguments).status().unwrap();
    assert!(made.success(), "ffmpeg {arguments:?}");
}

/// What ffprobe says of the first video stream, read frame by frame.
pub(crate) fn video(path: &Path, entry: &str) -> String {
    let entries = format!("stream={entry}");
    let file = format!("file:{}", text(path));
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0", "-show_entries", &entries])
        .arg(file)
        .output()
        .unwrap();
    // Of a stream in a program it says everything twice.
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().next().unwrap_or_default().trim_end_matches(',').to_owned()
}

pub(crate) fn frames(path: &Path) -> u64 {
    video(path, "nb_read_frames").parse().unwrap()
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process is there, be it as a zombie.
pub(crate) fn exists(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Whether a process runs: one that nobody reaps is no longer running.
pub(crate) fn runs(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
