//! Walks a directory.
//!
//! Each directory is opened from the one that it is in, and only if it is one: a symbolic link that stands there
//! instead, also one that was put there a moment ago, is not followed. So no loop can be entered, and nothing
//! outside is counted.

use super::{super::Error, scan::Progress};
use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat},
    io::Errno,
};
use std::{ffi::CStr, os::fd::BorrowedFd, path::Path};

/// How deep directories may lie in each other. Each takes a file descriptor while the walk is in it.
pub(super) const DEPTH_LIMIT: usize = 128;

/// A directory that the walk is in.
struct Level {
    directory: Dir,
    /// The length of the key without what is in this directory.
    key: usize,
}

/// Adds the size of each file below `root`, with its path from `base` as key: `base` is `root`, or above it.
pub(super) fn walk(base: &Path, prefix: Option<&str>, progress: &mut Progress) -> Result<(), Error> {
    let failed = |source: Errno| Error::Directory { path: base.join(prefix.unwrap_or("")), source: source.into() };
    // What was configured may be a link.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut root = openat(CWD, base, flags, Mode::empty()).map_err(failed)?;
    for part in prefix.into_iter().flat_map(|prefix| prefix.split('/')) {
        root = match openat(&root, part, flags | OFlags::NOFOLLOW, Mode::empty()) {
            // Nothing was written there yet.
            Err(Errno::NOENT) => return Ok(()),
            opened => opened.map_err(failed)?,
        };
    }
    let mut key = prefix.unwrap_or("").to_owned();
    let mut levels = vec![Level { directory: Dir::new(root).map_err(failed)?, key: key.len() }];
    while let Some(Level { directory, key: above }) = levels.last_mut() {
        progress.go_on()?;
        key.truncate(*above);
        let entry = match directory.read() {
            None => {
                levels.pop();
                continue;
            }
            // The directory was removed while it was read.
            Some(Err(error)) if is_gone(error) => {
                levels.pop();
                continue;
            }
            Some(entry) => entry.map_err(|error| unreadable(base, &key, error))?,
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") || is_upload(name.to_bytes()) {
            continue;
        }
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(&name.to_string_lossy());
        if progress.leaves_out(&key) {
            continue;
        }
        let here = directory.fd().map_err(|error| unreadable(base, &key, error))?;
        match look(here, name, entry.file_type()) {
            Ok(Seen::File(size)) => progress.add(&key, size)?,
            Ok(Seen::Directory(_)) if levels.len() >= DEPTH_LIMIT => {
                return Err(Error::TooDeep { path: base.join(&key), limit: DEPTH_LIMIT });
            }
            Ok(Seen::Directory(directory)) => levels.push(Level { directory, key: key.len() }),
            Ok(Seen::Other) => {}
            Err(error) if is_gone(error) => {}
            Err(error) => return Err(unreadable(base, &key, error)),
        }
    }
    Ok(())
}

enum Seen {
    File(u64),
    Directory(Dir),
    /// A link, a pipe, a device.
    Other,
}

fn look(directory: BorrowedFd<'_>, name: &CStr, kind: FileType) -> Result<Seen, Errno> {
    match kind {
        FileType::RegularFile | FileType::Unknown => {
            let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            match FileType::from_raw_mode(found.st_mode) {
                FileType::RegularFile => Ok(Seen::File(found.st_size.try_into().unwrap_or(0))),
                FileType::Directory => open(directory, name),
                _ => Ok(Seen::Other),
            }
        }
        FileType::Directory => open(directory, name),
        _ => Ok(Seen::Other),
    }
}

fn open(directory: BorrowedFd<'_>, name: &CStr) -> Result<Seen, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(directory, name, flags, Mode::empty()) {
        // It is no directory any more.
        Err(Errno::LOOP | Errno::NOTDIR) => Ok(Seen::Other),
        opened => Ok(Seen::Directory(Dir::new(opened?)?)),
    }
}

/// What vanishes during a scan is gone, as it would be had the scan begun later.
fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::STALE)
}

/// The names under which `object_store` keeps what is being uploaded to a local directory: it lists them neither.
fn is_upload(name: &[u8]) -> bool {
    let suffix = name.iter().position(|byte| *byte == b'#').map(|at| &name[at + 1..]);
    suffix.is_some_and(|suffix| !suffix.is_empty() && suffix.iter().all(u8::is_ascii_digit))
}

fn unreadable(base: &Path, key: &str, source: Errno) -> Error {
    Error::Unreadable { path: base.join(key), source: source.into() }
}
