//! What the directory has once.

use std::fmt;

use auth::RecipientId;
use types::Domain;

use crate::recipient::ChangeNumber;

/// Octets of the key behind fake SCRAM salts.
pub(crate) const SCRAM_KEY_OCTETS: usize = 32;

/// The settings row.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The last change.
    pub change: ChangeNumber,
    /// Used for postmaster and new addresses; cannot be removed.
    pub default_domain: Option<Domain>,
    /// Who gets mail for postmaster. None: the administrator with the first address.
    pub postmaster: Option<RecipientId>,
    /// The next mailbox number.
    pub next_mailbox: u32,
    /// Makes the salts shown for unknown users. Kept, so that a restart does not change them.
    pub scram_key: [u8; SCRAM_KEY_OCTETS],
}

impl Settings {
    /// Of a directory with nothing in it.
    pub(crate) fn fresh() -> Result<Self, getrandom::Error> {
        let mut scram_key = [0; SCRAM_KEY_OCTETS];
        getrandom::fill(&mut scram_key)?;
        Ok(Settings {
            change: ChangeNumber(0),
            default_domain: None,
            postmaster: None,
            next_mailbox: 1,
            scram_key,
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("change", &self.change).finish_non_exhaustive()
    }
}
