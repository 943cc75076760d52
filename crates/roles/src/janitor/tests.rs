#![allow(clippy::unwrap_used)]
//! The janitor over mailboxes in memory, under a clock that the test moves.

use std::ops::ControlFlow;
use std::time::Duration;

use auth::{RecipientId, VerifierOptions};
use directory::{AcceptedDomain, DomainKind, NewMailbox, Quotas};
use mailbox::{FolderId, Guid, NewItem, QuotaThreshold, Special, UidSet};
use net::ShutdownTrigger;
use store::{Options, Read};
use types::time::ManualClock;
use types::{Address, Clock, Timestamp};

use super::*;
use crate::homes;

const DAY: Duration = Duration::from_secs(86_400);
/// Large against a message about a quota, which counts as any other.
const MESSAGE_OCTETS: usize = 10_000;

fn message() -> Vec<u8> {
    let head = "Subject: m\r\n\r\n";
    format!("{head}{}\r\n", "x".repeat(MESSAGE_OCTETS - head.len() - 2)).into_bytes()
}

/// Mailboxes of an organization, and who looks after them.
struct Site {
    janitor: Janitor,
    clock: ManualClock,
    shutdown: (ShutdownTrigger, Shutdown),
}

impl Site {
    async fn new(users: &[&str]) -> Site {
        // Noon: far from the time of notification.
        let clock = ManualClock::new(Timestamp::from_secs(1_700_049_600));
        let database = Database::open(Options::memory().with_clock(Arc::new(clock.clone())));
        let rows = Database::open(Options::memory()).unwrap();
        let directory = Directory::open(rows.clone(), VerifierOptions::default()).await.unwrap();
        let name = Domain::parse("example.test").unwrap();
        let kind = DomainKind::Authoritative;
        let domain =
            AcceptedDomain { name: name.clone(), kind, match_sub_domains: false, catch_all: None };
        directory.add_domain(domain).await.unwrap();
        let storage = Storage { mailboxes: database.unwrap(), directory_rows: rows, directory };
        let janitor = Janitor::new(&storage, &MailboxDatabase::default(), name);
        let site = Site { janitor, clock, shutdown: Shutdown::new() };
        for user in users {
            site.create(user).await;
        }
        site
    }

    /// A user whose mailbox has been used.
    async fn create(&self, user: &str) {
        let address = Address::parse(&format!("{user}@example.test")).unwrap();
        let new = NewMailbox::user(address, "MBX1", "Mailbox Database");
        let directory = &self.janitor.directory;
        let id = directory.create_mailbox(new).await.unwrap();
        let owner = directory.snapshot().recipient(id).unwrap().clone();
        let settings = owner.mailbox().unwrap();
        let number = MailboxNumber::new(settings.location.number);
        let policy = self.janitor.defaults.policy(settings);
        let create = move |txn: &mut Txn<'_>| homes::create(txn, number, Guid(id.0), policy);
        self.janitor.database.write(create).await.unwrap();
    }

    fn id(&self, user: &str) -> RecipientId {
        self.janitor.directory.snapshot().by_alias(user).unwrap().id
    }

    fn mailbox(&self, user: &str) -> Mailbox {
        let snapshot = self.janitor.directory.snapshot();
        self.janitor.mailbox(snapshot.by_alias(user).unwrap().mailbox().unwrap())
    }

    /// Gives a user limits of its own.
    async fn limit(&self, user: &str, quotas: Quotas) {
        let edit = move |recipient: &mut Recipient| {
            let mailbox = recipient.mailbox_mut().unwrap();
            (mailbox.quotas, mailbox.use_database_quota_defaults) = (quotas, false);
        };
        self.janitor.directory.update(self.id(user), edit).await.unwrap();
        self.janitor.apply_policies(None, &self.shutdown.1).await;
    }

    /// Puts messages into the Inbox.
    async fn fill(&self, user: &str, count: usize) {
        let mailbox = self.mailbox(user);
        let staged = mailbox.stage(message()).await.unwrap();
        let item = NewItem {
            summary: content::derive(&message()).encode().into(),
            prefix: Vec::new(),
            flags: Default::default(),
            keywords: Default::default(),
            received: None,
            zone_minutes: 0,
        };
        let fill = move |change: &mut Change<'_, '_>| {
            let inbox = change.special_id(Special::Inbox);
            (0..count).try_for_each(|_| change.append(inbox, &staged, &item).map(drop))
        };
        mailbox.write(fill).await.unwrap();
    }

    async fn notify(&self) {
        self.janitor.notify_all(&self.shutdown.1).await;
    }

    async fn round(&self) {
        self.janitor.round(&self.shutdown.1).await;
    }

    /// The messages of a user's folder, as text, in UID order.
    async fn messages(&self, user: &str, special: Special) -> Vec<String> {
        let read = move |view: &mailbox::View<'_>| {
            let folder: FolderId = view.special(special)?.id;
            let mut contents = Vec::new();
            view.entries(folder, &UidSet::all(), &mut |entry| {
                contents.push(entry.content);
                ControlFlow::Continue(())
            })?;
            let text = |number| {
                let message = view.message(&view.content(number)?)?;
                Ok(String::from_utf8(message).unwrap())
            };
            contents.into_iter().map(text).collect()
        };
        self.mailbox(user).read(read).await.unwrap()
    }

    /// The subjects of the messages about quotas.
    async fn notices(&self, user: &str) -> Vec<String> {
        let messages = self.messages(user, Special::Inbox).await;
        let notices = messages.iter().filter(|message| message.contains("Auto-Submitted"));
        let subject = |message: &String| {
            let line = message.lines().find_map(|line| line.strip_prefix("Subject: "));
            line.unwrap().to_owned()
        };
        notices.map(subject).collect()
    }
}

/// Limits in messages.
fn quotas(warn: u64, prohibit_send: u64, prohibit_send_receive: u64) -> Quotas {
    let octets = |messages: u64| Some(messages * MESSAGE_OCTETS as u64);
    Quotas {
        warn: octets(warn),
        prohibit_send: octets(prohibit_send),
        prohibit_send_receive: octets(prohibit_send_receive),
    }
}

#[tokio::test]
async fn an_owner_is_told_once_a_day_of_the_severest_limit() {
    let site = Site::new(&["alice", "bob"]).await;
    site.limit("alice", quotas(80, 100, 1000)).await;
    site.notify().await;
    assert_eq!(site.notices("alice").await.len(), 0);
    site.fill("alice", 90).await;
    site.notify().await;
    site.notify().await;
    assert_eq!(site.notices("alice").await, ["Your mailbox is almost full"]);
    site.fill("alice", 10).await;
    site.notify().await;
    assert_eq!(site.notices("alice").await[1..], ["Your mailbox is full: you cannot send mail"]);
    site.clock.advance(DAY);
    site.notify().await;
    assert_eq!(site.notices("alice").await.len(), 3);
    assert_eq!(site.notices("bob").await.len(), 0);
}

#[tokio::test]
async fn a_full_mailbox_takes_the_message_and_stays_full() {
    let site = Site::new(&["alice"]).await;
    site.limit("alice", quotas(8, 9, 10)).await;
    site.fill("alice", 10).await;
    site.notify().await;
    let subject = "Your mailbox is full: you cannot send or receive mail";
    assert_eq!(site.notices("alice").await, [subject]);
    let text = site.messages("alice", Special::Inbox).await.pop().unwrap();
    for part in ["Return-Path: <>\r\n", "To: <alice@example.test>\r\n", "in 10 items", "\r\n\r\n"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let quota = site.mailbox("alice").read(|view| view.quota()).await.unwrap();
    assert_eq!(quota.reached(), Some(QuotaThreshold::ProhibitSendReceive));
}

#[tokio::test]
async fn a_restart_does_not_repeat_a_message() {
    let site = Site::new(&["alice"]).await;
    site.limit("alice", quotas(8, 9, 10)).await;
    site.fill("alice", 10).await;
    for _ in 0..3 {
        let (trigger, shutdown) = Shutdown::new();
        let janitor = site.janitor.clone();
        let running = tokio::spawn(async move { janitor.notify_of_quotas(&shutdown).await });
        let watch = async {
            while site.notices("alice").await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        watch.await;
        trigger.shut_down();
        running.await.unwrap();
    }
    assert_eq!(site.notices("alice").await.len(), 1);
}

#[tokio::test]
async fn days_begin_at_the_time_of_notification_and_a_wrong_clock_does_no_harm() {
    let site = Site::new(&[]).await;
    let day = 86_400;
    let one_o_clock = 20_000 * day + 3600;
    let due = |told, now| site.janitor.is_due(told, now);
    assert!(due(0, one_o_clock));
    assert!(due(one_o_clock - 1, one_o_clock));
    assert!(!due(one_o_clock, one_o_clock + day - 1));
    assert!(due(one_o_clock, one_o_clock + day));
    assert!(!due(one_o_clock, one_o_clock - 1), "a small step back");
    assert!(!due(one_o_clock, one_o_clock - day), "a day back");
    assert!(due(one_o_clock, one_o_clock - day - 1), "told by a clock that was far ahead");
}

#[tokio::test]
async fn a_change_of_quota_reaches_the_mailbox_at_once() {
    let site = Site::new(&["alice", "bob"]).await;
    let (trigger, shutdown) = Shutdown::new();
    let janitor = site.janitor.clone();
    let following = tokio::spawn(async move { janitor.follow_policies(&shutdown).await });
    for limit in [1000, 2000] {
        let edit = move |recipient: &mut Recipient| {
            let mailbox = recipient.mailbox_mut().unwrap();
            mailbox.use_database_quota_defaults = false;
            mailbox.quotas.prohibit_send_receive = Some(limit);
            mailbox.recoverable_items.retention_secs = Some(limit);
        };
        site.janitor.directory.update(site.id("alice"), edit).await.unwrap();
        let read = |view: &mailbox::View<'_>| {
            let limit = view.quota()?.limits.prohibit_send_receive;
            Ok((limit, view.retention()?.deleted_item_secs))
        };
        while site.mailbox("alice").read(read).await.unwrap() != (Some(limit), limit) {
            tokio::task::yield_now().await;
        }
    }
    let others = site.mailbox("bob").read(|view| view.quota()).await.unwrap().limits;
    assert_eq!(others.prohibit_send_receive, Some(2_469_396_480), "what the database says");
    trigger.shut_down();
    following.await.unwrap();
}

#[tokio::test]
async fn a_round_deletes_what_has_expired_in_every_mailbox() {
    let users = ["a", "b", "c", "d"];
    let site = Site::new(&users).await;
    for user in users {
        site.fill(user, 300).await;
        let expunge = |change: &mut Change<'_, '_>| {
            change.expunge(change.special_id(Special::Inbox), &UidSet::all(), false).map(drop)
        };
        site.mailbox(user).write(expunge).await.unwrap();
    }
    site.round().await;
    assert_eq!(site.messages("a", Special::Deletions).await.len(), 300);
    site.clock.advance(15 * DAY);
    site.round().await;
    for user in users {
        assert_eq!(site.messages(user, Special::Deletions).await.len(), 0);
        let left = site.mailbox(user).read(|view| Ok(view.counters()?.unreferenced)).await;
        assert_eq!(left.unwrap(), 0);
    }
}

/// Expunges all of a user's Inbox.
async fn expunge(site: &Site, user: &str) {
    let expunge = |change: &mut Change<'_, '_>| {
        change.expunge(change.special_id(Special::Inbox), &UidSet::all(), false).map(drop)
    };
    site.mailbox(user).write(expunge).await.unwrap();
}

#[tokio::test]
async fn a_start_under_a_clock_far_ahead_deletes_nothing() {
    let site = Site::new(&["alice"]).await;
    let (shutdown, passed) = (&site.shutdown.1, Instant::now());
    site.fill("alice", 3).await;
    expunge(&site, "alice").await;
    let right = site.clock.now();
    let kept = async || site.messages("alice", Special::Deletions).await.len();
    site.janitor.round_if_trusted(&mut ClockGuard::default(), passed, shutdown).await;
    site.clock.advance(1000 * DAY);
    // Two starts: the second does not take the first one's clock for granted.
    for _ in 0..2 {
        site.janitor.round_if_trusted(&mut ClockGuard::default(), passed, shutdown).await;
        assert_eq!(kept().await, 3);
    }
    site.clock.set(right.plus(DAY));
    site.janitor.round_if_trusted(&mut ClockGuard::default(), passed, shutdown).await;
    assert_eq!(kept().await, 3);
    // A clock that has been so for a day is believed.
    site.clock.advance(1000 * DAY);
    let mut clock = ClockGuard::default();
    site.janitor.round_if_trusted(&mut clock, passed, shutdown).await;
    assert_eq!(kept().await, 3);
    site.clock.advance(DAY);
    site.janitor.round_if_trusted(&mut clock, passed + DAY, shutdown).await;
    assert_eq!(kept().await, 0);
}

#[tokio::test]
async fn a_round_that_finds_nothing_to_do_writes_nothing() {
    let site = Site::new(&["alice"]).await;
    site.fill("alice", 3).await;
    site.round().await;
    let before = site.janitor.database.stats().functions;
    site.round().await;
    let after = site.janitor.database.stats().functions;
    assert!(after - before <= 2, "{} writes", after - before);
}

#[tokio::test]
async fn an_interrupted_round_is_finished_by_the_next() {
    let site = Site::new(&["alice"]).await;
    site.fill("alice", 500).await;
    let expunge = |change: &mut Change<'_, '_>| {
        change.expunge(change.special_id(Special::Inbox), &UidSet::all(), false).map(drop)
    };
    let mailbox = site.mailbox("alice");
    mailbox.write(expunge).await.unwrap();
    site.clock.advance(15 * DAY);
    let (trigger, shutdown) = Shutdown::new();
    trigger.shut_down();
    purge_expired(&mailbox, &shutdown).await.unwrap();
    assert_eq!(site.messages("alice", Special::Deletions).await.len(), 300);
    mailbox.sweep_contents(|| false).await.unwrap();
    site.round().await;
    assert_eq!(site.messages("alice", Special::Deletions).await.len(), 0);
    let left = mailbox.read(|view| Ok(view.counters()?.unreferenced)).await;
    assert_eq!(left.unwrap(), 0);
}

#[tokio::test]
async fn a_round_empties_deleted_folders() {
    let site = Site::new(&["alice"]).await;
    let mailbox = site.mailbox("alice");
    site.fill("alice", 2000).await;
    // More than one transaction takes; nobody goes on after this one, as after a kill.
    let delete = |change: &mut Change<'_, '_>| {
        let folder = change.create_path(&["Work"])?.id;
        change.move_items(change.special_id(Special::Inbox), &UidSet::all(), folder)?;
        change.delete_folder(folder)
    };
    assert!(!mailbox.write(delete).await.unwrap());
    assert_eq!(site.messages("alice", Special::Deletions).await.len(), 0);
    site.round().await;
    assert_eq!(site.messages("alice", Special::Deletions).await.len(), 2000);
    assert_eq!(mailbox.read(|view| view.folder_to_empty()).await.unwrap(), None);
}

#[tokio::test]
async fn a_round_deletes_intents_that_nobody_goes_on_with() {
    let site = Site::new(&["alice"]).await;
    let mailbox = site.mailbox("alice");
    site.fill("alice", 2000).await;
    let stage = |change: &mut Change<'_, '_>| {
        let inbox = change.special_id(Special::Inbox);
        let intent = change.begin_intent(inbox, Some(inbox))?;
        change.stage_copies(intent, inbox, &UidSet::all()).map(drop)
    };
    mailbox.write(stage).await.unwrap();
    let now = site.clock.now();
    let staged = async || mailbox.read(|view| Ok(view.quota()?.staged_octets)).await.unwrap();
    assert_eq!(staged().await, 2000 * MESSAGE_OCTETS as u64);
    site.round().await;
    assert_eq!(staged().await, 2000 * MESSAGE_OCTETS as u64, "somebody may still come");
    site.clock.advance(2 * DAY);
    site.round().await;
    assert_eq!(staged().await, 0);
    let later = now.plus(100 * DAY);
    assert_eq!(mailbox.read(move |view| view.forgotten_intent(later)).await.unwrap(), None);
    assert_eq!(site.messages("alice", Special::Inbox).await.len(), 2000);
}

#[tokio::test]
async fn a_round_finishes_renaming_an_inbox() {
    let site = Site::new(&["alice"]).await;
    let mailbox = site.mailbox("alice");
    site.fill("alice", 2000).await;
    let rename = |change: &mut Change<'_, '_>| {
        change.rename_inbox(change.special_id(Special::Root), "Old").map(|folder| folder.id)
    };
    let folder = mailbox.write(rename).await.unwrap();
    site.fill("alice", 1).await;
    let count = async |id| mailbox.read(move |view| Ok(view.status(id)?.exists)).await.unwrap();
    assert_eq!(count(folder).await, 0);
    site.round().await;
    assert_eq!(count(folder).await, 2000);
    assert_eq!(site.messages("alice", Special::Inbox).await.len(), 1);
}

/// Since when a mailbox is noted as disconnected; none when it is gone.
async fn disconnected(site: &Site, number: MailboxNumber) -> Option<Option<u64>> {
    let read = |snapshot: &Snapshot| mailbox::residents(snapshot, MailboxNumber::new(0), 10);
    let all = site.janitor.database.read(read).await.unwrap();
    all.iter().find(|one| one.number == number).map(|one| one.disconnected)
}

#[tokio::test]
async fn a_removed_mailbox_is_erased_after_mailbox_retention() {
    let site = Site::new(&["alice", "bob"]).await;
    let (alice, bob) = (site.mailbox("alice"), site.mailbox("bob"));
    site.fill("alice", 600).await;
    site.fill("bob", 3).await;
    let first = |view: &mailbox::View<'_>| {
        let entry = view.entry(view.special(Special::Inbox)?.id, mailbox::Uid::new(1))?;
        Ok(view.content(entry.unwrap().content)?.blob)
    };
    let blob = alice.read(first).await.unwrap();
    site.round().await;
    assert_eq!(disconnected(&site, alice.number()).await, Some(None));
    site.janitor.directory.remove(site.id("alice")).await.unwrap();
    site.round().await;
    let since = site.clock.now().secs() as u64;
    assert_eq!(disconnected(&site, alice.number()).await, Some(Some(since)));
    site.clock.advance(29 * DAY);
    site.round().await;
    let kept = alice.read(|view| Ok(view.counters()?.items)).await;
    assert_eq!(kept.unwrap(), 600, "it could be connected again");
    site.clock.advance(DAY);
    site.round().await;
    assert_eq!(disconnected(&site, alice.number()).await, None);
    assert!(site.janitor.database.snapshot().unwrap().blob_len(blob).is_err());
    assert_eq!(disconnected(&site, bob.number()).await, Some(None));
    assert_eq!(site.messages("bob", Special::Inbox).await.len(), 3);
}

#[tokio::test]
async fn what_was_noted_of_a_mailbox_that_has_an_owner_is_forgotten() {
    let site = Site::new(&["alice"]).await;
    let (alice, long_ago) = (site.mailbox("alice"), Timestamp::from_secs(1));
    alice.write(move |change| change.set_disconnected(Some(long_ago))).await.unwrap();
    site.round().await;
    assert_eq!(disconnected(&site, alice.number()).await, Some(None));
}

#[tokio::test]
async fn a_note_of_a_clock_that_was_ahead_is_made_again() {
    let site = Site::new(&["alice"]).await;
    let alice = site.mailbox("alice");
    let ahead = site.clock.now().plus(1000 * DAY);
    alice.write(move |change| change.set_disconnected(Some(ahead))).await.unwrap();
    site.janitor.directory.remove(site.id("alice")).await.unwrap();
    site.round().await;
    let now = site.clock.now().secs() as u64;
    assert_eq!(disconnected(&site, alice.number()).await, Some(Some(now)));
}
