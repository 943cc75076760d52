//! Rows of a mailbox. They come from the disk, behind a checksum; an older program or a
//! mistake of ours can still have written them.

use mailbox::page::{Directory, Page};
use mailbox::record::{
    Alias, Counters, DeletedFolder, Disconnected, Folder, FolderCounters, Intent, JournalRow, Meta,
    Overlay, PendingMove, QuotaLimits, QuotaNotices, Retention, Tombstone,
};
use store::Record;

use super::{choice, comes_back};

/// Folder pages and their directory.
pub fn pages(octets: &[u8]) {
    comes_back::<Page>(octets);
    comes_back::<Directory>(octets);
}

/// The other rows; the first octet chooses.
pub fn records(octets: &[u8]) {
    const RECORDS: &[fn(&[u8])] = &[
        comes_back::<Counters>,
        comes_back::<FolderCounters>,
        comes_back::<Folder>,
        comes_back::<JournalRow>,
        comes_back::<Meta>,
        comes_back::<QuotaLimits>,
        comes_back::<Tombstone>,
        comes_back::<Alias>,
        overlay,
        comes_back::<Retention>,
        comes_back::<QuotaNotices>,
        comes_back::<DeletedFolder>,
        comes_back::<Disconnected>,
        comes_back::<Intent>,
        comes_back::<PendingMove>,
    ];
    let (chosen, payload) = choice(octets);
    RECORDS[chosen % RECORDS.len()](payload);
}

/// Compared by its octets: a number in it may be no number, which equals nothing.
fn overlay(payload: &[u8]) {
    let again = |payload: &[u8]| {
        let overlay = Overlay::decode(Overlay::VERSION, payload).ok()?;
        let mut encoded = Vec::new();
        overlay.encode(&mut encoded);
        Some(encoded)
    };
    if let Some(encoded) = again(payload) {
        assert_eq!(again(&encoded).as_ref(), Some(&encoded));
    }
}
