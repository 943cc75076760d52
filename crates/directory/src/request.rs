//! What is needed to make a recipient. The rest starts as Exchange starts it and is changed
//! by [`crate::Directory::update`].

use std::sync::Arc;

use auth::{Password, RecipientId};
use filter::RecipientFilter;
use types::Address;

use crate::address_policy::AddressPolicies;
use crate::attributes::Attributes;
use crate::recipient::{
    Account, ChangeNumber, Credentials, Group, Kind, Mailbox, MailboxLocation, ProxyAddress,
    Quotas, Recipient, RecoverableItems, Restrictions,
};

/// New-Mailbox.
#[derive(Clone, Debug)]
pub struct NewMailbox {
    /// The address, in an accepted domain; under policies only what an alias is made of.
    pub primary: Address,
    /// Its addresses follow these; None: they do not follow any.
    pub policies: Option<Arc<AddressPolicies>>,
    /// Short name, unique; None: the local part of the address.
    pub alias: Option<String>,
    /// The name people see; empty: the alias.
    pub display_name: String,
    /// Further addresses.
    pub proxies: Vec<ProxyAddress>,
    /// Whose it is.
    pub kind: MailboxKind,
    /// The server it is on.
    pub server: String,
    /// The database it is in.
    pub database: String,
    /// How much it may hold. Without any limit, what the database says.
    pub quotas: Quotas,
}

/// Whose a new mailbox is.
#[derive(Clone, Debug)]
pub enum MailboxKind {
    /// A person's, who logs in.
    User {
        /// None: nobody gets in until a password is set.
        password: Option<Password>,
        /// May use the administrative verbs.
        administrator: bool,
    },
    /// Opened by those with full access.
    Shared,
    /// A room's.
    Room,
    /// That of a car, a projector and the like.
    Equipment,
}

impl NewMailbox {
    /// A user's mailbox without password or quotas.
    pub fn user(primary: Address, server: &str, database: &str) -> Self {
        NewMailbox {
            primary,
            policies: None,
            alias: None,
            display_name: String::new(),
            proxies: Vec::new(),
            kind: MailboxKind::User { password: None, administrator: false },
            server: server.to_owned(),
            database: database.to_owned(),
            quotas: Quotas::default(),
        }
    }

    pub(crate) fn password(&self) -> Option<&Password> {
        match &self.kind {
            MailboxKind::User { password, .. } => password.as_ref(),
            MailboxKind::Shared | MailboxKind::Room | MailboxKind::Equipment => None,
        }
    }

    pub(crate) fn into_recipient(
        self,
        id: RecipientId,
        number: u32,
        credentials: Option<Credentials>,
    ) -> Recipient {
        let location = MailboxLocation { server: self.server, database: self.database, number };
        let mailbox = Mailbox {
            location,
            quotas: self.quotas,
            forwarding: None,
            full_access: Vec::new(),
            use_database_quota_defaults: self.quotas == Quotas::default(),
            recoverable_items: RecoverableItems::default(),
        };
        let kind = match self.kind {
            MailboxKind::Shared => Kind::SharedMailbox(mailbox),
            MailboxKind::Room => Kind::RoomMailbox(mailbox),
            MailboxKind::Equipment => Kind::EquipmentMailbox(mailbox),
            MailboxKind::User { administrator, .. } => {
                let account = Account { credentials, administrator, ..Account::default() };
                Kind::UserMailbox(account, mailbox)
            }
        };
        let email_address_policy_enabled = self.policies.is_some();
        let recipient = recipient(id, self.primary, self.alias, self.display_name, kind);
        Recipient { proxies: self.proxies, email_address_policy_enabled, ..recipient }
    }
}

/// New-DistributionGroup, New-DynamicDistributionGroup.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// The address, in an accepted domain; under policies only what an alias is made of.
    pub primary: Address,
    /// Its addresses follow these; None: they do not follow any.
    pub policies: Option<Arc<AddressPolicies>>,
    /// Short name, unique; None: the local part of the address.
    pub alias: Option<String>,
    /// The name people see; empty: the alias.
    pub display_name: String,
    /// What it starts with.
    pub group: Group,
    /// Whom a dynamic group takes; None: its members are listed.
    pub filter: Option<RecipientFilter>,
}

impl NewGroup {
    pub(crate) fn into_recipient(self, id: RecipientId) -> Recipient {
        let kind = match self.filter {
            None => Kind::Group(self.group),
            Some(filter) => Kind::DynamicGroup(self.group, filter),
        };
        let email_address_policy_enabled = self.policies.is_some();
        let recipient = recipient(id, self.primary, self.alias, self.display_name, kind);
        Recipient { email_address_policy_enabled, ..recipient }
    }
}

/// New-MailContact.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// The address under which it is known here; may be the same as `target`.
    pub primary: Address,
    /// Its addresses follow these; None: they do not follow any.
    pub policies: Option<Arc<AddressPolicies>>,
    /// Short name, unique; None: the local part of the address.
    pub alias: Option<String>,
    /// The name people see; empty: the alias.
    pub display_name: String,
    /// Its address elsewhere (ExternalEmailAddress).
    pub target: Address,
}

impl NewContact {
    pub(crate) fn into_recipient(self, id: RecipientId) -> Recipient {
        let email_address_policy_enabled = self.policies.is_some();
        let kind = Kind::MailContact(self.target);
        let recipient = recipient(id, self.primary, self.alias, self.display_name, kind);
        Recipient { email_address_policy_enabled, ..recipient }
    }
}

/// New-MailUser.
#[derive(Clone, Debug)]
pub struct NewMailUser {
    /// Address, name and address elsewhere.
    pub contact: NewContact,
    /// None: nobody gets in until a password is set.
    pub password: Option<Password>,
}

impl NewMailUser {
    pub(crate) fn into_recipient(
        self,
        id: RecipientId,
        credentials: Option<Credentials>,
    ) -> Recipient {
        let NewContact { primary, policies, alias, display_name, target } = self.contact;
        let account = Account { credentials, ..Account::default() };
        let kind = Kind::MailUser(account, target);
        let recipient = recipient(id, primary, alias, display_name, kind);
        Recipient { email_address_policy_enabled: policies.is_some(), ..recipient }
    }
}

/// A recipient as all kinds start.
fn recipient(
    id: RecipientId,
    primary: Address,
    alias: Option<String>,
    display_name: String,
    kind: Kind,
) -> Recipient {
    let alias = alias.unwrap_or_else(|| primary.local.as_str().to_owned());
    Recipient {
        id,
        changed: ChangeNumber::default(),
        display_name: if display_name.is_empty() { alias.clone() } else { display_name },
        alias,
        primary,
        proxies: Vec::new(),
        send_as: Vec::new(),
        send_on_behalf: Vec::new(),
        kind,
        hidden_from_address_lists: false,
        restrictions: Restrictions::default(),
        attributes: Attributes::default(),
        manager: None,
        email_address_policy_enabled: false,
        throttling_policy: None,
    }
}
