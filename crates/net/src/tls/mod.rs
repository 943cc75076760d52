//! TLS 1.2 and 1.3 by rustls, with ring as its cryptography. Older versions are not spoken
//! (RFC 8996, RFC 9325): who needs them puts a terminating proxy in front.

mod any_certificate;
pub mod authority;
mod challenge;
mod client;
mod files;
pub mod info;
mod manage;
mod pinned;
mod server;
pub mod store;
mod verify;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use authority::{Authority, IssueError, Issued, self_signed};
pub use challenge::ChallengeCertificates;
pub use client::{ClientTls, Roots, RootsError};
pub use files::{Readable, write_atomically};
pub use info::{TlsInfo, TlsVersion};
pub use manage::{CertificateOrigin, ManageError, ManagedCertificate, PendingRequest};
pub use pinned::{PinnedCertificates, PinnedError};
pub use server::{ServerTls, ServerTlsOptions};
pub use store::{CertificateError, CertificateInfo, CertificateStore};
pub use verify::VerifyError;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
