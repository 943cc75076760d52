//! Limits of sessions: what is at the limit is served, what is past it gets its answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Client, Site};
use types::limits::{
    HEADER_OCTETS_MAX, IMAP_APPEND_MESSAGES_MAX, IMAP_BAD_COMMANDS_MAX, IMAP_BATCH_OCTETS,
    IMAP_COMMAND_STALL_SECS, IMAP_FETCH_ITEMS_MAX, IMAP_ID_FIELDS_MAX, IMAP_KEYWORD_OCTETS_MAX,
    IMAP_LIST_ITEMS_MAX, IMAP_LIST_PATTERNS_MAX, IMAP_LITERAL_OCTETS_MAX,
    IMAP_MAILBOX_NAME_OCTETS_MAX, IMAP_METADATA_NAME_OCTETS_MAX, IMAP_NESTING_MAX,
    IMAP_NOTIFY_EVENTS_MAX, IMAP_NOTIFY_GROUPS_MAX, IMAP_ORDER_OCTETS_MAX,
    IMAP_PREAUTH_LITERAL_OCTETS_MAX, IMAP_SKIPPED_LITERAL_OCTETS_MAX, IMAP_STREAM_OCTETS,
};

/// The tagged answer to a command.
async fn answer(client: &mut Client, command: &str) -> String {
    client.send(format!("a {command}\r\n").as_bytes()).await;
    loop {
        let line = client.line().await;
        if line.starts_with("a ") || line.starts_with("* BYE") {
            return line;
        }
    }
}

/// A session that has an INBOX of one message selected.
async fn selected(site: &Site) -> Client {
    let mut client = site.login("alice").await;
    client.append("INBOX", "", "Subject: x\r\n\r\nx").await;
    client.command("SELECT INBOX").await;
    client
}

fn many(item: &str, count: usize) -> String {
    vec![item; count].join(" ")
}

/// What a command has so many of, its limit, and the answer past it.
type Case = (fn(usize) -> String, usize, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_commands() {
    let cases: [Case; 9] = [
        (
            |n| format!("FETCH 1 BODY.PEEK[HEADER.FIELDS ({})]", many("x", n)),
            IMAP_LIST_ITEMS_MAX,
            "Too many items in a list",
        ),
        (
            |n| format!("FETCH 1 ({})", many("UID", n)),
            IMAP_FETCH_ITEMS_MAX,
            "Too many items of a message",
        ),
        (
            |n| format!("LIST \"\" ({})", many("x", n)),
            IMAP_LIST_PATTERNS_MAX,
            "[LIMIT] Too many patterns",
        ),
        (
            |n| format!("SEARCH {}ALL{}", "(".repeat(n), ")".repeat(n)),
            IMAP_NESTING_MAX,
            "Nested too deep",
        ),
        (
            |n| format!("UNSUBSCRIBE {}", "x".repeat(n)),
            IMAP_MAILBOX_NAME_OCTETS_MAX,
            "The mailbox name is too long",
        ),
        (
            |n| format!("STORE 1 +FLAGS ({})", "k".repeat(n)),
            IMAP_KEYWORD_OCTETS_MAX,
            "The keyword is too long",
        ),
        (
            |n| format!("GETMETADATA \"\" /private/{}", "x".repeat(n - "/private/".len())),
            IMAP_METADATA_NAME_OCTETS_MAX,
            "Not the name of a metadata entry",
        ),
        (|n| format!("ID ({})", many("\"a\" \"b\"", n)), IMAP_ID_FIELDS_MAX, "Too many ID fields"),
        (
            |n| format!("NOTIFY SET {}", many("(inboxes (MessageNew MessageExpunge))", n)),
            IMAP_NOTIFY_GROUPS_MAX,
            "[NOTIFICATIONOVERFLOW] Too much to watch",
        ),
    ];
    let site = Site::new().await;
    let mut client = selected(&site).await;
    for (command, limit, refusal) in cases {
        let within = answer(&mut client, &command(limit)).await;
        assert!(!within.contains(refusal) && !within.starts_with("a BAD"), "{within}");
        let past = answer(&mut client, &command(limit + 1)).await;
        assert!(past.ends_with(refusal) && !past.starts_with("a OK"), "{past} ({refusal})");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_append() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    let append = |n: usize| format!("APPEND INBOX{}", " {1+}\r\nx".repeat(n));
    let past = answer(&mut client, &append(IMAP_APPEND_MESSAGES_MAX + 1)).await;
    assert!(past.starts_with("a NO [LIMIT] Too many messages"), "{past}");
    let within = answer(&mut client, &append(IMAP_APPEND_MESSAGES_MAX)).await;
    assert!(within.starts_with("a OK"), "{within}");
    let lines = client.command("STATUS INBOX (MESSAGES)").await;
    assert_eq!(lines[0], format!("* STATUS INBOX (MESSAGES {IMAP_APPEND_MESSAGES_MAX})"));
}

#[tokio::test(flavor = "multi_thread")]
async fn literals_before_and_after_login() {
    let site = Site::new().await;
    for (logged_in, limit) in
        [(false, IMAP_PREAUTH_LITERAL_OCTETS_MAX), (true, IMAP_LITERAL_OCTETS_MAX)]
    {
        for (octets, expected) in [(limit, "+ OK"), (limit + 1, "a BAD [TOOBIG]")] {
            let mut client = match logged_in {
                true => site.login("alice").await,
                false => site.connect(),
            };
            if !logged_in {
                client.line().await;
            }
            client.send(format!("a LOGIN {{{octets}}}\r\n").as_bytes()).await;
            let line = client.line().await;
            assert!(line.starts_with(expected), "{octets}: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unwanted_literals_are_skipped_unless_they_are_huge() {
    const PIECE: u64 = 1024 * 1024;
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    let limit = IMAP_SKIPPED_LITERAL_OCTETS_MAX;
    client.send(format!("a STATUS {{{limit}+}}\r\n").as_bytes()).await;
    for _ in 0..limit / PIECE {
        client.send(&[b'x'; PIECE as usize]).await;
    }
    client.send(&vec![b'x'; (limit % PIECE) as usize]).await;
    client.send(b" (MESSAGES)\r\n").await;
    assert!(client.line().await.starts_with("a BAD [TOOBIG]"));
    client.command("NOOP").await;
    client.send(format!("a STATUS {{{}+}}\r\n", limit + 1).as_bytes()).await;
    assert_eq!(client.line().await, "* BYE The literal is too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_commands() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    for _ in 0..IMAP_BAD_COMMANDS_MAX {
        assert!(answer(&mut client, "NONSENSE").await.starts_with("a BAD"));
    }
    client.command("NOOP").await;
    for _ in 0..=IMAP_BAD_COMMANDS_MAX {
        assert!(answer(&mut client, "NONSENSE").await.starts_with("a BAD"));
    }
    assert_eq!(client.line().await, "* BYE Too many bad commands");
}

#[tokio::test]
async fn half_a_command_is_waited_for_a_while() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    client.command("NOOP").await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    client.send(b"a NOO").await;
    let mut said = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(client.stream(), &mut said).await.unwrap();
    assert!(said.starts_with(b"* BYE"), "{}", said.escape_ascii());
    assert_eq!(begun.elapsed().as_secs(), IMAP_COMMAND_STALL_SECS);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_around_the_sizes_of_batches_and_streams_come_whole() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    let (stream, batch) = (IMAP_STREAM_OCTETS as usize, IMAP_BATCH_OCTETS);
    let sizes = [stream, stream + 1, batch / 2, batch / 2, batch / 2, batch / 2 + 1, 100, stream];
    let mut expected = String::new();
    for (n, size) in (1..).zip(sizes) {
        let head = format!("Subject: {n}\r\n\r\n");
        let message = format!("{head}{}", n.to_string().repeat(size - head.len()));
        client.append("INBOX", "", &message).await;
        expected += &format!("* {n} FETCH (BODY[] {{{size}}}\r\n{message})\r\n");
    }
    client.command("SELECT INBOX").await;
    let lines = client.command("FETCH 1:* (BODY.PEEK[])").await;
    let received = lines[..lines.len() - 1].join("\r\n") + "\r\n";
    assert!(received == expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_sort() {
    const MESSAGES: usize = 256;
    let author = "a".repeat(HEADER_OCTETS_MAX * 3 / 4);
    assert!(MESSAGES * author.len() < IMAP_ORDER_OCTETS_MAX);
    assert!(2 * MESSAGES * author.len() > IMAP_ORDER_OCTETS_MAX);
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    client.append("INBOX", "", &format!("From: {author}@b\r\n\r\nx")).await;
    client.command("SELECT INBOX").await;
    for _ in 0..MESSAGES.ilog2() {
        client.command("COPY 1:* INBOX").await;
    }
    client.command("SORT (FROM) UTF-8 ALL").await;
    client.command("COPY 1:* INBOX").await;
    let past = answer(&mut client, "SORT (FROM) UTF-8 ALL").await;
    assert!(past.starts_with("a NO [LIMIT]"), "{past}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_a_wake_goes_through_are_told_all_the_same() {
    let site = Site::new().await;
    let (mut told, mut other) = (site.login("alice").await, site.login("alice").await);
    told.command("NOTIFY SET (personal (MessageNew MessageExpunge))").await;
    let messages = IMAP_NOTIFY_EVENTS_MAX / 2 + 1;
    other.command(&format!("APPEND INBOX{}", " {1+}\r\nx".repeat(messages))).await;
    other.command("SELECT INBOX").await;
    other.command("COPY 1:* Archive").await;
    other.command("MOVE 1:* Archive").await;
    for folder in [format!("Archive (MESSAGES {} ", 2 * messages), "INBOX (MESSAGES 0 ".to_owned()]
    {
        while !told.line().await.starts_with(&format!("* STATUS {folder}")) {}
    }
}
