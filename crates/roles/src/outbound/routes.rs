//! Send connectors of the settings as transport routes by them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use config::SendConnector;
use sha2::{Digest, Sha256};
use transport::{ConnectorGuid, RoutingTable};

/// The settings' connectors by identity.
pub(super) type Connectors = HashMap<ConnectorGuid, SendConnector>;

/// The connectors in use; they change while the server runs.
#[derive(Clone, Default)]
pub(crate) struct InUse(Arc<RwLock<Arc<Connectors>>>);

impl InUse {
    /// The connector of that identity, as it is now.
    pub(super) fn get(&self, guid: ConnectorGuid) -> Option<SendConnector> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&guid).cloned()
    }

    /// Puts others in their place, for connections that are made from now on.
    pub(super) fn set(&self, connectors: Connectors) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(connectors);
    }
}

/// Gives every connector its identity.
pub(super) fn connectors(settings: &[SendConnector]) -> Connectors {
    settings.iter().map(|connector| (guid(&connector.name), connector.clone())).collect()
}

/// The table transport chooses from.
pub(super) fn table(connectors: &Connectors) -> RoutingTable {
    RoutingTable::new(connectors.iter().map(|(guid, connector)| route(*guid, connector)))
}

fn route(guid: ConnectorGuid, connector: &SendConnector) -> transport::SendConnector {
    transport::SendConnector {
        guid,
        name: connector.name.clone(),
        enabled: connector.enabled,
        address_spaces: connector.address_spaces.clone(),
        smart_hosts: match connector.dns_routing_enabled {
            true => Vec::new(),
            false => connector.smart_hosts.iter().map(ToString::to_string).collect(),
        },
        max_message_octets: connector.max_message_size.limit().map(|size| size.bytes()),
        messages_per_connection: connector.smtp_max_messages_per_connection as usize,
    }
}

/// The identity of a connector that only its name identifies: the file has no GUIDs. Mail
/// that waits for a connector finds it again after a restart and after an upgrade, so the
/// hash is one that never changes.
fn guid(name: &str) -> ConnectorGuid {
    let hash = Sha256::digest(name.to_lowercase().as_bytes());
    let mut guid = [0; 16];
    guid.copy_from_slice(&hash[..16]);
    ConnectorGuid(guid)
}
