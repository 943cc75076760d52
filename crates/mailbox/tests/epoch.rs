//! A mailbox that has come back from a backup.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::{Change, Special};
use support::engines;

#[tokio::test]
async fn a_new_epoch_gives_out_nothing_again() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let old = f.append(inbox, "before the backup").await;
        let status = |folder| move |view: &mailbox::View<'_>| view.status(folder);
        let (meta, before) = (f.read(|view| view.meta()).await, f.read(status(inbox)).await);
        let counters = f.read(|view| view.counters()).await;
        let number = f.mailbox.number();
        let begin = move |txn: &mut store::Txn<'_>| Change::begin_epoch(txn, number);
        f.mailbox.database().write(begin).await.unwrap();
        let (now, after) = (f.read(|view| view.meta()).await, f.read(status(inbox)).await);
        assert_eq!((now.guid, now.epoch), (meta.guid, meta.epoch + 1));
        assert_ne!(now.repl_guid, meta.repl_guid);
        assert!(after.uid_validity > before.uid_validity);
        assert_eq!((after.uid_next, after.exists), (before.uid_next, before.exists));
        let sent = f.special(Special::SentItems).await;
        let new = f.append(sent, "after it").await;
        assert!(new.mid.get() > counters.id + 1000 && new.mid != old.mid);
        let made = f.write(|change| change.create_path(&["New"])).await;
        assert!(f.read(status(made.id)).await.uid_validity > after.uid_validity);
        f.check_folder(inbox, 1).await;
    }
}
