//! Finds inputs and outputs among the arguments of an ffmpeg that somebody else put together.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::input::{Input, scheme, without_scheme};

/// Options that take no value. Every other option takes one.
/// <https://ffmpeg.org/ffmpeg.html#Options>
const FLAGS: &[&str] = &[
    "accurate_seek",
    "an",
    "auto_conversion_filters",
    "autorotate",
    "autoscale",
    "benchmark",
    "benchmark_all",
    "bitexact",
    "copy_unknown",
    "copyinkf",
    "copyts",
    "debug_ts",
    "deinterlace",
    "display_hflip",
    "display_vflip",
    "dn",
    "dump",
    "find_stream_info",
    "fix_sub_duration",
    "fix_sub_duration_heartbeat",
    "force_fps",
    "hex",
    "hide_banner",
    "ignore_unknown",
    "intra",
    "n",
    "psnr",
    "qphist",
    "re",
    "recast_media",
    "report",
    "shortest",
    "sn",
    "start_at_zero",
    "stats",
    "stdin",
    "vn",
    "vstats",
    "xerror",
    "y",
];

/// Formats that write many files, none, or one that depends on its own name.
const OWN_NAMES: &[&str] =
    &["dash", "hls", "image2", "null", "segment", "smoothstreaming", "ssegment", "stream_segment", "tee", "webm_chunk"];
const OWN_NAME_EXTENSIONS: &[&str] = &["ism", "m3u8", "mpd"];

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Scan {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Found>,
    /// `-n`, by position: an output that exists is not written over.
    pub(crate) keep_existing: Option<usize>,
    pub(crate) overwrite: bool,
    /// `-copyts`: times are the input's own.
    pub(crate) copy_times: bool,
    pub(crate) no_stdin: bool,
    /// `-loglevel` or `-v`: which messages there are is settled.
    pub(crate) log_level: bool,
    pub(crate) progress: bool,
}

/// An output among the arguments.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// Which argument it is.
    pub(crate) index: usize,
    pub(crate) kind: FoundKind,
}

#[derive(Debug, PartialEq)]
pub(crate) enum FoundKind {
    /// One plain file: it may be written under another name first.
    File(PathBuf),
    /// A file that has to be written under its own name.
    OwnName(PathBuf),
    /// Standard output.
    Stdout,
    /// Not a file that can be looked at: a URL, a device, a pattern, nothing.
    Elsewhere,
}

impl Scan {
    pub(crate) fn of<A: AsRef<OsStr>>(arguments: &[A]) -> Self {
        let mut scan = Self::default();
        let mut format: Option<OsString> = None;
        let mut index = 0;
        while let Some(argument) = arguments.get(index).map(AsRef::as_ref) {
            let text = argument.to_string_lossy();
            match text.strip_prefix('-').filter(|option| !option.is_empty()) {
                Some(option) => {
                    let name = option.split(':').next().unwrap_or_default();
                    scan.flag(name, index);
                    if !is_flag(name) {
                        index += 1;
                        let value = arguments.get(index).map(AsRef::as_ref).unwrap_or_default();
                        match name {
                            "i" => scan.inputs.push(Input::from_argument(value, format.take().as_deref())),
                            "f" => format = Some(value.to_owned()),
                            _ => {}
                        }
                    }
                }
                None => {
                    let kind = FoundKind::of(argument, format.take().as_deref());
                    scan.outputs.push(Found { index, kind });
                }
            }
            index += 1;
        }
        scan
    }

    fn flag(&mut self, name: &str, index: usize) {
        match name {
            "n" => self.keep_existing = Some(index),
            "y" => self.overwrite = true,
            "copyts" => self.copy_times = true,
            "nostdin" => self.no_stdin = true,
            "loglevel" | "v" => self.log_level = true,
            "progress" => self.progress = true,
            _ => {}
        }
    }

    pub(crate) fn reads_stdin(&self) -> bool {
        self.inputs.contains(&Input::Stdin)
    }

    pub(crate) fn writes_stdout(&self) -> bool {
        self.outputs.iter().any(|output| output.kind == FoundKind::Stdout)
    }
}

fn is_flag(name: &str) -> bool {
    FLAGS.contains(&name) || name.strip_prefix("no").is_some_and(|name| FLAGS.contains(&name))
}

impl FoundKind {
    fn of(argument: &OsStr, format: Option<&OsStr>) -> Self {
        let text = argument.to_string_lossy();
        if format.is_some_and(|format| format == "null") {
            return Self::Elsewhere;
        }
        let path = match scheme(&text) {
            _ if matches!(&*text, "-" | "pipe:" | "pipe:1" | "fd:" | "fd:1" | "/dev/stdout") => return Self::Stdout,
            Some("file") => without_scheme(argument),
            Some(_) => return Self::Elsewhere,
            None => PathBuf::from(argument),
        };
        let own_name = format.is_some_and(|format| OWN_NAMES.iter().any(|name| format == *name))
            || path.extension().is_some_and(|found| OWN_NAME_EXTENSIONS.iter().any(|name| found == *name));
        if path.starts_with("/dev") || text.contains('%') {
            Self::Elsewhere
        } else if own_name {
            Self::OwnName(path)
        } else {
            Self::File(path)
        }
    }
}
