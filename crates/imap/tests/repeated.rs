//! The same octets asked for many times in one command.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Client, Site};

/// A session with one message of many sections' size in the selected INBOX.
async fn with_message(site: &Site) -> (Client, String) {
    let mut client = site.login("alice").await;
    let message = format!("Subject: x\r\n\r\n{}", "0123456789abcd\r\n".repeat(6000));
    let append = format!("a APPEND INBOX {{{}+}}\r\n{message}\r\n", message.len());
    client.send(append.as_bytes()).await;
    assert!(client.line().await.starts_with("a OK"));
    client.command("SELECT INBOX").await;
    (client, message)
}

#[tokio::test]
async fn sections_that_do_not_fit_into_memory_are_sent_all_the_same() {
    let site = Site::new().await;
    let (mut client, message) = with_message(&site).await;
    let items: Vec<String> = (0..100).map(|at| format!("BODY.PEEK[]<{at}.90000>")).collect();
    client.send(format!("b FETCH 1 ({})\r\n", items.join(" ")).as_bytes()).await;
    let sections = (0..100).map(|at| {
        let section = &message[at..message.len().min(at + 90_000)];
        format!("BODY[]<{at}> {{{}}}\r\n{section}", section.len())
    });
    let expected = format!("* 1 FETCH ({})\r\n", sections.collect::<Vec<_>>().join(" "));
    let mut received = String::new();
    while received.len() < expected.len() {
        received += &client.line().await;
        received += "\r\n";
    }
    assert!(received == expected);
    assert_eq!(client.line().await, "b OK FETCH completed");
}

#[tokio::test]
async fn a_part_is_not_decoded_for_every_octet_of_it() {
    let site = Site::new().await;
    let (mut client, _) = with_message(&site).await;
    let items: Vec<String> = (0..100).map(|at| format!("BINARY.PEEK[1]<{at}.90000>")).collect();
    client.send(format!("b FETCH 1 ({})\r\n", items.join(" ")).as_bytes()).await;
    assert!(client.line().await.starts_with("b NO [LIMIT]"));
}
