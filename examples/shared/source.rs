//! Where inputs come from: the files below one directory, read through a metered store.

use std::io;
use std::path::{Path as File, PathBuf};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetResult, ObjectStore, ObjectStoreExt as _};
use telecine::Telemetry;
use telecine::operation::{Classified, ErrorType};
use telecine::store::MeteredStore;

pub struct Source {
    root: PathBuf,
    store: MeteredStore<LocalFileSystem>,
}

/// Its name in labels.
const NAME: &str = "media";

impl Source {
    /// Nothing outside of the directory is read.
    pub fn below(folder: &File, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let open = || {
            let root = folder.canonicalize()?;
            let files = LocalFileSystem::new_with_prefix(&root)?;
            anyhow::Ok(Self { root, store: MeteredStore::new(NAME, files, telemetry.instruments()) })
        };
        open().with_context(|| format!("media directory {}", folder.display()))
    }

    /// What a file that was named on the command line is called below the directory.
    pub fn named(&self, file: &File) -> anyhow::Result<String> {
        let name = || {
            let below =
                file.canonicalize()?.strip_prefix(&self.root).context("not below the media directory")?.to_owned();
            below.into_os_string().into_string().ok().context("its name is not UTF-8")
        };
        name().with_context(|| file.display().to_string())
    }

    /// A file, to be read.
    pub async fn get(&self, input: &str) -> anyhow::Result<GetResult> {
        let get = async { anyhow::Ok(self.store.get(&self.path(input).await?).await?) };
        get.await.with_context(|| input.to_owned())
    }

    /// The files of a directory, by name; not those of directories in it.
    pub async fn files(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let list = async {
            let folder = self.path(folder).await?;
            let mut files = Vec::new();
            let mut entries = self.store.list(Some(&folder)).boxed();
            while let Some(entry) = entries.try_next().await? {
                if entry.location.prefix_match(&folder).is_some_and(|parts| parts.count() == 1) {
                    files.push(entry.location.to_string());
                }
            }
            files.sort();
            anyhow::Ok(files)
        };
        list.await.with_context(|| folder.to_owned())
    }

    /// Looks where a name leads: out of the directory by `..` or by a link, it is refused.
    async fn path(&self, input: &str) -> Result<Path, Classified> {
        let path = Path::parse(input).map_err(|error| Classified::new(ErrorType::InputInvalid, error))?;
        let real = tokio::fs::canonicalize(self.root.join(path.as_ref())).await.map_err(classified)?;
        if !real.starts_with(&self.root) {
            return Err(Classified::new(ErrorType::Permission, "it leads out of the media directory"));
        }
        Ok(path)
    }
}

/// Here it is the input that is missing: of an error of the file system alone, nobody could tell.
fn classified(error: io::Error) -> Classified {
    let error_type = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorType::Permission,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorType::InputMissing,
        _ => ErrorType::Other,
    };
    Classified::new(error_type, error)
}
