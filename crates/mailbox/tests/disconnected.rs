//! Mailboxes that nobody owns: found, and erased in slices.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::{Access, Change, Fault, Grantee, Guid, Mailbox, MailboxNumber, Rights, residents};
use store::Bulk;
use support::{Fixture, engines};
use types::Clock;

const BOB: Guid = Guid([5; 16]);

/// The numbers of the mailboxes there are, and since when they are disconnected.
async fn all(f: &Fixture) -> Vec<(u32, Option<u64>)> {
    let database = f.mailbox.database();
    let found = database.read(|snapshot| residents(snapshot, MailboxNumber::new(0), 10)).await;
    found.unwrap().iter().map(|one| (one.number.get(), one.disconnected)).collect()
}

/// One slice of the erasure; true when nothing is left.
async fn erase(f: &Fixture) -> bool {
    let number = f.mailbox.number();
    let slice = move |txn: &mut store::Txn<'_>| -> Result<_, Fault> {
        Ok(Bulk::Done(Change::erase_mailbox(txn, number)?))
    };
    f.mailbox.database().write_bulk(slice).await.unwrap()
}

#[tokio::test]
async fn a_mailbox_is_erased_in_slices_and_no_other_is_touched() {
    for f in engines().await {
        let (database, number) = (f.mailbox.database().clone(), MailboxNumber::new(2));
        Mailbox::create(&database, number, Guid([8; 16])).await.unwrap();
        let other = f.with(Mailbox::open(database.clone(), number, Access::System));
        other.append(other.inbox().await, "kept").await;
        let before = other.rows().await;
        let folder = f.large_folder("Work", 1000).await;
        f.append_many(folder, "m", 4000).await;
        let grantee = Grantee::Recipient(BOB);
        f.write(move |c| c.set_acl(folder, grantee, Some(Rights::ROLE_REVIEWER))).await;
        let now = f.clock.now();
        f.write(move |c| c.set_disconnected(Some(now))).await;
        let since = Some(now.secs() as u64);
        assert_eq!(all(&f).await, [(1, since), (2, None)]);

        assert!(!erase(&f).await);
        assert_eq!(all(&f).await, [(1, since), (2, None)], "to be gone on with");
        let write = f.mailbox.write(|c| c.create_path(&["New"])).await;
        assert!(matches!(write, Err(Fault::Moved)));
        while !erase(&f).await {}
        assert_eq!(f.rows().await.len(), 0);
        assert_eq!(mailbox::granted(&database, BOB, 10).await.unwrap(), []);
        assert_eq!(all(&f).await, [(2, None)]);
        assert_eq!(other.rows().await, before);
        assert!(erase(&f).await, "nothing is left");
    }
}
