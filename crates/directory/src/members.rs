//! Who is in a group: those listed, or those whom its filter takes.
//!
//! What a filter takes is found out once for a state of the directory and kept with it: a message
//! to a dynamic group does not look at every recipient.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use auth::RecipientId;
use filter::RecipientFilter;

use crate::recipient::{Kind, Recipient};
use crate::snapshot::Snapshot;

/// What is found out about a snapshot when somebody asks. A changed snapshot starts without it.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    dynamic: Mutex<HashMap<RecipientId, Arc<[RecipientId]>>>,
    /// The groups with a list that a recipient stands in.
    memberships: OnceLock<HashMap<RecipientId, Vec<RecipientId>>>,
}

impl Clone for Derived {
    fn clone(&self) -> Self {
        Derived::default()
    }
}

/// The members of a group.
#[derive(Clone, Debug)]
pub enum Members<'a> {
    /// As its list has them.
    Listed(&'a [RecipientId]),
    /// As its filter takes them.
    Taken(Arc<[RecipientId]>),
}

impl Deref for Members<'_> {
    type Target = [RecipientId];

    fn deref(&self) -> &[RecipientId] {
        match self {
            Members::Listed(members) => members,
            Members::Taken(members) => members,
        }
    }
}

impl Snapshot {
    /// The members of a group, groups among them; nobody of what is none.
    pub fn members<'a>(&self, group: &'a Recipient) -> Members<'a> {
        match &group.kind {
            Kind::Group(listed) => Members::Listed(&listed.members),
            Kind::DynamicGroup(_, filter) => Members::Taken(self.dynamic(group.id, filter)),
            _ => Members::Listed(&[]),
        }
    }

    fn dynamic(&self, group: RecipientId, filter: &RecipientFilter) -> Arc<[RecipientId]> {
        let lock = || self.derived.dynamic.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&group) {
            return Arc::clone(known);
        }
        let taken = self.taken_by(filter).into_iter().map(|recipient| recipient.id);
        let found: Arc<[RecipientId]> = taken.filter(|id| *id != group).collect();
        lock().insert(group, Arc::clone(&found));
        found
    }

    /// The recipients that a filter takes, by address. An account without mail is none.
    pub fn taken_by(&self, filter: &RecipientFilter) -> Vec<&Arc<Recipient>> {
        let mut found: Vec<_> =
            self.recipients().filter(|recipient| self.takes(filter, recipient)).collect();
        found.sort_by_cached_key(|recipient| recipient.primary.folded());
        found
    }

    /// Who is in an address list with that filter, by display name: without those whom no
    /// address list shows.
    pub fn listed_by(&self, filter: &RecipientFilter) -> Vec<&Arc<Recipient>> {
        let is_listed = |recipient: &&Arc<Recipient>| {
            !recipient.hidden_from_address_lists && self.takes(filter, recipient)
        };
        let mut listed: Vec<_> = self.recipients().filter(is_listed).collect();
        listed.sort_by_cached_key(|recipient| {
            (recipient.display_name.to_lowercase(), recipient.primary.folded())
        });
        listed
    }

    /// Whether a filter takes a recipient.
    pub fn takes(&self, filter: &RecipientFilter, recipient: &Recipient) -> bool {
        let has_mail = !matches!(recipient.kind, Kind::User(_));
        has_mail && filter.holds(&|name| self.values(recipient, name))
    }

    /// What a recipient has under a name of [`filter::recipient`].
    fn values(&self, recipient: &Recipient, name: &str) -> Vec<String> {
        let mailbox = recipient.mailbox();
        let one = |text: &str| vec![text.to_owned()];
        match name {
            "Alias" => one(&recipient.alias),
            "DisplayName" | "Name" => one(&recipient.display_name),
            "PrimarySmtpAddress" => vec![recipient.primary.to_string()],
            "EmailAddresses" => recipient.email_addresses(),
            "HiddenFromAddressListsEnabled" => {
                vec![recipient.hidden_from_address_lists.to_string()]
            }
            "EmailAddressPolicyEnabled" => {
                vec![recipient.email_address_policy_enabled.to_string()]
            }
            "RecipientType" => one(recipient.kind.recipient_type()),
            "RecipientTypeDetails" => one(recipient.kind.type_details()),
            "Database" => {
                mailbox.map(|mailbox| one(&mailbox.location.database)).unwrap_or_default()
            }
            "ServerName" => {
                mailbox.map(|mailbox| one(&mailbox.location.server)).unwrap_or_default()
            }
            "Manager" => self.aliases(recipient.manager.as_slice()),
            "MemberOfGroup" => self.aliases(self.memberships(recipient.id)),
            name => recipient.attributes.get(name).map(one).unwrap_or_default(),
        }
    }

    fn aliases(&self, ids: &[RecipientId]) -> Vec<String> {
        let found = ids.iter().filter_map(|id| self.recipient(*id));
        found.map(|recipient| recipient.alias.clone()).collect()
    }

    fn memberships(&self, member: RecipientId) -> &[RecipientId] {
        let all = self.derived.memberships.get_or_init(|| {
            let mut all: HashMap<RecipientId, Vec<RecipientId>> = HashMap::new();
            for group in self.recipients() {
                let Kind::Group(listed) = &group.kind else { continue };
                for member in &listed.members {
                    all.entry(*member).or_default().push(group.id);
                }
            }
            all
        });
        all.get(&member).map_or(&[], Vec::as_slice)
    }
}
