//! What a listener is: the port it takes, how it is encrypted, which rows it makes true.

use types::{Port, Transport};

use crate::{Numbers, PortSpec, Role, RowId, rows};

/// How a connection to a listener is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Never encrypted.
    Plain,
    /// Starts in the clear, the protocol's own command (STARTTLS, STLS) upgrades it.
    StartTls,
    /// TLS from the first octet.
    Tls,
}

/// Whether a listener is open without any setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opens {
    /// Open unless switched off.
    ByDefault,
    /// Closed until switched on.
    WhenEnabled,
    /// Open while the organization has one server.
    WithOneServer,
    /// Open once an Edge subscription exists.
    WhenSubscribed,
}

/// From where a listener is meant to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// From anywhere, the Internet included.
    Anywhere,
    /// From servers of the organization only.
    Organization,
    /// From the same machine only.
    SameMachine,
}

/// A listener this product knows, built or not. Services use the constants of
/// [`crate::listeners`].
#[derive(Debug, PartialEq, Eq)]
pub struct Listener {
    /// The row that names it; a suffix after `+` tells the listeners of one row apart
    /// (`C-11` is IMAP4 with STARTTLS, `C-11+tls` IMAP4 over TLS).
    pub id: &'static str,
    /// The Receive connector, with placeholders (`Default Frontend <Server>`).
    pub connector: Option<&'static str>,
    /// The service that listens, in Exchange's words.
    pub service: &'static str,
    /// The documents' port.
    pub port: PortSpec,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Whether it is open without any setting.
    pub opens: Opens,
    /// From where it is meant to be reached.
    pub reach: Reach,
    /// The roles that open it.
    pub roles: &'static [Role],
    /// Every row that needs it.
    pub rows: &'static [RowId],
}

impl Listener {
    /// The default port, the first of a range. Port 0, any free one, where no document gives
    /// a number.
    pub const fn port(&self) -> Port {
        match self.port.numbers {
            Numbers::One(port) | Numbers::Range(port, _) => port,
            Numbers::Described(_) => Port::new(0),
        }
    }

    /// TCP or UDP.
    pub const fn transport(&self) -> Transport {
        self.port.transport
    }

    /// What is spoken on it.
    pub const fn protocol(&self) -> &'static str {
        self.port.protocol
    }

    /// The connector's name on this server, if the listener belongs to a connector.
    pub fn connector_name(&self, server: &str) -> Option<String> {
        self.connector.map(|template| fill_server(template, server))
    }

    /// What an administrator calls it: the connector on this server, else the service.
    pub fn display_name(&self, server: &str) -> String {
        self.connector_name(server).unwrap_or_else(|| self.service.to_owned())
    }

    /// The Windows Firewall rules that Exchange makes for it (group F).
    pub fn firewall_rules(&self) -> impl Iterator<Item = &'static crate::Row> {
        let ids: &'static [RowId] = self.rows;
        rows::group(crate::Group::F).iter().filter(move |row| ids.contains(&row.id))
    }
}

/// Puts the server's name for the placeholder of a connector template.
pub(crate) fn fill_server(template: &str, server: &str) -> String {
    match (template.find('<'), template.find('>')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{server}{}", &template[..open], &template[close + 1..])
        }
        _ => template.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholder_becomes_the_server() {
        assert_eq!(fill_server("Default Frontend <Server>", "MBX1"), "Default Frontend MBX1");
        assert_eq!(fill_server("<a> b", "MBX1"), "MBX1 b");
        assert_eq!(fill_server("no placeholder", "MBX1"), "no placeholder");
        assert_eq!(fill_server("> odd <", "MBX1"), "> odd <");
    }
}
