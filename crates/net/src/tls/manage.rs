//! Certificates as an administrator manages them (New-, Get-, Import-, Enable- and
//! Remove-ExchangeCertificate): which there are, requests for new ones, and what is preferred.
//!
//! Files in the directory of [`CertificateStore`], besides its own: `imported-THUMBPRINT.*` is
//! what was imported, `requests/THUMBPRINT.*` a key whose certificate has not come yet with the
//! request for it, `preferred` the name of the certificate that is chosen before others.
//! A running server sees a change when it reads the directory again.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer};
use types::limits::{CERTIFICATE_CHAIN_MAX, CERTIFICATE_REQUESTS_MAX};

use super::authority::request_for;
use super::files::{Readable, write_atomically};
use super::store::{CertificateError, CertificateInfo, CertificateStore, PREFERRED, at, unusable};
use super::store::{certificate_files, describe, preferred, read_certified, remove_pair};

const IMPORTED: &str = "imported-";
const REQUESTS: &str = "requests";
const REQUEST: &str = "csr";

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// Made by the server itself, and renewed by it.
    Generated,
    /// From an authority, by ACME, and renewed.
    Acme,
    /// Put there or imported by an administrator.
    Own,
}

/// A certificate that clients may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedCertificate {
    /// What is in it.
    pub info: CertificateInfo,
    /// SHA-1 of it, in hexadecimal capitals, as Windows shows certificates.
    pub thumbprint: String,
    /// Where it comes from.
    pub origin: CertificateOrigin,
    /// It is chosen before others.
    pub preferred: bool,
}

/// A request whose certificate has not come yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRequest {
    /// SHA-1 of the request, in hexadecimal capitals.
    pub thumbprint: String,
    /// The request (PKCS#10) as PEM.
    pub request_pem: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// A file is no certificate, or cannot be read or written.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What was given is no chain of certificates in PEM.
    #[error("{0}")]
    Chain(String),
    /// Neither was the key given, nor is it that of a request.
    #[error("the private key of this certificate is neither in the file nor that of a request")]
    NoKey,
    /// No certificate has that thumbprint.
    #[error("there is no certificate {0}")]
    NotFound(String),
    /// The server could not start without it.
    #[error("it is the only certificate")]
    Only,
    /// The server renews it.
    #[error("the server renews this certificate itself; switch [acme] off first")]
    Renewed,
    /// As many requests wait as may.
    #[error("{0} requests wait already: remove some")]
    TooManyRequests(usize),
    /// A request could not be made.
    #[error(transparent)]
    Request(#[from] super::authority::IssueError),
}

impl CertificateStore {
    /// The certificates in a directory, in the order in which they are chosen.
    pub fn managed(directory: &Path) -> Result<Vec<ManagedCertificate>, CertificateError> {
        let preferred = preferred(directory);
        let describe = |file: PathBuf| {
            let certified = read_certified(&file)?;
            let own = certified.end_entity_cert().map_err(|error| unusable(&file, error))?;
            let thumbprint = thumbprint(own);
            Ok(ManagedCertificate {
                preferred: preferred.as_deref() == file.file_stem().and_then(OsStr::to_str),
                info: describe(&file, &certified)?,
                origin: origin(&file),
                thumbprint,
            })
        };
        certificate_files(directory)?.into_iter().map(describe).collect()
    }

    /// Requests whose certificates have not come yet.
    pub fn pending(directory: &Path) -> Result<Vec<PendingRequest>, CertificateError> {
        let mut pending = Vec::new();
        for file in request_files(directory)? {
            let request_pem = fs::read_to_string(&file).map_err(at(&file))?;
            let request = CertificateSigningRequestDer::from_pem_slice(request_pem.as_bytes());
            let request = request.map_err(|error| unusable(&file, error))?;
            pending.push(PendingRequest { thumbprint: thumbprint(&request), request_pem });
        }
        Ok(pending)
    }

    /// Makes a key, and a request for a certificate with these names. The key waits for it.
    pub fn request(directory: &Path, names: &[String]) -> Result<PendingRequest, ManageError> {
        let waiting = request_files(directory)?.len();
        if waiting >= CERTIFICATE_REQUESTS_MAX {
            return Err(ManageError::TooManyRequests(waiting));
        }
        let made = request_for(names)?;
        let thumbprint = thumbprint(&made.request_der);
        let folder = directory.join(REQUESTS);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let request = folder.join(format!("{thumbprint}.{REQUEST}"));
        let key = request.with_extension("key");
        write_atomically(&key, made.key_pem.as_bytes(), Readable::ByOwner).map_err(at(&key))?;
        let pem = made.request_pem.as_bytes();
        write_atomically(&request, pem, Readable::ByAll).map_err(at(&request))?;
        Ok(PendingRequest { thumbprint, request_pem: made.request_pem })
    }

    /// Takes a certificate in, as PEM with the chain behind it. Its private key stands there too,
    /// or is that of a request, which is done then.
    pub fn import(directory: &Path, pem: &str) -> Result<ManagedCertificate, ManageError> {
        let chain = chain(pem)?;
        let own = chain.first().ok_or_else(|| ManageError::Chain(NO_CHAIN.to_owned()))?;
        let thumbprint = thumbprint(own);
        let file = directory.join(format!("{IMPORTED}{thumbprint}.crt"));
        let (key_pem, request) = key_of(directory, pem, &chain)?;
        fs::create_dir_all(directory).map_err(at(directory))?;
        let key = file.with_extension("key");
        write_atomically(&key, key_pem.as_bytes(), Readable::ByOwner).map_err(at(&key))?;
        let chain_pem: String = chain.iter().map(|each| to_pem(each)).collect();
        write_atomically(&file, chain_pem.as_bytes(), Readable::ByAll).map_err(at(&file))?;
        if let Some(request) = request {
            remove_request(&request)?;
        }
        Self::find(directory, &thumbprint)
    }

    /// Has a certificate chosen before others: for the names it has, and for clients that ask for
    /// a name that none has.
    pub fn prefer(directory: &Path, thumbprint: &str) -> Result<ManagedCertificate, ManageError> {
        let found = Self::find(directory, thumbprint)?;
        let file = directory.join(PREFERRED);
        let stem = found.info.file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let text = format!("{stem}\n");
        write_atomically(&file, text.as_bytes(), Readable::ByAll).map_err(at(&file))?;
        Ok(ManagedCertificate { preferred: true, ..found })
    }

    /// Removes a certificate or a request. Errors: it is the only certificate, or renewed.
    pub fn remove(directory: &Path, wanted: &str) -> Result<(), ManageError> {
        let is = |thumbprint: &str| thumbprint.eq_ignore_ascii_case(wanted);
        if Self::pending(directory)?.iter().any(|request| is(&request.thumbprint)) {
            let name = format!("{}.{REQUEST}", wanted.to_ascii_uppercase());
            return Ok(remove_request(&directory.join(REQUESTS).join(name))?);
        }
        let found = Self::find(directory, wanted)?;
        if Self::managed(directory)?.len() == 1 {
            return Err(ManageError::Only);
        }
        match found.origin {
            CertificateOrigin::Acme => Err(ManageError::Renewed),
            CertificateOrigin::Generated | CertificateOrigin::Own => {
                Ok(remove_pair(&found.info.file)?)
            }
        }
    }

    fn find(directory: &Path, wanted: &str) -> Result<ManagedCertificate, ManageError> {
        let mut all = Self::managed(directory)?.into_iter();
        let found = all.find(|each| each.thumbprint.eq_ignore_ascii_case(wanted));
        found.ok_or_else(|| ManageError::NotFound(wanted.to_owned()))
    }
}

const NO_CHAIN: &str = "there is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)";

/// The certificates of a PEM text, its own first.
fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, ManageError> {
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        if chain.len() == CERTIFICATE_CHAIN_MAX {
            return Err(ManageError::Chain("there are too many certificates in it".to_owned()));
        }
        chain.push(certificate.map_err(|error| ManageError::Chain(error.to_string()))?);
    }
    Ok(chain)
}

/// The key that belongs to a chain, as PEM: the one in the text, or that of a request, whose file
/// is named.
fn key_of(
    directory: &Path,
    pem: &str,
    chain: &[CertificateDer<'static>],
) -> Result<(String, Option<PathBuf>), ManageError> {
    if let Ok(key) = PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        let key_pem = key_to_pem(&key);
        return match belongs(chain, &key_pem) {
            true => Ok((key_pem, None)),
            false => Err(ManageError::Chain("the key does not belong to it".to_owned())),
        };
    }
    for request in request_files(directory)? {
        let file = request.with_extension("key");
        let key_pem = fs::read_to_string(&file).map_err(at(&file))?;
        if belongs(chain, &key_pem) {
            return Ok((key_pem, Some(request)));
        }
    }
    Err(ManageError::NoKey)
}

fn belongs(chain: &[CertificateDer<'static>], key_pem: &str) -> bool {
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).ok();
    let key = key.and_then(|key| rustls::crypto::ring::sign::any_supported_type(&key).ok());
    key.is_some_and(|key| rustls::sign::CertifiedKey::new(chain.to_vec(), key).keys_match().is_ok())
}

fn request_files(directory: &Path) -> Result<Vec<PathBuf>, CertificateError> {
    let folder = directory.join(REQUESTS);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(&folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(at(&folder))?.path();
        files.extend(Some(path).filter(|path| path.extension().is_some_and(|it| it == REQUEST)));
    }
    files.sort();
    Ok(files)
}

/// The request goes first: a request without its key would be of no use.
fn remove_request(request: &Path) -> Result<(), CertificateError> {
    for file in [request.to_owned(), request.with_extension("key")] {
        fs::remove_file(&file).map_err(at(&file))?;
    }
    Ok(())
}

fn origin(file: &Path) -> CertificateOrigin {
    let stem = file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    match stem {
        super::store::GENERATED => CertificateOrigin::Generated,
        stem if stem.starts_with(super::store::OBTAINED) => CertificateOrigin::Acme,
        _ => CertificateOrigin::Own,
    }
}

fn to_pem(certificate: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate))
}

fn key_to_pem(key: &PrivateKeyDer<'_>) -> String {
    let tag = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    pem::encode(&pem::Pem::new(tag, key.secret_der()))
}

/// SHA-1 in hexadecimal capitals: a name, not a proof.
fn thumbprint(der: &[u8]) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, der);
    digest.as_ref().iter().map(|octet| format!("{octet:02X}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tls::Authority;

    struct Site {
        folder: tempfile::TempDir,
        authority: Authority,
    }

    impl Site {
        /// With the certificate that the server makes for itself.
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let authority = Authority::open_or_create(&folder.path().join("ca"), "CA").unwrap();
            let site = Site { folder, authority };
            CertificateStore::open_or_generate(&site.directory(), &["a.test".into()], None)
                .unwrap();
            site
        }

        fn directory(&self) -> PathBuf {
            self.folder.path().join("certificates")
        }

        /// What the authority issues, its key behind it.
        fn issued(&self, name: &str) -> String {
            let issued = self.authority.issue(&[name.to_owned()]).unwrap();
            issued.chain_pem + &issued.key_pem
        }

        fn chosen(&self, name: &str) -> String {
            let store = CertificateStore::open(&self.directory()).unwrap();
            store.chosen_for(name).names.concat()
        }
    }

    #[test]
    fn what_is_imported_serves_its_name_and_what_is_preferred_all_others() {
        let site = Site::new();
        let imported = CertificateStore::import(&site.directory(), &site.issued("b.test")).unwrap();
        assert_eq!((imported.origin, imported.preferred), (CertificateOrigin::Own, false));
        assert_eq!(imported.thumbprint.len(), 40);
        assert_eq!(site.chosen("b.test"), "b.test");
        let again = CertificateStore::import(&site.directory(), &site.issued("b.test")).unwrap();
        let store = CertificateStore::open(&site.directory()).unwrap();
        let other = CertificateStore::prefer(&site.directory(), &again.thumbprint.to_lowercase());
        assert!(other.unwrap().preferred);
        assert!(store.reload().unwrap(), "a preference is a change");
        assert!(store.chosen_for("b.test").file.to_str().unwrap().contains(&again.thumbprint));
        assert_eq!(site.chosen("nobody.test"), "b.test");
        let all = CertificateStore::managed(&site.directory()).unwrap();
        let told: Vec<_> = all.iter().map(|each| (each.origin, each.preferred)).collect();
        use CertificateOrigin::{Generated, Own};
        assert_eq!(told, [(Own, true), (Own, false), (Generated, false)]);
    }

    #[test]
    fn a_request_waits_for_its_certificate() {
        let site = Site::new();
        let names = ["c.test".to_owned(), "d.test".to_owned()];
        let request = CertificateStore::request(&site.directory(), &names).unwrap();
        assert!(request.request_pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        let pending = CertificateStore::pending(&site.directory()).unwrap();
        assert_eq!(pending, std::slice::from_ref(&request));
        let signed = site.authority.sign(&request.request_pem).unwrap();
        let imported = CertificateStore::import(&site.directory(), &signed).unwrap();
        assert_eq!(imported.info.names, names);
        assert_eq!(CertificateStore::pending(&site.directory()).unwrap(), []);
        assert_eq!(site.chosen("d.test"), "c.testd.test");
    }

    #[test]
    fn what_does_not_belong_together_is_refused_and_leaves_nothing() {
        let site = Site::new();
        let files = || fs::read_dir(site.directory()).unwrap().count();
        let before = files();
        let issued = site.authority.issue(&["b.test".to_owned()]).unwrap();
        let stranger = site.authority.issue(&["b.test".to_owned()]).unwrap();
        let long = issued.chain_pem.repeat(CERTIFICATE_CHAIN_MAX);
        for (pem, expected) in [
            (issued.chain_pem.clone(), "neither in the file nor that of a request"),
            (issued.chain_pem.clone() + &stranger.key_pem, "does not belong"),
            (issued.key_pem.clone(), "there is no certificate in it"),
            (String::new(), "there is no certificate in it"),
            (long + &issued.key_pem, "too many certificates"),
        ] {
            let refused = CertificateStore::import(&site.directory(), &pem).unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
        }
        assert_eq!(files(), before);
    }

    #[test]
    fn so_many_requests_wait() {
        let site = Site::new();
        let names = ["c.test".to_owned()];
        for _ in 0..CERTIFICATE_REQUESTS_MAX {
            CertificateStore::request(&site.directory(), &names).unwrap();
        }
        let refused = CertificateStore::request(&site.directory(), &names).unwrap_err();
        assert!(matches!(refused, ManageError::TooManyRequests(CERTIFICATE_REQUESTS_MAX)));
        let first = CertificateStore::pending(&site.directory()).unwrap().remove(0);
        CertificateStore::remove(&site.directory(), &first.thumbprint).unwrap();
        assert!(CertificateStore::request(&site.directory(), &names).is_ok());
        assert!(CertificateStore::request(&site.directory(), &[]).is_err());
    }

    #[test]
    fn the_last_certificate_and_one_that_is_renewed_stay() {
        let site = Site::new();
        let only = CertificateStore::managed(&site.directory()).unwrap().remove(0);
        let refused = CertificateStore::remove(&site.directory(), &only.thumbprint).unwrap_err();
        assert!(matches!(refused, ManageError::Only));
        let issued = site.authority.issue(&["a.test".to_owned()]).unwrap();
        CertificateStore::put_obtained(&site.directory(), &issued).unwrap();
        let acme = CertificateStore::managed(&site.directory()).unwrap().remove(0);
        let refused = CertificateStore::remove(&site.directory(), &acme.thumbprint).unwrap_err();
        assert!(matches!(refused, ManageError::Renewed));
        CertificateStore::remove(&site.directory(), &only.thumbprint).unwrap();
        let gone = CertificateStore::remove(&site.directory(), &only.thumbprint).unwrap_err();
        assert!(matches!(gone, ManageError::NotFound(_)));
    }
}
