//! E-mail address policies: which addresses recipients get whose addresses follow them
//! (EmailAddressPolicyEnabled).
//!
//! The first policy that takes a recipient makes its addresses. What it makes is added and the
//! primary one becomes primary; no address is ever taken away. An address that somebody else has
//! gets a number. The primary address of a mail contact or mail user stays while it lies
//! elsewhere.
//!
//! What it is not: it does not know where policies are kept (they are configuration).

use std::sync::Arc;

use auth::RecipientId;
use filter::RecipientFilter;
use types::Address;
use types::address_template::{AddressTemplate, Variable};
use types::limits::ADDRESS_NUMBER_MAX;

use crate::directory::Directory;
use crate::draft::Draft;
use crate::error::DirectoryError;
use crate::recipient::{Kind, ProxyAddress, Recipient};
use crate::snapshot::Snapshot;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Its name.
    pub name: String,
    /// Whom it takes; None: everybody.
    pub filter: Option<RecipientFilter>,
    /// That of the primary address.
    pub primary: AddressTemplate,
    /// Those of further addresses.
    pub others: Vec<AddressTemplate>,
}

/// The policies of an organization, the one that comes first at the front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicies(pub Vec<AddressPolicy>);

/// What became of a recipient: as it was, and as it is.
pub type Followed = (Arc<Recipient>, Result<Arc<Recipient>, DirectoryError>);

impl AddressPolicies {
    /// The policy that makes the addresses of a recipient. None: none takes it, or it has no
    /// mail.
    pub fn of(&self, snapshot: &Snapshot, recipient: &Recipient) -> Option<&AddressPolicy> {
        if matches!(recipient.kind, Kind::User(_)) {
            return None;
        }
        self.0.iter().find(|policy| {
            policy.filter.as_ref().is_none_or(|filter| snapshot.takes(filter, recipient))
        })
    }

    /// Gives a recipient the addresses of its policy. Errors: no number made one free.
    pub(crate) fn apply(
        &self,
        draft: &Draft,
        recipient: &mut Recipient,
    ) -> Result<(), DirectoryError> {
        let Some(policy) = self.of(draft.base(), recipient) else { return Ok(()) };
        let primary = free(draft, recipient, &policy.primary)?;
        match is_elsewhere(draft.base(), recipient) {
            true => recipient.add_address(primary),
            false => recipient.make_primary(primary),
        }
        for template in &policy.others {
            let address = free(draft, recipient, template)?;
            recipient.add_address(address);
        }
        Ok(())
    }

    /// The same for a recipient that is new: what it came with was only to begin with, unless its
    /// mail goes there.
    pub(crate) fn apply_new(
        &self,
        draft: &Draft,
        recipient: &mut Recipient,
    ) -> Result<(), DirectoryError> {
        if let Some(policy) = self.of(draft.base(), recipient).filter(|_| !has_target(recipient)) {
            recipient.primary = free(draft, recipient, &policy.primary)?;
        }
        self.apply(draft, recipient)
    }
}

impl Recipient {
    /// Makes an address the primary one; the one before stays.
    pub fn make_primary(&mut self, primary: Address) {
        let before = std::mem::replace(&mut self.primary, primary);
        let taken = ProxyAddress::Smtp(self.primary.clone()).folded();
        self.proxies.retain(|proxy| proxy.folded() != taken);
        self.add_address(before);
    }

    /// Adds an address, unless it is there.
    pub fn add_address(&mut self, address: Address) {
        let address = ProxyAddress::Smtp(address);
        if !self.addresses().any(|known| known.folded() == address.folded()) {
            self.proxies.push(address);
        }
    }

    fn value(&self, variable: Variable) -> String {
        let attribute = |name| self.attributes.get(name).unwrap_or_default().to_owned();
        match variable {
            Variable::Alias => self.alias.clone(),
            Variable::GivenName => attribute("FirstName"),
            Variable::MiddleInitial => attribute("Initials"),
            Variable::Surname => attribute("LastName"),
            Variable::DisplayName => self.display_name.clone(),
        }
    }
}

/// A contact's or mail user's primary address that is none of ours.
fn is_elsewhere(snapshot: &Snapshot, recipient: &Recipient) -> bool {
    has_target(recipient) && snapshot.accepted_domain(&recipient.primary.domain).is_none()
}

/// Whether its mail goes to an address elsewhere.
fn has_target(recipient: &Recipient) -> bool {
    matches!(recipient.kind, Kind::MailContact(_) | Kind::MailUser(..))
}

/// The first address of a template that nobody else has. Where the template makes nothing of a
/// recipient, its alias stands for it.
fn free(
    draft: &Draft,
    recipient: &Recipient,
    template: &AddressTemplate,
) -> Result<Address, DirectoryError> {
    let made = template.local_part(&|variable| recipient.value(variable));
    let local = if made.is_empty() { &recipient.alias } else { &made };
    let numbered = (1..=ADDRESS_NUMBER_MAX).filter_map(|number| template.address(local, number));
    let is_free = |address: &Address| {
        let owner = draft.owner(&ProxyAddress::Smtp(address.clone()).folded());
        owner.is_none_or(|owner| owner == recipient.id)
    };
    let found = numbered.into_iter().find(is_free);
    found.ok_or_else(|| DirectoryError::AddressInUse(format!("{local}@{}", template.domain())))
}

impl Directory {
    /// Gives recipients the addresses of their policies, in one transaction: those of `ids` that
    /// are still there and follow policies. Answers those that changed or could not; with `only_ask` nothing
    /// is written.
    pub async fn follow_policies(
        &self,
        ids: Vec<RecipientId>,
        policies: Arc<AddressPolicies>,
        only_ask: bool,
    ) -> Result<Vec<Followed>, DirectoryError> {
        let follow = move |draft: &mut Draft| {
            let all: Vec<Arc<Recipient>> =
                ids.iter().filter_map(|id| draft.base().recipient(*id).cloned()).collect();
            let followed = all.into_iter().filter_map(|before| {
                let after = follow(draft, &policies, &before).transpose()?;
                Some((before, after))
            });
            Ok(followed.collect())
        };
        match only_ask {
            true => follow(&mut Draft::new(self.snapshot())),
            false => self.change(follow).await,
        }
    }
}

/// None: it has them already, or does not follow policies.
fn follow(
    draft: &mut Draft,
    policies: &AddressPolicies,
    before: &Arc<Recipient>,
) -> Result<Option<Arc<Recipient>>, DirectoryError> {
    let mut after = Recipient::clone(before);
    if !before.email_address_policy_enabled {
        return Ok(None);
    }
    policies.apply(draft, &mut after)?;
    if after == **before {
        return Ok(None);
    }
    draft.put(after.clone())?;
    Ok(Some(Arc::new(after)))
}
