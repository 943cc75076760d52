//! The kinds of objects there are.

use super::ObjectKind;
use crate::address_list::AddressList;
use crate::component_state::ServerComponentState;
use crate::email_address_policy::EmailAddressPolicy;
use crate::settings::{ClientAccess, MailboxDatabase};
use crate::{
    Invalid, LinkedDirectory, ReceiveConnector, SendConnector, Settings, ThrottlingPolicy,
    TransportConfig, TransportService,
};

/// Receive connectors, the default ones among them.
pub struct ReceiveConnectors;

impl ObjectKind for ReceiveConnectors {
    type Value = ReceiveConnector;
    const NAME: &'static str = "ReceiveConnector";
    const FIELD: &'static str = "receive_connector";

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

/// A kind with any number of named objects, which are a list of the settings.
macro_rules! named {
    ($(#[doc = $about:literal])* $kind:ident: $value:ty = $name:literal, $list:ident, $all:expr) => {
        $(#[doc = $about])*
        pub struct $kind;

        impl ObjectKind for $kind {
            type Value = $value;
            const NAME: &'static str = $name;
            const FIELD: &'static str = stringify!($list);

            fn all(settings: &Settings) -> Result<Vec<(String, $value)>, Invalid> {
                let all: fn(&Settings) -> Vec<$value> = $all;
                Ok(all(settings).into_iter().map(|one| (one.name.clone(), one)).collect())
            }

            fn put(settings: &mut Settings, name: &str, value: $value) {
                let objects = &mut settings.$list;
                match objects.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
                    Some(old) => *old = value,
                    None => objects.push(value),
                }
            }
        }
    };
}

named!(
    /// Send connectors.
    SendConnectors: SendConnector = "SendConnector", send_connector,
    |settings| settings.send_connector.clone()
);
named!(
    /// States of the server's components.
    ServerComponentStates: ServerComponentState = "ServerComponentState", server_component_state,
    |settings| settings.server_component_state.clone()
);
named!(
    /// E-mail address policies, in the order in which they are asked.
    EmailAddressPolicies: EmailAddressPolicy = "EmailAddressPolicy", email_address_policy,
    Settings::email_address_policies
);
named!(
    /// Address lists, by path.
    AddressLists: AddressList = "AddressList", address_list, Settings::address_lists
);
named!(
    /// Global address lists.
    GlobalAddressLists: AddressList = "GlobalAddressList", global_address_list,
    Settings::global_address_lists
);
named!(
    /// Other directories that say whether a password is right.
    LinkedDirectories: LinkedDirectory = "LinkedDirectory", linked_directory,
    |settings| settings.linked_directory.clone()
);
named!(
    /// Throttling policies, the global one among them.
    ThrottlingPolicies: ThrottlingPolicy = "ThrottlingPolicy", throttling_policy,
    Settings::throttling_policies
);

/// A kind with one object, which is a section of the settings.
macro_rules! single {
    ($(#[doc = $about:literal])* $kind:ident: $value:ty = $name:literal, $section:ident) => {
        $(#[doc = $about])*
        pub struct $kind;

        impl ObjectKind for $kind {
            type Value = $value;
            const NAME: &'static str = $name;
            const FIELD: &'static str = stringify!($section);

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
