//! Starts the real programs that telecine's tests run against, and ends them.
//!
//! A test asks for a program by name. It fails when the program is missing, and the message
//! says how to install it; it never passes by skipping.
//!
//! Nothing here waits for a length of time: each wait is for something that can be seen, with
//! [`DEADLINE`] as the point where the test gives up and shows what the program wrote.

mod alertmanager;
mod collector;
mod configured;
mod error;
mod exporter;
mod postgres;
mod process;
mod prometheus;
mod redis;
mod s3;

use std::{
    ffi::OsString,
    future::Future,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

pub use alertmanager::Alertmanager;
pub use collector::{Collector, Received};
pub use configured::Configured;
pub use error::{Error, Missing};
pub use exporter::Exporter;
pub use postgres::Postgres;
pub use process::{Process, feed};
pub use prometheus::Prometheus;
pub use redis::Redis;
pub use s3::S3;

/// How long a wait may take before it is an error. Long, because a loaded machine is slow and
/// only a test that fails has to wait for it.
pub const DEADLINE: Duration = Duration::from_secs(180);

/// How long to pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// The path of an installed program.
///
/// Looks into the `bin` folder of `.ci/install` first (`$TELECINE_CACHE`, else
/// `$XDG_CACHE_HOME/telecine`, else `~/.cache/telecine`), then along `PATH`.
///
/// # Errors
/// [`Missing`], which names the part of `.ci/install` to install.
pub fn binary(name: &str) -> Result<PathBuf, Missing> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("TELECINE_CACHE").map(PathBuf::from).or_else(|| {
        set("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))
            .map(|cache| cache.join("telecine"))
    });
    let path: OsString = set("PATH").unwrap_or_default();
    cache
        .map(|cache| cache.join("bin"))
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| Missing::new(name))
}

/// A port of the loopback interface that was free a moment ago.
///
/// For programs that cannot say which port they got when they are given port 0; prefer port 0.
///
/// # Errors
/// When no port can be bound.
pub fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// This port of the loopback interface if it is free now, else one that is.
///
/// # Errors
/// When no port can be bound.
pub fn port_or_free(port: u16) -> Result<u16, Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(port),
        Err(_) => free_port(),
    }
}

/// An HTTP client that needs no process-wide TLS provider, so that a test that forgets to give
/// telecine one still fails.
pub fn http() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|tls| tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        .expect("ring supports TLS 1.2 and 1.3");
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(DEADLINE)
        .build()
        .expect("nothing in these settings can be wrong")
}

/// Asks again and again until there is an answer, and returns it.
///
/// # Errors
/// [`Error::Late`] with `what` after [`DEADLINE`].
pub async fn eventually<T, F, Answer>(what: &str, mut ask: F) -> Result<T, Error>
where
    F: FnMut() -> Answer,
    Answer: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if started.elapsed() > DEADLINE {
            return Err(Error::Late { what: what.to_owned(), output: String::new() });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs a Python script with the environment that `.ci/install python` makes
/// (`prometheus_client` is there), gives it `stdin`, and returns what it printed.
///
/// # Errors
/// When it is not installed, or ends with another status than 0; the message holds its traceback.
pub fn python(script: &str, stdin: &[u8]) -> Result<String, Error> {
    let mut command = Command::new(binary("telecine-python")?);
    command.arg("-c").arg(script);
    feed("python", command, stdin)
}
