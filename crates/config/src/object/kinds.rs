//! The kinds of objects there are.

use super::ObjectKind;
use crate::component_state::ServerComponentState;
use crate::email_address_policy::EmailAddressPolicy;
use crate::settings::{ClientAccess, MailboxDatabase};
use crate::{
    Invalid, ReceiveConnector, SendConnector, Settings, TransportConfig, TransportService,
};

/// Receive connectors, the default ones among them.
pub struct ReceiveConnectors;

impl ObjectKind for ReceiveConnectors {
    type Value = ReceiveConnector;
    const NAME: &'static str = "ReceiveConnector";

    fn all(settings: &Settings) -> Result<Vec<(String, ReceiveConnector)>, Invalid> {
        let connectors = settings.receive_connectors()?.into_iter();
        Ok(connectors.map(|connector| (connector.name.clone(), connector)).collect())
    }

    fn put(settings: &mut Settings, name: &str, value: ReceiveConnector) {
        let connectors = &mut settings.receive_connector;
        match connectors.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(old) => *old = value,
            None => connectors.push(value),
        }
    }
}

/// Send connectors.
pub struct SendConnectors;

impl ObjectKind for SendConnectors {
    type Value = SendConnector;
    const NAME: &'static str = "SendConnector";

    fn all(settings: &Settings) -> Result<Vec<(String, SendConnector)>, Invalid> {
        let connectors = settings.send_connector.iter();
        Ok(connectors.map(|connector| (connector.name.clone(), connector.clone())).collect())
    }

    fn put(settings: &mut Settings, name: &str, value: SendConnector) {
        let connectors = &mut settings.send_connector;
        match connectors.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(old) => *old = value,
            None => connectors.push(value),
        }
    }
}

/// States of the server's components.
pub struct ServerComponentStates;

impl ObjectKind for ServerComponentStates {
    type Value = ServerComponentState;
    const NAME: &'static str = "ServerComponentState";

    fn all(settings: &Settings) -> Result<Vec<(String, ServerComponentState)>, Invalid> {
        let stored = settings.server_component_state.iter();
        Ok(stored.map(|stored| (stored.name.clone(), stored.clone())).collect())
    }

    fn put(settings: &mut Settings, name: &str, value: ServerComponentState) {
        let stored = &mut settings.server_component_state;
        match stored.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(old) => *old = value,
            None => stored.push(value),
        }
    }
}

/// E-mail address policies, in the order in which they are asked.
pub struct EmailAddressPolicies;

impl ObjectKind for EmailAddressPolicies {
    type Value = EmailAddressPolicy;
    const NAME: &'static str = "EmailAddressPolicy";

    fn all(settings: &Settings) -> Result<Vec<(String, EmailAddressPolicy)>, Invalid> {
        let policies = settings.email_address_policies().into_iter();
        Ok(policies.map(|policy| (policy.name.clone(), policy)).collect())
    }

    fn put(settings: &mut Settings, name: &str, value: EmailAddressPolicy) {
        let policies = &mut settings.email_address_policy;
        match policies.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(old) => *old = value,
            None => policies.push(value),
        }
    }
}

/// A kind with one object, which is a section of the settings.
macro_rules! single {
    ($(#[doc = $about:literal])* $kind:ident: $value:ty = $name:literal, $section:ident) => {
        $(#[doc = $about])*
        pub struct $kind;

        impl ObjectKind for $kind {
            type Value = $value;
            const NAME: &'static str = $name;

            fn all(settings: &Settings) -> Result<Vec<(String, $value)>, Invalid> {
                Ok(vec![(String::new(), settings.$section.clone())])
            }

            fn put(settings: &mut Settings, _name: &str, value: $value) {
                settings.$section = value;
            }
        }
    };
}

single!(
    /// Limits of the whole organization.
    TransportConfigs: TransportConfig = "TransportConfig", transport_config
);
single!(
    /// Logs, retries and outgoing connections of this server.
    TransportServices: TransportService = "TransportService", transport_service
);
single!(
    /// IMAP4 on this server.
    ImapSettings: ClientAccess = "ImapSettings", imap4
);
single!(
    /// POP3 on this server.
    PopSettings: ClientAccess = "PopSettings", pop3
);
single!(
    /// Quotas and retention of the mailbox database.
    MailboxDatabases: MailboxDatabase = "MailboxDatabase", mailbox_database
);
