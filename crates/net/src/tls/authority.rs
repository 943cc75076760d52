//! Certificates we make ourselves: self-signed ones, so that a new server has TLS at once,
//! and a small certificate authority for demonstrations, so that one root imported into a
//! client makes every server of the demonstration trusted.
//!
//! Not for the Internet: nobody outside trusts either.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};

use super::files::{Readable, write_atomically};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Clocks differ; a certificate is valid a little before it was made.
const CLOCK_SKEW: Duration = DAY;
/// Exchange's own self-signed certificates live five years.
const SELF_SIGNED_VALIDITY: Duration = Duration::from_secs(5 * 365 * 24 * 60 * 60);
/// Apple's and the browsers' limit for certificates that a root vouches for is 398 days.
const ISSUED_VALIDITY: Duration = Duration::from_secs(397 * 24 * 60 * 60);
const AUTHORITY_VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

const CERTIFICATE_FILE: &str = "ca.crt";
const KEY_FILE: &str = "ca.key";

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A name is neither a DNS name nor an address, or the authority's files are damaged.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The files cannot be read or written.
    #[error("cannot keep the certificate authority: {0}")]
    Io(#[from] io::Error),
    /// A certificate carries at least one name.
    #[error("a certificate needs a name")]
    NoName,
    /// The cryptography does not take the key that was made.
    #[error("cannot use the key: {0}")]
    Key(rustls::Error),
    /// A challenge's digest is one of SHA-256.
    #[error("a digest of another length")]
    Digest,
}

/// A certificate chain and its private key, both as PEM.
#[derive(Clone)]
pub struct Issued {
    /// The certificate first, then those that vouch for it.
    pub chain_pem: String,
    /// The private key (PKCS#8).
    pub key_pem: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("chain_pem", &self.chain_pem).finish_non_exhaustive()
    }
}

/// A P-256 certificate for these names (DNS names and addresses), signed by itself.
pub fn self_signed(names: &[String]) -> Result<Issued, IssueError> {
    let key = new_key()?;
    let certificate = server_params(names, SELF_SIGNED_VALIDITY)?.self_signed(&key)?;
    Ok(Issued { chain_pem: certificate.pem(), key_pem: key.serialize_pem() })
}

/// A request for a certificate, and the key that it is for.
pub(super) struct Requested {
    pub request_der: Vec<u8>,
    pub request_pem: String,
    pub key_pem: String,
}

/// Makes a P-256 key and a request (PKCS#10) for a certificate with these names.
pub(super) fn request_for(names: &[String]) -> Result<Requested, IssueError> {
    let key = new_key()?;
    let first = names.first().ok_or(IssueError::NoName)?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = common_name_only(first);
    let request = params.serialize_request(&key)?;
    let (request_der, request_pem) = (request.der().to_vec(), request.pem()?);
    Ok(Requested { request_der, request_pem, key_pem: key.serialize_pem() })
}

/// A certificate authority in a directory, made at the first start and kept.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    directory: PathBuf,
}

impl Authority {
    /// Opens the authority in the directory, or makes one with this name.
    pub fn open_or_create(directory: &Path, common_name: &str) -> Result<Self, IssueError> {
        std::fs::create_dir_all(directory)?;
        if !directory.join(CERTIFICATE_FILE).exists() {
            create(directory, common_name)?;
        }
        let certificate_pem = std::fs::read_to_string(directory.join(CERTIFICATE_FILE))?;
        let key = KeyPair::from_pem(&std::fs::read_to_string(directory.join(KEY_FILE))?)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key)?;
        Ok(Authority { issuer, certificate_pem, directory: directory.to_path_buf() })
    }

    /// A server certificate for these names, with the authority's own behind it.
    pub fn issue(&self, names: &[String]) -> Result<Issued, IssueError> {
        let key = new_key()?;
        let mut params = server_params(names, ISSUED_VALIDITY)?;
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain_pem = certificate.pem() + &self.certificate_pem;
        Ok(Issued { chain_pem, key_pem: key.serialize_pem() })
    }

    /// The certificate that a request (PEM) asks for, with the authority's own behind it.
    pub fn sign(&self, request_pem: &str) -> Result<String, IssueError> {
        let mut request = CertificateSigningRequestParams::from_pem(request_pem)?;
        set_validity(&mut request.params, ISSUED_VALIDITY);
        let certificate = request.signed_by(&self.issuer)?;
        Ok(certificate.pem() + &self.certificate_pem)
    }

    /// The root certificate as PEM, for clients to import.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The file with the root certificate.
    pub fn certificate_file(&self) -> PathBuf {
        self.directory.join(CERTIFICATE_FILE)
    }
}

/// Writes a new authority. The key goes first: a certificate without key would be kept.
fn create(directory: &Path, common_name: &str) -> Result<(), IssueError> {
    let key = new_key()?;
    let certificate = authority_params(common_name).self_signed(&key)?;
    let key_pem = key.serialize_pem();
    write_atomically(&directory.join(KEY_FILE), key_pem.as_bytes(), Readable::ByOwner)?;
    let pem = certificate.pem();
    write_atomically(&directory.join(CERTIFICATE_FILE), pem.as_bytes(), Readable::ByAll)?;
    Ok(())
}

pub(super) fn new_key() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
}

fn server_params(names: &[String], valid: Duration) -> Result<CertificateParams, IssueError> {
    let first = names.first().ok_or(IssueError::NoName)?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = common_name_only(first);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Servers are each other's clients when mail flows between them.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    set_validity(&mut params, valid);
    Ok(params)
}

fn authority_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name_only(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, AUTHORITY_VALIDITY);
    params
}

fn common_name_only(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_validity(params: &mut CertificateParams, valid: Duration) {
    let now = SystemTime::now();
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + valid).into();
}
