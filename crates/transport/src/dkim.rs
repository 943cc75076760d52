//! DKIM signing (RFC 6376, 8301, 8463): two signatures per domain, RSA-2048 and Ed25519,
//! relaxed/relaxed, the last thing that happens to a message before the wire.
//!
//! Keys come and go as PKCS#8 or PKCS#1 DER; where they are kept is the caller's business.
//! Fields are oversigned: each name stands once more in `h=` than it occurs, so that nobody
//! can add another one later. Trace fields and Bcc are never signed, `l=` is never used.
//! The `t=` tag is the system's clock, read by the signing library.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::generate::DkimKeyPair;
use mail_auth::dkim::{DkimSigner, DkimSigningStream, Done};
use rustls_pki_types::PrivateKeyDer;
use types::Domain;

use crate::header;

/// Bits of a new RSA key: what RFC 8301 asks for and every DNS provider can publish.
const RSA_BITS: usize = 2048;

/// Signed and oversigned, present or not.
const SIGNED_FIELDS: [&str; 13] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The two algorithms every domain signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`.
    Rsa,
    /// `ed25519-sha256`.
    Ed25519,
}

/// Why a key or a signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// Caller: the bytes are no private key of that kind.
    #[error("not a usable private key: {0}")]
    Key(String),
    /// The message has none of the fields a signature covers, or the library failed.
    #[error("cannot sign: {0}")]
    Sign(String),
}

/// A private key with the name it is published under.
#[derive(Clone)]
pub struct SelectorKey {
    /// `selector._domainkey.domain`.
    pub selector: String,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// PKCS#8 (both), or PKCS#1 (RSA), in DER.
    pub private_der: Vec<u8>,
}

impl SelectorKey {
    /// A new key. RSA takes a noticeable moment of CPU.
    pub fn generate(selector: impl Into<String>, algorithm: Algorithm) -> Result<Self, DkimError> {
        let pair = match algorithm {
            Algorithm::Rsa => DkimKeyPair::generate_rsa(RSA_BITS),
            Algorithm::Ed25519 => DkimKeyPair::generate_ed25519(),
        };
        let (private_der, _) =
            pair.map_err(|error| DkimError::Key(error.to_string()))?.into_inner();
        Ok(SelectorKey { selector: selector.into(), algorithm, private_der })
    }

    /// Name and content of the TXT record that publishes the key (RFC 6376 section 3.6.1,
    /// RFC 8463 section 4). DNS tools cut the content into strings of 255 octets.
    pub fn txt_record(&self, domain: &Domain) -> Result<(String, String), DkimError> {
        let (kind, public) = match self.key()? {
            DkimKey::Rsa(key) => ("rsa", subject_public_key_info(&key.public_key())),
            DkimKey::Ed25519(key) => ("ed25519", key.public_key()),
        };
        let name = format!("{}._domainkey.{}.", self.selector, domain.to_ascii());
        Ok((name, format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public))))
    }

    fn key(&self) -> Result<DkimKey, DkimError> {
        let bad = |error: &dyn std::fmt::Display| DkimError::Key(error.to_string());
        match self.algorithm {
            Algorithm::Rsa => {
                let der =
                    PrivateKeyDer::try_from(self.private_der.as_slice()).map_err(|e| bad(&e))?;
                Ok(DkimKey::Rsa(RsaKey::<Sha256>::from_key_der(der).map_err(|e| bad(&e))?))
            }
            Algorithm::Ed25519 => {
                let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.private_der);
                Ok(DkimKey::Ed25519(key.map_err(|e| bad(&e))?))
            }
        }
    }
}

/// Wraps a PKCS#1 RSA public key into SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), the
/// form of `p=`.
fn subject_public_key_info(pkcs1: &[u8]) -> Vec<u8> {
    /// AlgorithmIdentifier: rsaEncryption, NULL.
    const RSA_ENCRYPTION: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    let bits = der(BIT_STRING, &[&[0], pkcs1].concat());
    der(SEQUENCE, &[&RSA_ENCRYPTION, bits.as_slice()].concat())
}

/// A DER element below 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|octet| *octet != 0).unwrap_or(length.len() - 1);
    let digits = &length[significant..];
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        out.push(0x80 | digits.len() as u8);
    }
    out.extend_from_slice(digits);
    out.extend_from_slice(content);
    out
}

/// The signing keys of all our domains.
#[derive(Default)]
pub struct Signers {
    domains: HashMap<Domain, Vec<DkimSigner<DkimKey, Done>>>,
}

impl Signers {
    /// True when there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// Adds a key; every key of a domain signs.
    pub fn add(&mut self, domain: &Domain, key: &SelectorKey) -> Result<(), DkimError> {
        let twice = SIGNED_FIELDS.into_iter().chain(SIGNED_FIELDS);
        let signer = DkimSigner::from_key(key.key()?)
            .domain(domain.to_ascii())
            .selector(key.selector.clone())
            .headers(twice);
        self.domains.entry(domain.clone()).or_default().push(signer);
        Ok(())
    }

    /// Starts to sign a message whose header is that, by the domain of its From field, or of
    /// a parent domain; none when we hold no key for it.
    pub fn begin(&self, header_bytes: &[u8]) -> Option<Signing<'_>> {
        let author = author_domain(header_bytes)?;
        let holds = |domain: &&Domain| author.is_within(domain);
        let domain =
            self.domains.keys().filter(holds).max_by_key(|domain| domain.as_str().len())?;
        let streams = self.domains.get(domain)?.iter().map(DkimSigner::sign_streaming);
        Some(Signing { streams: streams.collect() })
    }

    /// [`Signers::begin`] to [`Signing::finish`] for a message in memory: the fields to put
    /// before it, nothing when we hold no key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DkimError> {
        let Some(mut signing) = self.begin(&message[..header::header_len(message)]) else {
            return Ok(Vec::new());
        };
        signing.write(message);
        signing.finish()
    }
}

/// Signatures in the making. Memory is bounded by the header; the body streams.
pub struct Signing<'a> {
    streams: Vec<DkimSigningStream<'a, DkimKey>>,
}

impl Signing<'_> {
    /// The next bytes of the message exactly as they will be sent, header first.
    pub fn write(&mut self, chunk: &[u8]) {
        for stream in &mut self.streams {
            stream.write(chunk);
        }
    }

    /// The DKIM-Signature fields, to be sent before the message.
    pub fn finish(self) -> Result<Vec<u8>, DkimError> {
        let mut fields = Vec::new();
        for stream in self.streams {
            let signature = stream.finish().map_err(|error| DkimError::Sign(error.to_string()))?;
            signature.write_header(&mut fields);
        }
        Ok(fields)
    }
}

/// The domain in the From field: after the last `@` of the address in angle brackets, or of
/// the bare address. Several authors sign by the last one's domain.
fn author_domain(header_bytes: &[u8]) -> Option<Domain> {
    let from = header::field(header_bytes, "From")?.value();
    let after_at = from.rsplit_once('@')?.1;
    let end = after_at.find(['>', ' ', '\t', ',', ';', '(']);
    Domain::parse(&after_at[..end.unwrap_or(after_at.len())]).ok()
}
