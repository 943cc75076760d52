//! The client's side of TLS: opportunistic (any certificate will do) or verified.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::any_certificate::AnyCertificate;
use super::provider;
use super::store::CertificateStore;

/// Where the operating systems keep the roots they trust, in one file each.
const SYSTEM_ROOTS: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Why the trusted roots cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The system has no bundle where systems have one.
    #[error("no trusted root certificates found on this system")]
    NoSystemRoots,
    /// The file cannot be read or is no PEM file.
    #[error("cannot read root certificates from {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// rustls does not take the result.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// Whom verified connections trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The operating system's roots.
    System,
    /// The certificates of a PEM file.
    File(PathBuf),
}

/// Ready to begin TLS. Cheap to clone; keep one, it remembers sessions for resumption.
#[derive(Clone, Debug)]
pub struct ClientTls(Arc<ClientConfig>);

impl ClientTls {
    /// Takes any certificate (RFC 7435): better than no encryption, no proof of who is there.
    /// What was shown is in [`TlsInfo::peer_certificates`](super::TlsInfo::peer_certificates).
    pub fn opportunistic() -> Result<Self, rustls::Error> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(AnyCertificate::new())
            .with_no_client_auth();
        Ok(ClientTls(Arc::new(config)))
    }

    /// Takes only certificates that carry the name asked for and lead to one of the roots.
    pub fn verified(roots: &Roots) -> Result<Self, RootsError> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(root_store(roots)?)
            .with_no_client_auth();
        Ok(ClientTls(Arc::new(config)))
    }

    /// The same, showing a certificate of the store to servers that ask for one, as servers of
    /// one organization do among each other.
    #[must_use]
    pub fn presenting(&self, certificates: Arc<CertificateStore>) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.client_auth_cert_resolver = certificates;
        ClientTls(Arc::new(config))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

pub(super) fn root_store(roots: &Roots) -> Result<RootCertStore, RootsError> {
    let path = match roots {
        Roots::File(path) => path,
        Roots::System => SYSTEM_ROOTS
            .map(Path::new)
            .into_iter()
            .find(|path| path.exists())
            .ok_or(RootsError::NoSystemRoots)?,
    };
    let fault = |reason: String| RootsError::File { path: path.to_path_buf(), reason };
    let certificates: Vec<_> = read_certificates(path).map_err(|error| fault(error.to_string()))?;
    let mut store = RootCertStore::empty();
    // Systems ship odd old roots that no library parses; one good root is what it takes.
    let (added, _ignored) = store.add_parsable_certificates(certificates);
    match added {
        0 => Err(fault("no certificate in it".to_owned())),
        _ => Ok(store),
    }
}

/// The certificates of a PEM file, in its order.
pub(crate) fn read_certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{error}"));
    let pem = std::fs::read(path)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(invalid)
}
