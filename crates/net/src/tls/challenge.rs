//! Certificates that prove to an authority that a name is ours: tls-alpn-01 (RFC 8737).
//!
//! What it is not: no mail client is shown one; they carry a digest, and nobody vouches for them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{CertificateParams, CustomExtension};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::{IssueError, new_key};

/// The application protocol that authorities ask for (RFC 8737 section 6.2).
pub(super) const ACME_TLS: &[u8] = b"acme-tls/1";

/// Octets of the digest that a certificate carries (SHA-256).
const DIGEST_OCTETS: usize = 32;

/// The certificates to show now, by name.
#[derive(Debug, Default)]
pub struct ChallengeCertificates(RwLock<HashMap<String, Arc<CertifiedKey>>>);

impl ChallengeCertificates {
    /// Shows the SHA-256 digest of a key authorization to who asks for the name. Errors: the name
    /// is none, or the digest is of another length.
    pub fn show(&self, name: &str, digest: &[u8]) -> Result<(), IssueError> {
        let certified = Arc::new(certificate(name, digest)?);
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.insert(name.to_ascii_lowercase(), certified);
        Ok(())
    }

    /// Shows it no longer.
    pub fn hide(&self, name: &str) {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.remove(&name.to_ascii_lowercase());
    }

    fn of(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.get(&name.to_ascii_lowercase()).cloned()
    }
}

impl ResolvesServerCert for ChallengeCertificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.of(hello.server_name()?)
    }
}

fn certificate(name: &str, digest: &[u8]) -> Result<CertifiedKey, IssueError> {
    if digest.len() != DIGEST_OCTETS {
        return Err(IssueError::Digest);
    }
    let key = new_key()?;
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing =
        rustls::crypto::ring::sign::any_supported_type(&private).map_err(IssueError::Key)?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use x509_parser::prelude::{FromDer, X509Certificate};

    use super::*;

    #[test]
    fn a_certificate_carries_name_and_digest_while_it_is_shown() {
        let certificates = ChallengeCertificates::default();
        let digest = [7; DIGEST_OCTETS];
        certificates.show("Mail.example.test", &digest).unwrap();
        let shown = certificates.of("mail.example.test").unwrap();
        let (_, certificate) = X509Certificate::from_der(shown.cert.first().unwrap()).unwrap();
        let acme = certificate.extensions().iter().find(|it| it.critical).unwrap();
        assert_eq!(acme.oid.to_id_string(), "1.3.6.1.5.5.7.1.31");
        assert_eq!(acme.value, [&[4, 32][..], &digest].concat(), "an OCTET STRING");
        assert!(certificates.of("imap.example.test").is_none());
        certificates.hide("mail.example.TEST");
        assert!(certificates.of("mail.example.test").is_none());
    }

    #[test]
    fn a_digest_of_another_length_is_refused() {
        for octets in [0, DIGEST_OCTETS - 1, DIGEST_OCTETS + 1] {
            let shown = ChallengeCertificates::default().show("a.test", &vec![0; octets]);
            assert!(matches!(shown, Err(IssueError::Digest)), "{octets}");
        }
    }
}
