//! What work on many messages costs those who wait meanwhile: how long its longest transaction
//! holds the writer, and how long deliveries take while it runs. Prints figures, judges nothing:
//!
//! ```text
//! cargo run --release -p mailbox --example bulk [DIRECTORY [MESSAGES]]
//! ```

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mailbox::{
    Access, Change, FlagChange, FlagOp, Flags, FolderId, Guid, Keywords, Mailbox, MailboxNumber,
    NewItem, Portions, Special, Uid, UidSet,
};
use store::{Bulk, Database, Options, Staged, Txn};

/// Between two deliveries of the one who waits.
const DELIVERY_EVERY: Duration = Duration::from_millis(2);

/// Folders, and a message to deliver.
struct Bench {
    mailbox: Mailbox,
    inbox: FolderId,
    staged: Staged,
    item: NewItem,
}

/// The transactions of one piece of work.
#[derive(Clone, Copy, Default)]
struct Cost {
    transactions: usize,
    longest: Duration,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let messages = arguments.next().map_or(100_000, |count| count.parse().unwrap());
    let directory = directory.join(format!("bulk-{}", std::process::id()));
    let bench = Arc::new(Bench::open(&directory).await);
    let [from, to, third] = bench.folders(["From", "To", "Third"]).await;
    bench.fill(from, messages).await;
    println!("{messages} messages");
    report(&bench, "nothing else", tokio::time::sleep(Duration::from_secs(2))).await;
    report(&bench, "COPY", bench.copy(from, third)).await;
    report(
        &bench,
        "MOVE",
        bench.each(from, move |c, uids| c.move_items(from, uids, to).unwrap().len()),
    )
    .await;
    let deleted = FlagChange { op: FlagOp::Add, flags: Flags::DELETED, keywords: Keywords::NONE };
    let store = move |c: &mut Change<'_, '_>, uids: &UidSet| {
        c.store_flags(to, uids, &deleted, None).unwrap().changed.len()
    };
    report(&bench, "STORE", bench.each(to, store)).await;
    report(
        &bench,
        "EXPUNGE",
        bench.each(to, move |c, uids| c.expunge(to, uids, true).unwrap().len() as usize),
    )
    .await;
    drop(bench);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// Runs work and prints what it cost, itself and the deliveries meanwhile.
async fn report<T: Told>(bench: &Arc<Bench>, what: &str, work: impl Future<Output = T>) {
    let over = Arc::new(AtomicBool::new(false));
    let delivering = tokio::spawn(deliver(Arc::clone(bench), Arc::clone(&over)));
    let begun = Instant::now();
    let done = work.await;
    let took = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut waits = delivering.await.unwrap();
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!(
        "{what:12} {took:9.1?} {} deliveries {}: half {:.1?}, 99 % {:.1?}, longest {:.1?}",
        done.told(),
        waits.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

trait Told {
    fn told(&self) -> String;
}

impl Told for () {
    fn told(&self) -> String {
        String::new()
    }
}

impl Told for Cost {
    fn told(&self) -> String {
        format!("transactions {}, longest {:.1?};", self.transactions, self.longest)
    }
}

/// Delivers one message after the other; gives how long each took.
async fn deliver(bench: Arc<Bench>, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut waits = Vec::new();
    while waits.is_empty() || !over.load(Ordering::Relaxed) {
        let (staged, item, inbox) = (bench.staged.clone(), bench.item.clone(), bench.inbox);
        let begun = Instant::now();
        bench.mailbox.write(move |c| c.append(inbox, &staged, &item)).await.unwrap();
        waits.push(begun.elapsed());
        tokio::time::sleep(DELIVERY_EVERY).await;
    }
    waits
}

impl Bench {
    async fn open(directory: &Path) -> Self {
        let database = Database::open(Options::sqlite(directory)).unwrap();
        let number = MailboxNumber::new(1);
        Mailbox::create(&database, number, Guid([9; 16])).await.unwrap();
        let mailbox = Mailbox::open(database, number, Access::Owner(Guid([1; 16])));
        let inbox = mailbox.read(|view| Ok(view.special(Special::Inbox)?.id)).await.unwrap();
        let message = b"Subject: hello\r\n\r\nhello\r\n".to_vec();
        let item = NewItem {
            summary: content::derive(&message).encode().into(),
            prefix: Vec::new(),
            flags: Flags::NONE,
            keywords: Keywords::NONE,
            received: None,
            zone_minutes: 0,
        };
        let staged = mailbox.stage(message).await.unwrap();
        Bench { mailbox, inbox, staged, item }
    }

    async fn folders<const N: usize>(&self, names: [&'static str; N]) -> [FolderId; N] {
        let make = move |c: &mut Change<'_, '_>| {
            names.iter().map(|name| Ok(c.create_path(&[name])?.id)).collect::<Result<Vec<_>, _>>()
        };
        self.mailbox.write(make).await.unwrap().try_into().unwrap()
    }

    /// A tenth by APPEND, the rest as copies of them.
    async fn fill(&self, folder: FolderId, messages: usize) {
        let (some, step) = (messages / 10, 500);
        for _ in 0..some / step {
            let (staged, item) = (self.staged.clone(), self.item.clone());
            let append = move |c: &mut Change<'_, '_>| {
                (0..step).try_for_each(|_| c.append(folder, &staged, &item).map(drop))
            };
            self.mailbox.write(append).await.unwrap();
        }
        let uids: UidSet = (1..=some as u32).map(Uid::new).collect();
        for _ in 1..10 {
            let uids = uids.clone();
            self.mailbox.copy_items(folder, uids, &self.mailbox, folder, false).await.unwrap();
        }
    }

    /// All messages of a folder, in slices as commands do it, each timed on the writer.
    async fn each(
        &self,
        folder: FolderId,
        step: impl Fn(&mut Change<'_, '_>, &UidSet) -> usize + Copy + Send + 'static,
    ) -> Cost {
        let uids = self.mailbox.read(move |view| Ok(view.uids(folder)?.to_set())).await.unwrap();
        let (mut portions, mut cost) = (Portions::new(uids), Cost::default());
        while !portions.is_done() {
            let before = portions.clone();
            let slice = self.slice(move |change| {
                let mut left = before.clone();
                while let Some(uids) = left.next(change) {
                    step(change, &uids);
                }
                left
            });
            let (took, left) = slice.await;
            cost.add(took);
            portions = left;
        }
        cost
    }

    async fn copy(&self, from: FolderId, to: FolderId) -> Cost {
        let (took, intent) = self.slice(move |c| c.begin_intent(to, Some(from)).unwrap()).await;
        let mut cost =
            self.each(from, move |c, uids| c.stage_copies(intent, from, uids).unwrap().len()).await;
        cost.add(took);
        let (took, _) = self.slice(move |c| c.publish(intent).unwrap()).await;
        println!("the transaction that shows the copies: {took:.1?}");
        cost.add(took);
        cost
    }

    /// One slice of the bulk lane, and how long its function ran.
    async fn slice<T: Send + 'static>(
        &self,
        mut function: impl FnMut(&mut Change<'_, '_>) -> T + Send + 'static,
    ) -> (Duration, T) {
        let (number, access) = (self.mailbox.number(), self.mailbox.access());
        let slice = move |txn: &mut Txn<'_>| {
            let begun = Instant::now();
            let mut change = Change::begin(txn, number, access)?;
            let value = function(&mut change);
            change.finish()?;
            Ok::<_, mailbox::Fault>(Bulk::Done((begun.elapsed(), value)))
        };
        self.mailbox.database().write_bulk(slice).await.unwrap()
    }
}

impl Cost {
    fn add(&mut self, took: Duration) {
        self.transactions += 1;
        self.longest = self.longest.max(took);
    }
}
