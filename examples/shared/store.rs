//! Where outputs go: a directory or S3, metered.

use std::path::Path as File;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::BytesMut;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, PutMultipartOptions, PutOptions, PutPayload, WriteMultipart};
use telecine::Telemetry;
use telecine::media::Upload;
use telecine::store::{MeteredConnector, MeteredStore, RecordedBy as _};
use tokio::io::AsyncReadExt as _;
use tokio::sync::Semaphore;
use url::Url;

pub struct Store {
    /// Its short name, for labels.
    name: &'static str,
    url: String,
    inner: Arc<dyn ObjectStore>,
    /// An upload waits until there is room.
    room: Semaphore,
}

/// Larger files go up in parts of this size.
const PART: usize = 8 << 20;
const PARTS_AT_ONCE: usize = 4;
const UPLOADS_AT_ONCE: usize = 4;

/// A directory of this name, below the one that the program is started in.
pub fn default_url(folder: &str) -> String {
    let folder = std::env::current_dir().unwrap_or_else(|_| std::env::temp_dir()).join(folder);
    Url::from_directory_path(folder).map_or_else(|()| "file:///".to_owned(), String::from)
}

impl Store {
    /// Opens `file:///path` or `s3://bucket/prefix`; the latter is configured by `AWS_*`.
    pub fn open(url: &str, telemetry: &Telemetry) -> anyhow::Result<Self> {
        Self::try_open(url, telemetry).with_context(|| format!("--store {url}"))
    }

    fn try_open(text: &str, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let instruments = telemetry.instruments();
        let url = Url::parse(text).context("not a URL: write file:///path or s3://bucket/prefix")?;
        let (name, inner): (_, Arc<dyn ObjectStore>) = match url.scheme() {
            "file" => {
                let Ok(folder) = url.to_file_path() else { bail!("write file:///path, with three slashes") };
                std::fs::create_dir_all(&folder)?;
                let files = LocalFileSystem::new_with_prefix(folder)?;
                ("file", Arc::new(MeteredStore::new("file", files, instruments)))
            }
            "s3" => {
                let s3 = AmazonS3Builder::from_env()
                    .with_bucket_name(url.host_str().context("it names no bucket")?)
                    .with_http_connector(MeteredConnector::reqwest("s3", instruments))
                    .build()?;
                let s3 = PrefixStore::new(s3, Path::from_url_path(url.path())?);
                ("s3", Arc::new(MeteredStore::new("s3", s3, instruments)))
            }
            scheme => bail!("{scheme} is not known: write file:///path or s3://bucket/prefix"),
        };
        let room = Semaphore::new(UPLOADS_AT_ONCE);
        Ok(Self { name, url: url.as_str().trim_end_matches('/').to_owned(), inner, room })
    }

    /// Where an object lies.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    /// Uploads a file, and says how large it is.
    pub async fn upload(&self, upload: Upload, file: &File, key: &str) -> anyhow::Result<u64> {
        // As it is: another form of the name would be another object.
        let path = Path::parse(key)?;
        let waiting = upload.store(self.name).key(key).pending();
        let _place = self.room.acquire().await?;
        let upload = waiting.start();
        let recorder = upload.recorder();
        let send = async {
            let mut source = tokio::fs::File::open(file).await?;
            let size = source.metadata().await?.len();
            if size <= PART as u64 {
                let mut whole = Vec::new();
                source.read_to_end(&mut whole).await?;
                let options = PutOptions::default().recorded_by(&recorder);
                self.inner.put_opts(&path, PutPayload::from(whole), options).await?;
            } else {
                let options = PutMultipartOptions::default().recorded_by(&recorder);
                let mut sink = WriteMultipart::new(self.inner.put_multipart_opts(&path, options).await?);
                match send_parts(&mut source, &mut sink).await {
                    Ok(()) => sink.finish().await?,
                    Err(error) => {
                        sink.abort().await?;
                        return Err(error);
                    }
                };
            }
            anyhow::Ok(size)
        };
        upload.run(send).await.with_context(|| format!("upload of {key}"))
    }
}

async fn send_parts(source: &mut tokio::fs::File, sink: &mut WriteMultipart) -> anyhow::Result<()> {
    loop {
        let mut part = BytesMut::with_capacity(PART);
        while part.len() < PART && source.read_buf(&mut part).await? > 0 {}
        if part.is_empty() {
            return Ok(());
        }
        sink.wait_for_capacity(PARTS_AT_ONCE).await?;
        sink.put(part.freeze());
    }
}
