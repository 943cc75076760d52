//! `[acme]`: a certificate from a certificate authority.

use std::path::PathBuf;
use std::str::FromStr;

use types::Address;

use crate::kind::words;
use crate::section::section;
use crate::settings::Invalid;

words! {
    /// How control of a name is proven.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum AcmeChallenge {
        /// Over plain HTTP (RFC 8555 section 8.3).
        #[serde(rename = "http-01")]
        Http01,
        /// In a TLS handshake (RFC 8737).
        #[serde(rename = "tls-alpn-01")]
        TlsAlpn01,
        /// By a record in DNS (RFC 8555 section 8.4).
        #[serde(rename = "dns-01")]
        Dns01,
    }
}

impl AcmeChallenge {
    const ALL: [AcmeChallenge; 3] =
        [AcmeChallenge::Http01, AcmeChallenge::TlsAlpn01, AcmeChallenge::Dns01];

    /// As RFC 8555 and RFC 8737 name it.
    pub const fn name(self) -> &'static str {
        match self {
            AcmeChallenge::Http01 => "http-01",
            AcmeChallenge::TlsAlpn01 => "tls-alpn-01",
            AcmeChallenge::Dns01 => "dns-01",
        }
    }
}

/// The text names no challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a challenge is http-01, tls-alpn-01 or dns-01")]
pub struct UnknownChallenge;

impl FromStr for AcmeChallenge {
    type Err = UnknownChallenge;

    fn from_str(text: &str) -> Result<Self, UnknownChallenge> {
        AcmeChallenge::ALL.into_iter().find(|each| each.name() == text).ok_or(UnknownChallenge)
    }
}

section! {
    /// A certificate from a certificate authority, by ACME (RFC 8555): for server_name and the
    /// names of `[tls]`, got at the start and renewed after two thirds of its time.
    pub struct Acme {
        /// Get one, and renew it.
        enabled: bool = false,
        /// The authority's directory.
        directory_url: String = "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
        /// You have read the authority's terms of service and agree. It issues nothing otherwise.
        terms_of_service_agreed: bool = false,
        /// Address to which the authority writes.
        contact: Option<String> = None,
        /// How control of the names is proven: "http-01" (the authority connects to port 80),
        /// "tls-alpn-01" (to port 443) or "dns-01" (dns_program changes the zone).
        challenge: AcmeChallenge = AcmeChallenge::Http01,
        /// For dns-01: a program that is called with "present" or "cleanup", the full name of a
        /// TXT record and its text, and ends with 0 once the name servers answer so.
        dns_program: Option<PathBuf> = None,
    }
}

impl Acme {
    /// Whether this challenge is the one that is used.
    pub fn uses(&self, challenge: AcmeChallenge) -> bool {
        self.enabled && self.challenge == challenge
    }

    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        let is_address = |contact: &String| contact.parse::<Address>().is_ok();
        let needs_program = self.challenge == AcmeChallenge::Dns01;
        let rules = [
            (self.terms_of_service_agreed, "terms_of_service_agreed is false"),
            (self.directory_url.starts_with("https://"), "directory_url is no https:// address"),
            (self.contact.iter().all(is_address), "contact is no address"),
            (!needs_program || self.dns_program.is_some(), "dns-01 needs dns_program"),
        ];
        match rules.into_iter().find(|(kept, _)| self.enabled && !kept) {
            Some((_, fault)) => Err(Invalid::Acme(fault)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Settings;

    fn verdict(text: &str) -> Result<(), Invalid> {
        toml::from_str::<Settings>(&format!("[acme]\n{text}")).unwrap().validate()
    }

    #[test]
    fn what_an_authority_needs_is_there() {
        let agreed = "enabled = true\nterms_of_service_agreed = true\n";
        for (text, fault) in [
            ("", None),
            ("contact = \"x\"", None),
            ("enabled = true", Some("terms_of_service_agreed is false")),
            (agreed, None),
            (&format!("{agreed}contact = \"ann@contoso.com\""), None),
            (&format!("{agreed}contact = \"ann\""), Some("contact is no address")),
            (
                &format!("{agreed}directory_url = \"http://a.test\""),
                Some("directory_url is no https:// address"),
            ),
            (&format!("{agreed}challenge = \"dns-01\""), Some("dns-01 needs dns_program")),
            (&format!("{agreed}challenge = \"dns-01\"\ndns_program = \"/bin/true\""), None),
        ] {
            assert_eq!(verdict(text), fault.map_or(Ok(()), |fault| Err(Invalid::Acme(fault))));
        }
    }
    #[test]
    fn names_that_cannot_be_proven_are_refused() {
        for name in ["*.contoso.com", "192.0.2.25", "[192.0.2.25]", ""] {
            let text = format!(
                "enabled = true\nterms_of_service_agreed = true\n[tls]\nnames = [{name:?}]"
            );
            let fault = verdict(&text).unwrap_err();
            assert!(matches!(fault, Invalid::Name { setting: "tls.names", .. }), "{name}: {fault}");
        }
        assert_eq!(verdict("[tls]\nnames = [\"192.0.2.25\"]"), Ok(()));
    }
}
