//! Whole sessions over a connection in memory: the states, the frozen list, UPDATE at QUIT
//! and never before, and who gets in.

use std::sync::Arc;
use std::time::Duration;

use auth::{RecipientId, UserSessions};
use mailbox::Special;
use net::Stream;
use pop3::Start;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::LoginType;
use types::limits::{
    LOGIN_SECS_MAX, POP3_AUTH_OCTETS_MAX, POP3_COMMAND_ERRORS_MAX, POP3_COMMAND_OCTETS_MAX,
    POP3_LOGON_FAILURES_MAX,
};

use crate::support::{ALICE, Fixture, append};

impl Fixture {
    /// Sends everything at once, as a pipelining client may, and reads to the end.
    async fn talk(&self, commands: &str) -> String {
        self.talk_in_pieces(&[commands]).await
    }

    async fn talk_in_pieces(&self, pieces: &[&str]) -> String {
        let (ours, mut theirs) = Stream::pair(64 * 1024);
        let server = Arc::clone(&self.server);
        let peer = [127, 0, 0, 1].into();
        let session =
            tokio::spawn(async move { pop3::run(ours, peer, &server, Start::Greeting).await });
        for piece in pieces {
            theirs.write_all(piece.as_bytes()).await.unwrap();
            theirs.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        theirs.shutdown().await.unwrap();
        let mut answers = String::new();
        theirs.read_to_string(&mut answers).await.unwrap();
        session.await.unwrap();
        answers
    }

    async fn left(&self) -> u32 {
        let status = self.mailbox.read(|view| {
            let inbox = view.special(Special::Inbox)?;
            view.status(inbox.id)
        });
        status.await.unwrap().exists
    }
}

const LOGIN: &str = "USER alice@example.test\r\nPASS secret\r\n";
const ONE: &str = "Subject: one\r\n\r\nfirst\r\n.dot\r\n";
const TWO: &str = "Subject: two\r\n\r\nsecond\r\n";

#[tokio::test]
async fn a_session_from_greeting_to_quit() {
    let f = Fixture::new(&[ONE, TWO]).await;
    let answers =
        f.talk(&format!("{LOGIN}STAT\r\nLIST\r\nLIST 2\r\nRETR 1\r\nTOP 1 1\r\nQUIT\r\n")).await;
    let expected = "+OK Rialto POP3 service is ready\r\n+OK send PASS\r\n+OK 2 messages (53 octets)\r\n\
        +OK 2 53\r\n+OK list follows\r\n1 29\r\n2 24\r\n.\r\n+OK 2 24\r\n\
        +OK 29 octets\r\nSubject: one\r\n\r\nfirst\r\n..dot\r\n.\r\n\
        +OK 23 octets\r\nSubject: one\r\n\r\nfirst\r\n.\r\n+OK goodbye\r\n";
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn however_the_input_is_cut_the_answers_are_the_same() {
    let f = Fixture::new(&[ONE]).await;
    let commands = format!("{LOGIN}STAT\r\nUIDL 1\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
    let whole = f.talk(&commands).await;
    for cut in 1..commands.len() {
        let (head, tail) = commands.split_at(cut);
        assert_eq!(f.talk_in_pieces(&[head, tail]).await, whole, "cut at {cut}");
    }
}

#[tokio::test]
async fn deletes_at_quit_only() {
    let f = Fixture::new(&[ONE, TWO]).await;
    f.talk(&format!("{LOGIN}DELE 1\r\n")).await;
    assert_eq!(f.left().await, 2, "the connection broke before QUIT");
    f.talk(&format!("{LOGIN}DELE 1\r\nRSET\r\nQUIT\r\n")).await;
    assert_eq!(f.left().await, 2, "the mark was taken back");
    let answers = f.talk(&format!("{LOGIN}DELE 1\r\nRETR 1\r\nSTAT\r\nQUIT\r\n")).await;
    assert!(answers.contains("+OK marked\r\n-ERR no such message\r\n+OK 1 24\r\n"), "{answers}");
    assert_eq!(f.left().await, 1);
}

#[tokio::test]
async fn the_list_is_frozen_and_unique_ids_stay() {
    let f = Fixture::new(&[ONE, TWO]).await;
    let before = f.talk(&format!("{LOGIN}UIDL 2\r\nDELE 1\r\nQUIT\r\n")).await;
    let mut answers = before.lines().filter_map(|line| line.strip_prefix("+OK 2 "));
    let id = answers.next_back().unwrap().to_owned();
    append(&f.mailbox, ONE).await;
    let after = f.talk(&format!("{LOGIN}UIDL\r\nQUIT\r\n")).await;
    assert!(after.contains(&format!("\r\n1 {id}\r\n2 ")), "{after}");
    assert!(id.len() <= 70 && id.bytes().all(|octet| (0x21..=0x7e).contains(&octet)));
}

#[tokio::test]
async fn wrong_passwords_and_wrong_states() {
    let f = Fixture::new(&[]).await;
    let answers = f
        .talk("STAT\r\nPASS secret\r\nUSER alice@example.test\r\nPASS wrong\r\nAUTH GSSAPI\r\nQUIT\r\n")
        .await;
    let lines: Vec<_> = answers.lines().collect();
    assert_eq!(
        lines[1..],
        [
            "-ERR log in first",
            "-ERR USER first",
            "+OK send PASS",
            "-ERR [AUTH] wrong user name or password",
            "-ERR mechanism not available",
            "+OK goodbye"
        ]
    );
}

#[tokio::test]
async fn failed_logins_end_the_session() {
    let f = Fixture::new(&[]).await;
    let failures = POP3_LOGON_FAILURES_MAX as usize;
    let wrong = "USER alice@example.test\r\nPASS wrong\r\n";
    let answers = f.talk(&wrong.repeat(failures + 1)).await;
    assert_eq!(answers.matches("[AUTH]").count(), failures, "{answers}");
    let answers = f.talk(&format!("{}QUIT\r\n", wrong.repeat(failures - 1))).await;
    assert!(answers.ends_with("+OK goodbye\r\n"), "{answers}");
}

#[tokio::test]
async fn sasl_plain_with_and_without_initial_response() {
    let f = Fixture::new(&[ONE]).await;
    let plain = auth::encode(b"\0alice@example.test\0secret");
    for commands in [
        format!("AUTH PLAIN {plain}\r\nSTAT\r\nQUIT\r\n"),
        format!("AUTH PLAIN\r\n{plain}\r\nSTAT\r\nQUIT\r\n"),
    ] {
        let answers = f.talk(&commands).await;
        assert!(answers.contains("+OK 1 messages (29 octets)\r\n+OK 1 29\r\n"), "{answers}");
    }
    let cancelled = f.talk("AUTH PLAIN\r\n*\r\nQUIT\r\n").await;
    assert!(cancelled.contains("\r\n-ERR [AUTH]"), "{cancelled}");
}

#[tokio::test]
async fn passwords_need_tls_unless_switched_on_by_name() {
    let mut f = Fixture::new(&[]).await;
    Arc::get_mut(&mut f.server).unwrap().login_type = LoginType::PlainTextAuthentication;
    let answers = f.talk("CAPA\r\nUSER alice@example.test\r\nAUTH PLAIN\r\nQUIT\r\n").await;
    assert!(answers.contains("SASL SCRAM-SHA-256\r\n") && !answers.contains("\r\nUSER\r\n"));
    assert!(answers.contains("-ERR [AUTH] use STLS first\r\n-ERR mechanism not available"));
    Arc::get_mut(&mut f.server).unwrap().login_type = LoginType::SecureLogin;
    let answers = f.talk("CAPA\r\nAUTH SCRAM-SHA-256\r\nQUIT\r\n").await;
    assert!(!answers.contains("SASL"), "{answers}");
    assert!(answers.contains("-ERR mechanism not available"), "{answers}");
}

#[tokio::test]
async fn garbage_is_answered_and_bounded() {
    let f = Fixture::new(&[]).await;
    let errors = POP3_COMMAND_ERRORS_MAX as usize;
    let answers = f.talk(&"what\r\n".repeat(errors + 10)).await;
    assert!(answers.ends_with("-ERR too many bad commands\r\n"), "{answers}");
    assert_eq!(answers.matches("-ERR").count(), errors + 1, "{answers}");
    let answers = f.talk(&format!("{}QUIT\r\n", "what\r\n".repeat(errors - 1))).await;
    assert!(answers.ends_with("+OK goodbye\r\n"), "{answers}");
}

/// A line of so many octets, its end included.
fn line_of(start: &str, octets: usize) -> String {
    format!("{start}{}\r\n", "x".repeat(octets - start.len() - 2))
}

#[tokio::test]
async fn commands_and_responses_have_a_length() {
    let f = Fixture::new(&[]).await;
    for (octets, answer) in [
        (POP3_COMMAND_OCTETS_MAX, "+OK send PASS"),
        (POP3_COMMAND_OCTETS_MAX + 1, "-ERR line too long"),
    ] {
        let answers = f.talk(&format!("{}QUIT\r\n", line_of("USER ", octets))).await;
        assert!(answers.ends_with(&format!("{answer}\r\n+OK goodbye\r\n")), "{answers}");
    }
    for (octets, goes_on) in [(POP3_AUTH_OCTETS_MAX, true), (POP3_AUTH_OCTETS_MAX + 1, false)] {
        let response = line_of("", octets);
        let answers = f.talk(&format!("AUTH PLAIN\r\n{response}QUIT\r\n")).await;
        assert_eq!(answers.ends_with("+OK goodbye\r\n"), goes_on, "{octets}: {answers}");
    }
}

#[tokio::test]
async fn a_user_has_so_many_sessions_at_a_time() {
    let mut f = Fixture::new(&[]).await;
    let sessions = UserSessions::new(1);
    Arc::get_mut(&mut f.server).unwrap().sessions = Arc::clone(&sessions);
    let place = sessions.enter(RecipientId(ALICE.0));
    let refused = f.talk(&format!("{LOGIN}STAT\r\n")).await;
    assert!(
        refused.ends_with("-ERR [SYS/TEMP] too many connections of this user\r\n"),
        "{refused}"
    );
    drop(place);
    let served = f.talk(&format!("{LOGIN}STAT\r\nQUIT\r\n")).await;
    assert!(served.ends_with("+OK 0 0\r\n+OK goodbye\r\n"), "{served}");
}

#[tokio::test]
async fn who_only_talks_and_does_not_log_in_is_let_go() {
    let fixture = Fixture::new(&[]).await;
    let (mut ours, theirs) = Stream::pair(64 * 1024);
    let server = Arc::clone(&fixture.server);
    let peer = [127, 0, 0, 1].into();
    let session =
        tokio::spawn(async move { pop3::run(theirs, peer, &server, Start::Greeting).await });
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    for _ in 0..100 {
        if session.is_finished() {
            break;
        }
        // Refused once the session has ended.
        let _ = ours.write_all(b"CAPA\r\n").await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    assert!(session.is_finished());
    let talked = began.elapsed().as_secs();
    assert!((LOGIN_SECS_MAX..LOGIN_SECS_MAX + 60).contains(&talked), "{talked} s");
    let mut said = String::new();
    ours.read_to_string(&mut said).await.unwrap();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("-ERR") && last.contains("too long"), "{said}");
}
