//! All verbs, one module a noun of Exchange's cmdlets.

mod accepted_domain;
mod address_list;
mod admin_audit_log;
mod app_password;
mod cas_mailbox;
mod command;
mod configuration;
mod configured;
mod connectivity;
mod distribution_group;
mod dynamic_distribution_group;
mod email_address_policy;
mod exchange_certificate;
mod login;
mod mail_contact;
mod mail_user;
mod mailbox;
mod mailbox_auto_reply_configuration;
mod mailbox_folder_permission;
mod mailbox_permission;
mod mailbox_request;
mod mailbox_statistics;
mod mailflow;
mod management_role;
mod message;
mod message_tracking_log;
mod migration_batch;
mod migration_endpoint;
mod migration_user;
mod person;
mod precanned;
mod queue;
mod queue_digest;
mod recipient;
mod recipient_permission;
mod recoverable_items;
mod result_size;
mod role_group;
mod server_component_state;
mod service_health;
mod throttling_policy_association;
mod user_photo;

pub(crate) use command::{NAME as GET_COMMAND, reply as get_command};

use crate::verb::{Verb, VerbError, nearest};

/// Every verb there is.
pub const VERBS: &[&[Verb]] = &[
    accepted_domain::VERBS,
    address_list::VERBS,
    admin_audit_log::VERBS,
    app_password::VERBS,
    cas_mailbox::VERBS,
    command::VERBS,
    configuration::VERBS,
    configured::VERBS,
    connectivity::VERBS,
    distribution_group::VERBS,
    dynamic_distribution_group::VERBS,
    email_address_policy::VERBS,
    exchange_certificate::VERBS,
    login::VERBS,
    mail_contact::VERBS,
    mail_user::VERBS,
    mailbox::VERBS,
    mailbox_auto_reply_configuration::VERBS,
    mailbox_folder_permission::VERBS,
    mailbox_permission::VERBS,
    mailbox_request::VERBS,
    mailbox_statistics::VERBS,
    mailflow::VERBS,
    management_role::VERBS,
    message::VERBS,
    message_tracking_log::VERBS,
    migration_batch::VERBS,
    migration_endpoint::VERBS,
    migration_user::VERBS,
    person::VERBS,
    queue::VERBS,
    queue_digest::VERBS,
    recipient::VERBS,
    recipient_permission::VERBS,
    recoverable_items::VERBS,
    role_group::VERBS,
    server_component_state::VERBS,
    service_health::VERBS,
    throttling_policy_association::VERBS,
    user_photo::VERBS,
];

/// All of them, in the order of their nouns.
pub fn all() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().copied().flatten()
}

/// The verb of that name, in either spelling. Errors: UnknownVerb, with the nearest there is.
pub fn find(name: &str) -> Result<&'static Verb, VerbError> {
    let found = all().find(|verb| verb.name.is_called(name));
    found.ok_or_else(|| VerbError::UnknownVerb {
        name: name.to_owned(),
        nearest: nearest(name, all().map(|verb| verb.name.as_str())).map(str::to_owned),
    })
}
