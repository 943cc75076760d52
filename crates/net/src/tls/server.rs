//! The server's side of TLS.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};

use super::any_certificate::AnyCertificate;
use super::challenge::{ACME_TLS, ChallengeCertificates};
use super::provider;
use super::store::CertificateStore;

/// What differs between listeners.
#[derive(Clone, Debug, Default)]
pub struct ServerTlsOptions {
    /// Ask the client for a certificate and take any: who decides is the caller, by
    /// comparing it with those it trusts directly. Asking everywhere breaks some peers.
    pub ask_client_certificate: bool,
    /// Application protocols, best first; a client that offers only others is refused.
    pub alpn: Vec<Vec<u8>>,
}

/// Ready to accept TLS. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ServerTls(Arc<ServerConfig>);

impl ServerTls {
    /// Serves the certificates of a store, always the current ones. Sessions are resumed by
    /// tickets, so the server keeps nothing per client.
    pub fn new(
        certificates: Arc<CertificateStore>,
        options: &ServerTlsOptions,
    ) -> Result<Self, rustls::Error> {
        let mut config = config(certificates, options)?;
        config.ticketer = rustls::crypto::ring::Ticketer::new()?;
        Ok(ServerTls(Arc::new(config)))
    }

    /// Shows an authority the certificates of a challenge, and nobody anything else (RFC 8737).
    pub fn for_challenges(certificates: Arc<ChallengeCertificates>) -> Result<Self, rustls::Error> {
        let options =
            ServerTlsOptions { alpn: vec![ACME_TLS.to_vec()], ..ServerTlsOptions::default() };
        Ok(ServerTls(Arc::new(config(certificates, &options)?)))
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0)
    }
}

fn config(
    certificates: Arc<dyn ResolvesServerCert>,
    options: &ServerTlsOptions,
) -> Result<ServerConfig, rustls::Error> {
    let versions =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let verified = match options.ask_client_certificate {
        true => versions.with_client_cert_verifier(AnyCertificate::new()),
        false => versions.with_no_client_auth(),
    };
    let mut config = verified.with_cert_resolver(certificates);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols.clone_from(&options.alpn);
    Ok(config)
}
