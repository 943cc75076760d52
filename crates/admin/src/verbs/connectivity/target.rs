//! What is tried: this server's own listeners, as the settings have them now.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ::config::endpoint::Endpoint;
use ::config::{Binding, ReceiveConnector, Settings};
use ports::listeners::{IMAP4, IMAP4_TLS, POP3, POP3_TLS, SUBMISSION_TLS};
use ports::{Encryption, Listener};

use super::protocol::Protocol;
use crate::verb::VerbError;

/// A listener that is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The Receive connector, or what a client speaks there.
    pub name: String,
    /// Where it is reached from this host.
    pub address: SocketAddr,
    /// TLS comes before the first line.
    pub implicit_tls: bool,
}

/// All of a protocol that are enabled and that the program serves. Errors: Invalid, when the
/// settings contradict themselves.
pub(super) fn all(
    settings: &Settings,
    protocol: Protocol,
    serves: fn(&Listener) -> bool,
) -> Result<Vec<Target>, VerbError> {
    match protocol {
        Protocol::Smtp => connectors(settings, serves),
        Protocol::Imap4 => listeners(settings, [&IMAP4, &IMAP4_TLS]),
        Protocol::Pop3 => listeners(settings, [&POP3, &POP3_TLS]),
    }
}

fn connectors(
    settings: &Settings,
    serves: fn(&Listener) -> bool,
) -> Result<Vec<Target>, VerbError> {
    let implicit = settings.endpoint(&SUBMISSION_TLS).map_err(invalid)?.bindings;
    let connectors = settings.receive_connectors().map_err(invalid)?;
    let endpoints = settings.endpoints().map_err(invalid)?;
    let server = settings.short_name();
    // A default connector whose listener nobody serves is closed.
    let is_closed = |connector: &&ReceiveConnector| {
        let name = Some(connector.name.as_str());
        let of = |e: &&Endpoint| e.listener.connector_name(&server).as_deref() == name;
        let mut own = endpoints.iter().filter(of).peekable();
        own.peek().is_some() && !own.any(|endpoint| serves(endpoint.listener))
    };
    let enabled = connectors.iter().filter(|connector| connector.enabled && !is_closed(connector));
    let targets = enabled.flat_map(|connector| {
        let of = |binding: &Binding| target(&connector.name, *binding, implicit.contains(binding));
        connector.bindings.iter().map(of)
    });
    Ok(targets.collect())
}

fn listeners(
    settings: &Settings,
    listeners: [&'static Listener; 2],
) -> Result<Vec<Target>, VerbError> {
    let mut targets = Vec::new();
    for listener in listeners {
        let endpoint = settings.endpoint(listener).map_err(invalid)?;
        let (name, tls) = (listener.protocol(), listener.encryption == Encryption::Tls);
        let bindings = endpoint.bindings.into_iter().filter(|_| endpoint.enabled);
        targets.extend(bindings.map(|binding| target(name, binding, tls)));
    }
    Ok(targets)
}

/// A listener on all addresses is reached at the loopback one of its family.
fn target(name: &str, binding: Binding, implicit_tls: bool) -> Target {
    let mut address = binding.socket_address();
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Target { name: name.to_owned(), address, implicit_tls }
}

fn invalid(error: impl ToString) -> VerbError {
    VerbError::Invalid(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(settings: &Settings, protocol: Protocol) -> Vec<String> {
        let serves = |listener: &Listener| listener.id != ports::listeners::DEFAULT.id;
        let targets = all(settings, protocol, serves).unwrap().into_iter();
        let told = targets.map(|Target { name, address, implicit_tls }| {
            format!("{name} {address}{}", if implicit_tls { " TLS" } else { "" })
        });
        told.collect()
    }

    #[test]
    fn what_is_enabled_is_tried_where_it_is_bound() {
        let settings = Settings {
            server_name: "mail1.example.test".to_owned(),
            addresses: vec!["0.0.0.0".parse().unwrap(), "127.0.0.9".parse().unwrap()],
            ..Settings::default()
        };
        let smtp = told(&settings, Protocol::Smtp);
        assert!(smtp.contains(&"Default Frontend MAIL1 127.0.0.1:25".to_owned()), "{smtp:?}");
        assert!(smtp.contains(&"Client Frontend MAIL1 127.0.0.9:465 TLS".to_owned()), "{smtp:?}");
        assert!(!smtp.concat().contains("Default MAIL1"), "{smtp:?}");
        let mut settings = settings;
        settings.imap4.enabled = true;
        settings.pop3.enabled = false;
        let imap = told(&settings, Protocol::Imap4);
        let expected = [
            "IMAP4 127.0.0.1:143",
            "IMAP4 127.0.0.9:143",
            "IMAP4 over TLS 127.0.0.1:993 TLS",
            "IMAP4 over TLS 127.0.0.9:993 TLS",
        ];
        assert_eq!(imap, expected);
        assert_eq!(told(&settings, Protocol::Pop3), Vec::<String>::new());
    }
}
