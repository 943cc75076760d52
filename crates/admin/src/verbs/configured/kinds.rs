//! The kinds of objects that have verbs.

use ::config::object::{
    ImapSettings, LinkedDirectories, MailboxDatabases, ObjectKind, PopSettings, ReceiveConnectors,
    SendConnectors, ThrottlingPolicies, TransportConfigs, TransportServices,
};
use ::config::section::{Section, Setting};

use super::declare::{named_objects, single_object};
use super::{Get, IDENTITY, Named, New, Remove, Set, identity};
use crate::verb::settings::{parameters, properties};
use crate::verb::{ObjectType, Parameter, Role, Shape, Verb};

pub(crate) const VERBS: &[Verb] = &[
    Verb::of::<Get<ReceiveConnectors>>(),
    Verb::of::<New<ReceiveConnectors>>(),
    Verb::of::<Set<ReceiveConnectors>>(),
    Verb::of::<Remove<ReceiveConnectors>>(),
    Verb::of::<Get<SendConnectors>>(),
    Verb::of::<New<SendConnectors>>(),
    Verb::of::<Set<SendConnectors>>(),
    Verb::of::<Remove<SendConnectors>>(),
    Verb::of::<Get<ThrottlingPolicies>>(),
    Verb::of::<New<ThrottlingPolicies>>(),
    Verb::of::<Set<ThrottlingPolicies>>(),
    Verb::of::<Remove<ThrottlingPolicies>>(),
    Verb::of::<Get<LinkedDirectories>>(),
    Verb::of::<New<LinkedDirectories>>(),
    Verb::of::<Set<LinkedDirectories>>(),
    Verb::of::<Remove<LinkedDirectories>>(),
    Verb::of::<Get<TransportConfigs>>(),
    Verb::of::<Set<TransportConfigs>>(),
    Verb::of::<Get<TransportServices>>(),
    Verb::of::<Set<TransportServices>>(),
    Verb::of::<Get<ImapSettings>>(),
    Verb::of::<Set<ImapSettings>>(),
    Verb::of::<Get<PopSettings>>(),
    Verb::of::<Set<PopSettings>>(),
    Verb::of::<Get<MailboxDatabases>>(),
    Verb::of::<Set<MailboxDatabases>>(),
];

/// The name of a new object.
const NAME: Parameter = Parameter {
    field: "name",
    about: &[" Its name, which no other of its kind has."],
    shape: Shape::Text,
    required: true,
    many: false,
    positional: true,
};

const fn settings<K: ObjectKind>() -> &'static [Setting] {
    <K::Value as Section>::SETTINGS
}

named_objects!(
    ReceiveConnectors,
    "ReceiveConnector",
    "Receive connector",
    "Receive connectors",
    Role::ReceiveConnectors,
    of_server: true,
    ["Identity", "bindings", "enabled"]
);
named_objects!(
    SendConnectors,
    "SendConnector",
    "Send connector",
    "Send connectors",
    Role::SendConnectors,
    of_server: false,
    ["Identity", "address_spaces", "enabled"]
);
named_objects!(
    ThrottlingPolicies,
    "ThrottlingPolicy",
    "throttling policy",
    "throttling policies",
    Role::OrganizationConfiguration,
    of_server: false,
    ["Identity", "throttling_policy_scope", "message_rate_limit", "recipient_rate_limit"]
);
named_objects!(
    LinkedDirectories,
    "LinkedDirectory",
    "linked directory",
    "linked directories",
    Role::OrganizationConfiguration,
    of_server: false,
    ["Identity", "linked_domain_controllers", "domains", "enabled"]
);
single_object!(
    TransportConfigs,
    "TransportConfig",
    "limits of the whole organization",
    Role::OrganizationTransportSettings,
    ["Identity", "max_receive_size", "max_recipient_envelope_limit"]
);
single_object!(
    TransportServices,
    "TransportService",
    "logs, retries and outgoing connections of the server",
    Role::OrganizationTransportSettings,
    ["Identity", "message_tracking_log_enabled", "max_outbound_connections"]
);
single_object!(
    ImapSettings,
    "ImapSettings",
    "the settings of IMAP4",
    Role::Pop3AndImap4Protocols,
    ["Identity", "enabled", "login_type", "max_connections"]
);
single_object!(
    PopSettings,
    "PopSettings",
    "the settings of POP3",
    Role::Pop3AndImap4Protocols,
    ["Identity", "enabled", "login_type", "max_connections"]
);
single_object!(
    MailboxDatabases,
    "MailboxDatabase",
    "quotas and retention of the mailbox database",
    Role::Databases,
    ["Identity", "prohibit_send_receive_quota", "deleted_item_retention"]
);
