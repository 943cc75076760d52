//! A FETCH reads its messages batch by batch: what changes behind the batch that is being read is
//! seen, what was read before is told as it was.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Client, Site};
use types::limits::{
    IMAP_BATCH_ENTRIES, IMAP_BATCH_MESSAGES, IMAP_BATCH_OCTETS, IMAP_STREAM_OCTETS,
};

/// Puts so many copies of a message into INBOX.
async fn fill(client: &mut Client, message: &str, count: usize) {
    client.append("INBOX", "", message).await;
    client.command("SELECT INBOX").await;
    let mut there = 1;
    while there < count {
        let more = there.min(count - there);
        client.command(&format!("COPY 1:{more} INBOX")).await;
        there += more;
    }
}

/// All messages are flagged while the first batch is on its way to a client that does not read
/// on. Asserts that the first message told with the flag is the first of a batch: of the second,
/// or of the third when the second had been read by then.
async fn batches_have(batch: usize, message: &str, items: &str) {
    let site = Site::new().await;
    let (mut reader, mut other) = (site.login("alice").await, site.login("alice").await);
    fill(&mut other, message, 2 * batch + 1).await;
    reader.command("SELECT INBOX").await;
    reader.send(format!("f FETCH 1:* (FLAGS {items})\r\n").as_bytes()).await;
    let mut line = reader.line().await;
    other.command("STORE 1:* +FLAGS.SILENT (\\Flagged)").await;
    while !line.contains("FETCH (FLAGS (\\Flagged)") {
        assert!(!line.starts_with("f "), "{line}");
        line = reader.line().await;
    }
    let first = line.split(' ').nth(1).and_then(|seq| seq.parse().ok()).unwrap();
    // Messages told without it are told of again at the end, from 1 on.
    assert!([batch + 1, 2 * batch + 1].contains(&first), "{items}: {line}");
}

#[tokio::test]
async fn of_what_the_list_of_messages_says() {
    batches_have(IMAP_BATCH_ENTRIES, "Subject: m\r\n\r\nm\r\n", "UID INTERNALDATE RFC822.SIZE")
        .await;
}

#[tokio::test]
async fn of_what_stands_in_the_summaries() {
    let message = format!("Subject: {}\r\n\r\nm\r\n", "long ".repeat(20));
    batches_have(IMAP_BATCH_MESSAGES, &message, "ENVELOPE").await;
}

#[tokio::test]
async fn of_octets() {
    let message = format!("Subject: m\r\n\r\n{}", "x".repeat(IMAP_STREAM_OCTETS as usize / 2));
    let batch = IMAP_BATCH_OCTETS.div_ceil(message.len());
    batches_have(batch, &message, "BODY.PEEK[]").await;
}
