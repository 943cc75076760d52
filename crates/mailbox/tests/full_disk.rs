//! A disk that is nearly full: nothing comes in, and clients can still delete.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mailbox::{
    Access, Fault, FlagChange, FlagOp, Flags, Guid, Keywords, Mailbox, MailboxNumber, Special, Uid,
    UidSet,
};
use store::{Database, Options, Room, SpaceProbe};

/// A disk with so many octets free.
#[derive(Clone, Debug)]
struct Disk(Arc<AtomicU64>);

impl SpaceProbe for Disk {
    fn room(&self) -> std::io::Result<Room> {
        Ok(Room { total_octets: 1 << 40, free_octets: self.0.load(Ordering::Relaxed) })
    }
}

async fn mailbox_with_messages(disk: &Disk) -> Mailbox {
    let options = Options { space: Some(Box::new(disk.clone())), ..Options::memory() };
    let database = tokio::task::spawn_blocking(|| Database::open(options)).await.unwrap().unwrap();
    let number = MailboxNumber::new(1);
    Mailbox::create(&database, number, Guid([9; 16])).await.unwrap();
    let mailbox = Mailbox::open(database, number, Access::System);
    append(&mailbox).await.unwrap();
    append(&mailbox).await.unwrap();
    mailbox
}

async fn append(mailbox: &Mailbox) -> Result<(), Fault> {
    let bytes = support::message("m");
    let item = support::new_item(&bytes);
    let staged = mailbox.stage(bytes).await?;
    mailbox
        .write(move |c| {
            let inbox = c.special_id(Special::Inbox);
            c.append(inbox, &staged, &item).map(drop)
        })
        .await
}

#[tokio::test]
async fn what_comes_in_is_refused_and_what_deletes_is_not() {
    let disk = Disk(Arc::new(AtomicU64::new(1 << 39)));
    let mailbox = mailbox_with_messages(&disk).await;
    disk.0.store(0, Ordering::Relaxed);
    // The store asks the disk once a second.
    while append(&mailbox).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(append(&mailbox).await, Err(Fault::DiskNearlyFull)));
    let deleted = FlagChange { op: FlagOp::Add, flags: Flags::DELETED, keywords: Keywords::NONE };
    let one = |uid| UidSet::from_iter([Uid::new(uid)]);
    mailbox
        .write(move |c| c.store_flags(c.special_id(Special::Inbox), &one(1), &deleted, None))
        .await
        .unwrap();
    mailbox
        .write(move |c| c.expunge(c.special_id(Special::Inbox), &UidSet::all(), true))
        .await
        .unwrap();
    mailbox
        .write(move |c| {
            let trash = c.special_id(Special::DeletedItems);
            c.move_items(c.special_id(Special::Inbox), &one(2), trash)
        })
        .await
        .unwrap();
}
