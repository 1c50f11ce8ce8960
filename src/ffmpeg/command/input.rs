use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::redact;

/// What ffmpeg reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A file, whatever its name looks like.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Anything else that ffmpeg understands: a URL, a device, a generator.
    Other(OsString),
}

impl Input {
    /// What stands after `-i`.
    pub(crate) fn argument(&self) -> OsString {
        match self {
            Self::File(path) => file(path),
            Self::Stdin => "pipe:0".into(),
            Self::Other(text) => text.clone(),
        }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Other(text) => redact::text(&text.to_string_lossy()).into_owned(),
        }
    }

    /// Size of a file, in bytes; zero where that is unknown.
    pub(crate) fn bytes(&self, directory: &Path) -> u64 {
        match self {
            Self::File(path) => {
                let found = directory.join(path).metadata();
                found.ok().filter(Metadata::is_file).map_or(0, |file| file.len())
            }
            Self::Stdin | Self::Other(_) => 0,
        }
    }

    /// Reads what a user gave to `-i`.
    pub(crate) fn from_argument(argument: &OsStr, format: Option<&OsStr>) -> Self {
        let text = argument.to_string_lossy();
        if format.is_some_and(|format| format == "lavfi") {
            return Self::Other(argument.to_owned());
        }
        match scheme(&text) {
            _ if matches!(&*text, "-" | "pipe:" | "pipe:0" | "fd:" | "fd:0" | "/dev/stdin") => Self::Stdin,
            None => Self::File(argument.into()),
            Some("file") => Self::File(without_scheme(argument)),
            Some(_) => Self::Other(argument.to_owned()),
        }
    }
}

/// Spells a file so that ffmpeg takes it for nothing else: a name may begin with a dash, and hold a
/// colon.
pub(crate) fn file(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

/// The path in `file:path`, byte for byte.
pub(crate) fn without_scheme(argument: &OsStr) -> PathBuf {
    let bytes = argument.as_bytes();
    PathBuf::from(OsStr::from_bytes(bytes.strip_prefix(b"file:").unwrap_or(bytes)))
}

/// The scheme of a URL as ffmpeg sees one: letters and digits before a colon, options after a comma.
pub(crate) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let name = scheme.split(',').next().unwrap_or_default();
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (is_name && name.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(name)
}
