//! Who may do what with whose mailbox.

use std::collections::HashSet;

use auth::RecipientId;

use types::Address;

use crate::recipient::{Recipient, Restrictions};
use crate::snapshot::Snapshot;

/// Who sends a message.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The reverse path; None: the null one.
    pub address: Option<&'a Address>,
    /// It was proven that the address may be used.
    pub authenticated: bool,
}

impl Sender<'_> {
    /// Reports of our own come from nobody.
    fn is_server(&self) -> bool {
        self.address.is_none() && self.authenticated
    }
}

impl Snapshot {
    /// True when `who` may open the mailbox of `owner`: it is its own, or there is full access.
    pub fn may_open(&self, who: RecipientId, owner: &Recipient) -> bool {
        let Some(mailbox) = owner.mailbox() else { return false };
        who == owner.id || self.grants(&mailbox.full_access, who)
    }

    /// True when `who` may use the address of `sender` as its own.
    pub fn may_send_as(&self, who: RecipientId, sender: &Recipient) -> bool {
        who == sender.id || self.grants(&sender.send_as, who)
    }

    /// True when `who` may send on behalf of `sender`.
    pub fn may_send_on_behalf(&self, who: RecipientId, sender: &Recipient) -> bool {
        self.grants(&sender.send_on_behalf, who)
    }

    /// Whether a recipient's lists let a sender in. Somebody unproven is no one who must be
    /// authenticated to be believed: no mailbox of ours; a contact is, by the address alone.
    pub fn accepts_from(&self, recipient: &Recipient, sender: Sender<'_>) -> bool {
        let who = sender.address.and_then(|address| self.by_address(address));
        let believed = who.filter(|who| sender.authenticated || who.account().is_none());
        let Restrictions { accept_only_from, reject_from, .. } = &recipient.restrictions;
        let rejected = who.is_some_and(|who| self.grants(reject_from, who.id));
        let accepted = accept_only_from.is_empty()
            || sender.is_server()
            || believed.is_some_and(|who| self.grants(accept_only_from, who.id));
        accepted && !rejected
    }

    /// True when `who` stands in the list, or is a member of a group there, however deep.
    fn grants(&self, list: &[RecipientId], who: RecipientId) -> bool {
        let (mut pending, mut seen) = (list.to_vec(), HashSet::new());
        while let Some(entry) = pending.pop() {
            if entry == who {
                return true;
            }
            let group = self.recipient(entry).filter(|recipient| recipient.group().is_some());
            if let Some(group) = group.filter(|_| seen.insert(entry)) {
                pending.extend(self.members(group).iter());
            }
        }
        false
    }
}
