//! Put together what ffmpeg is to do.

mod adopt;
mod arguments;
mod input;
mod recipe;
pub(crate) mod redact;
mod render;
mod staging;

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Duration;

use super::progress::Increment;
use super::{Encoder, Options};
use crate::media::transcode::Recorder;
use recipe::Encode;

pub(crate) use input::{Input, file};
pub use staging::Output;
pub(crate) use staging::{Staging, Target};

/// What ffmpeg is to do, and how it is watched.
///
/// Put together by [`new`](Self::new) and the methods after it, or taken as it is by
/// [`from_args`](Self::from_args) or from a `Command` of tokio or the standard library. Run by
/// [`run`](Self::run) or [`start`](Self::start).
///
/// ```
/// use telecine::ffmpeg::{Command, Failure};
///
/// # async fn example(media: telecine::media::Media, directory: &std::path::Path) -> Result<(), Failure> {
/// let transcode = media.transcode("180p").codec("h264").encoder("libx264").start();
/// let command = Command::generate("testsrc2=size=640x360:rate=25:duration=2")
///     .args(["-vf", "scale=-2:180", "-c:v", "libx264"])
///     .output(directory.join("180p.mp4"))
///     .record(&transcode.recorder());
/// let finished = transcode.run(command.run()).await?;
/// assert_eq!(finished.frames, 50);
/// # Ok(())
/// # }
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// # let directory = tempfile::tempdir().unwrap();
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(example(media, directory.path())).unwrap();
/// ```
///
/// # Names
/// Inputs and outputs that are given as paths are taken as files, whatever they look like: a name may
/// begin with a dash and hold colons, quotes and percent signs. A local input cannot make ffmpeg open the
/// network (a playlist could), since only the protocols `file`, `crypto` and `data` are allowed for it.
///
/// # Outputs
/// An output is written under a temporary name in its own directory and renamed when ffmpeg has ended
/// well, so that there is no half file under its final name; what was there before stays until then.
/// Exceptions, which ffmpeg writes in place and which are removed when it fails, if it had begun to write
/// them: outputs of a `Command` that the caller made, playlists among arguments that the caller gave
/// (use [`hls`](Self::hls)), patterns, devices and URLs (those are not removed).
#[derive(Debug)]
#[must_use = "a command does nothing until it is run"]
pub struct Command {
    pub(super) options: Options,
    pub(super) inputs: Vec<Input>,
    pub(super) targets: Vec<Target>,
    pub(super) keep_existing: bool,
    pub(super) recorder: Option<Recorder>,
    pub(super) listener: Option<Listener>,
    pub(super) video_size: Option<(u32, u32)>,
    pub(super) ignore_dropped: bool,
    pub(super) copy_times: bool,
    pub(super) no_stdin: bool,
    pub(super) allowed_defects: Option<u64>,
    pub(super) encoder: Option<Encoder>,
    pub(super) fall_back: bool,
    /// Where standard output goes, when it carries the media.
    stdout: Option<Stdio>,
    pub(super) media_on_stdout: bool,
    log_level: bool,
    refused: Option<&'static str>,
    program: Program,
    before_input: usize,
    /// The recorder knows how large the inputs are.
    pub(super) input_counted: bool,
    /// What relative paths begin at.
    directory: PathBuf,
}

/// Hears how far ffmpeg is.
pub(super) struct Listener(pub(super) Box<dyn Fn(&Increment) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

#[derive(Debug)]
enum Program {
    Built(Vec<Piece>),
    Own(Box<process::Command>),
}

#[derive(Debug)]
enum Piece {
    Argument(OsString),
    /// An input, by its number.
    Input(usize),
    /// An output, by its number.
    Output(usize),
    Encode(Encode),
}

impl Command {
    /// Reads a file.
    pub fn new(input: impl AsRef<Path>) -> Self {
        Self::empty().input(input)
    }

    /// Reads a URL or a device, as ffmpeg understands it.
    pub fn from_url(input: impl Into<OsString>) -> Self {
        Self::empty().input_url(input)
    }

    /// Reads what a source filter generates: `testsrc2=duration=5`, `sine`.
    pub fn generate(filter: impl Into<OsString>) -> Self {
        let mut command = Self::empty();
        command.push("-f");
        command.push("lavfi");
        command.input_url(filter)
    }

    fn empty() -> Self {
        Self {
            options: Options::default(),
            inputs: Vec::new(),
            targets: Vec::new(),
            keep_existing: false,
            recorder: None,
            listener: None,
            video_size: None,
            ignore_dropped: false,
            copy_times: false,
            no_stdin: false,
            allowed_defects: None,
            encoder: None,
            fall_back: true,
            stdout: None,
            media_on_stdout: false,
            log_level: false,
            refused: None,
            program: Program::Built(Vec::new()),
            before_input: 0,
            input_counted: false,
            directory: PathBuf::new(),
        }
    }

    fn push(&mut self, argument: impl Into<OsString>) {
        match &mut self.program {
            Program::Built(pieces) => pieces.push(Piece::Argument(argument.into())),
            Program::Own(command) => {
                command.arg(argument.into());
            }
        }
    }

    fn push_piece(&mut self, piece: Piece) {
        if let Program::Built(pieces) = &mut self.program {
            pieces.push(piece);
        }
    }

    fn pieces(&self) -> usize {
        match &self.program {
            Program::Built(pieces) => pieces.len(),
            Program::Own(_) => 0,
        }
    }

    /// Reads another file.
    pub fn input(mut self, input: impl AsRef<Path>) -> Self {
        self.before_input = self.pieces();
        for argument in ["-protocol_whitelist", "file,crypto,data", "-i"] {
            self.push(argument);
        }
        self.push_input(Input::File(input.as_ref().to_owned()))
    }

    /// Reads another URL or device.
    pub fn input_url(mut self, input: impl Into<OsString>) -> Self {
        self.before_input = self.pieces();
        self.push("-i");
        self.push_input(Input::Other(input.into()))
    }

    fn push_input(mut self, input: Input) -> Self {
        match self.program {
            Program::Built(_) => self.push_piece(Piece::Input(self.inputs.len())),
            Program::Own(_) => self.push(input.argument()),
        }
        self.inputs.push(input);
        self
    }

    /// Options of the input that was named last: `-ss`, `-t`, `-stream_loop`.
    pub fn input_args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        if let Program::Built(pieces) = &mut self.program {
            let arguments = arguments.into_iter().map(|argument| Piece::Argument(argument.as_ref().to_owned()));
            pieces.splice(self.before_input..self.before_input, arguments);
        }
        self
    }

    /// Options of the output that is named next.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.push(argument.as_ref());
        }
        self
    }

    /// Writes a file. The format is chosen by its extension, unless `-f` says otherwise.
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        self.push_piece(Piece::Output(self.targets.len()));
        self.targets.push(Target::File(path.into()));
        self
    }

    /// Writes to standard output. It goes where `stdout` says; with `Stdio::piped()`, to
    /// [`Running::take_stdout`](super::Running::take_stdout).
    pub fn output_stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.push("pipe:1");
        self.stdout = Some(stdout.into());
        self.media_on_stdout = true;
        self
    }

    /// Writes nothing that anyone could look at: for `-f null`.
    pub fn output_nowhere(mut self) -> Self {
        self.push("-");
        self
    }

    /// Runs these programs, with these limits.
    pub fn options(mut self, options: &Options) -> Self {
        let timeout = self.options.timeout.or(options.timeout);
        self.options = Options { timeout, ..options.clone() };
        self
    }

    /// Ends ffmpeg when it has run for so long; overrides [`Options::timeout`].
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Feeds what ffmpeg does to a transcode.
    pub fn record(mut self, recorder: &Recorder) -> Self {
        self.recorder = Some(recorder.clone());
        self
    }

    /// Tells how far ffmpeg is: what was done since the start, about twice a second, for a progress bar.
    /// `listen` is called on the task that runs the command, and must not block.
    pub fn on_progress(mut self, listen: impl Fn(&Increment) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener(Box::new(listen)));
        self
    }

    /// Says how large the output's frames are, so that pixels are counted while it runs. Without it the
    /// first output is looked at when it is done.
    pub fn video_size(mut self, width: u32, height: u32) -> Self {
        self.video_size = Some((width, height));
        self
    }

    /// Counts no dropped frames: for an output that wants few by intention.
    pub fn ignore_dropped(mut self) -> Self {
        self.ignore_dropped = true;
        self
    }

    /// Fails when ffmpeg survived more errors in the input than `allowed`; 0 allows none. Without it they
    /// are counted, and the run is a success.
    pub fn fail_on_defects(mut self, allowed: u64) -> Self {
        self.allowed_defects = Some(allowed);
        self
    }

    /// Fails when the encoder that was asked for cannot be opened, rather than to try the one for the
    /// same codec in software.
    pub fn no_fallback(mut self) -> Self {
        self.fall_back = false;
        self
    }
}
