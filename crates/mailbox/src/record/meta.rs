//! Identity and state of a mailbox: the fence that every write checks.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

use crate::id::Guid;

/// Whether this database serves the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxState {
    /// Served here.
    Active,
    /// Being moved: reads only.
    Moving,
    /// Served elsewhere.
    Gone,
}

/// What stays the same for as long as the mailbox is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The mailbox, in every database it ever lives in.
    pub guid: Guid,
    /// Name space of its ids ([MS-OXCFXICS] REPLGUID); new after a restore in place.
    pub repl_guid: Guid,
    /// Rises when the mailbox moves or is restored; tokens of an older epoch are refused.
    pub epoch: u64,
    /// Active, moving or gone.
    pub state: MailboxState,
    /// Seconds since 1970.
    pub created: u64,
}

impl Record for Meta {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.guid.0);
        out.extend_from_slice(&self.repl_guid.0);
        put_uint(out, self.epoch);
        out.push(self.state as u8);
        put_uint(out, self.created);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(payload).map_err(|_| Corrupt("mailbox identity"))
    }
}

/// Nobody in the directory owns the mailbox any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnected {
    /// When that was noticed (DisconnectDate), seconds since 1970.
    pub since: u64,
}

impl Record for Disconnected {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.since);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        Ok(Disconnected { since: Reader::new(payload).uint()? })
    }
}

fn decode(payload: &[u8]) -> Result<Meta, Truncated> {
    let mut reader = Reader::new(payload);
    Ok(Meta {
        guid: Guid(reader.array()?),
        repl_guid: Guid(reader.array()?),
        epoch: reader.uint()?,
        state: match reader.octet()? {
            0 => MailboxState::Active,
            1 => MailboxState::Moving,
            2 => MailboxState::Gone,
            _ => return Err(Truncated),
        },
        created: reader.uint()?,
    })
}
