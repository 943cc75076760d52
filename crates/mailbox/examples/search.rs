//! What the search index costs, and what it saves: deliveries, indexing, searches before and
//! after. Prints figures, judges nothing:
//!
//! ```text
//! cargo run --release -p mailbox --example search [DIRECTORY [MESSAGES]]
//! ```

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use content::search::Needle;
use mailbox::fulltext::{Progress, index_pass};
use mailbox::search::Criteria;
use mailbox::{Access, Flags, FolderId, Guid, Mailbox, MailboxNumber, NewItem, Special, UidSet};
use store::{Database, Options};
use tokio::task::JoinSet;

const OWNER: Guid = Guid([1; 16]);
const MESSAGE_OCTETS: usize = 4 * 1024;
const VOCABULARY: u64 = 50_000;
/// Every so many messages have the rare word.
const RARE_EVERY: usize = 50;
const WRITERS: usize = 50;
/// Searches of one kind; the first is told apart.
const ROUNDS: usize = 5;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let messages = arguments.next().map_or(20_000, |count| count.parse().unwrap());
    let directory = directory.join(format!("search-{}", std::process::id()));
    let mailbox = open(&directory).await;
    let inbox = mailbox.read(|view| Ok(view.special(Special::Inbox)?.id)).await.unwrap();
    deliver_all(&mailbox, inbox, messages).await;
    println!("database: {:.1} MB", megabytes(&directory));
    println!("-- without an index");
    search_all(&mailbox, inbox, 2).await;
    index(&mailbox, messages).await;
    println!("database: {:.1} MB", megabytes(&directory));
    println!("-- with the index");
    search_all(&mailbox, inbox, ROUNDS).await;
    drop(mailbox);
    std::fs::remove_dir_all(&directory).unwrap();
}

async fn open(directory: &Path) -> Mailbox {
    let database = Database::open(Options::sqlite(directory)).unwrap();
    let number = MailboxNumber::new(1);
    Mailbox::create(&database, number, Guid([9; 16])).await.unwrap();
    Mailbox::open(database, number, Access::Owner(OWNER))
}

/// Each message is a transaction; [`WRITERS`] wait for theirs at a time.
async fn deliver_all(mailbox: &Mailbox, inbox: FolderId, messages: usize) {
    let mut random = Random(4711);
    let texts: Vec<Vec<u8>> = (0..messages).map(|at| message(&mut random, at)).collect();
    let (start, cpu) = (Instant::now(), cpu_us());
    let mut running = JoinSet::new();
    for (at, bytes) in texts.into_iter().enumerate() {
        if running.len() == WRITERS {
            running.join_next().await;
        }
        let mailbox = mailbox.clone();
        running.spawn(async move { deliver(&mailbox, inbox, at, bytes).await });
    }
    running.join_all().await;
    println!(
        "delivered: {messages} messages, {:.0}/s, {:.0} us CPU each",
        messages as f64 / start.elapsed().as_secs_f64(),
        (cpu_us() - cpu) / messages as f64
    );
}

async fn deliver(mailbox: &Mailbox, inbox: FolderId, at: usize, bytes: Vec<u8>) {
    let item = NewItem {
        summary: content::derive(&bytes).encode().into(),
        prefix: format!("Return-Path: <sender{at}@example.org>\r\n").into_bytes(),
        flags: if at.is_multiple_of(10) { Flags::FLAGGED } else { Flags::SEEN },
        keywords: Default::default(),
        received: None,
        zone_minutes: 0,
    };
    let staged = mailbox.stage(bytes).await.unwrap();
    mailbox.write(move |change| change.append(inbox, &staged, &item)).await.unwrap();
}

/// Passes of one kind.
#[derive(Default)]
struct Passes {
    count: u32,
    cpu_us: f64,
    longest_ms: f64,
}

impl Passes {
    fn print(&self, kind: &str, messages: usize) {
        let each = self.cpu_us / messages as f64;
        let Passes { count, longest_ms, .. } = self;
        println!(
            "{kind}: {count} passes, the longest {longest_ms:.0} ms, {each:.0} us CPU a message"
        );
    }
}

async fn index(mailbox: &Mailbox, messages: usize) {
    let [mut indexed, mut merged, mut cleared] = <[Passes; 3]>::default();
    loop {
        let (start, cpu) = (Instant::now(), cpu_us());
        let kind = match index_pass(mailbox.database(), mailbox.number()).await.unwrap() {
            Progress::Indexed(_) => &mut indexed,
            Progress::Merged(_) => &mut merged,
            Progress::Cleared(_) => &mut cleared,
            Progress::UpToDate | Progress::Outrun => break,
        };
        kind.count += 1;
        kind.cpu_us += cpu_us() - cpu;
        kind.longest_ms = kind.longest_ms.max(start.elapsed().as_secs_f64() * 1e3);
    }
    for (kind, passes) in [("indexed", indexed), ("merged", merged), ("cleared", cleared)] {
        passes.print(kind, messages);
    }
    let stats = mailbox.read(|view| view.fulltext_stats()).await.unwrap();
    println!(
        "index: {} segments, {:.1} MB, {} octets a message",
        stats.segments,
        stats.octets as f64 / 1e6,
        stats.octets / messages as u64
    );
}

async fn search_all(mailbox: &Mailbox, inbox: FolderId, rounds: usize) {
    let text = |needle: &str| Criteria::Text(Needle::new(needle));
    let header = |name: &str, needle: &str| Criteria::Header(name.into(), Needle::new(needle));
    for (name, criteria) in [
        ("TEXT rare", text("zyxrare")),
        ("TEXT absent", text("nowheretobefound")),
        ("TEXT two words", text("zyxrare and")),
        ("TEXT two letters", text("qu")),
        ("BODY rare", Criteria::Body(Needle::new("zyxrare"))),
        ("NOT TEXT rare", Criteria::Not(Box::new(text("zyxrare")))),
        ("SUBJECT rare", header("Subject", "number 12345")),
        ("SUBJECT word", header("Subject", "message")),
        ("HEADER Message-ID", header("Message-ID", "<12345.4711@example.org>")),
        ("FLAGGED", Criteria::Flags(Flags::FLAGGED, true)),
    ] {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..rounds {
            let start = Instant::now();
            found = search(mailbox, inbox, criteria.clone()).await;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let repeated = times[1..].iter().copied().fold(f64::NAN, f64::min);
        println!("{name:18} {found:6} found, first {:8.2} ms, again {repeated:8.2} ms", times[0]);
    }
}

async fn search(mailbox: &Mailbox, inbox: FolderId, criteria: Criteria) -> usize {
    let search = mailbox.read(move |view| {
        let mut found = 0;
        view.search(inbox, &criteria, &UidSet::all(), &mut |_| {
            found += 1;
            ControlFlow::Continue(())
        })?;
        Ok(found)
    });
    search.await.unwrap()
}

/// A message of words whose frequencies follow Zipf's law.
fn message(random: &mut Random, at: usize) -> Vec<u8> {
    let mut text = format!(
        "Received: from mail{}.example.net ([192.0.2.{}]) by mx.example.org; id {:x}\r\n\
         Date: Mon, 7 Feb 2022 21:52:25 +0000\r\nFrom: Sender {at} <sender{at}@example.org>\r\n\
         To: user@example.org\r\nSubject: Message number {at}\r\n\
         Message-ID: <{at}.4711@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n",
        random.below(100),
        random.below(256),
        random.next(),
    );
    if at.is_multiple_of(RARE_EVERY) {
        text.push_str("zyxrare and ");
    }
    while text.len() < MESSAGE_OCTETS {
        push_word(&mut text, random.zipf(VOCABULARY));
        text.push_str(if random.below(12) == 0 { "\r\n" } else { " " });
    }
    text.into_bytes()
}

/// The word of a rank: frequent ones are short.
fn push_word(text: &mut String, rank: u64) {
    const SYLLABLES: [&str; 20] = [
        "an", "be", "co", "de", "er", "fi", "go", "ha", "in", "ka", "lo", "me", "no", "or", "pe",
        "qu", "re", "sti", "tan", "ver",
    ];
    let mut rest = rank + 1;
    while rest > 0 {
        write!(text, "{}", SYLLABLES[(rest % 20) as usize]).unwrap();
        rest /= 20;
    }
}

/// A small generator (splitmix64), the same for every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A rank below `limit`, with a probability of about one over the rank.
    fn zipf(&mut self, limit: u64) -> u64 {
        let uniform = self.next() as f64 / u64::MAX as f64;
        ((limit as f64).powf(uniform) as u64).min(limit) - 1
    }
}

/// User and system time of this process: fields 14 and 15 of `stat`, in hundredths of a second.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap() * 10_000.0).sum()
}

fn megabytes(directory: &Path) -> f64 {
    let files = std::fs::read_dir(directory).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>() as f64 / 1e6
}
