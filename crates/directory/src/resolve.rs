//! From an address to what is done with mail for it.

use std::sync::Arc;

use types::{Address, LocalPart};

use crate::domain::{AcceptedDomain, DomainKind};
use crate::recipient::{Kind, Recipient};
use crate::snapshot::Snapshot;

/// What an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// A mailbox, whoever's.
    Mailbox(Arc<Recipient>),
    /// A distribution group.
    Group(Arc<Recipient>),
    /// A mail contact or mail user: mail goes to `target`.
    Contact {
        /// The contact.
        recipient: Arc<Recipient>,
        /// Its address elsewhere.
        target: Address,
    },
    /// Nobody, in a domain whose recipients are all here: 5.1.10, RESOLVER.ADR.RecipientNotFound.
    UnknownInAuthoritative,
    /// Nobody here, in a domain that we relay for.
    Relay(DomainKind),
    /// Not a domain of ours.
    External,
}

impl Snapshot {
    /// Resolves an address: whose it is exactly, whose it is without its `+tag` (RFC 5233),
    /// postmaster (RFC 5321 section 4.5.1), the domain's catch-all, and at last what its
    /// domain says.
    pub fn resolve(&self, address: &Address) -> Resolution {
        let owner = self.by_address(address).or_else(|| self.by_address(&untagged(address)?));
        if let Some(resolution) = owner.and_then(of_kind) {
            return resolution;
        }
        match self.accepted_domain(&address.domain) {
            None => Resolution::External,
            Some(domain) => self.unknown_in(domain, address),
        }
    }

    fn unknown_in(&self, domain: &AcceptedDomain, address: &Address) -> Resolution {
        let is_ours = domain.kind != DomainKind::ExternalRelay;
        let postmaster = || (is_ours && is_postmaster(address)).then(|| self.postmaster())?;
        let catch_all = || self.recipient(domain.catch_all?);
        let found = postmaster().or_else(catch_all).and_then(of_kind);
        found.unwrap_or(match domain.kind {
            DomainKind::Authoritative => Resolution::UnknownInAuthoritative,
            relay => Resolution::Relay(relay),
        })
    }
}

/// None: an account without mail, which is nobody to a sender.
fn of_kind(recipient: &Arc<Recipient>) -> Option<Resolution> {
    let recipient = Arc::clone(recipient);
    Some(match &recipient.kind {
        Kind::UserMailbox(..)
        | Kind::SharedMailbox(_)
        | Kind::RoomMailbox(_)
        | Kind::EquipmentMailbox(_) => Resolution::Mailbox(recipient),
        Kind::Group(_) | Kind::DynamicGroup(..) => Resolution::Group(recipient),
        Kind::MailContact(target) | Kind::MailUser(_, target) => {
            Resolution::Contact { target: target.clone(), recipient }
        }
        Kind::User(_) => return None,
    })
}

fn is_postmaster(address: &Address) -> bool {
    address.local.folded() == "postmaster"
}

/// The address without `+tag`, if it has one.
fn untagged(address: &Address) -> Option<Address> {
    let (user, _tag) = address.local.as_str().split_once('+')?;
    let local = LocalPart::parse(user).ok()?;
    Some(Address { local, domain: address.domain.clone() })
}
