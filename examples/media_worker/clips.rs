//! Test clips of several kinds, made by ffmpeg.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use telecine::ffmpeg::Command;

struct Clip {
    name: &'static str,
    size: &'static str,
    seconds: u32,
    sound: bool,
    options: &'static [&'static str],
}

const CLIPS: [Clip; 4] = [
    Clip { name: "landscape.mp4", size: "1920x1080", seconds: 6, sound: true, options: &[] },
    Clip { name: "portrait.mp4", size: "720x1280", seconds: 4, sound: true, options: &[] },
    Clip { name: "silent.mp4", size: "640x360", seconds: 5, sound: false, options: &[] },
    Clip {
        name: "variable frame rate.mkv",
        size: "1280x720",
        seconds: 4,
        sound: true,
        options: &["-vf", "select='gt(mod(n\\,5)\\,1)'", "-fps_mode", "vfr"],
    },
];

/// What a broken upload looks like: the first half of the first clip, without its index.
const BROKEN: &str = "broken.mp4";

/// Whether a directory has nothing in it.
pub fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let mut entries = folder.read_dir().with_context(|| folder.display().to_string())?;
    Ok(entries.next().is_none())
}

/// Makes the clips, and says where they are.
pub async fn make(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    for clip in CLIPS {
        let path = folder.join(clip.name);
        clip.command(&path).run().await.with_context(|| format!("test clip {}", clip.name))?;
        made.push(path);
    }
    let whole = tokio::fs::read(&made[0]).await?;
    let broken = folder.join(BROKEN);
    tokio::fs::write(&broken, &whole[..whole.len() / 2]).await?;
    made.push(broken);
    tracing::info!("{} test clips are in {}", made.len(), folder.display());
    Ok(made)
}

impl Clip {
    fn command(&self, path: &Path) -> Command {
        let Self { size, seconds, .. } = self;
        let mut command = Command::generate(format!("testsrc2=size={size}:rate=25:duration={seconds}"));
        if self.sound {
            let tone = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
            command = command.input_url(tone).input_args(["-f", "lavfi"]).args(["-c:a", "aac"]);
        }
        command.args(["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]).args(self.options).output(path)
    }
}
