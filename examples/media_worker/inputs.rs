//! Which files may be read: those below one directory, or those that were named at the start.

use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use telecine::operation::{Classified, ErrorType};

pub struct Inputs {
    root: Option<PathBuf>,
    named: Vec<PathBuf>,
}

/// Why a path is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the input is empty")]
    Empty,
    #[error("{0:?} has `..` in it")]
    Parent(PathBuf),
    #[error("{0:?} is not below the media directory")]
    Outside(PathBuf),
    #[error("{0:?}: {1}")]
    Unreadable(PathBuf, io::Error),
}

impl Inputs {
    /// Files below a directory.
    pub fn below(root: &Path) -> anyhow::Result<Self> {
        let real = root.canonicalize().with_context(|| format!("media directory {}", root.display()))?;
        anyhow::ensure!(real.is_dir(), "media directory {}: not a directory", root.display());
        Ok(Self { root: Some(real), named: Vec::new() })
    }

    /// These files, wherever they lie.
    pub fn only(named: &[PathBuf]) -> Self {
        Self { root: None, named: named.iter().filter_map(|path| path.canonicalize().ok()).collect() }
    }

    /// The directory, if there is one.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Takes a path from a request, relative to the media directory. The file need not be there yet.
    pub async fn requested(&self, input: &str) -> Result<PathBuf, Refused> {
        if input.is_empty() {
            return Err(Refused::Empty);
        }
        let path = self.root().unwrap_or(Path::new("/")).join(input);
        if Path::new(input).components().any(|part| part == Component::ParentDir) {
            return Err(Refused::Parent(input.into()));
        }
        // What is not there is judged by the nearest directory that is.
        for place in path.ancestors() {
            match tokio::fs::canonicalize(place).await {
                Ok(real) if self.may_read(&real) => return Ok(path),
                Ok(_) => break,
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(Refused::Unreadable(input.into(), error)),
            }
        }
        Err(Refused::Outside(input.into()))
    }

    /// Takes a path from the command line, relative to the working directory or the media directory.
    pub async fn named(&self, path: &Path) -> anyhow::Result<PathBuf> {
        let here = std::path::absolute(path)?;
        if self.root.is_none() || path.is_absolute() && !here.exists() {
            return Ok(here);
        }
        let input = if here.exists() { here.canonicalize()? } else { path.to_owned() };
        let input = input.to_str().context("its name is not UTF-8")?;
        Ok(self.requested(input).await?)
    }

    /// Looks again when the file is about to be read: a link may have taken its place.
    pub async fn open(&self, path: &Path) -> anyhow::Result<PathBuf> {
        let real =
            tokio::fs::canonicalize(path).await.map_err(classified).with_context(|| path.display().to_string())?;
        if !self.may_read(&real) {
            return Err(Classified::new(ErrorType::Permission, Refused::Outside(path.to_owned())).into());
        }
        Ok(real)
    }

    fn may_read(&self, real: &Path) -> bool {
        self.root().is_some_and(|root| real.starts_with(root)) || self.named.iter().any(|named| named == real)
    }
}

/// Here it is the input that is missing: of an error of the file system alone, nobody could tell.
fn classified(error: io::Error) -> Classified {
    let error_type = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorType::Permission,
        _ if is_missing(&error) => ErrorType::InputMissing,
        _ => ErrorType::Other,
    };
    Classified::new(error_type, error)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
