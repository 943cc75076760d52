//! The server's certificates: a directory of PEM files, chosen by the name the client asks
//! for (SNI), read again when they change.
//!
//! `NAME.crt` holds a chain, its own certificate first; `NAME.key` the private key. Which
//! names a file serves is read from the certificate. `generated.*` is ours: made at the first
//! start, renewed before it expires, and used as the default only when nothing else is there.
//! `acme-NUMBER.*` is what a certificate authority has issued.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use tracing::{info, warn};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use super::authority::{Authority, IssueError, Issued, self_signed};
use super::client::read_certificates;
use super::files::{Readable, write_atomically};
use crate::shutdown::Shutdown;

/// Stem of the files we write ourselves.
pub(super) const GENERATED: &str = "generated";
/// What the names of files begin with that hold what an authority has issued; a number follows,
/// the greatest is the newest.
pub(super) const OBTAINED: &str = "acme-";
/// The file that names what is chosen before others.
pub(super) const PREFERRED: &str = "preferred";
/// Our own certificate is renewed when less than this is left of it.
const RENEW_BEFORE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why certificates cannot be used. The file at fault is named.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file or the directory cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A file is no certificate, no key, or the two do not belong together.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory holds no certificate.
    #[error("no certificate (NAME.crt with NAME.key) in {0}")]
    None(PathBuf),
    /// Our own certificate could not be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// What an administrator wants to know of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The file it was read from.
    pub file: PathBuf,
    /// Subject, as X.500 text.
    pub subject: String,
    /// Issuer, as X.500 text.
    pub issuer: String,
    /// DNS names and addresses it is valid for, in lower case.
    pub names: Vec<String>,
    /// First moment of validity.
    pub not_before: SystemTime,
    /// Last moment of validity.
    pub not_after: SystemTime,
}

impl CertificateInfo {
    /// Whether it is for a server of this name: exactly, or by a wildcard for the first label
    /// (RFC 9525 section 6.3).
    pub fn is_for(&self, server: &str) -> bool {
        let server = server.to_ascii_lowercase();
        let wildcard = wildcard_of(&server);
        self.names.iter().any(|name| *name == server || Some(name) == wildcard.as_ref())
    }

    /// Whether nobody else vouches for it.
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

/// The certificates of a directory, always the newest ones that could be read.
#[derive(Debug)]
pub struct CertificateStore {
    directory: PathBuf,
    loaded: RwLock<Arc<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    stamp: Stamp,
    by_name: HashMap<String, Arc<Entry>>,
    default: Arc<Entry>,
    /// In the order of choice; the first is the default.
    entries: Vec<Arc<Entry>>,
}

#[derive(Debug)]
struct Entry {
    certified: Arc<CertifiedKey>,
    info: CertificateInfo,
}

/// Name, time of change and size of each file: what tells whether to read again.
type Stamp = Vec<(PathBuf, SystemTime, u64)>;

impl CertificateStore {
    /// Reads the directory. There must be at least one certificate in it.
    pub fn open(directory: &Path) -> Result<Self, CertificateError> {
        let loaded = RwLock::new(Arc::new(load(directory)?));
        Ok(CertificateStore { directory: directory.to_path_buf(), loaded })
    }

    /// The same, after making a certificate for these names where there is none of ours, or
    /// ours lacks a name or expires soon. `authority` signs it, else it signs itself.
    pub fn open_or_generate(
        directory: &Path,
        names: &[String],
        authority: Option<&Authority>,
    ) -> Result<Self, CertificateError> {
        fs::create_dir_all(directory).map_err(at(directory))?;
        if needs_generating(directory, names)? {
            let issued = match authority {
                Some(authority) => authority.issue(names)?,
                None => self_signed(names)?,
            };
            write_generated(directory, &issued)?;
        }
        CertificateStore::open(directory)
    }

    /// Puts an administrator's certificate into a directory, as `NAME.crt` and `NAME.key`, once
    /// the two files turned out to belong together; the key for its owner's eyes only.
    pub fn install(
        directory: &Path,
        name: &str,
        chain_file: &Path,
        key_file: &Path,
    ) -> Result<CertificateInfo, CertificateError> {
        let info = describe(chain_file, &read_pair(chain_file, key_file)?)?;
        fs::create_dir_all(directory).map_err(at(directory))?;
        for (from, extension, readable) in
            [(key_file, "key", Readable::ByOwner), (chain_file, "crt", Readable::ByAll)]
        {
            let bytes = fs::read(from).map_err(at(from))?;
            let to = directory.join(format!("{name}.{extension}"));
            write_atomically(&to, &bytes, readable).map_err(at(&to))?;
        }
        Ok(info)
    }

    /// Puts a certificate of an authority into a directory, in place of the earlier ones. A crash
    /// leaves the earlier one, the new one, or both.
    pub fn put_obtained(
        directory: &Path,
        issued: &Issued,
    ) -> Result<CertificateInfo, CertificateError> {
        fs::create_dir_all(directory).map_err(at(directory))?;
        let earlier = obtained(directory)?;
        let number = earlier.last().and_then(|file| number_of(file)).map_or(1, |last| last + 1);
        let chain = directory.join(format!("{OBTAINED}{number}.crt"));
        write_pair(&chain, issued)?;
        let info = read_certified(&chain).and_then(|certified| describe(&chain, &certified));
        match &info {
            Ok(_) => earlier.iter().try_for_each(|file| remove_pair(file))?,
            Err(_) => remove_pair(&chain)?,
        }
        info
    }

    /// The certificate that an authority has issued last, if one has.
    pub fn obtained(directory: &Path) -> Result<Option<CertificateInfo>, CertificateError> {
        let newest = obtained(directory)?.pop();
        newest.map(|file| describe(&file, &read_certified(&file)?)).transpose()
    }

    /// Reads the directory again if a file changed, and says whether one did. After an error
    /// the certificates read before stay in use.
    pub fn reload(&self) -> Result<bool, CertificateError> {
        if stamp(&certificate_files(&self.directory)?)? == self.current().stamp {
            return Ok(false);
        }
        let loaded = Arc::new(load(&self.directory)?);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(true)
    }

    /// Reloads every so often until shutdown.
    pub async fn watch(&self, every: Duration, shutdown: Shutdown) {
        while tokio::time::timeout(every, shutdown.requested()).await.is_err() {
            match self.reload() {
                Ok(true) => info!(directory = %self.directory.display(), "certificates reloaded"),
                Ok(false) => {}
                Err(error) => warn!(%error, "certificates not reloaded, the old ones stay"),
            }
        }
    }

    /// What is in use now.
    pub fn certificates(&self) -> Vec<CertificateInfo> {
        self.current().entries.iter().map(|entry| entry.info.clone()).collect()
    }

    /// The one that a client is shown who asks for this name.
    pub fn chosen_for(&self, name: &str) -> CertificateInfo {
        self.current().choose(Some(name)).info.clone()
    }

    /// The same, with its chain and its key.
    pub(super) fn certified_for(&self, name: &str) -> Arc<CertifiedKey> {
        Arc::clone(&self.current().choose(Some(name)).certified)
    }

    fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for CertificateStore {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current().choose(hello.server_name()).certified))
    }
}

impl ResolvesClientCert for CertificateStore {
    /// The default one: trust between our servers is by the certificate itself, not by issuer.
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current().default.certified))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Loaded {
    /// The certificate with exactly this name, else one with a wildcard for its first label
    /// (RFC 6125 section 6.4.3), else the default: mail clients often use another name.
    fn choose(&self, name: Option<&str>) -> &Entry {
        let name = name.map(str::to_ascii_lowercase);
        let found = name.as_deref().and_then(|name| {
            self.by_name.get(name).or_else(|| self.by_name.get(&wildcard_of(name)?))
        });
        found.unwrap_or(&self.default)
    }
}

/// `*.contoso.com` for `mail.contoso.com`.
fn wildcard_of(name: &str) -> Option<String> {
    name.split_once('.').map(|(_, parent)| format!("*.{parent}"))
}

fn load(directory: &Path) -> Result<Loaded, CertificateError> {
    let files = certificate_files(directory)?;
    // The stamp comes first: a change between the two is then seen by the next reload.
    let stamp = stamp(&files)?;
    let (mut by_name, mut entries) = (HashMap::new(), Vec::new());
    for file in files {
        let certified = Arc::new(read_certified(&file)?);
        let entry = Arc::new(Entry { info: describe(&file, &certified)?, certified });
        for name in &entry.info.names {
            by_name.entry(name.clone()).or_insert_with(|| Arc::clone(&entry));
        }
        entries.push(entry);
    }
    let default = entries.first().cloned();
    let default = default.ok_or_else(|| CertificateError::None(directory.to_path_buf()))?;
    Ok(Loaded { stamp, by_name, default, entries })
}

/// What is chosen before others: the name of its files without the extension.
pub(super) fn preferred(directory: &Path) -> Option<String> {
    fs::read_to_string(directory.join(PREFERRED)).ok().map(|text| text.trim().to_owned())
}

/// The `.crt` files by name, the preferred one first and ours last: the administrator's come
/// before it in every choice.
pub(super) fn certificate_files(directory: &Path) -> Result<Vec<PathBuf>, CertificateError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        let path = entry.map_err(at(directory))?.path();
        if path.extension().is_some_and(|extension| extension == "crt") {
            files.push(path);
        }
    }
    let (preferred, generated) = (preferred(directory), OsStr::new(GENERATED));
    let is_preferred = |stem: Option<&OsStr>| {
        preferred.as_ref().is_some_and(|name| stem == Some(OsStr::new(name)))
    };
    files.sort_by_cached_key(|path| {
        let stem = path.file_stem();
        (!is_preferred(stem), stem == Some(generated), path.clone())
    });
    Ok(files)
}

fn stamp(files: &[PathBuf]) -> Result<Stamp, CertificateError> {
    let mut stamp = Vec::new();
    let folder = files.first().and_then(|file| file.parent());
    let preferred = folder.map(|folder| folder.join(PREFERRED)).filter(|file| file.exists());
    for path in
        files.iter().flat_map(|file| [file.clone(), file.with_extension("key")]).chain(preferred)
    {
        let metadata = fs::metadata(&path).map_err(at(&path))?;
        let modified = metadata.modified().map_err(at(&path))?;
        stamp.push((path, modified, metadata.len()));
    }
    Ok(stamp)
}

pub(super) fn read_certified(file: &Path) -> Result<CertifiedKey, CertificateError> {
    read_pair(file, &file.with_extension("key"))
}

fn read_pair(file: &Path, key_file: &Path) -> Result<CertifiedKey, CertificateError> {
    let chain = read_certificates(file).map_err(at(file))?;
    if chain.is_empty() {
        return Err(unusable(file, "no certificate in it"));
    }
    let pem = fs::read(key_file).map_err(at(key_file))?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|e| unusable(key_file, e))?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|error| unusable(key_file, error))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| unusable(key_file, "not the key of this certificate"))?;
    Ok(certified)
}

pub(super) fn describe(
    file: &Path,
    certified: &CertifiedKey,
) -> Result<CertificateInfo, CertificateError> {
    let own = certified.end_entity_cert().map_err(|error| unusable(file, error))?;
    let (_, certificate) = X509Certificate::from_der(own).map_err(|error| unusable(file, error))?;
    let moment = |time: ASN1Time| {
        SystemTime::UNIX_EPOCH + Duration::from_secs(time.timestamp().max(0).unsigned_abs())
    };
    Ok(CertificateInfo {
        file: file.to_path_buf(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names_of(&certificate),
        not_before: moment(certificate.validity().not_before),
        not_after: moment(certificate.validity().not_after),
    })
}

/// Subject alternative names. The common name is no name any more (RFC 9525 section 2).
fn names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    names.iter().filter_map(name_text).collect()
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(octets) => match **octets {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            _ => <[u8; 16]>::try_from(*octets)
                .ok()
                .map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    }
}

/// True when there is no certificate of ours and none of the administrator's, or ours no
/// longer does.
fn needs_generating(directory: &Path, names: &[String]) -> Result<bool, CertificateError> {
    let ours = directory.join(format!("{GENERATED}.crt"));
    if !ours.exists() {
        return Ok(certificate_files(directory)?.is_empty());
    }
    // What a crash left half written is ours to make anew.
    let Ok(info) = read_certified(&ours).and_then(|certified| describe(&ours, &certified)) else {
        return Ok(true);
    };
    let has_all = names.iter().all(|name| info.names.contains(&name.to_ascii_lowercase()));
    Ok(!has_all || info.not_after < SystemTime::now() + RENEW_BEFORE)
}

/// A crash between the two files is repaired by the mismatch at the next start.
fn write_generated(directory: &Path, issued: &Issued) -> Result<(), CertificateError> {
    write_pair(&directory.join(format!("{GENERATED}.crt")), issued)
}

/// The key goes first: a chain without one would be an error.
fn write_pair(chain: &Path, issued: &Issued) -> Result<(), CertificateError> {
    let key = chain.with_extension("key");
    write_atomically(&key, issued.key_pem.as_bytes(), Readable::ByOwner).map_err(at(&key))?;
    write_atomically(chain, issued.chain_pem.as_bytes(), Readable::ByAll).map_err(at(chain))
}

/// The chain goes first, for the same reason.
pub(super) fn remove_pair(chain: &Path) -> Result<(), CertificateError> {
    for file in [chain.to_owned(), chain.with_extension("key")] {
        fs::remove_file(&file).map_err(at(&file))?;
    }
    Ok(())
}

/// Chains that an authority has issued, the newest last. More than one is what a crash left.
fn obtained(directory: &Path) -> Result<Vec<PathBuf>, CertificateError> {
    let mut files = certificate_files(directory)?;
    files.retain(|file| number_of(file).is_some());
    files.sort_by_key(|file| number_of(file));
    Ok(files)
}

fn number_of(file: &Path) -> Option<u64> {
    file.file_stem()?.to_str()?.strip_prefix(OBTAINED)?.parse().ok()
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> CertificateError {
    let path = path.to_path_buf();
    move |source| CertificateError::Io { path: path.clone(), source }
}

pub(super) fn unusable(path: &Path, reason: impl ToString) -> CertificateError {
    CertificateError::Unusable { path: path.to_path_buf(), reason: reason.to_string() }
}
