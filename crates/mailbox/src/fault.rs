//! What can go wrong with a mailbox, and whose fault it is. Protocols map it in one table each.

use store::StoreError;
use types::wire::Truncated;

/// Why a read or a change did not happen. Nothing of a failed change remains.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The thing named does not exist (or the asker may not know that it does).
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A folder of that name is already there.
    #[error("already exists")]
    Exists,
    /// A folder cannot be deleted while there are folders below it.
    #[error("folder has subfolders")]
    HasChildren,
    /// The asker's rights do not allow it.
    #[error("access denied")]
    Denied,
    /// The mailbox is full (ProhibitSendReceiveQuota).
    #[error("mailbox is over its quota")]
    OverQuota,
    /// A limit with a name.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// The request makes no sense; the client's fault.
    #[error("{0}")]
    Invalid(&'static str),
    /// What is asked for began before the journal that is left; the asker reads the folders.
    #[error("the journal does not reach back so far")]
    BelowFloor,
    /// The mailbox is being moved away or is gone (store: mailbox state row).
    #[error("mailbox is not served here")]
    Moved,
    /// The disk is nearly full: what grows is refused, reading goes on.
    #[error("disk is nearly full")]
    DiskNearlyFull,
    /// A row does not decode: damage, found by its checksum or by its form.
    #[error("damaged row: {0}")]
    Damaged(&'static str),
    /// The store failed.
    #[error(transparent)]
    Storage(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskNearlyFull => Fault::DiskNearlyFull,
            other => Fault::Storage(other),
        }
    }
}

impl From<Truncated> for Fault {
    fn from(_: Truncated) -> Self {
        Fault::Damaged("record is truncated")
    }
}
