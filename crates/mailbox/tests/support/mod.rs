//! A mailbox in memory, and short ways to fill it.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use mailbox::search::Criteria;
use mailbox::{
    Access, Change, Entry, ExpiredFrom, Fault, FolderId, Guid, Mailbox, MailboxNumber, NewItem,
    Partly, Special, Uid, UidPair, UidSet, View,
};
use store::{Database, Options, Read};
use types::time::ManualClock;
use types::{Clock, Timestamp};

pub const OWNER: Guid = Guid([1; 16]);
const NUMBER: MailboxNumber = MailboxNumber::new(1);

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

pub async fn fixture_on_disk(directory: &std::path::Path) -> Fixture {
    open(Options::sqlite(directory), None).await
}

/// The mailbox of [`fixture_on_disk`], after its database was closed.
pub async fn again_on_disk(directory: &std::path::Path, clock: ManualClock) -> Fixture {
    let database = database(Options::sqlite(directory), &clock).await;
    Fixture {
        mailbox: Mailbox::open(database, NUMBER, Access::Owner(OWNER)),
        clock,
        directory: None,
    }
}

async fn open(options: Options, directory: Option<tempfile::TempDir>) -> Fixture {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000));
    let database = database(options, &clock).await;
    Mailbox::create(&database, NUMBER, Guid([9; 16])).await.unwrap();
    Fixture { mailbox: Mailbox::open(database, NUMBER, Access::Owner(OWNER)), clock, directory }
}

async fn database(options: Options, clock: &ManualClock) -> Database {
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let options = options.with_clock(shared);
    tokio::task::spawn_blocking(|| Database::open(options)).await.unwrap().unwrap()
}

impl Fixture {
    /// Another mailbox at the same time.
    pub fn with(&self, mailbox: Mailbox) -> Fixture {
        Fixture { mailbox, clock: self.clock.clone(), directory: None }
    }

    /// The same mailbox after the database in this directory was closed and opened again.
    pub async fn reopened(self, directory: &std::path::Path) -> Fixture {
        let (number, access) = (self.mailbox.number(), self.mailbox.access());
        let elsewhere = fixture().await.mailbox;
        self.mailbox.database().close().await;
        let (closed, clock) = (self.with(elsewhere), Arc::new(self.clock.clone()));
        drop(self);
        let options = Options::sqlite(directory).with_clock(clock);
        let open = tokio::task::spawn_blocking(|| Database::open(options));
        closed.with(Mailbox::open(open.await.unwrap().unwrap(), number, access))
    }

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
        let mut from = Some(ExpiredFrom::default());
        let mut purged = 0;
        while let Some(at) = from {
            let expired = self.read(move |view| view.expired_items(now, at)).await;
            from = expired.next();
            let expired = Arc::new(Mutex::new(expired));
            while !expired.lock().unwrap().is_empty() {
                let expired = Arc::clone(&expired);
                let purge = move |change: &mut Change<'_, '_>| {
                    change.purge_expired(&mut expired.lock().unwrap(), 20_000)
                };
                purged += self.write(purge).await;
            }
        }
        purged
    }

    /// Deletes the contents nobody refers to, as the janitor does; gives how many rows went.
    pub async fn sweep_contents(&self) -> usize {
        self.mailbox.sweep_contents(|| true).await.unwrap()
    }

    /// A folder of so many copies of one message.
    pub async fn large_folder(&self, name: &'static str, count: usize) -> FolderId {
        let folder = self.write(move |c| c.create_path(&[name])).await.id;
        let step = count.min(1000);
        self.append_many(folder, "m", step).await;
        let first = UidSet::from_iter((1..=step as u32).map(Uid::new));
        for _ in 1..count.div_ceil(1000) {
            let first = first.clone();
            self.write(move |c| c.copy(folder, &first, folder)).await;
        }
        folder
    }

    pub async fn entries(&self, folder: FolderId) -> Vec<Entry> {
        self.read(move |view| {
            let mut entries = Vec::new();
            view.entries(folder, &UidSet::all(), &mut |entry| {
                entries.push(entry.clone());
                ControlFlow::Continue(())
            })?;
            Ok(entries)
        })
        .await
    }

    /// Everything of a folder's counters and entries that must agree.
    pub async fn check_folder(&self, folder: FolderId, count: usize) {
        let status = self.read(move |view| view.status(folder)).await;
        let entries = self.entries(folder).await;
        assert_eq!((status.exists as usize, entries.len()), (count, count));
        assert!(entries.windows(2).all(|pair| pair[0].uid < pair[1].uid));
        assert!(entries.windows(2).all(|pair| pair[0].cn_created < pair[1].cn_created));
        assert!(entries.iter().all(|entry| entry.uid.get() < status.uid_next));
        assert!(entries.iter().all(|entry| entry.modseq() <= status.content_cn));
        let octets: u64 = entries.iter().map(|entry| u64::from(entry.size)).sum();
        assert_eq!(status.octets, octets);
    }

    /// Commits while a future runs, and what it gives.
    pub async fn commits_of<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.mailbox.database().stats().commits;
        let value = work.await;
        (self.mailbox.database().stats().commits - before, value)
    }

    /// All rows of the mailbox.
    pub async fn rows(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let (from, to) = mailbox::key::mailbox_range(self.mailbox.number());
        let read = self.mailbox.database().read(move |snapshot| {
            let mut rows = BTreeMap::new();
            snapshot.range(&from, &to, store::Direction::Forward, &mut |key, row| {
                rows.insert(key.to_vec(), row.payload.to_vec());
                ControlFlow::Continue(())
            })?;
            Ok::<_, store::StoreError>(rows)
        });
        read.await.unwrap()
    }

    /// Moves all messages of a folder.
    pub async fn move_all(&self, from: FolderId, to: FolderId) -> Partly<Vec<UidPair>> {
        let uids = self.read(move |view| Ok(view.uids(from)?.to_set())).await;
        self.mailbox.move_items(from, uids, &self.mailbox, to).await
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
