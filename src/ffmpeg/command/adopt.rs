//! Commands that somebody else put together.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{self, Stdio};

use super::arguments::{Found, FoundKind, Scan};
use super::{Command, Piece, Program, Target};

impl Command {
    /// Takes arguments as they are, without the program's name. Inputs and outputs are found among them.
    ///
    /// `-progress` is telecine's, and refused. Messages are read as warnings and errors unless the
    /// arguments say otherwise (`-loglevel`, `-v`).
    pub fn from_args<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let scan = Scan::of(&arguments);
        let mut command = Self::empty();
        let mut pieces: Vec<_> = arguments.into_iter().map(Piece::Argument).collect();
        for Found { index, kind } in &scan.outputs {
            if let FoundKind::File(path) = kind {
                pieces[*index] = Piece::Output(command.targets.len());
                command.targets.push(Target::File(path.clone()));
            } else if let FoundKind::OwnName(path) = kind {
                command.targets.push(Target::InPlace(path.clone()));
            }
        }
        if let Some(index) = scan.keep_existing {
            // The output that ffmpeg sees is a new one: whether it exists is looked at here.
            pieces.remove(index);
        }
        command.program = Program::Built(pieces);
        command.adopt(scan)
    }

    fn adopt(mut self, scan: Scan) -> Self {
        self.keep_existing = scan.keep_existing.is_some();
        self.copy_times = scan.copy_times;
        self.no_stdin = scan.no_stdin || scan.reads_stdin();
        self.log_level = scan.log_level;
        self.refused = scan.progress.then_some(
            "-progress is what telecine reads itself: leave it out, or run ffmpeg yourself and use progress::Reader",
        );
        self.media_on_stdout = scan.writes_stdout();
        self.stdout = self.media_on_stdout.then(Stdio::piped);
        self.inputs = scan.inputs;
        self
    }
}

impl From<process::Command> for Command {
    /// Takes a command that the caller made; its program must be ffmpeg. Options are added behind its
    /// arguments. Standard input becomes telecine's unless it carries the media, and standard error too.
    /// Outputs are written in place. An output that exists fails it, unless the arguments have `-y`.
    fn from(mut own: process::Command) -> Self {
        let arguments: Vec<_> = own.get_args().map(OsStr::to_owned).collect();
        // Behind a wrapper such as `nice`, its arguments begin after its name.
        let start = arguments.iter().position(|argument| Path::new(argument).ends_with("ffmpeg"));
        let scan = Scan::of(&arguments[start.map_or(0, |at| at + 1)..]);
        let mut command = Self::empty();
        command.directory = own.get_current_dir().unwrap_or(Path::new("")).to_owned();
        for Found { kind, .. } in &scan.outputs {
            if let FoundKind::File(path) | FoundKind::OwnName(path) = kind {
                command.targets.push(Target::InPlace(command.directory.join(path)));
            }
        }
        if !scan.overwrite && scan.keep_existing.is_none() {
            // ffmpeg would ask on standard input, and nobody answers.
            own.arg("-n");
        }
        command.options.ffmpeg = own.get_program().into();
        command.program = Program::Own(Box::new(own));
        let mut command = command.adopt(scan);
        command.keep_existing = false;
        command
    }
}

impl From<tokio::process::Command> for Command {
    /// As from a command of the standard library; `kill_on_drop` does not matter.
    fn from(command: tokio::process::Command) -> Self {
        Self::from(command.into_std())
    }
}
