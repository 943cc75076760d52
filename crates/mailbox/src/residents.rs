//! Which mailboxes a database holds, whoever owns them.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt};

use crate::fault::Fault;
use crate::id::MailboxNumber;
use crate::key::{self, Table};
use crate::record::Disconnected;

/// A mailbox as its database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Its number.
    pub number: MailboxNumber,
    /// Since when nobody owns it, seconds since 1970.
    pub disconnected: Option<u64>,
}

/// Mailboxes of a database by number, at most `most`, from one on.
pub fn residents(
    read: &impl Read,
    from: MailboxNumber,
    most: usize,
) -> Result<Vec<Resident>, Fault> {
    let mut found = Vec::new();
    let mut from = Some(from);
    while let Some(first) = from
        && found.len() < most
        && let Some(number) = first_mailbox(read, first)?
    {
        let key = key::table(number, Table::Disconnected);
        let note: Option<Disconnected> = read.record(&key)?;
        found.push(Resident { number, disconnected: note.map(|note| note.since) });
        from = number.get().checked_add(1).map(MailboxNumber::new);
    }
    Ok(found)
}

/// The first mailbox that has rows.
fn first_mailbox(read: &impl Read, from: MailboxNumber) -> Result<Option<MailboxNumber>, Fault> {
    let (start, end) = (key::mailbox_range(from).0, key::after(&[key::SPACE]));
    let mut found = None;
    read.range(&start, &end, Direction::Forward, &mut |key, _| {
        found = key::mailbox_number(key);
        ControlFlow::Break(())
    })?;
    Ok(found)
}
