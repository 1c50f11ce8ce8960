//! The engine: pocketsphinx, a program that transcribes a list of pieces.
//!
//! It loads its model once, says when it begins with a piece, and says of each what it took:
//!
//! ```text
//! INFO: batch.c(729): Decoding '0000'
//! INFO: batch.c(760): 0000: 3.10 seconds speech, 1.29 seconds CPU, 1.31 seconds wall
//! ```
//!
//! So the model's load is measured from the program's start to the first of these lines: the start itself, reading
//! the acoustic model, the dictionary and the language model. What a piece took is what the engine says. Its words
//! are often wrong, the times are real.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use telecine::media::transcription::Recorder;
use telecine::operation::{Classified, ErrorType};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::captions::Word;

/// The program, of Debian's package `pocketsphinx`.
const PROGRAM: &str = "pocketsphinx_batch";
/// Its name in labels.
pub const BACKEND: &str = "pocketsphinx";
/// Frames in a second, of which it counts the time.
const FRAME_RATE: f64 = 100.0;
/// How long it may be silent: many times what a piece takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A model on the disk.
#[derive(Clone)]
pub struct Engine {
    folder: PathBuf,
    name: String,
}

/// An engine that has loaded its model, and begins with the first piece.
pub struct Loaded {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    folder: PathBuf,
    errors: Vec<String>,
}

/// What the engine was not able to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{PROGRAM} cannot be started; Debian's package `pocketsphinx` has it: {0}")]
    Start(io::Error),
    #[error("{PROGRAM} ended ({status}){said}")]
    Ended { status: ExitStatus, said: String },
    #[error("{PROGRAM} said nothing for {PATIENCE:?}")]
    Silent,
    #[error("{PROGRAM} was not understood: {0:?}")]
    Unknown(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Engine {
    /// A model as Debian's `pocketsphinx-en-us` lays it out: in a folder that has its name.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let name = folder.file_name().and_then(|name| name.to_str()).context("a model's folder has a name")?;
        let engine = Self { folder: folder.to_owned(), name: name.to_owned() };
        for file in engine.files() {
            anyhow::ensure!(
                file.exists(),
                "{}: not there; Debian's package `pocketsphinx-en-us` has it",
                file.display()
            );
        }
        Ok(engine)
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts the program on these pieces, `NAME.raw` in a folder, and waits until it begins with the first one.
    pub async fn load(&self, folder: &Path, pieces: &[String]) -> Result<Loaded, Classified> {
        Ok(self.start(folder, pieces).await?)
    }

    async fn start(&self, folder: &Path, pieces: &[String]) -> Result<Loaded, EngineError> {
        let list = folder.join("pieces");
        tokio::fs::write(&list, pieces.join("\n") + "\n").await?;
        let [acoustic, language, dictionary] = self.files();
        let mut child = Command::new(PROGRAM)
            .args(["-adcin", "yes", "-cepext", ".raw", "-cepdir"])
            .arg(folder)
            .arg("-ctl")
            .arg(&list)
            .arg("-hypseg")
            .arg(folder.join("words"))
            .arg("-hmm")
            .arg(acoustic)
            .arg("-lm")
            .arg(language)
            .arg("-dict")
            .arg(dictionary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Nobody waits for what a cancelled job would have said.
            .kill_on_drop(true)
            // Ctrl-C on a terminal is for the transcriber to judge.
            .process_group(0)
            .spawn()
            .map_err(EngineError::Start)?;
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("no standard error"))?;
        let lines = BufReader::new(stderr).lines();
        let mut loaded = Loaded { child, lines, folder: folder.to_owned(), errors: Vec::new() };
        while let Some(line) = loaded.next().await? {
            if line.contains(": Decoding '") {
                return Ok(loaded);
            }
        }
        Err(loaded.ended().await?)
    }

    fn files(&self) -> [PathBuf; 3] {
        let Self { folder, name } = self;
        [folder.join(name), folder.join(format!("{name}.lm.bin")), folder.join(format!("cmudict-{name}.dict"))]
    }
}

impl Loaded {
    /// Waits for the end, and gives the words of each piece, timed from the piece's start.
    pub async fn transcribe(self, recorder: &Recorder) -> Result<Vec<(String, Vec<Word>)>, Classified> {
        Ok(self.follow(recorder).await?)
    }

    async fn follow(mut self, recorder: &Recorder) -> Result<Vec<(String, Vec<Word>)>, EngineError> {
        while let Some(line) = self.next().await? {
            if let Some((speech, wall)) = piece_is_done(&line) {
                recorder.media_time(speech);
                recorder.chunk(wall);
            }
        }
        let status = self.child.wait().await?;
        if !status.success() {
            return Err(self.ended().await?);
        }
        let words = tokio::fs::read_to_string(self.folder.join("words")).await?;
        words.lines().map(|line| said(line).ok_or_else(|| EngineError::Unknown(line.to_owned()))).collect()
    }

    async fn next(&mut self) -> Result<Option<String>, EngineError> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.map_err(|_| EngineError::Silent)??;
        if let Some(line) = line.as_ref().filter(|line| line.starts_with("ERROR") || line.starts_with("FATAL")) {
            self.errors.push(line.clone());
        }
        Ok(line)
    }

    /// It ended before its work was done.
    async fn ended(mut self) -> io::Result<EngineError> {
        let status = self.child.wait().await?;
        let said = self.errors.last().map_or(String::new(), |line| format!(": {line}"));
        Ok(EngineError::Ended { status, said })
    }
}

/// Whether another attempt may end better.
impl From<EngineError> for Classified {
    fn from(error: EngineError) -> Self {
        let error_type = match &error {
            EngineError::Ended { status, .. } if status.signal().is_some() => ErrorType::Killed,
            EngineError::Silent => ErrorType::Timeout,
            _ => ErrorType::Other,
        };
        Self::new(error_type, error)
    }
}

/// How long a piece is, and how long it took: `0000: 3.10 seconds speech, 1.29 seconds CPU, 1.31 seconds wall`.
fn piece_is_done(line: &str) -> Option<(Duration, Duration)> {
    let (_, figures) = line.split_once(": ")?.1.split_once(": ")?.1.split_once(": ")?;
    let mut figures = figures.split(", ");
    let mut seconds = |what: &str| {
        let seconds = figures.next()?.strip_suffix(what)?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    let (speech, _) = (seconds(" seconds speech")?, seconds(" seconds CPU")?);
    Some((speech, seconds(" seconds wall")?))
}

/// A piece's name, and its words: `NAME S 0 T 0 A 0 L 0`, then for each word the frame it begins at, two scores and
/// the word, then the frame where all ends.
fn said(line: &str) -> Option<(String, Vec<Word>)> {
    let tokens: Vec<&str> = line.split_whitespace().collect();
    let (name, rest) = (tokens.first()?, tokens.get(9..)?);
    let seconds = |frame: &str| Some(frame.parse::<f64>().ok()? / FRAME_RATE);
    let mut words = Vec::new();
    for word in rest.chunks(4).take_while(|word| word.len() == 4).zip((4..).step_by(4)) {
        let (&[start, _, _, text], next) = (<&[&str; 4]>::try_from(word.0).ok()?, word.1);
        let (start, end) = (seconds(start)?, seconds(rest.get(next)?)?);
        // `<sil>` and `[NOISE]` are no words; `read(2)` is another way to say it.
        if !text.starts_with(['<', '[', '+']) {
            words.push(Word::new(text.split('(').next().unwrap_or(text), start, end));
        }
    }
    Some(((*name).to_owned(), words))
}
