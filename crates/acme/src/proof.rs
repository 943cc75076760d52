//! Proving control of a name, by one of three ways.

use std::sync::Arc;

use instant_acme::{ChallengeHandle, ChallengeType};
use net::tls::ChallengeCertificates;

use crate::{AcmeError, DnsProgram, Tokens};

/// How control of names is proven, with what it takes.
#[derive(Clone, Debug)]
pub enum Proof {
    /// http-01, by what answers on port 80.
    Http(Arc<Tokens>),
    /// tls-alpn-01, by what answers on port 443.
    TlsAlpn(Arc<ChallengeCertificates>),
    /// dns-01.
    Dns(DnsProgram),
}

impl Proof {
    pub(crate) fn challenge(&self) -> ChallengeType {
        match self {
            Proof::Http(_) => ChallengeType::Http01,
            Proof::TlsAlpn(_) => ChallengeType::TlsAlpn01,
            Proof::Dns(_) => ChallengeType::Dns01,
        }
    }

    /// The challenge as RFC 8555 and RFC 8737 name it.
    pub fn name(&self) -> &'static str {
        match self {
            Proof::Http(_) => "http-01",
            Proof::TlsAlpn(_) => "tls-alpn-01",
            Proof::Dns(_) => "dns-01",
        }
    }

    /// Shows what the authority will look for.
    pub(crate) async fn show(
        &self,
        name: &str,
        challenge: &ChallengeHandle<'_>,
    ) -> Result<Shown, AcmeError> {
        let authorization = challenge.key_authorization();
        let name = name.to_owned();
        Ok(match self {
            Proof::Http(tokens) => {
                tokens.show(&challenge.token, authorization.as_str());
                Shown::Token(Arc::clone(tokens), challenge.token.clone())
            }
            Proof::TlsAlpn(certificates) => {
                let shown = certificates.show(&name, authorization.digest().as_ref());
                shown.map_err(|error| AcmeError::Name(name.clone(), error.to_string()))?;
                Shown::Certificate(Arc::clone(certificates), name)
            }
            Proof::Dns(program) => {
                let text = authorization.dns_value();
                program.present(&name, &text).await?;
                Shown::Record(program.clone(), name, text)
            }
        })
    }
}

/// What is shown until the order is over.
pub(crate) enum Shown {
    Token(Arc<Tokens>, String),
    Certificate(Arc<ChallengeCertificates>, String),
    Record(DnsProgram, String, String),
}

impl Shown {
    pub(crate) async fn hide(self) {
        match self {
            Shown::Token(tokens, token) => tokens.hide(&token),
            Shown::Certificate(certificates, name) => certificates.hide(&name),
            Shown::Record(program, name, text) => {
                if let Err(error) = program.clean_up(&name, &text).await {
                    tracing::warn!(%error, "a record of a finished order stays in DNS");
                }
            }
        }
    }
}
