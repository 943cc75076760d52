//! Direct trust: certificates trusted each by itself, whoever signed it, as the servers of one
//! organization trust each other.
//!
//! The handshake proves that the peer has the certificate's key; here is decided whether the
//! certificate is one of those expected. Names and validity are not looked at: who put the
//! certificate here vouches for it, and takes it away when that ends.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::info::TlsInfo;

/// A text is no list of certificates.
#[derive(Debug, thiserror::Error)]
pub enum PinnedError {
    /// It is no PEM, or a certificate in it is damaged.
    #[error("no PEM certificate: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    /// There is no certificate in it.
    #[error("no certificate in it")]
    Empty,
}

/// Certificates trusted directly. Usually one; two while a server changes its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedCertificates(Vec<CertificateDer<'static>>);

impl PinnedCertificates {
    /// Reads PEM. Everything beside certificates in it is skipped.
    pub fn from_pem(pem: &[u8]) -> Result<Self, PinnedError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?;
        match certificates.is_empty() {
            true => Err(PinnedError::Empty),
            false => Ok(PinnedCertificates(certificates)),
        }
    }

    /// Whether the peer showed one of them as its own. What it showed behind it, as issuers,
    /// proves nothing.
    pub fn include_peer_of(&self, connection: &TlsInfo) -> bool {
        let own = connection.peer_certificates.first();
        own.is_some_and(|own| self.0.contains(own))
    }
}
