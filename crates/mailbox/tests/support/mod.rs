//! A mailbox in memory, and short ways to fill it.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use mailbox::search::Criteria;
use mailbox::{
    Access, Change, Entry, Fault, FolderId, Guid, Mailbox, MailboxNumber, NewItem, Special, UidSet,
    View,
};
use store::{Database, Options};
use types::time::ManualClock;
use types::{Clock, Timestamp};

pub const OWNER: Guid = Guid([1; 16]);

pub struct Fixture {
    pub mailbox: Mailbox,
    pub clock: ManualClock,
    directory: Option<tempfile::TempDir>,
}

pub async fn fixture() -> Fixture {
    open(Options::memory(), None).await
}

/// The same mailbox on every engine there is.
pub async fn engines() -> [Fixture; 2] {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = Options::sqlite(directory.path().join("store"));
    [fixture().await, open(sqlite, Some(directory)).await]
}

async fn open(options: Options, directory: Option<tempfile::TempDir>) -> Fixture {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let options = options.with_clock(shared);
    let open = tokio::task::spawn_blocking(|| Database::open(options));
    let database = open.await.unwrap().unwrap();
    let number = MailboxNumber::new(1);
    Mailbox::create(&database, number, Guid([9; 16])).await.unwrap();
    Fixture { mailbox: Mailbox::open(database, number, Access::Owner(OWNER)), clock, directory }
}

impl Fixture {
    pub async fn inbox(&self) -> FolderId {
        self.special(Special::Inbox).await
    }

    pub async fn special(&self, special: Special) -> FolderId {
        self.read(move |view| Ok(view.special(special)?.id)).await
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&View<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.mailbox.read(f).await.unwrap()
    }

    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Change<'_, '_>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.mailbox.write(f).await.unwrap()
    }

    pub async fn append(&self, folder: FolderId, text: &str) -> Entry {
        self.append_many(folder, text, 1).await.remove(0)
    }

    pub async fn append_many(&self, folder: FolderId, text: &str, count: usize) -> Vec<Entry> {
        let bytes = message(text);
        let item = new_item(&bytes);
        let staged = self.mailbox.stage(bytes).await.unwrap();
        self.write(move |change| {
            (0..count).map(|_| change.append(folder, &staged, &item)).collect()
        })
        .await
    }

    /// Deletes for good what has expired by now, as the janitor does; gives how many items.
    pub async fn purge_expired(&self) -> usize {
        let now = self.clock.now();
        let expired = self.read(move |view| view.expired_items(now)).await;
        let expired = Arc::new(Mutex::new(expired));
        let mut purged = 0;
        while !expired.lock().unwrap().is_empty() {
            let expired = Arc::clone(&expired);
            let purge = move |change: &mut Change<'_, '_>| {
                change.purge_expired(&mut expired.lock().unwrap(), 20_000)
            };
            purged += self.write(purge).await;
        }
        purged
    }

    /// Deletes the contents nobody refers to, as the janitor does; gives how many slices it took.
    pub async fn sweep_contents(&self) -> usize {
        let dead = Arc::new(self.read(|view| view.dead_contents()).await);
        let (mut at, mut slices) = (Some(0), 0);
        while let Some(from) = at {
            let dead = Arc::clone(&dead);
            at = self.write(move |change| change.delete_contents(&dead, from)).await;
            slices += 1;
        }
        slices
    }

    pub async fn search(&self, folder: FolderId, criteria: Criteria) -> Vec<u32> {
        self.read(move |view| {
            let mut uids = Vec::new();
            view.search(folder, &criteria, &UidSet::all(), &mut |entry| {
                uids.push(entry.uid.get());
                ControlFlow::Continue(())
            })?;
            Ok(uids)
        })
        .await
    }

    pub async fn uids(&self, folder: FolderId) -> Vec<u32> {
        self.read(move |view| Ok(view.uids(folder)?.iter().map(|uid| uid.get()).collect())).await
    }
}

pub fn message(text: &str) -> Vec<u8> {
    format!("Subject: {text}\r\nMessage-ID: <{text}@example.test>\r\n\r\n{text}\r\n").into_bytes()
}

pub fn new_item(bytes: &[u8]) -> NewItem {
    NewItem {
        summary: content::derive(bytes).encode().into(),
        prefix: b"Return-Path: <a@example.test>\r\n".to_vec(),
        flags: Default::default(),
        keywords: Default::default(),
        received: None,
        zone_minutes: 0,
    }
}
