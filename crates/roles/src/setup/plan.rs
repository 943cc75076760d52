//! What is asked of a setup.

use std::net::IpAddr;
use std::path::PathBuf;

use auth::Password;
use config::settings::ClientAccess;
use config::{Acme, Settings};
use types::{Address, Domain};

use super::SetupError;

/// How to set up a server. Paths are absolute: a service starts elsewhere.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The domain whose mail it takes.
    pub domain: Domain,
    /// The server's full name, by which everybody reaches it.
    pub server_name: Domain,
    /// The data folder.
    pub directory: PathBuf,
    /// The configuration file.
    pub configuration: PathBuf,
    /// The address of the first mailbox; its owner is the administrator.
    pub administrator: Address,
    /// That mailbox's password.
    pub password: Password,
    /// Where the certificate comes from.
    pub certificate: Certificate,
    /// Where to listen; empty is everywhere.
    pub addresses: Vec<IpAddr>,
    /// Added to the documented ports.
    pub port_offset: u16,
}

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Made here, and signed by itself: enough for TLS, not for trust.
    SelfSigned,
    /// An administrator's.
    Own {
        /// The file with the chain (PEM), the server's own certificate first.
        chain: PathBuf,
        /// The file with the private key (PEM).
        key: PathBuf,
    },
    /// A certificate authority's, which the server gets at its first start. Until then, self-signed.
    Acme(Acme),
}

impl Plan {
    /// The settings that the server will have, by the configuration file and the directory.
    pub fn settings(&self) -> Settings {
        let defaults = Settings::default();
        let addresses = match self.addresses.is_empty() {
            true => defaults.addresses.clone(),
            false => self.addresses.clone(),
        };
        Settings {
            server_name: self.server_name.to_ascii(),
            domains: vec![self.domain.to_ascii()],
            data_directory: self.directory.clone(),
            addresses,
            port_offset: self.port_offset,
            acme: self.acme(),
            imap4: ClientAccess { enabled: true, ..ClientAccess::default() },
            ..defaults
        }
    }

    fn acme(&self) -> Acme {
        match &self.certificate {
            Certificate::Acme(acme) => Acme { enabled: true, ..acme.clone() },
            Certificate::SelfSigned | Certificate::Own { .. } => Acme::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), SetupError> {
        if self.administrator.domain != self.domain {
            return Err(SetupError::ForeignAdministrator(self.administrator.clone()));
        }
        Ok(self.settings().validate()?)
    }
}
