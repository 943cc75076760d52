//! Automatic replies (out of office) of a mailbox: the setting, and to whom a reply went.
//!
//! Here is what is stored. Which messages may be answered is in `content::automatic_response`,
//! who sends the reply in crate `roles`. One sender is answered once in a period; a period begins
//! whenever the replies are switched on or their time changes, as in Exchange.

use std::ops::ControlFlow;

use content::property::names::{CONTACT_EMAIL_ADDRESSES, PSETID_ADDRESS};
use content::property::restriction::{ContentRestriction, Extent, Ignore, Restriction};
use content::property::{PropertyName, Value};
use store::{Direction, Read, ReadExt, StoreError, Txn};
use types::Address;
use types::limits::{
    AUTOMATIC_REPLY_OCTETS_MAX, AUTOMATIC_REPLY_SENDERS_MAX, AUTOMATIC_REPLY_SWEEP_ROWS,
};

use crate::change::Change;
use crate::fault::Fault;
use crate::id::MailboxNumber;
use crate::key::{self, List, Table};
use crate::record::automatic_replies::Answered;
use crate::record::{AutoReplyState, AutomaticReplies, AutomaticReplyTexts, Special};
use crate::uid_set::UidSet;
use crate::view::View;

impl View<'_> {
    /// When and to whom the mailbox replies by itself.
    pub fn automatic_replies(&self) -> Result<AutomaticReplies, Fault> {
        Ok(automatic_replies(self.read, self.mailbox)?)
    }

    /// What it says then.
    pub fn automatic_reply_texts(&self) -> Result<AutomaticReplyTexts, Fault> {
        let key = key::table(self.mailbox, Table::AutomaticReplyTexts);
        Ok(self.read.record(&key)?.unwrap_or_default())
    }

    /// Whether an address is one of a contact in the Contacts folder: ExternalAudience Known.
    pub fn knows_contact(&self, address: &Address) -> Result<bool, Fault> {
        let contacts = crate::defaults::default_id(Special::Contacts);
        let is_address = |lid| {
            Restriction::Content(ContentRestriction {
                key: PropertyName::id(PSETID_ADDRESS, lid).into(),
                value: Value::String(address.to_string()),
                extent: Extent::Full,
                ignore: Ignore { case: true, non_space: false },
            })
        };
        let restriction = Restriction::Or(CONTACT_EMAIL_ADDRESSES.map(is_address).into());
        let mut known = false;
        self.search_properties(contacts, List::Items, &restriction, &UidSet::all(), &mut |_| {
            known = true;
            ControlFlow::Break(())
        })?;
        Ok(known)
    }
}

/// When and to whom a mailbox replies by itself.
pub fn automatic_replies(
    read: &(impl Read + ?Sized),
    mailbox: MailboxNumber,
) -> Result<AutomaticReplies, StoreError> {
    Ok(read.record(&key::table(mailbox, Table::AutomaticReplies))?.unwrap_or_default())
}

/// Whether a sender has got a reply in that period, or all have that may get one.
pub fn is_answered(
    read: &(impl Read + ?Sized),
    mailbox: MailboxNumber,
    period: u32,
    sender: &Address,
) -> Result<bool, StoreError> {
    let told = read.get(&key::answered(mailbox, period, Some(sender)))?.is_some();
    Ok(told || answered(read, mailbox, period)? >= AUTOMATIC_REPLY_SENDERS_MAX)
}

fn answered(
    read: &(impl Read + ?Sized),
    mailbox: MailboxNumber,
    period: u32,
) -> Result<u64, StoreError> {
    let count: Option<Answered> = read.record(&key::answered(mailbox, period, None))?;
    Ok(count.unwrap_or_default().0)
}

/// Notes that a sender gets a reply. Takes some of what was noted in earlier periods away, so
/// that it is gone when as many senders have been answered in this one.
pub fn note_answered(
    txn: &mut Txn<'_>,
    mailbox: MailboxNumber,
    period: u32,
    sender: &Address,
) -> Result<(), StoreError> {
    const VERSION: u8 = 1;
    let count = Answered(answered(txn, mailbox, period)?.saturating_add(1));
    txn.put_record(&key::answered(mailbox, period, None), &count)?;
    txn.put(&key::answered(mailbox, period, Some(sender)), VERSION, &[])?;
    let (from, to) = (key::table(mailbox, Table::Answered), key::answered(mailbox, period, None));
    let mut old = Vec::new();
    txn.range(&from, &to, Direction::Forward, &mut |key, _| {
        old.push(key.to_vec());
        if old.len() < AUTOMATIC_REPLY_SWEEP_ROWS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    old.iter().try_for_each(|key| txn.delete(key))
}

impl Change<'_, '_> {
    /// Sets when, to whom and what the mailbox replies by itself; the period counts on where
    /// that begins anew. Errors: Limit for texts that are too long.
    pub fn set_automatic_replies(
        &mut self,
        settings: AutomaticReplies,
        texts: &AutomaticReplyTexts,
    ) -> Result<(), Fault> {
        if texts.internal.len().max(texts.external.len()) > AUTOMATIC_REPLY_OCTETS_MAX {
            return Err(Fault::Limit("octets of an automatic reply"));
        }
        let before = automatic_replies(&*self.txn, self.mailbox)?;
        let period = before.period.wrapping_add(u32::from(begins_anew(&before, &settings)));
        let settings = AutomaticReplies { period, ..settings };
        self.txn.put_record(&key::table(self.mailbox, Table::AutomaticReplies), &settings)?;
        let key = key::table(self.mailbox, Table::AutomaticReplyTexts);
        Ok(self.txn.put_record(&key, texts)?)
    }
}

/// Whether replies were off and are not any more, or their time is another one.
fn begins_anew(before: &AutomaticReplies, after: &AutomaticReplies) -> bool {
    let when = |settings: &AutomaticReplies| match settings.state {
        AutoReplyState::Scheduled => Some((settings.start, settings.end)),
        AutoReplyState::Disabled | AutoReplyState::Enabled => None,
    };
    after.state != AutoReplyState::Disabled
        && (before.state != after.state || when(before) != when(after))
}
