//! A scrape of a live endpoint.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION};
use rustls::{ClientConfig, RootCertStore};

use super::Error;

/// Text: every program that Prometheus scrapes speaks it.
const FORMAT: &str = "text/plain;version=0.0.4";
/// How long a scrape may take: Prometheus' own default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The text of one scrape. `token` is shown as a bearer token.
///
/// # Errors
/// [`Error::Endpoint`]: nobody answers in ten seconds, or the answer is no scrape.
pub fn scrape(url: &str, token: Option<&str>) -> Result<String, Error> {
    let error = |reason: String| Error::Endpoint { url: url.to_owned(), reason };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| error(source.to_string()))?;
    runtime.block_on(get(url, token)).map_err(error)
}

async fn get(url: &str, token: Option<&str>) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    if url.starts_with("https:") {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| chain(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| chain(&error))?;
    let mut request = client.get(url).header(ACCEPT, FORMAT);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = request.send().await.map_err(|error| chain(&error))?;
    if !response.status().is_success() {
        return Err(format!("the answer is {}", response.status()));
    }
    response.text().await.map_err(|error| chain(&error))
}

/// What is wrong, and what that comes from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
