//! Certificates, read from PEM files. The cryptography is ring's; gRPC takes the program's provider if one is installed.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::chain;
use crate::push::config::Tls;
use crate::push::{Error, Kind};

/// The files of a client certificate.
pub(super) struct IdentityFiles<'a> {
    pub(super) certificate: &'a Path,
    pub(super) key: &'a Path,
}

/// A configuration for `https`. For plain text (`secure` is false) it holds no certificates and is not used.
pub(super) fn client_config(kind: Kind, tls: &Tls, secure: bool) -> Result<ClientConfig, Error> {
    let client = |error: rustls::Error| Error::Client { signal: kind, reason: chain(&error) };
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(client)?;
    if !secure {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let builder = builder.with_root_certificates(roots(kind, tls)?);
    let Some(files) = identity_files(kind, tls)? else {
        return Ok(builder.with_no_client_auth());
    };
    let certificates = certificates(kind, files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(files.key).map_err(|error| certificate_error(kind, files.key, &error))?;
    builder.with_client_auth_cert(certificates, key).map_err(|error| certificate_error(kind, files.key, &error))
}

/// The certificates that may sign the server's.
pub(super) fn roots(kind: Kind, tls: &Tls) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let Some(path) = &tls.ca_file else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reason = "the system has no certificate authorities: name a file with the collector's".into();
            return Err(Error::Client { signal: kind, reason });
        }
        return Ok(roots);
    };
    for certificate in certificates(kind, path)? {
        roots.add(certificate).map_err(|error| certificate_error(kind, path, &error))?;
    }
    Ok(roots)
}

pub(super) fn identity_files(kind: Kind, tls: &Tls) -> Result<Option<IdentityFiles<'_>>, Error> {
    match (&tls.client_certificate_file, &tls.client_key_file) {
        (Some(certificate), Some(key)) => Ok(Some(IdentityFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Error::Identity { signal: kind, present: "certificate", missing: "key" }),
        (None, Some(_)) => Err(Error::Identity { signal: kind, present: "key", missing: "certificate" }),
    }
}

pub(super) fn certificate_error(kind: Kind, path: &Path, error: &dyn std::error::Error) -> Error {
    Error::Certificate { signal: kind, path: path.to_owned(), reason: chain(error) }
}

fn certificates(kind: Kind, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate_error(kind, path, &error))?;
    if certificates.is_empty() {
        let reason = "no certificate in it (PEM is expected)".into();
        return Err(Error::Certificate { signal: kind, path: path.to_owned(), reason });
    }
    Ok(certificates)
}
