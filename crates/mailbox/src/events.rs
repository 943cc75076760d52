//! Reading the journal: what happened after a change number, event by event. Push, pull and
//! everything derived follow the mailbox by it.

use std::ops::ControlFlow;

use store::{Direction, ReadExt};

use crate::fault::Fault;
use crate::id::ChangeNumber;
use crate::key::{self, Table};
use crate::record::{Event, JournalRow};
use crate::view::View;

/// One event, and the transaction it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEvent {
    /// The last change number of the transaction: a token to go on from.
    pub change: ChangeNumber,
    /// When, seconds since 1970.
    pub time: u64,
    /// What.
    pub event: Event,
}

/// What happened after a change number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// In the order they happened.
    pub events: Vec<JournalEvent>,
    /// Up to where: where to go on.
    pub up_to: ChangeNumber,
    /// There are more.
    pub more: bool,
}

impl View<'_> {
    /// What happened after `since`: the events of whole transactions until there are `limit` of
    /// them. Asks for no right in any folder: whoever tells somebody has to ask.
    ///
    /// Errors: BelowFloor when the journal does not begin early enough, and for a change that
    /// has not happened yet, which is one of another epoch.
    pub fn events_after(&self, since: ChangeNumber, limit: usize) -> Result<Events, Fault> {
        let last = ChangeNumber::new(self.counters()?.change);
        if since > last {
            return Err(Fault::BelowFloor);
        }
        let mut found = Events { events: Vec::new(), up_to: since, more: false };
        let from = key::journal(self.mailbox, ChangeNumber::new(since.get() + 1));
        let to = key::after(&key::table(self.mailbox, Table::Journal));
        self.read.records::<JournalRow>(&from, &to, Direction::Forward, &mut |key, row| {
            // The rows of the journal follow each other without a gap.
            if row.first.get() > found.up_to.get() + 1 {
                return ControlFlow::Break(());
            }
            if found.events.len() >= limit {
                found.more = true;
                return ControlFlow::Break(());
            }
            found.take(key::journal_change(key), row);
            ControlFlow::Continue(())
        })?;
        match found.up_to == last || found.more {
            true => Ok(found),
            false => Err(Fault::BelowFloor),
        }
    }
}

impl Events {
    fn take(&mut self, change: ChangeNumber, row: JournalRow) {
        let time = row.time;
        let event = |event| JournalEvent { change, time, event };
        self.events.extend(row.events.into_iter().map(event));
        self.up_to = change;
    }
}
