//! Submission as a whole: what is delivered, queued, refused and reported in one commit.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{address, envelope, server, set};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::Read;
use transport::tracking::EventId;
use transport::*;
use types::limits::{
    COPY_RECIPIENTS_MAX, EXPANDED_RECIPIENTS_MAX, FAST_PATH_RECIPIENTS_MAX, FORWARD_HOPS_MAX,
    LOCAL_SLICE_RECIPIENTS_MAX, PART_RECIPIENTS_MAX, QUEUE_ROWS_RESERVE_OCTETS,
    REPORT_ENCLOSED_OCTETS_MAX, TRANSACTION_OCTETS_MAX,
};
use types::{Notify, Return, ReversePath};

#[tokio::test]
async fn local_and_remote_recipients_share_one_commit() {
    let mut server = server().await;
    let before = server.database.stats().functions;
    let to = ["bob@example.test", "carol@far.test", "dave@far.test", "eve@other.test"];
    let accepted = server.submit(envelope("alice@example.test", &to)).await.unwrap();
    assert_eq!(server.database.stats().functions - before, 1, "one write function");
    assert_eq!((accepted.delivered, accepted.queued), (1, 3));
    assert_eq!(accepted.message_id, "<1@example.test>");
    let bob = server.mailbox(2);
    assert_eq!(bob.len(), 1);
    assert!(bob[0].starts_with(
        "Return-Path: <alice@example.test>\r\nDelivered-To: bob@example.test\r\nFrom:"
    ));
    assert!(bob[0].ends_with("the body\r\n"));
    assert_eq!(server.queues().await.len(), 2, "one queue per next hop");
    server.settle().await;
    let mut sent = server.sent();
    sent.sort();
    assert_eq!(sent, [vec!["carol@far.test", "dave@far.test"], vec!["eve@other.test"]]);
    assert_eq!(server.queue_rows(), 0);
    assert_eq!(server.tracked(EventId::Deliver), ["bob@example.test"]);
    assert_eq!(server.tracked(EventId::Send).len(), 3);
    assert_eq!(server.tracked(EventId::Receive).len(), 4);
}

#[tokio::test]
async fn rcpt_is_judged_before_acceptance() {
    let server = server().await;
    let mut full = LocalMailbox::new(7, address("full@example.test"));
    full.over_quota = true;
    server.directory.set("full@example.test", Resolved::Mailbox(full));
    let mut small = LocalMailbox::new(8, address("small@example.test"));
    small.max_receive_octets = Some(10);
    small.require_sender_authentication = true;
    server.directory.set("small@example.test", Resolved::Mailbox(small));
    server.directory.set("two@example.test", Resolved::Ambiguous);
    server.directory.set("wait@example.test", Resolved::Unavailable);
    let stranger =
        RecipientRights { accept_any_recipient: false, authenticated: false, octets: Some(11) };
    let user =
        RecipientRights { accept_any_recipient: true, authenticated: true, octets: Some(11) };
    let from = address("a@far.test");
    for (who, to_stranger, to_user) in [
        ("bob@example.test", "", ""),
        ("nobody@example.test", "5.1.1", "5.1.1"),
        ("a@far.test", "5.7.54", ""),
        ("a@relay.test", "", ""),
        ("full@example.test", "5.2.2", "5.2.2"),
        ("small@example.test", "5.7.1", "5.2.3"),
        ("two@example.test", "5.1.4", "5.1.4"),
        ("wait@example.test", "4.3.0", "4.3.0"),
    ] {
        for (rights, expected) in [(stranger, to_stranger), (user, to_user)] {
            let checked = server.transport.check_recipient(&address(who), Some(&from), rights);
            let status = match checked {
                Ok(()) => String::new(),
                Err(Refused(reply)) => reply.status.to_string(),
            };
            assert_eq!(status, expected, "{who} {rights:?}");
        }
    }
}

#[tokio::test]
async fn a_message_is_refused_whole_and_leaves_nothing() {
    let server = server().await;
    server.directory.set("wait@example.test", Resolved::Unavailable);
    for (to, status) in [(&["bob@example.test", "wait@example.test"][..], "4.3.0"), (&[], "5.5.1")]
    {
        let Refused(reply) = server.submit(envelope("alice@example.test", to)).await.unwrap_err();
        assert_eq!(reply.status.to_string(), status);
    }
    assert_eq!((server.mailbox(2).len(), server.queue_rows()), (0, 0));
}

#[tokio::test]
async fn groups_expand_once_whatever_their_loops() {
    let server = server().await;
    let nested = ["bob@example.test", "all@example.test", "x@far.test", "ALICE@example.test"];
    server.directory.group(
        "all@example.test",
        &["team@example.test", "bob@example.test"],
        GroupReports::Originator,
    );
    server.directory.group("team@example.test", &nested, GroupReports::Originator);
    let to = ["all@example.test", "bob@example.test"];
    let accepted = server.submit(envelope("alice@example.test", &to)).await.unwrap();
    assert_eq!((accepted.delivered, accepted.queued), (2, 1));
    assert_eq!((server.mailbox(1).len(), server.mailbox(2).len()), (1, 1));
    assert_eq!(server.tracked(EventId::Expand), ["all@example.test", "team@example.test"]);
    assert_eq!(server.tracked(EventId::DuplicateExpand).len(), 3);
}

#[tokio::test]
async fn a_forwarding_loop_is_one_failure_report() {
    let server = server().await;
    server.directory.forward("a@example.test", "b@example.test");
    server.directory.forward("b@example.test", "a@example.test");
    server
        .submit(envelope("alice@example.test", &["a@example.test", "b@example.test"]))
        .await
        .unwrap();
    let reports = server.mailbox(1);
    assert_eq!(reports.len(), 1, "both recipients in one report");
    assert_eq!(reports[0].matches("Status: 5.4.6").count(), 2);
    for original in ["rfc822; a@example.test", "rfc822; b@example.test"] {
        assert!(
            reports[0].contains(&format!("Original-Recipient: {original}\r\n")),
            "{}",
            reports[0]
        );
    }
}

#[tokio::test]
async fn a_chain_of_forwards_has_a_longest() {
    let server = server().await;
    for (number, hops) in [FORWARD_HOPS_MAX, FORWARD_HOPS_MAX + 1].into_iter().enumerate() {
        let name = |hop: usize| match hop == hops {
            true => "bob@example.test".to_owned(),
            false => format!("f{number}-{hop}@example.test"),
        };
        for hop in 0..hops {
            server.directory.forward(&name(hop), &name(hop + 1));
        }
        server.submit(envelope("alice@example.test", &[&name(0)])).await.unwrap();
        assert_eq!((server.mailbox(2).len(), server.mailbox(1).len()), (1, number));
    }
    assert!(server.mailbox(1)[0].contains("Status: 5.4.6"));
}

#[tokio::test]
async fn a_message_reaches_so_many_and_no_more() {
    let server = server().await;
    let members: Vec<String> =
        (0..=EXPANDED_RECIPIENTS_MAX).map(|n| format!("m{n}@a.test")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let to_all = || envelope("alice@example.test", &["all@example.test"]);
    server.directory.group("all@example.test", &members[1..], GroupReports::Originator);
    let accepted = server.submit(to_all()).await.unwrap();
    assert_eq!(accepted.queued, EXPANDED_RECIPIENTS_MAX);
    server.directory.group("all@example.test", &members, GroupReports::Originator);
    let Refused(reply) = server.submit(to_all()).await.unwrap_err();
    assert!(reply.text.contains("RESOLVER.GRP.TooLarge"), "{reply:?}");
}

#[tokio::test]
async fn reports_enclose_messages_of_a_bearable_size() {
    let server = server().await;
    for (extra, enclosed) in [(0, true), (1, false)] {
        let mut text = b"Subject: hello\r\n\r\n".to_vec();
        text.resize(REPORT_ENCLOSED_OCTETS_MAX as usize - 2 + extra, b'x');
        text.extend(b"\r\n");
        let (id, network_id) = (server.transport.next_id(), NetworkMessageId::generate());
        let content = server.transport.content(text).await.unwrap();
        let envelope = envelope("alice@example.test", &["nobody@example.test"]);
        let origin = Origin::own(Source::StoreDriver);
        let submission = Submission { id, network_id, envelope, origin, content };
        server.transport.submit(submission).await.unwrap();
        let report = server.mailbox(1).pop().unwrap();
        assert_eq!(report.contains("xxx"), enclosed);
    }
}

#[tokio::test]
async fn forwarding_and_proxy_addresses() {
    let mut server = server().await;
    server.directory.forward("contact@example.test", "real@far.test");
    server.directory.set(
        "bobby@example.test",
        Resolved::Mailbox(LocalMailbox::new(2, address("bob@example.test"))),
    );
    let mut carol = LocalMailbox::new(3, address("carol@example.test"));
    carol.also_forward_to = Some(address("carol@home.test"));
    server.directory.set("carol@example.test", Resolved::Mailbox(carol));
    let to = ["contact@example.test", "bobby@example.test", "carol@example.test"];
    server.submit(envelope("alice@example.test", &to)).await.unwrap();
    server.settle().await;
    assert!(server.mailbox(2)[0].contains("Delivered-To: bob@example.test\r\n"));
    assert_eq!(server.mailbox(3).len(), 1);
    let sent: std::collections::HashSet<String> = server.sent().concat().into_iter().collect();
    assert_eq!(sent, set(&["real@far.test", "carol@home.test"]));
    let seen = server.world.seen.lock().unwrap();
    let all = seen.iter().flat_map(|seen| &seen.messages).flat_map(|m| &m.envelope.recipients);
    let originals: std::collections::HashSet<String> =
        all.map(|r| r.original.clone().unwrap().address).collect();
    assert_eq!(originals, set(&["contact@example.test", "carol@example.test"]));
}

#[tokio::test]
async fn no_connector_is_a_routing_report() {
    let server = server().await;
    server.transport.set_routes(RoutingTable::default());
    let accepted = server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    assert_eq!((accepted.delivered, accepted.queued), (0, 0));
    let report = &server.mailbox(1)[0];
    for line in [
        "Return-Path: <>\r\n",
        "Subject: Undeliverable: hello\r\n",
        "Status: 5.4.4\r\n",
        "Diagnostic-Code: smtp; 550 5.4.4 ROUTING.RouteNotFound; no Send connector takes mail for far.test\r\n",
        "Content-Type: message/rfc822\r\n",
        "the body\r\n",
    ] {
        assert!(report.contains(line), "{line} in {report}");
    }
}

#[tokio::test]
async fn null_senders_and_forged_strangers_are_never_answered() {
    let mut server = server().await;
    server.transport.set_routes(RoutingTable::default());
    server.submit(envelope("<>", &["x@far.test", "nobody@example.test"])).await.unwrap();
    let mut forged = Origin::own(Source::Smtp);
    forged.sender_check = SenderCheck::Failed;
    server
        .submit_from(forged, envelope("alice@example.test", &["nobody@example.test"]))
        .await
        .unwrap();
    server.settle().await;
    assert_eq!((server.mailbox(1).len(), server.queue_rows()), (0, 0));
    assert_eq!(server.tracked(EventId::Fail).len(), 3);
    assert_eq!(server.tracked(EventId::Dsn).len(), 0);
}

#[tokio::test]
async fn notify_never_and_success() {
    let server = server().await;
    let mut mail = envelope(
        "alice@example.test",
        &["nobody@example.test", "bob@example.test", "team@example.test"],
    );
    server.directory.group("team@example.test", &["x@far.test"], GroupReports::Originator);
    mail.recipients[0].notify = Some(Notify::NEVER);
    let success = Notify { success: true, ..Notify::NEVER };
    mail.recipients[1].notify = Some(success);
    mail.recipients[2].notify = Some(success);
    mail.envelope_id = Some("E1".into());
    server.submit(mail).await.unwrap();
    let reports = server.mailbox(1);
    let subjects: Vec<_> =
        reports.iter().map(|r| r.lines().find(|l| l.starts_with("Subject:")).unwrap()).collect();
    assert_eq!(subjects, ["Subject: Delivered: hello", "Subject: Expanded: hello"]);
    assert!(reports[0].contains("Original-Envelope-Id: E1\r\n"));
    assert!(reports[0].contains(
        "Final-Recipient: rfc822; bob@example.test\r\nAction: delivered\r\nStatus: 2.1.5\r\n"
    ));
    assert!(reports[0].contains("text/rfc822-headers"), "success reports enclose the header");
}

#[tokio::test]
async fn the_manager_of_a_group_gets_its_failures() {
    let server = server().await;
    let members = ["bob@example.test", "gone@example.test"];
    server.directory.group(
        "team@example.test",
        &members,
        GroupReports::Manager(address("bob@example.test")),
    );
    server.directory.group("quiet@example.test", &["gone@example.test"], GroupReports::Nobody);
    server
        .submit(envelope("alice@example.test", &["team@example.test", "quiet@example.test"]))
        .await
        .unwrap();
    assert_eq!(server.mailbox(1).len(), 0);
    let bob = server.mailbox(2);
    assert!(bob[0].starts_with("Return-Path: <bob@example.test>\r\n"), "bifurcated: {}", bob[0]);
    assert_eq!(bob.len(), 2);
    assert!(bob[1].contains("Undeliverable"));
}

#[tokio::test]
async fn reports_to_groups_are_deleted() {
    let server = server().await;
    server.directory.group("team@example.test", &["bob@example.test"], GroupReports::Originator);
    server.submit(envelope("<>", &["team@example.test"])).await.unwrap();
    assert_eq!(server.mailbox(2).len(), 0);
    assert_eq!(server.tracked(EventId::Drop), ["team@example.test"]);
}

#[tokio::test]
async fn many_members_leave_in_copies_of_a_thousand() {
    let mut server = server().await;
    let members: Vec<String> =
        (0..3 * COPY_RECIPIENTS_MAX).map(|n| format!("m{n}@far.test")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    server.directory.group("all@example.test", &members, GroupReports::Originator);
    let accepted =
        server.submit(envelope("alice@example.test", &["all@example.test"])).await.unwrap();
    assert_eq!(accepted.queued, 3 * COPY_RECIPIENTS_MAX);
    server.settle().await;
    let seen = server.world.seen.lock().unwrap();
    let mut per_copy = std::collections::BTreeMap::new();
    for message in seen.iter().flat_map(|seen| &seen.messages) {
        assert!(message.envelope.recipients.len() <= PART_RECIPIENTS_MAX);
        *per_copy.entry(message.id).or_insert(0) += message.envelope.recipients.len();
    }
    assert_eq!(per_copy.into_values().collect::<Vec<_>>(), [COPY_RECIPIENTS_MAX; 3]);
}

#[tokio::test]
async fn beyond_the_fast_path_local_recipients_follow_by_the_queue() {
    let mut server = server().await;
    let members: Vec<String> =
        (0..FAST_PATH_RECIPIENTS_MAX + 200).map(|n| format!("m{n}@example.test")).collect();
    for (number, member) in members.iter().enumerate() {
        server.directory.mailbox(member, 1000 + number as u32);
    }
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    server.directory.group("all@example.test", &members, GroupReports::Originator);
    let accepted =
        server.submit(envelope("alice@example.test", &["all@example.test"])).await.unwrap();
    assert_eq!((accepted.delivered, accepted.queued), (FAST_PATH_RECIPIENTS_MAX, 200));
    let before = server.database.stats().commits;
    server.settle().await;
    let slices = (200 / LOCAL_SLICE_RECIPIENTS_MAX) as u64;
    assert!(server.database.stats().commits - before >= slices, "one transaction a slice");
    let numbers = (1000..).take(members.len());
    assert!(numbers.into_iter().all(|number| server.mailbox(number).len() == 1));
    assert_eq!(server.queue_rows(), 0);
}

/// As many as fit into one transaction are delivered at once, in the queue's slices too.
#[tokio::test]
async fn heavy_deliveries_are_spread_over_transactions() {
    let mut server = server().await;
    let members: Vec<String> = (0..30).map(|n| format!("m{n}@example.test")).collect();
    for (number, member) in members.iter().enumerate() {
        server.directory.mailbox(member, 1000 + number as u32);
    }
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    server.directory.group("all@example.test", &members, GroupReports::Originator);
    // One more would fit if the queue's rows needed no room.
    let heavy = 1_900 * 1024;
    server.mailboxes.ballast.store(heavy, Ordering::Relaxed);
    let accepted =
        server.submit(envelope("alice@example.test", &["all@example.test"])).await.unwrap();
    let fit = (TRANSACTION_OCTETS_MAX - QUEUE_ROWS_RESERVE_OCTETS) / heavy;
    assert_eq!(TRANSACTION_OCTETS_MAX / heavy, fit + 1);
    assert_eq!((accepted.delivered, accepted.queued), (fit, 30 - fit));
    server.settle().await;
    let counts: Vec<_> = (1000..1030).map(|number| server.mailbox(number).len()).collect();
    assert_eq!(counts, vec![1; 30]);
    assert_eq!(server.queue_rows(), 0);
}

#[tokio::test]
async fn a_mailbox_that_refuses_inside_the_commit_is_reported_by_the_queue() {
    let mut server = server().await;
    let full = DeliveryOutcome::Refused(status::mailbox_full());
    server.mailboxes.answers.lock().unwrap().insert(2, full);
    let accepted =
        server.submit(envelope("alice@example.test", &["bob@example.test"])).await.unwrap();
    assert_eq!((accepted.delivered, accepted.queued), (0, 1));
    server.settle().await;
    assert!(server.mailbox(1)[0].contains("Status: 5.2.2\r\n"));
    assert_eq!(server.queue_rows(), 0);
}

#[tokio::test]
async fn numbers_grow_and_survive_a_restart() {
    let server = server().await;
    let first = server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap().id;
    let second = server.transport.next_id();
    assert!(second > first);
    server.clock.set(types::Timestamp::from_secs(5));
    let server = server.restart().await;
    assert!(server.transport.next_id() > first, "even when the clock went back");
}

#[tokio::test]
async fn the_sender_of_a_report_is_null_and_remote_senders_get_it_by_queue() {
    let mut server = server().await;
    server.submit(envelope("far@far.test", &["nobody@example.test"])).await.unwrap();
    server.settle().await;
    let seen = server.world.seen.lock().unwrap();
    assert_eq!(seen[0].messages[0].envelope.reverse_path, ReversePath::Null);
    assert_eq!(seen[0].messages[0].envelope.recipients[0].address, address("far@far.test"));
}

#[tokio::test]
async fn a_report_is_as_protected_as_its_message_and_has_its_header_only() {
    let mut server = server().await;
    let envelope = envelope("far@far.test", &["nobody@example.test"]);
    let (require_tls, ret) = (true, Some(Return::Full));
    server.submit(Envelope { require_tls, ret, ..envelope }).await.unwrap();
    server.settle().await;
    let report = server.world.seen.lock().unwrap()[0].messages[0].clone();
    assert!(report.envelope.require_tls && report.envelope.reverse_path == ReversePath::Null);
    let snapshot = server.database.snapshot().unwrap();
    let text = String::from_utf8(snapshot.blob(report.blob, 0..report.octets).unwrap()).unwrap();
    assert!(text.contains("Subject: hello") && !text.contains("the body"), "{text}");
}

/// A disk that is full when the test says so.
#[derive(Debug)]
struct Disk(Arc<AtomicBool>);

impl store::SpaceProbe for Disk {
    fn room(&self) -> std::io::Result<store::Room> {
        let free_octets = if self.0.load(Ordering::SeqCst) { 1 } else { 1 << 39 };
        Ok(store::Room { free_octets, total_octets: 1 << 40 })
    }
}

#[tokio::test]
async fn back_pressure_refuses_before_the_disk_is_full() {
    let full = Arc::new(AtomicBool::new(false));
    let clock = types::ManualClock::new(types::Timestamp::from_secs(common::START));
    let mut options = store::Options::memory().with_clock(Arc::new(clock.clone()));
    options.space = Some(Box::new(Disk(full.clone())));
    let server = common::over(store::Database::open(options).unwrap(), clock).await;
    full.store(true, Ordering::SeqCst);
    // The store asks the disk once a second of real time.
    let refused = loop {
        match server.transport.check_pressure() {
            Ok(()) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.to_string(), "452 4.3.1 Insufficient system resources");
    let submitted = server.submit(envelope("alice@example.test", &["bob@example.test"])).await;
    assert_eq!(submitted, Err(refused));
    assert_eq!((server.mailbox(2).len(), server.queue_rows()), (0, 0));
}

#[tokio::test]
async fn a_streamed_message_is_reported_by_its_header() {
    let server = server().await;
    let (id, network_id) = (server.transport.next_id(), NetworkMessageId::generate());
    let mut content = server.transport.content(common::MESSAGE).await.unwrap();
    content.bytes.truncate(content.header().len() + 2);
    let envelope = envelope("alice@example.test", &["nobody@example.test"]);
    let origin = Origin::own(Source::StoreDriver);
    server
        .transport
        .submit(Submission { id, network_id, envelope, origin, content })
        .await
        .unwrap();
    let report = server.mailbox(1).remove(0);
    assert!(report.contains("text/rfc822-headers") && !report.contains("the body"), "{report}");
}

/// A row of an outbox is what the message is made from: the message is accepted when the row
/// goes, and never again.
#[tokio::test]
async fn what_is_made_from_an_outbox_is_accepted_once() {
    let server = server().await;
    let key = outbox::OutboxKey { mailbox: 1, cause: InternalMessageId::new(5) };
    let reply = outbox::AutomaticReply {
        to: address("carol@far.test"),
        subject: String::new(),
        message_id: String::new(),
        references: String::new(),
    };
    let item = outbox::OutboxItem::AutomaticReply(reply);
    let mut wakes = server.database.watch(outbox::TOPIC);
    let put = item.clone();
    server.database.write(move |txn| outbox::put(txn, key, &put)).await.unwrap();
    wakes.changed().await;
    let pending = |after| outbox::pending(&server.database.snapshot().unwrap(), after, 10).unwrap();
    assert_eq!(pending(None), [(key, item)]);
    assert_eq!(pending(Some(key)), []);
    let claim: Claim = Arc::new(move |txn| outbox::take(txn, key));
    let to = ["bob@example.test", "carol@far.test"];
    for (delivered, queued) in [(1, 1), (0, 0)] {
        let envelope = envelope("alice@example.test", &to);
        let origin = Origin::own(Source::StoreDriver);
        let submission = common::submission(&server.transport, origin, envelope).await.unwrap();
        let accepted = server.transport.submit_claimed(submission, claim.clone()).await.unwrap();
        assert_eq!((accepted.delivered, accepted.queued), (delivered, queued));
        assert_eq!(pending(None), []);
    }
    assert_eq!(server.mailbox(2).len(), 1);
    assert_eq!(server.queue_rows(), 4, "message, part, due and notice");
    assert_eq!(server.tracked(EventId::Receive).len(), 2, "one message to two");
}
