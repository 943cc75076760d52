//! Whether clients take a certificate of ours: the same judgement that our own client makes of
//! others' ([`ClientTls::verified`](super::ClientTls::verified)), without a connection.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls_pki_types::{ServerName, UnixTime};

use super::client::{Roots, RootsError, root_store};
use super::provider;
use super::store::CertificateStore;

/// Why clients do not take a certificate.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Nobody knows whom clients trust.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// They do not.
    #[error("{0}")]
    Refused(String),
}

impl CertificateStore {
    /// Whether a client that trusts these roots takes what it is shown for this name.
    pub fn verify(&self, name: &str, roots: &Roots, now: SystemTime) -> Result<(), VerifyError> {
        let roots = Arc::new(root_store(roots)?);
        let refused = |error: &dyn std::fmt::Display| VerifyError::Refused(error.to_string());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider()).build();
        let verifier = verifier.map_err(|error| refused(&error))?;
        let server = ServerName::try_from(name).map_err(|error| refused(&error))?;
        let certified = self.certified_for(name);
        let own = certified.end_entity_cert().map_err(|error| refused(&error))?;
        let others = certified.cert.get(1..).unwrap_or_default();
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let now = UnixTime::since_unix_epoch(since_epoch);
        let verified = verifier.verify_server_cert(own, others, &server, &[], now);
        verified.map(|_| ()).map_err(|error| refused(&error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tls::Authority;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn what_leads_to_a_root_is_taken_by_its_name_in_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let authority = |name: &str| Authority::open_or_create(&folder.path().join(name), name);
        let (ours, other) = (authority("Ours").unwrap(), authority("Other").unwrap());
        let names = ["mail.a.test".to_owned()];
        let certificates = folder.path().join("certificates");
        let store = CertificateStore::open_or_generate(&certificates, &names, Some(&ours)).unwrap();
        let (ours, other) = [ours, other].map(|it| Roots::File(it.certificate_file())).into();
        let now = SystemTime::now();
        let refused = |name, roots, now| match store.verify(name, roots, now) {
            Err(VerifyError::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
        store.verify("mail.a.test", &ours, now).unwrap();
        assert!(refused("mail.a.test", &other, now).contains("UnknownIssuer"));
        assert!(refused("imap.a.test", &ours, now).contains("not valid for name"));
        assert!(refused("mail.a.test", &ours, now + 400 * DAY).contains("expired"));
        let none = Roots::File(folder.path().join("none.pem"));
        let unknown = store.verify("mail.a.test", &none, now);
        assert!(matches!(unknown, Err(VerifyError::Roots(_))));
    }

    #[test]
    fn the_certificate_for_a_name_is_the_one_that_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let store = CertificateStore::open_or_generate(folder.path(), &["a.test".into()], None);
        let info = store.unwrap().chosen_for("b.test");
        assert_eq!(info.names, ["a.test"]);
        assert!(info.is_self_signed());
        let authority = Authority::open_or_create(&folder.path().join("ca"), "Ours").unwrap();
        let issued = authority.issue(&["b.test".into()]).unwrap();
        CertificateStore::put_obtained(folder.path(), &issued).unwrap();
        let store = CertificateStore::open(folder.path()).unwrap();
        assert_eq!(store.chosen_for("B.test").names, ["b.test"]);
        assert!(!store.chosen_for("b.test").is_self_signed());
        assert_eq!(store.chosen_for("a.test").names, ["a.test"]);
    }
}
