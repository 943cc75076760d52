//! Automatic replies of a running server: who gets one, once, and what survives a restart.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use config::Settings;
use content::property::{PropertyName, names};
use directory::{AcceptedDomain, DomainKind, Group, NewGroup, NewMailbox};
use mailbox::{
    Access, AutoReplyState, AutomaticReplies, AutomaticReplyTexts, ExternalAudience, Mailbox,
    MailboxNumber, Special, UidSet, View,
};
use roles::MailboxServer;
use roles::storage::{MAILBOX_DATABASE, Storage};
use tokio::time::Instant;
use transport::envelope::{NetworkMessageId, Origin, SenderCheck, Source};
use transport::outbox::{self, AutomaticReply, OutboxItem, OutboxKey};
use transport::{Envelope, InternalMessageId, Submission};
use types::limits::OUTBOX_ITEMS_READ_MAX;
use types::{Address, ReversePath, Timestamp};

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";
/// Outside, for replies: the domain is only relayed, although the mailbox is here.
const CAROL: &str = "carol@partner.test";
const DORA: &str = "dora@partner.test";
const PATIENCE: Duration = Duration::from_secs(60);

struct Site(MailboxServer);

fn settings(data: &Path) -> Settings {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let own = 100 + NEXT.fetch_add(1, Ordering::Relaxed);
    let address: IpAddr = Ipv4Addr::new(127, own, high, low).into();
    Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        ..Settings::default()
    }
}

impl Site {
    async fn start(data: &Path) -> Self {
        Site(MailboxServer::start(settings(data)).await.unwrap())
    }

    /// With alice and bob inside, carol and dora outside; alice is away.
    async fn new(data: &Path, audience: ExternalAudience) -> Self {
        let site = Site::start(data).await;
        let directory = &site.0.storage().directory;
        let partner = AcceptedDomain {
            name: "partner.test".parse().unwrap(),
            kind: DomainKind::ExternalRelay,
            match_sub_domains: false,
            catch_all: None,
        };
        directory.add_domain(partner).await.unwrap();
        for user in [ALICE, BOB, CAROL, DORA] {
            let user = Address::parse(user).unwrap();
            let new = NewMailbox::user(user, "MBX1", MAILBOX_DATABASE);
            directory.create_mailbox(new).await.unwrap();
        }
        // Mailboxes come into being with the first message.
        site.send(BOB, "To: alice@example.test", "before she left").await;
        site.set(AutoReplyState::Enabled, audience).await;
        site
    }

    fn mailbox(&self, user: &str) -> Mailbox {
        let snapshot = self.0.storage().directory.snapshot();
        let recipient = snapshot.by_address(&Address::parse(user).unwrap()).unwrap();
        let number = MailboxNumber::new(recipient.mailbox().unwrap().location.number);
        Mailbox::open(self.0.storage().mailboxes.clone(), number, Access::System)
    }

    async fn set(&self, state: AutoReplyState, audience: ExternalAudience) {
        let settings = AutomaticReplies { state, audience, ..AutomaticReplies::default() };
        let texts = AutomaticReplyTexts {
            internal: "<p>Back on <b>Monday</b>.</p>".to_owned(),
            external: "Away.".to_owned(),
        };
        let write = self.mailbox(ALICE);
        write.write(move |change| change.set_automatic_replies(settings, &texts)).await.unwrap();
    }

    async fn send(&self, from: &str, fields: &str, subject: &str) {
        self.submit(from, fields, subject, Origin::own(Source::Smtp)).await;
    }

    async fn submit(&self, from: &str, fields: &str, subject: &str, origin: Origin) {
        self.submit_to(ALICE, from, fields, subject, origin).await;
    }

    /// A message to a group, which the header names.
    async fn send_to_group(&self, group: &str, from: &str) {
        let origin = Origin::own(Source::Smtp);
        self.submit_to(group, from, &format!("To: {group}"), group, origin).await;
    }

    /// A group of one member.
    async fn group(&self, address: &str, member: &str, automatic_replies: bool) {
        let directory = &self.0.storage().directory;
        let member = directory.snapshot().by_address(&Address::parse(member).unwrap()).unwrap().id;
        let group = Group {
            members: vec![member],
            authenticated_senders_only: false,
            automatic_replies,
            ..Group::default()
        };
        let new = NewGroup {
            primary: Address::parse(address).unwrap(),
            policies: None,
            alias: None,
            display_name: String::new(),
            group,
            filter: None,
        };
        directory.create_group(new).await.unwrap();
    }

    async fn submit_to(&self, to: &str, from: &str, fields: &str, subject: &str, origin: Origin) {
        let transport = self.0.transport();
        let text = format!(
            "From: {from}\r\n{fields}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n."
        );
        let content = transport.content(text.into_bytes()).await.unwrap();
        let from = match from {
            "" => ReversePath::Null,
            from => ReversePath::Address(Address::parse(from).unwrap()),
        };
        let envelope = Envelope::new(from, [Address::parse(to).unwrap()]);
        let (id, network_id) = (transport.next_id(), NetworkMessageId::generate());
        let submission = Submission { id, network_id, envelope, origin, content };
        transport.submit(submission).await.unwrap();
    }

    async fn inbox(&self, user: &str) -> Vec<String> {
        let read = |view: &View<'_>| {
            let mut contents = Vec::new();
            view.entries(view.special(Special::Inbox)?.id, &UidSet::all(), &mut |entry| {
                contents.push(entry.content);
                ControlFlow::Continue(())
            })?;
            let text = |number| view.message(&view.content(number)?);
            contents.into_iter().map(text).collect::<Result<Vec<_>, _>>()
        };
        // Until its first message there is no mailbox.
        let messages = self.mailbox(user).read(read).await.unwrap_or_default();
        messages.into_iter().map(|message| String::from_utf8(message).unwrap()).collect()
    }

    /// The inbox when it has so many messages and no outbox has any.
    async fn replies(&self, user: &str, count: usize) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let inbox = self.inbox(user).await;
            if self.pending().await == 0 && inbox.len() >= count {
                assert_eq!(inbox.len(), count, "{user}: {inbox:#?}");
                return inbox;
            }
            assert!(Instant::now() < until, "{user} has {} instead of {count}", inbox.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn pending(&self) -> usize {
        let database = &self.0.storage().mailboxes;
        database.read(|snapshot| outbox::pending(snapshot, None, 1)).await.unwrap().len()
    }
}

const TO_ALICE: &str = "To: Alice <Alice@Example.test>";

#[tokio::test(flavor = "multi_thread")]
async fn each_sender_gets_one_reply_until_replies_are_switched_on_anew() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::All).await;
    site.send(BOB, TO_ALICE, "lunch").await;
    let replies = site.replies(BOB, 1).await;
    for part in [
        "\r\nSubject: Automatic reply: lunch\r\n",
        "\r\nAuto-Submitted: auto-replied\r\n",
        "\r\nX-Auto-Response-Suppress: All\r\n",
        "\r\nIn-Reply-To: <lunch@x>\r\n",
        "\r\nReferences: <lunch@x>\r\n",
        "\r\nTo: <bob@example.test>\r\n",
        "\r\nBack on Monday.",
        "<p>Back on <b>Monday</b>.</p>",
        "@mbx1.example.test>\r\n",
    ] {
        assert!(replies[0].contains(part), "{part}: {}", replies[0]);
    }
    assert!(replies[0].starts_with("Return-Path: <>\r\n"), "{}", replies[0]);
    assert!(replies[0].contains("\r\nFrom: ") && replies[0].contains("<alice@example.test>"));
    site.send(BOB, TO_ALICE, "again").await;
    site.replies(BOB, 1).await;
    // The same settings once more begin nothing anew.
    site.set(AutoReplyState::Enabled, ExternalAudience::All).await;
    site.send(BOB, TO_ALICE, "still").await;
    site.replies(BOB, 1).await;
    site.set(AutoReplyState::Disabled, ExternalAudience::All).await;
    site.send(BOB, TO_ALICE, "while she is back").await;
    site.replies(BOB, 1).await;
    site.set(AutoReplyState::Enabled, ExternalAudience::All).await;
    site.send(BOB, TO_ALICE, "next-leave").await;
    assert!(site.replies(BOB, 2).await[1].contains("next-leave"));
    site.0.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_outside_gets_the_other_text_if_any() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::None).await;
    site.send(CAROL, TO_ALICE, "none").await;
    site.replies(CAROL, 0).await;
    site.set(AutoReplyState::Enabled, ExternalAudience::Known).await;
    site.send(CAROL, TO_ALICE, "unknown").await;
    site.replies(CAROL, 0).await;
    add_contact(&site.mailbox(ALICE), "Carol@Partner.Test").await;
    site.send(CAROL, TO_ALICE, "known").await;
    let replies = site.replies(CAROL, 1).await;
    assert!(replies[0].contains("\r\nAway.\r\n") && !replies[0].contains("Monday"), "{replies:?}");
    site.set(AutoReplyState::Enabled, ExternalAudience::All).await;
    site.send(DORA, TO_ALICE, "anybody").await;
    site.replies(DORA, 1).await;
    site.0.stop().await;
}

/// Puts a contact with that address into the Contacts folder.
async fn add_contact(mailbox: &Mailbox, address: &str) {
    let text = b"Subject: contact\r\n\r\n".to_vec();
    let item = mailbox::NewItem {
        summary: content::derive(&text).encode().into(),
        prefix: Vec::new(),
        flags: Default::default(),
        keywords: Default::default(),
        received: None,
        zone_minutes: 0,
    };
    let staged = mailbox.stage(text).await.unwrap();
    let email: content::property::PropertyKey =
        PropertyName::id(names::PSETID_ADDRESS, names::CONTACT_EMAIL_ADDRESSES[1]).into();
    let bag: content::Bag = [(email, address)].into_iter().collect();
    let properties = mailbox.stage_properties(bag, Vec::new()).await.unwrap();
    let append = move |change: &mut mailbox::Change<'_, '_>| {
        let contacts = change.special_id(Special::Contacts);
        let uid = change.append(contacts, &staged, &item)?.uid;
        change.set_properties(contacts, mailbox::key::List::Items, uid, &properties).map(drop)
    };
    mailbox.write(append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_lists_strangers_and_blind_copies_get_none() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::All).await;
    let list = format!("{TO_ALICE}\r\nList-Id: <l.partner.test>");
    site.send(CAROL, &list, "list").await;
    site.send(CAROL, "To: everybody@example.test", "blind").await;
    site.send("", TO_ALICE, "report").await;
    site.send(ALICE, TO_ALICE, "own").await;
    site.send("l-request@partner.test", TO_ALICE, "program").await;
    let sender_check = SenderCheck::Failed;
    let forged = Origin { sender_check, ..Origin::own(Source::Smtp) };
    site.submit(CAROL, TO_ALICE, "forged", forged).await;
    // What came before this one has been decided when this one is answered.
    site.send(DORA, TO_ALICE, "person").await;
    site.replies(DORA, 1).await;
    site.replies(CAROL, 0).await;
    // Hers, and the six besides the first: no reply to herself.
    site.replies(ALICE, 8).await;
    site.0.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_group_reply_when_its_owner_wants_that() {
    const QUIET: &str = "quiet@example.test";
    const LOUD: &str = "loud@example.test";
    const MIXED: &str = "mixed@example.test";
    const ALL: &str = "all@example.test";
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::All).await;
    for (group, member, replies) in
        [(QUIET, ALICE, false), (LOUD, ALICE, true), (MIXED, QUIET, true), (ALL, LOUD, true)]
    {
        site.group(group, member, replies).await;
    }
    site.send_to_group(QUIET, DORA).await;
    site.send_to_group(MIXED, DORA).await;
    let named = format!("{TO_ALICE}, {QUIET}");
    site.submit_to(QUIET, DORA, &named, "named too", Origin::own(Source::Smtp)).await;
    let blind = "To: everybody@example.test";
    site.submit_to(LOUD, DORA, blind, "blind", Origin::own(Source::Smtp)).await;
    site.send_to_group(ALL, CAROL).await;
    let reply = site.replies(CAROL, 1).await.remove(0);
    assert!(reply.contains("Subject: Automatic reply: all@example.test\r\n"), "{reply}");
    site.send_to_group(LOUD, BOB).await;
    let reply = site.replies(BOB, 1).await.remove(0);
    assert!(reply.contains("Subject: Automatic reply: loud@example.test\r\n"), "{reply}");
    site.replies(DORA, 0).await;
    site.0.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_when_the_server_died_is_sent_once_at_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::All).await;
    site.send(BOB, TO_ALICE, "before").await;
    site.replies(BOB, 1).await;
    let number = site.mailbox(ALICE).number().get();
    site.0.stop().await;
    let storage = Storage::open(data.path(), Default::default()).await.unwrap();
    let row = |to: &str, cause| {
        let reply = AutomaticReply {
            to: Address::parse(to).unwrap(),
            subject: "due".to_owned(),
            message_id: String::new(),
            references: String::new(),
        };
        let key = OutboxKey { mailbox: number, cause: InternalMessageId::new(cause) };
        (key, OutboxItem::AutomaticReply(reply))
    };
    // bob has got his; nobody has the last mailbox.
    let (key, lost) = row(DORA, 4);
    let lost = (OutboxKey { mailbox: 99, ..key }, lost);
    // More than are read at a time, for somebody who gets one.
    let many = (0..=OUTBOX_ITEMS_READ_MAX as u64).map(|cause| row(CAROL, 100 + cause));
    let rows: Vec<_> = many.chain([row(BOB, 3), lost]).collect();
    let put = move |txn: &mut store::Txn<'_>| {
        rows.iter().try_for_each(|(key, item)| outbox::put(txn, *key, item))
    };
    storage.mailboxes.write(put).await.unwrap();
    storage.close().await;
    drop(storage);
    let site = Site::start(data.path()).await;
    assert!(site.replies(CAROL, 1).await[0].contains("Automatic reply: due"));
    site.replies(BOB, 1).await;
    site.replies(DORA, 0).await;
    site.0.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_leave_is_over_by_itself() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::new(data.path(), ExternalAudience::All).await;
    let now = site.0.storage().mailboxes.now();
    let hours = |hours: i64| Timestamp::from_secs(now.secs() + hours * 3600);
    for (start, end, replies) in
        [(hours(-2), hours(-1), 0), (hours(1), hours(2), 0), (hours(-1), hours(1), 1)]
    {
        let settings = AutomaticReplies {
            state: AutoReplyState::Scheduled,
            start,
            end,
            ..AutomaticReplies::default()
        };
        let texts = AutomaticReplyTexts { internal: "x".into(), external: "x".into() };
        let alice = site.mailbox(ALICE);
        alice.write(move |change| change.set_automatic_replies(settings, &texts)).await.unwrap();
        site.send(CAROL, TO_ALICE, "when").await;
        site.replies(CAROL, replies).await;
    }
    site.0.stop().await;
}
