//! From a command to a process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use super::{Command, Encoder, Input, Piece, Program, Staging, Target, file, redact};

impl Command {
    /// The arguments, for people and spans: outputs under their final names, secrets removed.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        match &self.program {
            Program::Built(pieces) => {
                let targets: Vec<_> = self.targets.iter().map(Target::path).collect();
                let arguments = self.render(pieces, &targets);
                redact::arguments(arguments.iter().map(OsString::as_os_str))
            }
            Program::Own(command) => redact::arguments(command.get_args()),
        }
    }

    fn render(&self, pieces: &[Piece], outputs: &[&Path]) -> Vec<OsString> {
        let mut arguments = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Argument(argument) => arguments.push(argument.clone()),
                Piece::Input(index) => arguments.push(self.inputs[*index].argument()),
                Piece::Output(index) => arguments.push(file(outputs[*index])),
                Piece::Encode(encode) => {
                    if let Some(encoder) = &self.encoder {
                        arguments.extend(encode.arguments(encoder));
                    }
                }
            }
        }
        arguments
    }

    /// The inputs as ffmpeg is told them.
    pub(in crate::ffmpeg) fn input_arguments(&self) -> impl Iterator<Item = String> {
        self.inputs.iter().map(|input| input.argument().to_string_lossy().into_owned())
    }

    /// Size of the inputs that are files, in bytes.
    pub(in crate::ffmpeg) fn input_bytes(&self) -> u64 {
        self.inputs.iter().map(|input| input.bytes(&self.directory)).sum()
    }

    /// What is wrong with the arguments.
    pub(in crate::ffmpeg) fn refused(&self) -> Option<&'static str> {
        self.refused
    }

    /// Whether ffmpeg may be run again for the same outputs.
    pub(in crate::ffmpeg) fn is_repeatable(&self) -> bool {
        matches!(self.program, Program::Built(_)) && !self.media_on_stdout
    }

    /// Whether standard input carries the media.
    pub(in crate::ffmpeg) fn reads_stdin(&self) -> bool {
        self.inputs.contains(&Input::Stdin)
    }

    /// The process to start.
    pub(in crate::ffmpeg) fn process(&mut self, staging: &Staging, progress: &str) -> process::Command {
        let stdout = self.stdout.take();
        let mut own = ["-hide_banner", "-nostats", "-progress", progress].map(OsString::from).to_vec();
        if !self.log_level {
            own.extend(["-loglevel", "repeat+level+warning"].map(OsString::from));
        }
        let mut command = match &mut self.program {
            Program::Built(pieces) => {
                let pieces = std::mem::take(pieces);
                let outputs: Vec<_> = (0..self.targets.len()).map(|index| staging.written(index)).collect();
                let mut command = process::Command::new(in_path_or_absolute(&self.options.ffmpeg));
                command.args(own).arg("-y");
                command.args(self.encoder.iter().flat_map(Encoder::device));
                command.args(self.render(&pieces, &outputs));
                command.stdout(stdout.unwrap_or_else(Stdio::null));
                if let [Target::Directory(_)] = self.targets.as_slice() {
                    command.current_dir(staging.written(0));
                }
                self.program = Program::Built(pieces);
                command
            }
            Program::Own(command) => {
                let mut command = std::mem::replace(&mut **command, process::Command::new(&self.options.ffmpeg));
                command.args(own);
                command
            }
        };
        // Messages are read by their text.
        command.env_remove("AV_LOG_FORCE_COLOR");
        command.stderr(Stdio::piped());
        command
    }
}

/// A program that is found from any working directory: by its name in `PATH`, or by its whole path.
fn in_path_or_absolute(program: &Path) -> PathBuf {
    if program.components().count() < 2 {
        return program.to_owned();
    }
    std::path::absolute(program).unwrap_or_else(|_| program.to_owned())
}
