//! What the settings ask for and this server does not have.
//!
//! Where ignoring a value would promise more than is done (a proof of identity, a route), the
//! settings are refused: [`Settings::validate`]. Where it only means less than was hoped for
//! (a login method that is not offered), the server starts and says so: [`Settings::warnings`].
//! A value that Get-ReceiveConnector printed can so be typed in.

use std::fmt;

use crate::Settings;
use crate::receive::{AuthMechanism, ExtendedRight, PermissionGroup, ReceiveConnector};
use crate::send::{SendConnector, SmartHostAuthMechanism};

/// A value without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The connector.
    pub connector: String,
    /// Property and value.
    pub value: &'static str,
    /// What it means here.
    pub meaning: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not built: {}", self.connector, self.value, self.meaning)
    }
}

impl Settings {
    /// Values of the file that have no effect. Default connectors are not looked at.
    pub fn warnings(&self) -> Vec<Warning> {
        let receive = self.receive_connector.iter().flat_map(of_receive_connector);
        receive.chain(self.send_connector.iter().flat_map(of_send_connector)).collect()
    }

    /// Whether this server is one of those that send for the connector. Handing mail to
    /// another server that does is not built.
    pub(crate) fn is_source_of(&self, connector: &SendConnector) -> bool {
        let this = |name: &String| {
            name.eq_ignore_ascii_case(&self.server_name)
                || name.eq_ignore_ascii_case(&self.short_name())
        };
        let sources = &connector.source_transport_servers;
        sources.is_empty() || sources.iter().any(this)
    }
}

const NOT_OFFERED: &str = "nobody can log in by it";
const NOBODY: &str = "no client belongs to it";

fn of_receive_connector(connector: &ReceiveConnector) -> Vec<Warning> {
    let vouched = connector.offers(AuthMechanism::ExternalAuthoritative);
    let permits = |group| connector.permits(group);
    let bypass = connector.anonymous_rights.contains(&ExtendedRight::BypassAntiSpam);
    found(
        &connector.name,
        &[
            (connector.offers(AuthMechanism::Integrated), "AuthMechanism Integrated", NOT_OFFERED),
            (
                connector.offers(AuthMechanism::ExchangeServer),
                "AuthMechanism ExchangeServer",
                NOT_OFFERED,
            ),
            (
                permits(PermissionGroup::ExchangeServers) && !vouched,
                "PermissionGroups ExchangeServers without ExternalAuthoritative",
                NOBODY,
            ),
            (
                permits(PermissionGroup::ExchangeLegacyServers),
                "PermissionGroups ExchangeLegacyServers",
                NOBODY,
            ),
            (permits(PermissionGroup::Partners), "PermissionGroups Partners", NOBODY),
            (
                bypass,
                "AnonymousRights ms-Exch-Bypass-Anti-Spam",
                "there is no content filter to pass by",
            ),
        ],
    )
}

fn of_send_connector(connector: &SendConnector) -> Vec<Warning> {
    let vouched =
        connector.smart_host_auth_mechanism == SmartHostAuthMechanism::ExternalAuthoritative;
    found(
        &connector.name,
        &[(vouched, "SmartHostAuthMechanism ExternalAuthoritative", "mail leaves as with None")],
    )
}

fn found(connector: &str, rows: &[(bool, &'static str, &'static str)]) -> Vec<Warning> {
    let set = rows.iter().filter(|(set, ..)| *set);
    let warning = |&(_, value, meaning): &(bool, &'static str, &'static str)| Warning {
        connector: connector.to_owned(),
        value,
        meaning,
    };
    set.map(warning).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn warnings(text: &str) -> Vec<&'static str> {
        let settings: Settings = toml::from_str(text).unwrap();
        settings.validate().unwrap();
        settings.warnings().into_iter().map(|warning| warning.value).collect()
    }

    #[test]
    fn values_without_effect_are_named() {
        let receive = "[[ReceiveConnector]]\nName = \"C\"\nBindings = [\"0.0.0.0:2599\"]\n";
        for (text, expected) in [
            ("", None),
            ("AuthMechanism = [\"Tls\", \"Integrated\"]", Some("AuthMechanism Integrated")),
            ("AuthMechanism = [\"ExchangeServer\"]", Some("AuthMechanism ExchangeServer")),
            ("PermissionGroups = [\"Partners\"]", Some("PermissionGroups Partners")),
            (
                "PermissionGroups = [\"ExchangeServers\"]",
                Some("PermissionGroups ExchangeServers without ExternalAuthoritative"),
            ),
            (
                "PermissionGroups = [\"ExchangeLegacyServers\"]",
                Some("PermissionGroups ExchangeLegacyServers"),
            ),
            (
                "AnonymousRights = [\"ms-Exch-Bypass-Anti-Spam\"]",
                Some("AnonymousRights ms-Exch-Bypass-Anti-Spam"),
            ),
            (
                "AuthMechanism = [\"ExternalAuthoritative\"]\nPermissionGroups = [\"ExchangeServers\"]",
                None,
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(warnings(&format!("{receive}{text}")), expected, "{text}");
        }
        let send = "[[SendConnector]]\nName = \"C\"\nAddressSpaces = [\"*\"]\n\
                    DNSRoutingEnabled = false\nSmartHosts = [\"[192.0.2.1]\"]\n\
                    SmartHostAuthMechanism = \"ExternalAuthoritative\"";
        assert_eq!(warnings(send), ["SmartHostAuthMechanism ExternalAuthoritative"]);
    }
}
