//! Who may do what with whose mailbox.

use std::collections::HashSet;

use auth::RecipientId;

use crate::recipient::Recipient;
use crate::snapshot::Snapshot;

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

    /// True when `who` stands in the list, or is a member of a group there, however deep.
    fn grants(&self, list: &[RecipientId], who: RecipientId) -> bool {
        let (mut pending, mut seen) = (list.to_vec(), HashSet::new());
        while let Some(entry) = pending.pop() {
            if entry == who {
                return true;
            }
            let group = self.recipient(entry).and_then(|recipient| recipient.group());
            if let Some(group) = group.filter(|_| seen.insert(entry)) {
                pending.extend(&group.members);
            }
        }
        false
    }
}
