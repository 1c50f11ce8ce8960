//! Sound: what the engine takes, and where somebody speaks.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use telecine::ffmpeg::{self, Command};
use telecine::media::Media;
use telecine::operation::{Classified, ErrorType};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// What pocketsphinx' model was trained on: mono, 16 bit.
const SAMPLE_RATE: u32 = 16_000;
const BYTES_PER_SAMPLE: u64 = 2;
const FORMAT: [&str; 6] = ["-f", "s16le", "-ar", "16000", "-ac", "1"];

/// What is quieter for so long ends a turn.
const SILENCE: &str = "silencedetect=noise=-35dB:duration=0.4";
/// Kept of the silence around a turn, for the sounds that begin and end quietly.
const MARGIN: f64 = 0.1;
/// Nothing shorter is speech.
const SHORTEST: f64 = 0.2;
/// A longer turn is transcribed in several pieces.
const LONGEST: f64 = 15.0;

/// Speech between two silences, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    pub start: f64,
    pub end: f64,
}

/// Sound for the engine.
pub struct Speech {
    file: PathBuf,
    pub duration: f64,
}

impl Speech {
    /// Takes the first audio stream of a media file.
    pub async fn of(media: &Media, input: &Path, file: PathBuf, options: &ffmpeg::Options) -> anyhow::Result<Self> {
        let source = ffmpeg::probe(input, options).await?;
        if source.audio.is_none() {
            return Err(Classified::new(ErrorType::InputInvalid, "it has no sound").into());
        }
        let transcode = media.transcode("speech").codec("pcm_s16le").encoder("pcm_s16le").start();
        let command = Command::new(input).args(["-vn"]).args(FORMAT).output(&file);
        let command = command.options(options).record(&transcode.recorder());
        let finished = transcode.run(command.run()).await?;
        Ok(Self { file, duration: finished.bytes() as f64 / f64::from(SAMPLE_RATE) / BYTES_PER_SAMPLE as f64 })
    }

    /// Who speaks when, as far as silence tells: a turn ends where nobody speaks. Two who speak without a pause are
    /// one turn, and a pause of one is two: no voices are told apart.
    pub async fn turns(&self, scratch: &Path, options: &ffmpeg::Options) -> anyhow::Result<Vec<Turn>> {
        let found = scratch.join("silences");
        let filter = format!("{SILENCE},ametadata=mode=print:file={}", escaped(found.to_str().context("not UTF-8")?));
        let command = Command::new(&self.file).input_args(FORMAT).args(["-af", &filter, "-f", "null"]).output_nowhere();
        command.options(options).run().await?;
        let found = tokio::fs::read_to_string(&found).await?;
        Ok(turns(&found, self.duration))
    }

    /// Cuts the pieces out, `0000.raw` and so on.
    pub async fn cut(&self, pieces: impl Iterator<Item = Turn>, folder: &Path) -> io::Result<Vec<String>> {
        let mut source = tokio::fs::File::open(&self.file).await?;
        let mut names = Vec::new();
        for (number, piece) in pieces.enumerate() {
            let name = format!("{number:04}");
            let [start, end] = [piece.start, piece.end].map(|seconds| offset(seconds.min(self.duration)));
            let mut samples = Vec::new();
            source.seek(io::SeekFrom::Start(start)).await?;
            (&mut source).take(end - start).read_to_end(&mut samples).await?;
            tokio::fs::write(folder.join(format!("{name}.raw")), samples).await?;
            names.push(name);
        }
        Ok(names)
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        Duration::try_from_secs_f64(self.duration).unwrap_or_default()
    }
}

impl Turn {
    /// The pieces that it is transcribed in.
    pub fn pieces(self) -> impl Iterator<Item = Self> {
        let length = self.end - self.start;
        let count = (length / LONGEST).ceil().max(1.0);
        (0..count as u32).map(f64::from).map(move |number| {
            let cut = |number: f64| self.start + length * number / count;
            Self { start: cut(number), end: cut(number + 1.0) }
        })
    }
}

/// What is between the silences that the filter has written down.
fn turns(found: &str, duration: f64) -> Vec<Turn> {
    let times = |key: &str| -> Vec<f64> {
        found.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')?.parse().ok()).collect()
    };
    let (starts, ends) = (times("lavfi.silence_start"), times("lavfi.silence_end"));
    let begins = std::iter::once(0.0).chain(ends);
    let stops = starts.into_iter().chain([duration]);
    begins
        .zip(stops)
        .filter(|(start, end)| end - start >= SHORTEST)
        .map(|(start, end)| Turn { start: (start - MARGIN).max(0.0), end: (end + MARGIN).min(duration) })
        .collect()
}

fn offset(seconds: f64) -> u64 {
    (seconds * f64::from(SAMPLE_RATE)) as u64 * BYTES_PER_SAMPLE
}

/// A file's name as an option of a filter: what options and what graphs give a meaning to loses it.
fn escaped(name: &str) -> String {
    let escape = |text: &str, special: &[char]| {
        let escaped = text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c]));
        escaped.collect::<String>()
    };
    escape(&escape(name, &['\\', '\'', ':']), &['\\', '\'', '[', ']', ',', ';'])
}
