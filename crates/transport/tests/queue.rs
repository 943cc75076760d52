//! Queues under a manual clock: the schedule, reports of delay and expiry, restarts, partial
//! results, the operator's verbs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{
    MESSAGE, Script, Server, address, answer_all, busy, connector, envelope, minutes, server, taken,
};
use transport::queue::keys::HopNumber;
use transport::queue::scheduler::QueueStatus;
use transport::tracking::EventId;
use transport::*;
use types::Notify;
use types::limits::{
    MESSAGES_PER_CONNECTION_MAX, NOTICES_PER_TURN_MAX, PART_RECIPIENTS_MAX, QUEUE_PAGE_PARTS,
    TRANSACTION_OCTETS_MAX,
};

async fn one_queued(to: &[&str]) -> Server {
    let server = server().await;
    server.submit(envelope("alice@example.test", to)).await.unwrap();
    server
}

async fn unreachable(to: &[&str]) -> Server {
    let server = one_queued(to).await;
    *server.world.reachable.lock().unwrap() = false;
    server
}

fn no_such_user() -> RecipientReport {
    RecipientReport::Failed(Reply::new(550, EnhancedStatus::new(5, 1, 1), "no such user"))
}

fn try_later() -> RecipientReport {
    RecipientReport::Deferred(Reply::new(451, EnhancedStatus::new(4, 7, 1), "greylisted"))
}

#[tokio::test]
async fn a_dead_host_is_tried_at_the_documented_minutes() {
    let mut server = unreachable(&["x@far.test"]).await;
    server.advance(minutes(95)).await;
    assert_eq!(
        server.connection_minutes(),
        [0, 1, 2, 3, 4, 9, 14, 19, 24, 29, 34, 44, 54, 64, 74, 84, 94]
    );
    let queue = &server.queues().await[0];
    assert_eq!(queue.view.status, QueueStatus::Retry);
    assert_eq!(queue.view.last_error, Some(busy()));
    *server.world.reachable.lock().unwrap() = true;
    server.advance(minutes(10)).await;
    assert_eq!((server.sent().len(), server.queue_rows()), (18, 0));
}

#[tokio::test]
async fn delay_at_four_hours_then_expiry_at_two_days() {
    let mut server = unreachable(&["x@far.test"]).await;
    server.advance(minutes(4 * 60 - 1)).await;
    assert_eq!(server.mailbox(1).len(), 0);
    server.advance(minutes(1)).await;
    let delay = server.mailbox(1).remove(0);
    assert!(delay.contains("Subject: Delivery delayed: hello\r\n"));
    assert!(delay.contains("Action: delayed\r\nStatus: 4.4.1\r\n"), "{delay}");
    assert!(delay.contains("Will-Retry-Until: "));
    assert!(!delay.contains("the body"), "delays enclose the header only");
    server.advance(minutes(44 * 60 - 1)).await;
    assert_eq!(server.mailbox(1).len(), 1);
    server.advance(minutes(1)).await;
    let reports = server.mailbox(1);
    assert_eq!(reports.len(), 2);
    assert!(reports[1].contains("Action: failed\r\nStatus: 4.4.7\r\n"));
    assert!(
        reports[1]
            .contains("QUEUE.Expired; message expired after 421 4.4.1 connection timed out\r\n")
    );
    assert!(reports[1].contains("the body"));
    assert_eq!(server.queue_rows(), 0);
    server.advance(minutes(60)).await;
    assert_eq!(server.mailbox(1).len(), 2);
}

#[tokio::test]
async fn a_turn_tells_of_so_many_overdue_messages_and_the_next_of_the_rest() {
    let mut server = server().await;
    *server.world.reachable.lock().unwrap() = false;
    for _ in 0..NOTICES_PER_TURN_MAX + 5 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    server.settle().await;
    // All are overdue at once, and the next hop is back.
    server.clock.set(types::Clock::now(&server.clock).plus(minutes(4 * 60)));
    *server.world.reachable.lock().unwrap() = true;
    let (events, (tell, told)) = (server.events.clone(), std::sync::mpsc::channel());
    let count = move || {
        let reports = events.lock().unwrap().iter().filter(|(id, _)| *id == EventId::Dsn).count();
        tell.send(reports).unwrap();
        try_later()
    };
    server.world.scripts.lock().unwrap().push_back(Script::Answer(Box::new(move |_| count())));
    server.settle().await;
    assert_eq!(told.recv().unwrap(), NOTICES_PER_TURN_MAX, "then mail goes out first");
    server.advance(minutes(10)).await;
    assert_eq!(server.mailbox(1).len(), NOTICES_PER_TURN_MAX + 5);
}

#[tokio::test]
async fn notify_never_is_silent_to_the_end() {
    let mut server = server().await;
    *server.world.reachable.lock().unwrap() = false;
    let mut mail = envelope("alice@example.test", &["x@far.test"]);
    mail.recipients[0].notify = Some(Notify::NEVER);
    server.submit(mail).await.unwrap();
    server.submit(envelope("<>", &["y@far.test"])).await.unwrap();
    server.advance(minutes(49 * 60)).await;
    assert_eq!((server.mailbox(1).len(), server.queue_rows()), (0, 0));
    assert_eq!(server.tracked(EventId::Fail).len(), 2);
}

#[tokio::test]
async fn each_recipient_has_its_own_fate() {
    let mut server = one_queued(&["ok@far.test", "bad@far.test", "later@far.test"]).await;
    server.world.scripts.lock().unwrap().push_back(Script::Answer(Box::new(|who| {
        match who.local.as_str() {
            "ok" => taken(),
            "bad" => no_such_user(),
            _ => try_later(),
        }
    })));
    server.settle().await;
    let report = server.mailbox(1).remove(0);
    assert_eq!(report.matches("Final-Recipient:").count(), 1);
    assert!(
        report.contains(
            "Final-Recipient: rfc822; bad@far.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        )
    );
    assert!(report.contains(
        "Remote-MTA: dns; mx.far.test\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
    ));
    let hop = server.queues().await[0].number;
    let waiting = server.transport.messages(hop, None).await.unwrap().messages;
    assert_eq!((waiting.len(), waiting[0].recipients.len(), waiting[0].retry_count), (1, 1, 1));
    assert_eq!(waiting[0].last_error.as_ref().unwrap().text, "greylisted");
    server.advance(minutes(14)).await;
    assert_eq!(server.sent().len(), 1);
    server.advance(minutes(1)).await;
    assert_eq!(
        server.sent()[1],
        ["later@far.test"],
        "after MessageRetryInterval, and only that one"
    );
    assert_eq!(server.queue_rows(), 0);
    assert_eq!(server.tracked(EventId::Defer), ["later@far.test"]);
}

#[tokio::test]
async fn relayed_is_reported_when_the_next_hop_cannot() {
    let mut server = server().await;
    let mut mail = envelope("alice@example.test", &["x@far.test"]);
    mail.recipients[0].notify = Some(Notify { success: true, ..Notify::NEVER });
    server.submit(mail.clone()).await.unwrap();
    server.submit(mail).await.unwrap();
    let RecipientReport::Taken { reply, .. } = taken() else { unreachable!() };
    let answer = move |who: &types::Address| {
        assert_eq!(*who, address("x@far.test"));
        RecipientReport::Taken { reply: reply.clone(), passed_dsn: false }
    };
    server.world.scripts.lock().unwrap().push_back(Script::Answer(Box::new(answer)));
    server.settle().await;
    let reports = server.mailbox(1);
    assert_eq!(reports.len(), 2, "one per message");
    assert!(reports[0].contains("Subject: Relayed: hello\r\n"));
}

#[tokio::test]
async fn a_restart_loses_nothing_and_sends_nothing_twice() {
    let mut server = one_queued(&["a@far.test"]).await;
    server.world.scripts.lock().unwrap().push_back(answer_all(try_later()));
    server.settle().await;
    server.submit(envelope("alice@example.test", &["b@other.test", "c@third.test"])).await.unwrap();
    let mut server = server.restart().await;
    assert_eq!(server.queues().await.len(), 3);
    server.settle().await;
    server.advance(minutes(15)).await;
    let mut sent = server.sent().concat();
    sent.sort();
    assert_eq!(sent, ["a@far.test", "a@far.test", "b@other.test", "c@third.test"]);
    assert_eq!(server.queue_rows(), 0);
}

#[tokio::test]
async fn a_connection_that_breaks_keeps_the_rest() {
    let mut server = server().await;
    for _ in 0..3 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    server.world.scripts.lock().unwrap().push_back(Script::Break(1));
    server.settle().await;
    assert_eq!(server.queues().await[0].message_count, 2);
    server.advance(minutes(1)).await;
    assert_eq!(server.queue_rows(), 0);
    assert_eq!(server.connection_minutes(), [0, 1]);
}

/// Else a kill in the middle of a connection would send again what was taken long before.
#[tokio::test]
async fn what_is_taken_is_recorded_while_the_connection_lasts() {
    let mut server = server().await;
    for _ in 0..3 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    server.world.scripts.lock().unwrap().push_back(Script::Hang(2));
    let waiting = async |transport: &transport::Transport| {
        while transport.queues().await.unwrap()[0].message_count > 1 {
            tokio::task::yield_now().await;
        }
    };
    let transport = server.transport.clone();
    tokio::select! {
        _ = server.manager.run_until_idle() => panic!("the connection lasts"),
        () = waiting(&transport) => {}
    }
    let mut server = server.restart().await;
    server.settle().await;
    let seen = server.world.seen.lock().unwrap();
    let sent: Vec<usize> = seen.iter().map(|connection| connection.messages.len()).collect();
    assert_eq!(sent, [3, 1], "only what was not taken goes again");
    drop(seen);
    assert_eq!(server.queue_rows(), 0);
}

#[tokio::test]
async fn a_connection_carries_so_many_messages() {
    let mut server = server().await;
    for _ in 0..2 * MESSAGES_PER_CONNECTION_MAX + 5 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    server.settle().await;
    let mut sizes: Vec<_> =
        server.world.seen.lock().unwrap().iter().map(|seen| seen.messages.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, MESSAGES_PER_CONNECTION_MAX, MESSAGES_PER_CONNECTION_MAX]);
    let ids: std::collections::HashSet<_> = {
        let seen = server.world.seen.lock().unwrap();
        seen.iter().flat_map(|seen| seen.messages.iter().map(|m| m.id)).collect()
    };
    assert_eq!(ids.len(), 2 * MESSAGES_PER_CONNECTION_MAX + 5, "none twice");
}

#[tokio::test]
async fn a_connector_may_want_fewer_messages_in_a_connection() {
    let mut server = server().await;
    let few = SendConnector { messages_per_connection: 2, ..connector(1, "Internet", "*") };
    server.transport.set_routes(RoutingTable::new([few]));
    for _ in 0..5 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    server.settle().await;
    let seen = server.world.seen.lock().unwrap();
    let mut sizes: Vec<_> = seen.iter().map(|seen| seen.messages.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2, 2]);
}

#[tokio::test]
async fn operators_stop_queues() {
    let mut server = one_queued(&["x@far.test"]).await;
    let hop = server.queues().await[0].number;
    server.transport.suspend_queue(hop).await.unwrap();
    server.submit(envelope("alice@example.test", &["y@far.test"])).await.unwrap();
    server.advance(minutes(10)).await;
    assert_eq!(server.sent().len(), 0);
    let mut server = server.restart().await;
    server.settle().await;
    assert_eq!(server.queues().await[0].view.status, QueueStatus::Suspended, "durably");
    server.transport.resume_queue(hop).await.unwrap();
    server.settle().await;
    assert_eq!(server.sent().len(), 2);
    let missing = queue::keys::HopNumber(999);
    assert!(matches!(server.transport.suspend_queue(missing).await, Err(VerbError::NoQueue(_))));
    assert!(matches!(server.transport.messages(missing, None).await, Err(VerbError::NoQueue(_))));
    assert!(matches!(server.transport.resubmit_queue(missing).await, Err(VerbError::NoQueue(_))));
}

#[tokio::test]
async fn operators_hold_hurry_and_remove_messages() {
    let mut server = unreachable(&["x@far.test"]).await;
    server.settle().await;
    let hop = server.queues().await[0].number;
    let id = server.transport.messages(hop, None).await.unwrap().messages[0].id;
    server.transport.suspend_message(id).await.unwrap();
    server.advance(minutes(72 * 60)).await;
    assert_eq!(server.connection_minutes(), [0], "held: neither tried nor expired");
    server.transport.retry_queue(hop).await.unwrap();
    server.settle().await;
    assert!(
        server.transport.messages(hop, None).await.unwrap().messages[0].suspended,
        "only Resume lets it go"
    );
    assert_eq!(server.queues().await[0].deferred_message_count, 0, "held back, not put off");
    *server.world.reachable.lock().unwrap() = true;
    server.world.scripts.lock().unwrap().push_back(answer_all(try_later()));
    server.transport.remove_message(id, true).await.unwrap();
    assert!(server.mailbox(1)[0].contains("QUEUE.Removed"));
    assert!(matches!(server.transport.resume_message(id).await, Err(VerbError::NoMessage(_))));
    assert_eq!(server.queue_rows(), 0);

    server.submit(envelope("alice@example.test", &["y@far.test"])).await.unwrap();
    server.settle().await;
    let queue = server.queues().await.remove(0);
    assert_eq!((queue.message_count, queue.deferred_message_count), (1, 1), "by the script");
    let hop = server.queues().await[0].number;
    server.transport.retry_queue(hop).await.unwrap();
    server.settle().await;
    assert_eq!(server.queue_rows(), 0);
    assert_eq!(server.mailbox(1).len(), 1);
}

#[tokio::test]
async fn a_message_that_two_remove_is_reported_once() {
    let server = unreachable(&["x@far.test"]).await;
    let queue = server.queues().await[0].number;
    let id = server.transport.messages(queue, None).await.unwrap().messages[0].id;
    let remove = || server.transport.remove_message(id, true);
    let (one, other) = tokio::join!(remove(), remove());
    assert!(one.is_ok() || other.is_ok());
    assert_eq!((server.mailbox(1).len(), server.queue_rows()), (1, 0));
}

#[tokio::test]
async fn a_resumed_message_goes_at_once() {
    let mut server = one_queued(&["x@far.test"]).await;
    let hop = server.queues().await[0].number;
    let id = server.transport.messages(hop, None).await.unwrap().messages[0].id;
    server.transport.suspend_message(id).await.unwrap();
    server.settle().await;
    assert_eq!(server.sent().len(), 0);
    server.transport.resume_message(id).await.unwrap();
    server.settle().await;
    assert_eq!((server.sent().len(), server.queue_rows()), (1, 0));
}

#[tokio::test]
async fn a_queue_without_connector_waits_and_can_be_resubmitted() {
    let mut server = one_queued(&["x@far.test"]).await;
    server.transport.set_routes(RoutingTable::new([connector(9, "New", "*")]));
    server.settle().await;
    assert_eq!(server.sent().len(), 0);
    let old = server.queues().await[0].clone();
    assert_eq!(old.view.status, QueueStatus::Retry);
    server.transport.resubmit_queue(old.number).await.unwrap();
    server.settle().await;
    let seen = server.world.seen.lock().unwrap()[0].clone();
    assert_eq!(seen.hop.next_hop_connector, ConnectorGuid([9; 16]));
    assert_eq!(server.queue_rows(), 0);
}

#[tokio::test]
async fn empty_queues_go_after_three_minutes() {
    let mut server = one_queued(&["x@far.test"]).await;
    server.settle().await;
    assert_eq!(server.transport.queues().await.unwrap().len(), 1);
    server.advance(minutes(3)).await;
    assert_eq!(server.transport.queues().await.unwrap().len(), 0);
    server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    server.settle().await;
    assert_eq!(server.sent().len(), 2, "and come back");
}

#[tokio::test]
async fn a_slice_that_runs_again_delivers_nothing_again() {
    let mut server = server().await;
    let later = DeliveryOutcome::Deferred(busy());
    server.mailboxes.answers.lock().unwrap().insert(2, later);
    let id = server.submit(envelope("alice@example.test", &["bob@example.test"])).await.unwrap().id;
    server.mailboxes.answers.lock().unwrap().clear();
    // The slice committed, then the process died before the part was settled.
    let marked = server.database.write(move |txn| outbox::mark_delivered(txn, id, 2)).await;
    marked.unwrap();
    server.settle().await;
    assert_eq!(server.mailbox(2).len(), 0, "the mark stood in for the delivery");
    assert_eq!(server.queue_rows(), 0);
    assert!(
        !outbox::is_delivered(&server.database.snapshot().unwrap(), id, 2).unwrap(),
        "marks go with the message"
    );
}

#[tokio::test]
async fn the_driver_runs_by_itself_and_stops_when_told() {
    let server = one_queued(&["x@far.test"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.manager.run(async {
        let _ = stopped.await;
    }));
    while server.world.seen.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(server.world.seen.lock().unwrap()[0].messages[0].octets, MESSAGE.len() as u64);
}

#[tokio::test]
async fn a_fault_in_the_sender_lets_its_messages_go() {
    let mut server = one_queued(&["x@far.test"]).await;
    server.world.scripts.lock().unwrap().push_back(Script::Panic);
    server.settle().await;
    assert_eq!(server.queues().await[0].view.status, QueueStatus::Retry);
    server.advance(minutes(1)).await;
    assert_eq!((server.connection_minutes(), server.queue_rows()), (vec![0, 1], 0));
}

#[tokio::test]
async fn rows_survive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let clock = types::ManualClock::new(types::Timestamp::from_secs(common::START));
    let open = || {
        let options =
            store::Options::sqlite(directory.path()).with_clock(std::sync::Arc::new(clock.clone()));
        store::Database::open(options).unwrap()
    };
    let server = common::over(open(), clock.clone()).await;
    server
        .submit(envelope("alice@example.test", &["bob@example.test", "x@far.test"]))
        .await
        .unwrap();
    server.database.close().await;
    drop(server);
    let mut server = common::over(open(), clock.clone()).await;
    server.settle().await;
    assert_eq!(
        (server.mailbox(2).len(), server.sent(), server.queue_rows()),
        (1, vec![vec!["x@far.test".to_owned()]], 0)
    );
    let mut blobs = 0;
    let snapshot = server.database.snapshot().unwrap();
    queue::rows::visit_blobs(&snapshot, &[], &mut |_| blobs += 1).unwrap();
    assert_eq!(blobs, 0);
}

/// Ten clients, five domains, a network that fails every third connection, threads: what was
/// accepted is sent once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_sent_twice_under_load() {
    const CLIENTS: usize = 10;
    const MESSAGES: usize = 30;
    let mut server = server().await;
    for number in 0..200 {
        let script = match number % 3 {
            0 => Script::Unreachable,
            1 => Script::Break(number % 5),
            _ => answer_all(taken()),
        };
        server.world.scripts.lock().unwrap().push_back(script);
    }
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let transport = server.transport.clone();
        clients.spawn(async move {
            for number in 0..MESSAGES {
                let to = format!("c{client}n{number}@far{}.test", number % 5);
                common::submit_to(&transport, envelope("alice@example.test", &[&to]))
                    .await
                    .unwrap();
            }
        });
    }
    while server.queue_rows() > 0 || !clients.is_empty() {
        server.settle().await;
        // Else a slow machine would let hours pass while the clients still submit.
        if clients.is_empty() {
            server.clock.advance(minutes(1));
        }
        tokio::task::yield_now().await;
        while clients.try_join_next().transpose().unwrap().is_some() {}
    }
    let mut sent = server.tracked(EventId::Send);
    sent.sort();
    let mut expected: Vec<String> = (0..CLIENTS * MESSAGES)
        .map(|n| format!("c{}n{}@far{}.test", n / MESSAGES, n % MESSAGES, n % MESSAGES % 5))
        .collect();
    expected.sort();
    assert_eq!(sent, expected);
    assert_eq!(server.mailbox(1).len(), 0, "no reports");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_keeps_no_other_waiting() {
    let mut server = server().await;
    let later = || envelope("alice@example.test", &["bob@example.test"]);
    server.mailboxes.answers.lock().unwrap().insert(2, DeliveryOutcome::Deferred(busy()));
    server.submit(later()).await.unwrap();
    lose_blobs(&server).await;
    server.submit(later()).await.unwrap();
    server.mailboxes.answers.lock().unwrap().clear();
    server.advance(minutes(30)).await;
    assert_eq!(server.mailbox(2).len(), 1);
    server.advance(minutes(48 * 60)).await;
    let reports = server.mailbox(1);
    assert_eq!(reports.len(), 2, "delayed, then failed");
    assert!(reports[1].contains("Action: failed\r\nStatus: 4.4.7\r\n"), "{}", reports[1]);
    assert_eq!(server.queue_rows(), 0);
}

/// Every blob there is goes, as by damage.
async fn lose_blobs(server: &Server) {
    server.database.mark(minutes(0)).await.unwrap();
    server.clock.advance(minutes(1));
    let mark = server.database.mark(minutes(0)).await.unwrap();
    assert_eq!(server.database.sweep(mark, []).await.unwrap().blobs_deleted, 1);
}

/// Recipients whose addresses are as long as they may be, at one far domain.
fn long_recipients() -> Vec<String> {
    let label = "x".repeat(62);
    let domain = format!("{label}.{label}.{label}.test");
    (0..PART_RECIPIENTS_MAX).map(|number| format!("{number:0>50}@{domain}")).collect()
}

/// A queue whose rows are more than a transaction takes; its messages were put off.
async fn long_queue() -> (Server, usize) {
    let mut server = server().await;
    let recipients = long_recipients();
    let octets: usize = recipients.iter().map(String::len).sum();
    let messages = TRANSACTION_OCTETS_MAX / octets + 20;
    let to: Vec<&str> = recipients.iter().map(String::as_str).collect();
    for _ in 0..messages {
        server.submit(envelope("alice@example.test", &to)).await.unwrap();
        server.world.scripts.lock().unwrap().push_back(answer_all(try_later()));
    }
    server.settle().await;
    server.world.scripts.lock().unwrap().clear();
    assert_eq!(server.sent().len(), messages, "each was tried and put off");
    (server, messages)
}

#[tokio::test]
async fn a_long_queue_is_retried() {
    let (mut server, messages) = long_queue().await;
    let hop = server.queues().await[0].number;
    server.transport.retry_queue(hop).await.unwrap();
    server.settle().await;
    assert_eq!((server.sent().len(), server.queue_rows()), (2 * messages, 0));
}

#[tokio::test]
async fn a_long_queue_is_routed_again() {
    let (mut server, messages) = long_queue().await;
    let other = RoutingTable::new([connector(2, "Other", "*")]);
    server.transport.set_routes(other);
    let hop = server.queues().await[0].number;
    server.transport.resubmit_queue(hop).await.unwrap();
    server.settle().await;
    assert_eq!((server.sent().len(), server.queue_rows()), (2 * messages, 0));
    let seen = server.world.seen.lock().unwrap();
    assert_eq!(seen.last().unwrap().hop.next_hop_connector, ConnectorGuid([2; 16]));
}

#[tokio::test]
async fn messages_are_shown_page_by_page() {
    let server = server().await;
    for _ in 0..QUEUE_PAGE_PARTS + 1 {
        server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    }
    let hop = server.queues().await[0].number;
    let first = server.transport.messages(hop, None).await.unwrap();
    assert_eq!(first.messages.len(), QUEUE_PAGE_PARTS);
    let second = server.transport.messages(hop, first.next).await.unwrap();
    assert_eq!((second.messages.len(), second.next), (1, None));
    assert!(!first.messages.contains(&second.messages[0]));
}

#[tokio::test]
async fn a_message_of_many_recipients_is_shown_once() {
    let server = server().await;
    let to: Vec<String> =
        (0..2 * PART_RECIPIENTS_MAX + 1).map(|number| format!("r{number}@far.test")).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let id = server.submit(envelope("alice@example.test", &to)).await.unwrap().id;
    let queue = server.queues().await.remove(0);
    assert_eq!(queue.message_count, 3, "rows");
    let page = server.transport.messages(queue.number, None).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    assert_eq!(page.messages[0].recipients.len(), to.len());
    assert_eq!(server.transport.message(id.into()).await.unwrap(), page.messages);
    assert_eq!(server.transport.queue(queue.number).await.unwrap(), queue);
}

#[tokio::test]
async fn stopped_queues_send_nothing_until_they_go_on() {
    let mut server = server().await;
    server.transport.set_paused(true);
    server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap();
    server.advance(minutes(3)).await;
    assert_eq!(server.sent().len(), 0);
    assert_eq!(server.transport.queues().await.unwrap().len(), 1, "it waits");
    server.transport.set_paused(false);
    server.settle().await;
    assert_eq!(server.sent().len(), 1);
}

#[tokio::test]
async fn a_message_is_exported_as_it_was_accepted_while_it_is_held_back() {
    let server = server().await;
    let id = server.submit(envelope("alice@example.test", &["x@far.test"])).await.unwrap().id;
    let refused = server.transport.export_message(id).await;
    assert!(matches!(refused, Err(VerbError::NotSuspended(_))), "{refused:?}");
    server.transport.suspend_message(id).await.unwrap();
    assert_eq!(server.transport.export_message(id).await.unwrap(), MESSAGE);
    let elsewhere = MessageIdentity { queue: Some(HopNumber(77)), id };
    let refused = server.transport.export_message(elsewhere).await;
    assert!(matches!(refused, Err(VerbError::NoMessage(_))), "{refused:?}");
}
