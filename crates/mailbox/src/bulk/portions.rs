//! Cutting a set of messages into transactions.

use std::sync::Arc;

use store::{Bulk, Database, Txn};
use types::limits::INTERACTIVE_ITEMS_MAX;

use crate::change::Change;
use crate::fault::Fault;
use crate::id::Uid;
use crate::mailbox::Mailbox;
use crate::page::PAGE_ENTRIES_MAX;
use crate::uid_set::UidSet;

/// Messages to work through, and how far that has come. Clones share the set.
#[derive(Clone, Debug)]
pub struct Portions {
    uids: Arc<UidSet>,
    /// The first UID that has not been handed out.
    next: Option<Uid>,
    /// Messages of a portion.
    most: u64,
    /// They are few, and one transaction takes all.
    whole: bool,
    /// Nothing was handed out in this transaction yet.
    fresh: bool,
}

impl Portions {
    /// Everything still to be done, a page at a time.
    pub fn new(uids: UidSet) -> Self {
        Self::cut(uids, INTERACTIVE_ITEMS_MAX, PAGE_ENTRIES_MAX as u64)
    }

    /// Up to `whole_max` messages at once, more of them by `most`.
    pub(crate) fn cut(uids: UidSet, whole_max: u64, most: u64) -> Self {
        let whole = uids.len() <= whole_max;
        let most = if whole { whole_max } else { most };
        Portions { next: uids.first(), uids: Arc::new(uids), most, whole, fresh: true }
    }

    /// True when everything was handed out.
    pub fn is_done(&self) -> bool {
        self.next.is_none()
    }

    /// The messages to do next in this transaction: the first call of a transaction gives some
    /// if any are left, later ones do until the slice is full.
    pub fn next(&mut self, change: &Change<'_, '_>) -> Option<UidSet> {
        let next = self.next?;
        if !std::mem::take(&mut self.fresh) && change.slice_full() {
            return None;
        }
        let (portion, rest) = self.uids.first_from(next, self.most);
        self.next = rest;
        Some(portion)
    }

    /// Runs a function as one transaction: in the interactive lane if it takes all messages, else
    /// as a slice of the bulk lane, with everybody else's writes before the next.
    pub(crate) async fn write<T: Send + 'static>(
        &mut self,
        database: &Database,
        mut function: impl FnMut(&mut Txn<'_>, &mut Portions) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let before = Portions { fresh: true, ..self.clone() };
        let mut work = move |txn: &mut Txn<'_>| -> Result<(T, Portions), Fault> {
            let mut left = before.clone();
            let value = function(txn, &mut left)?;
            Ok((value, left))
        };
        let (value, left) = match self.whole {
            true => database.write(work).await?,
            false => database.write_bulk(move |txn| work(txn).map(Bulk::Done)).await?,
        };
        *self = left;
        Ok(value)
    }
}

impl Mailbox {
    /// Runs a function over the messages left: over all of them in one transaction if they are
    /// few, else over as many as one slice of the bulk lane takes. The function asks for them by
    /// [`Portions::next`] until that gives no more.
    pub async fn write_some<T: Send + 'static>(
        &self,
        portions: &mut Portions,
        mut function: impl FnMut(&mut Change<'_, '_>, &mut Portions) -> Result<T, Fault>
        + Send
        + 'static,
    ) -> Result<T, Fault> {
        let (number, access) = (self.number(), self.access());
        let work = move |txn: &mut Txn<'_>, portions: &mut Portions| {
            let mut change = Change::begin(txn, number, access)?;
            let value = function(&mut change, portions)?;
            change.finish()?;
            Ok(value)
        };
        portions.write(self.database(), work).await
    }

    /// Runs a function as one slice of the bulk lane, with a commit of its own and everybody
    /// else's writes before the next.
    pub async fn write_slice<T: Send + 'static>(
        &self,
        mut function: impl FnMut(&mut Change<'_, '_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (number, access) = (self.number(), self.access());
        let slice = move |txn: &mut Txn<'_>| {
            let mut change = Change::begin(txn, number, access)?;
            let value = function(&mut change)?;
            change.finish()?;
            Ok(Bulk::Done(value))
        };
        self.database().write_bulk(slice).await
    }
}
