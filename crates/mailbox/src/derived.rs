//! What is derived from a mailbox behind the commits: the search index, conversations. One row
//! each, under its name: by which conversion it was made, how far it reaches, and its state.
//!
//! Whoever reads takes what is derived and adds what came after the mark. The mark counts
//! contents or changes, whichever the thing is derived from; after a change number,
//! [`crate::View::events_after`] tells the rest. Losing the row loses nothing but the work.

use store::{Corrupt, Read, ReadExt, Record, Txn};
use types::wire::{Reader, Truncated, put_uint};

use crate::fault::Fault;
use crate::id::MailboxNumber;
use crate::key;

/// Something derived, as its row says.
pub(crate) trait Derived: Default {
    /// Name of the row.
    const NAME: &'static str;
    /// The conversion that makes it. What another one made is not used.
    const VERSION: u64;

    /// Up to where everything is in it.
    fn mark(&self) -> u64;

    /// Appends what is to be known besides the mark.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads what [`Derived::encode`] wrote.
    fn decode(mark: u64, reader: &mut Reader<'_>) -> Result<Self, Truncated>;

    /// Where to begin when another conversion made this one.
    fn of_another_version(self) -> Self {
        Self::default()
    }

    /// The state; that of the beginning when there is none of today's conversion.
    fn load<R: Read + ?Sized>(read: &R, mailbox: MailboxNumber) -> Result<Self, Fault> {
        let stored: Option<Stored<Self>> = read.record(&key::derived(mailbox, Self::NAME))?;
        Ok(match stored {
            None => Self::default(),
            Some(stored) if stored.version == Self::VERSION => stored.state,
            Some(stored) => stored.state.of_another_version(),
        })
    }

    fn save(self, txn: &mut Txn<'_>, mailbox: MailboxNumber) -> Result<(), Fault> {
        let row = Stored { version: Self::VERSION, state: self };
        Ok(txn.put_record(&key::derived(mailbox, Self::NAME), &row)?)
    }
}

struct Stored<T> {
    version: u64,
    state: T,
}

impl<T: Derived> Record for Stored<T> {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.version);
        put_uint(out, self.state.mark());
        self.state.encode(out);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut decode = || -> Result<Self, Truncated> {
            let version = reader.uint()?;
            let mark = reader.uint()?;
            Ok(Stored { version, state: T::decode(mark, &mut reader)? })
        };
        decode().map_err(|_| Corrupt(T::NAME))
    }
}
