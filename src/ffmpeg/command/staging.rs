//! No half file under its final name: outputs are written beside it and renamed at the end.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::file;
use crate::ffmpeg::failure::Failure;

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// One file.
    File(PathBuf),
    /// A directory of files, one of which is named.
    Directory(PathBuf),
    /// One file that ffmpeg writes under its own name.
    InPlace(PathBuf),
}

/// An output that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// The file, or the directory.
    pub path: PathBuf,
    /// Size, of all files together, in bytes.
    pub bytes: u64,
    /// How many files: 1, or those of the directory.
    pub files: u64,
}

/// The outputs of one run. Dropped, they are removed; kept, they get their final names.
#[derive(Debug)]
pub(crate) struct Staging {
    outputs: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    target: Target,
    written: PathBuf,
    /// What was there before, of an output in place: it is not ours to remove.
    before: Option<Stamp>,
    kept: bool,
}

#[derive(Debug, PartialEq)]
struct Stamp(u64, Option<SystemTime>);

impl Staging {
    /// Prepares the outputs: their directories must exist.
    pub(crate) fn prepare(targets: &[Target], keep_existing: bool) -> Result<Self, Failure> {
        let mut staging = Self { outputs: Vec::new() };
        for target in targets {
            let path = target.path();
            let failed = |source: io::Error| Failure::Output { path: path.to_owned(), source };
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !fs::metadata(parent).map_err(failed)?.is_dir() {
                return Err(failed(io::ErrorKind::NotADirectory.into()));
            }
            if keep_existing && path.symlink_metadata().is_ok() {
                return Err(failed(io::ErrorKind::AlreadyExists.into()));
            }
            let written = match target {
                Target::InPlace(path) => path.clone(),
                Target::File(path) => path.with_file_name(temporary_name(path)),
                Target::Directory(path) => path.with_file_name(temporary_name(Path::new(""))),
            };
            if let Target::Directory(_) = target {
                fs::create_dir(&written).map_err(failed)?;
            }
            let before = path.metadata().ok().map(|found| Stamp::of(&found));
            staging.outputs.push(Stage { target: target.clone(), written, before, kept: false });
        }
        Ok(staging)
    }

    /// The name that an output is written under.
    pub(crate) fn written(&self, index: usize) -> &Path {
        self.outputs.get(index).map_or(Path::new(""), |stage| &stage.written)
    }

    /// The outputs as ffmpeg's messages spell them, and by their own names.
    pub(crate) fn renamed(&self) -> impl Iterator<Item = (OsString, &OsStr)> {
        let moved = self.outputs.iter().filter(|stage| stage.written != stage.target.path());
        moved.map(|stage| (file(&stage.written), stage.target.path().as_os_str()))
    }

    /// When ffmpeg last wrote to an output.
    pub(crate) fn last_written(&self) -> Option<SystemTime> {
        self.outputs.iter().filter_map(|stage| stage.written.metadata().ok()?.modified().ok()).max()
    }

    /// Gives the outputs their final names, in their order. One that is missing or empty is a failure,
    /// before any is renamed.
    pub(crate) fn keep(mut self) -> Result<Vec<Output>, Failure> {
        // What was found among arguments may be no output, of an ffmpeg whose options are not known here.
        self.outputs.retain(|stage| !matches!(&stage.target, Target::InPlace(path) if !path.exists()));
        let outputs = self.outputs.iter().map(Stage::measure).collect::<Result<Vec<_>, _>>()?;
        for stage in &mut self.outputs {
            let path = stage.target.path();
            match &stage.target {
                Target::InPlace(_) => Ok(()),
                Target::File(_) => fs::rename(&stage.written, path),
                Target::Directory(_) => replace_directory(&stage.written, path),
            }
            .map_err(|source| Failure::Output { path: path.to_owned(), source })?;
            stage.kept = true;
        }
        Ok(outputs)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        for stage in self.outputs.iter().filter(|stage| !stage.kept) {
            // What cannot be removed was not made, or is out of reach: there is nobody to tell.
            let _ = match &stage.target {
                Target::Directory(_) => fs::remove_dir_all(&stage.written),
                Target::File(_) => fs::remove_file(&stage.written),
                Target::InPlace(path) => match path.metadata() {
                    Ok(found) if found.is_file() && stage.before != Some(Stamp::of(&found)) => fs::remove_file(path),
                    _ => Ok(()),
                },
            };
        }
    }
}

impl Stage {
    fn measure(&self) -> Result<Output, Failure> {
        let path = self.target.path();
        let failed = |source| Failure::Output { path: path.to_owned(), source };
        let mut output = Output { path: path.to_owned(), bytes: 0, files: 0 };
        let mut add = |name: &Path, found: &Metadata| {
            if found.len() == 0 {
                return Err(Failure::EmptyOutput { path: name.to_owned(), full: is_full(&self.written) });
            }
            output.bytes += found.len();
            output.files += 1;
            Ok(())
        };
        match &self.target {
            Target::Directory(_) => {
                for entry in fs::read_dir(&self.written).map_err(failed)? {
                    let entry = entry.map_err(failed)?;
                    add(&path.join(entry.file_name()), &entry.metadata().map_err(failed)?)?;
                }
                if output.files == 0 {
                    return Err(Failure::EmptyOutput { path: path.to_owned(), full: is_full(&self.written) });
                }
            }
            Target::File(_) | Target::InPlace(_) => add(path, &self.written.metadata().map_err(failed)?)?,
        }
        Ok(output)
    }
}

impl Target {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Directory(path) | Self::InPlace(path) => path,
        }
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self(found.len(), found.modified().ok())
    }
}

/// A name in the same directory, with the same extension, since muxers are chosen by it. Short, since a
/// long name may already be as long as names can be.
fn temporary_name(path: &Path) -> OsString {
    let mut name = OsString::from(format!(".telecine-{:016x}", RandomState::new().hash_one(path)));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    name
}

/// A directory that is there already is moved aside first: rename does not replace one that is not empty.
fn replace_directory(from: &Path, to: &Path) -> io::Result<()> {
    if !to.is_dir() {
        return fs::rename(from, to);
    }
    let aside = to.with_file_name(temporary_name(Path::new("")));
    fs::rename(to, &aside)?;
    if let Err(error) = fs::rename(from, to) {
        fs::rename(&aside, to)?;
        return Err(error);
    }
    fs::remove_dir_all(&aside)
}

/// Whether the file system has no room left. Some of ffmpeg's muxers do not say when they find none.
fn is_full(path: &Path) -> bool {
    const BLOCKS_OF_NOTHING: u64 = 16;
    let directory = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    rustix::fs::statvfs(directory).is_ok_and(|space| space.f_bavail < BLOCKS_OF_NOTHING)
}
