//! One command over very many messages: it runs in slices, and its answer is one.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Client, Site};
use types::limits::IMAP_BATCH_ENTRIES;

/// Doublings of one message.
const DOUBLINGS: u32 = 14;
const MANY: u32 = 1 << DOUBLINGS;

/// A session in an INBOX of [`MANY`] messages.
async fn with_messages(site: &Site) -> Client {
    let mut client = site.login("alice").await;
    client.command("ENABLE QRESYNC").await;
    client.append("INBOX", "", "Subject: m\r\n\r\nm\r\n").await;
    client.command("SELECT INBOX").await;
    for at in 0..DOUBLINGS {
        let lines = client.command("COPY 1:* INBOX").await;
        let count = 1u32 << at;
        assert!(lines.contains(&format!("* {} EXISTS", 2 * count)), "{lines:?}");
        let copied = match count {
            1 => "1 2".to_owned(),
            count => format!("1:{count} {}:{}", count + 1, 2 * count),
        };
        assert!(lines.last().unwrap().contains(&copied), "{lines:?}");
    }
    client
}

#[tokio::test]
async fn flags_moves_and_deletions_of_many_messages_have_one_answer() {
    let site = Site::new().await;
    let mut client = with_messages(&site).await;
    assert!(MANY as usize > IMAP_BATCH_ENTRIES);
    let lines = client.command("FETCH 1:* (UID)").await;
    assert_eq!(lines.len() as u32, MANY + 1);
    for (n, line) in (1..=MANY).zip(&lines) {
        assert_eq!(*line, format!("* {n} FETCH (UID {n})"));
    }
    conditional_store(&site, &mut client).await;
    client.command("CREATE Box").await;
    let lines = client.command("MOVE 1:* Box").await;
    assert!(lines[0].starts_with("* OK [COPYUID "), "{}", lines[0]);
    assert!(lines[0].ends_with(&format!(" 1:{MANY} 1:{MANY}] Moved")), "{}", lines[0]);
    assert_eq!(lines[1], format!("* VANISHED 1:{MANY}"));
    assert_eq!(lines.len(), 3, "{:?}", &lines[2..]);
    client.command("SELECT Box").await;
    let lines = client.command("STORE 1:* +FLAGS (\\Deleted)").await;
    let told = lines.iter().filter(|line| line.contains(" FETCH ") && line.contains("\\Deleted"));
    assert_eq!(told.count() as u32, MANY);
    let lines = client.command("EXPUNGE").await;
    assert_eq!(lines[0], format!("* VANISHED 1:{MANY}"));
    assert!(lines[1].starts_with("t OK [HIGHESTMODSEQ "), "{}", lines[1]);
    let lines = client.command("STATUS Box (MESSAGES DELETED SIZE)").await;
    assert_eq!(lines[0], "* STATUS Box (MESSAGES 0 DELETED 0 SIZE 0)");
}

/// Two messages change after the condition.
async fn conditional_store(site: &Site, client: &mut Client) {
    let lines = client.command("STATUS INBOX (HIGHESTMODSEQ)").await;
    let modseq: u64 = lines[0].split(['(', ')', ' ']).rev().nth(1).unwrap().parse().unwrap();
    let mut other = site.login("alice").await;
    other.command("SELECT INBOX").await;
    other.command("STORE 5,7000 +FLAGS (\\Flagged)").await;
    let store = format!("STORE 1:* (UNCHANGEDSINCE {modseq}) +FLAGS.SILENT (\\Seen)");
    let lines = client.command(&store).await;
    assert!(lines.last().unwrap().starts_with("t OK [MODIFIED 5,7000]"), "{:?}", lines.last());
    let flagged: Vec<_> = lines.iter().filter(|line| line.contains("\\Flagged")).collect();
    assert_eq!(flagged.len(), 2, "{flagged:?}");
    let modseqs = lines.iter().filter(|line| line.contains("MODSEQ") && !line.contains("FLAGS"));
    assert_eq!(modseqs.count() as u32, MANY - 2);
}
