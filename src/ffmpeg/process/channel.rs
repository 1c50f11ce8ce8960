//! The way that `-progress` takes.
//!
//! Standard input of ffmpeg is one end of a socket pair: ffmpeg writes its progress to it (`pipe:0`) and
//! reads commands such as `q` from it. So progress needs neither standard output, which may carry the
//! media, nor standard error, which carries messages; there is no file or port that others could find, no
//! descriptor that another child could inherit, and the stream ends when ffmpeg does. Where standard
//! input carries the media, ffmpeg connects to a socket in a directory of its own instead.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::net::{UnixListener, UnixStream};

/// Our end of the way.
#[derive(Debug)]
pub(crate) enum Channel {
    /// Progress comes, and commands go.
    Open(UnixStream),
    /// ffmpeg has not connected yet.
    Listening(Rendezvous),
    /// Nothing comes any more.
    Closed,
}

/// A socket in a directory that only this user may enter. Removed when dropped.
#[derive(Debug)]
pub(crate) struct Rendezvous {
    listener: UnixListener,
    directory: PathBuf,
}

impl Channel {
    /// Makes the way through standard input.
    pub(crate) fn through_stdin() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        Ok((Self::Open(UnixStream::from_std(ours)?), Stdio::from(OwnedFd::from(theirs))))
    }

    /// Makes the way beside standard input; ffmpeg is told the path.
    pub(crate) fn beside_stdin() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("telecine-{:016x}", RandomState::new().hash_one(0)));
        DirBuilder::new().mode(0o700).create(&directory)?;
        match UnixListener::bind(socket(&directory)) {
            Ok(listener) => Ok(Self::Listening(Rendezvous { listener, directory })),
            Err(error) => {
                let _ = fs::remove_dir(&directory);
                Err(error)
            }
        }
    }

    /// What stands after `-progress`.
    pub(crate) fn target(&self) -> String {
        match self {
            Self::Listening(rendezvous) => format!("unix:{}", socket(&rendezvous.directory).display()),
            Self::Open(_) | Self::Closed => "pipe:0".to_owned(),
        }
    }

    /// Waits for the next bytes of progress; none when there will be no more. May be dropped and called
    /// again.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self {
                Self::Closed => return 0,
                Self::Listening(rendezvous) => {
                    *self = match rendezvous.listener.accept().await {
                        Ok((stream, _)) => Self::Open(stream),
                        Err(_) => Self::Closed,
                    };
                }
                Self::Open(stream) => {
                    if stream.readable().await.is_ok() {
                        match stream.try_read(buffer) {
                            Ok(length) if length > 0 => return length,
                            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                            Ok(_) | Err(_) => {}
                        }
                    }
                    // ffmpeg is at its end, or nearly: its exit tells what there is to tell.
                    *self = Self::Closed;
                }
            }
        }
    }

    /// Stops to wait for an ffmpeg that has ended.
    pub(crate) fn close_unconnected(&mut self) {
        if let Self::Listening(_) = self {
            *self = Self::Closed;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Asks ffmpeg to end as a person at its terminal would; false where it cannot hear.
    pub(crate) fn ask_to_quit(&self) -> bool {
        matches!(self, Self::Open(stream) if stream.try_write(b"q").is_ok())
    }
}

impl Drop for Rendezvous {
    fn drop(&mut self) {
        // What is left behind is a name in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("progress")
}
