//! The form in which a running server leaves its registry for `rialto ports --dir DIR`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Built, Registry, Switch};
use crate::{Role, capability, listener};

/// The file in the server's directory.
pub const FILE_NAME: &str = "ports.json";

/// Raised when the shape of the file changes.
const FORMAT: u32 = 1;

/// Why a saved registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The file cannot be written or read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not the JSON of a registry.
    #[error("not a list of ports: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version of the program wrote it.
    #[error("written in format {0}, this program reads format {FORMAT}")]
    Format(u32),
    /// It names a listener this program does not know.
    #[error("unknown listener {0}")]
    Listener(String),
    /// It names a capability this program does not know.
    #[error("unknown capability {0}")]
    Capability(String),
}

#[derive(Serialize, Deserialize)]
struct Saved {
    format: u32,
    server: String,
    roles: Vec<Role>,
    process: u32,
    listeners: Vec<SavedListener>,
    capabilities: Vec<SavedCapability>,
}

#[derive(Serialize, Deserialize)]
struct SavedListener {
    listener: String,
    implementation: String,
    /// Empty while the listener is closed.
    addresses: Vec<SocketAddr>,
}

#[derive(Serialize, Deserialize)]
struct SavedCapability {
    capability: String,
    implementation: String,
    on: bool,
}

impl Registry {
    /// The registry as JSON.
    pub fn to_json(&self) -> Result<String, RegistryError> {
        Ok(serde_json::to_string_pretty(&Saved::from(self))?)
    }

    /// The registry that [`Registry::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, RegistryError> {
        serde_json::from_str::<Saved>(text)?.restore()
    }

    /// Writes [`FILE_NAME`] into the server's directory; a reader sees the old file or the new.
    pub fn save(&self, dir: &Path) -> Result<(), RegistryError> {
        let path = dir.join(FILE_NAME);
        let fresh = dir.join(format!("{FILE_NAME}.new"));
        let text = self.to_json()?;
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(|source| RegistryError::Io { path, source })
    }

    /// Reads [`FILE_NAME`] from a server's directory.
    pub fn load(dir: &Path) -> Result<Self, RegistryError> {
        let path = dir.join(FILE_NAME);
        let text =
            fs::read_to_string(&path).map_err(|source| RegistryError::Io { path, source })?;
        Registry::from_json(&text)
    }
}

impl From<&Registry> for Saved {
    fn from(registry: &Registry) -> Saved {
        let listeners = registry.listeners.iter().map(|(id, built)| SavedListener {
            listener: (*id).to_owned(),
            implementation: built.implementation.clone(),
            addresses: built.addresses.clone(),
        });
        let capabilities = registry.capabilities.iter().map(|(id, switch)| SavedCapability {
            capability: (*id).to_owned(),
            implementation: switch.implementation.clone(),
            on: switch.on,
        });
        Saved {
            format: FORMAT,
            server: registry.server.clone(),
            roles: registry.roles.clone(),
            process: registry.process,
            listeners: listeners.collect(),
            capabilities: capabilities.collect(),
        }
    }
}

impl Saved {
    fn restore(self) -> Result<Registry, RegistryError> {
        if self.format != FORMAT {
            return Err(RegistryError::Format(self.format));
        }
        Ok(Registry {
            server: self.server,
            roles: self.roles,
            process: self.process,
            listeners: self
                .listeners
                .into_iter()
                .map(SavedListener::restore)
                .collect::<Result<_, _>>()?,
            capabilities: self
                .capabilities
                .into_iter()
                .map(SavedCapability::restore)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl SavedListener {
    fn restore(self) -> Result<(&'static str, Built), RegistryError> {
        let Some(known) = listener(&self.listener) else {
            return Err(RegistryError::Listener(self.listener));
        };
        Ok((known.id, Built { implementation: self.implementation, addresses: self.addresses }))
    }
}

impl SavedCapability {
    fn restore(self) -> Result<(&'static str, Switch), RegistryError> {
        let Some(known) = capability(&self.capability) else {
            return Err(RegistryError::Capability(self.capability));
        };
        Ok((known.id, Switch { implementation: self.implementation, on: self.on }))
    }
}
