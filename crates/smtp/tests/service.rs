//! The drivers over streams in memory: sending to receiving, STARTTLS, time, failures.
#![allow(clippy::unwrap_used)]

use std::future::{Future, pending};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smtp::client::{
    Client, ClientPolicy, ContentInfo, Envelope, Fault, Outcome, Recipient, RecipientResult, Stage,
    TlsMode,
};
use smtp::codec::{Enhanced, MailParams, RcptParams, Reply};
use smtp::server::{ConnectorPolicy, Peer, Server, SessionInfo, TlsInfo, Transaction, Verdict};
use smtp::service::{self, Attendants, Backend, Journal, NoTls, Outgoing, Sink, Upgrade, serve};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use types::limits::SMTP_WRITE_SECS_MAX;
use types::{Address, BodyType, Domain, ReversePath, Timestamp};

/// What was taken: sender, recipients, content, and how it came.
type Taken = Arc<Mutex<Vec<(String, Vec<String>, Vec<u8>, String)>>>;

struct Mailroom {
    taken: Taken,
}

struct Tray {
    taken: Taken,
    content: Vec<u8>,
}

impl Backend for Mailroom {
    type Sink = Tray;

    async fn mail_from(&mut self, _: &SessionInfo, _: &ReversePath, _: &MailParams) -> Verdict {
        Verdict::Accept
    }

    async fn rcpt_to(
        &mut self,
        _: &SessionInfo,
        _: &Transaction,
        recipient: &Address,
        _: &RcptParams,
    ) -> Verdict {
        match recipient.local.as_str() {
            "nobody" => Verdict::Refuse(Reply::new(550, Enhanced(5, 1, 1), "User unknown")),
            _ => Verdict::Accept,
        }
    }

    async fn begin(&mut self, _: &SessionInfo, _: &Transaction) -> Result<Tray, Reply> {
        Ok(Tray { taken: self.taken.clone(), content: Vec::new() })
    }
}

impl Sink for Tray {
    async fn write(&mut self, piece: Vec<u8>) -> Result<(), Reply> {
        self.content.extend(piece);
        Ok(())
    }

    async fn finish(self, session: &SessionInfo, transaction: &Transaction) -> Vec<Reply> {
        let recipients = transaction.recipients.iter().map(|(to, _)| to.to_string()).collect();
        let from = transaction.reverse_path.to_string();
        let with = session.with_clause(transaction.params.smtputf8);
        self.taken.lock().unwrap().push((from, recipients, self.content, with));
        vec![Reply::new(250, Enhanced(2, 6, 0), "Queued")]
    }
}

/// Stands for TLS: the streams stay what they are.
struct Pretend;

impl Upgrade<DuplexStream> for Pretend {
    async fn start_tls(&self, _: &mut DuplexStream) -> io::Result<TlsInfo> {
        Ok(TlsInfo::default())
    }
}

struct Letter {
    to: &'static [&'static str],
    content: Vec<u8>,
    sent: usize,
    broken: bool,
}

impl Letter {
    fn new(to: &'static [&'static str], content: &[u8]) -> Self {
        Letter { to, content: content.to_vec(), sent: 0, broken: false }
    }
}

impl Outgoing for Letter {
    fn envelope(&self) -> Envelope {
        let recipient = |text: &&str| Recipient::new(Address::parse(text).unwrap());
        Envelope {
            reverse_path: ReversePath::Address(Address::parse("a@b.test").unwrap()),
            recipients: self.to.iter().map(recipient).collect(),
            ret: None,
            envid: None,
            require_tls: false,
            content: ContentInfo { body: BodyType::EightBitMime, ..ContentInfo::default() },
        }
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.sent = 0;
        Ok(())
    }

    async fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.broken && self.sent > 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let rest = &self.content[self.sent..];
        let piece = rest[..rest.len().min(60_000)].to_vec();
        self.sent += piece.len();
        Ok((!piece.is_empty()).then_some(piece))
    }
}

fn server() -> Server {
    let domain = Domain::parse("example.test").unwrap();
    let policy = ConnectorPolicy::default_frontend("MAIL", "mail.example.test", domain);
    let peer = Peer {
        address: "192.0.2.7:40000".parse().unwrap(),
        connected_at: Timestamp::EPOCH,
        tls: None,
    };
    Server::new(Arc::new(policy), peer, tokio::time::Instant::now().into_std())
}

fn client(tls: TlsMode) -> Client {
    let policy = ClientPolicy { tls, ..ClientPolicy::new("us.example.test") };
    Client::new(policy, false, tokio::time::Instant::now().into_std())
}

/// A server on one end of a stream; the other end, what it takes, and its task.
fn listen(
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> (DuplexStream, Taken, tokio::task::JoinHandle<io::Result<()>>) {
    let (near, mut far) = duplex(64 * 1024);
    let taken = Taken::default();
    let backend = Mailroom { taken: taken.clone() };
    let task =
        tokio::spawn(async move { serve(&mut far, &Pretend, server(), backend, shutdown).await });
    (near, taken, task)
}

/// What a connection brought.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    outcomes: Vec<Outcome>,
    fault: Option<Fault>,
}

async fn send<S, U>(
    stream: &mut S,
    tls: &U,
    client: Client,
    letters: &mut [Letter],
    journal: &mut dyn Journal,
) -> Sent
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    U: Upgrade<S>,
{
    let mut outcomes = Vec::new();
    let attendants = Attendants { journal, settle: &mut outcomes };
    let fault = service::send(stream, tls, client, letters, attendants).await;
    Sent { outcomes, fault }
}

fn took(sent: &Sent) -> Vec<Vec<bool>> {
    let taken = |result: &RecipientResult| matches!(result, RecipientResult::Taken { .. });
    sent.outcomes.iter().map(|outcome| outcome.recipients.iter().map(taken).collect()).collect()
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_inside_tls() {
    let (mut near, taken, task) = listen(pending());
    let lines = "0123456789abcdef0123456789abcdef\r\n".repeat(10_000);
    let large = format!("Subject: large\r\n\r\n{lines}").into_bytes();
    let mut letters = [
        Letter::new(&["bob@example.test", "nobody@example.test"], b"first\r\n.\r\n"),
        Letter::new(&["carol@example.test"], &large),
    ];
    let sent = send(&mut near, &Pretend, client(TlsMode::Require), &mut letters, &mut ()).await;
    assert_eq!(sent.fault, None);
    assert_eq!(took(&sent), [vec![true, false], vec![true]]);
    task.await.unwrap().unwrap();
    let taken = taken.lock().unwrap();
    assert_eq!(taken[0].0, "<a@b.test>");
    assert_eq!(taken[0].1, ["bob@example.test"]);
    assert_eq!(taken[0].2, b"first\r\n.\r\n");
    assert_eq!(taken[0].3, "ESMTPS");
    assert_eq!(taken[1].2, large);
}

#[tokio::test(start_paused = true)]
async fn a_failed_handshake_fails_the_connection() {
    let (mut near, _taken, _task) = listen(pending());
    let mut letters = [Letter::new(&["bob@example.test"], b"x")];
    let sent = send(&mut near, &NoTls, client(TlsMode::May), &mut letters, &mut ()).await;
    let fault = Some(Fault::TlsHandshake("unsupported".to_owned()));
    assert_eq!(sent, Sent { outcomes: Vec::new(), fault });
}

#[tokio::test(start_paused = true)]
async fn unreadable_content_is_never_a_message() {
    let (mut near, taken, task) = listen(pending());
    let mut letters = [Letter::new(&["bob@example.test"], b"half"), Letter::new(&[], b"")];
    letters[0].broken = true;
    let sent = send(&mut near, &Pretend, client(TlsMode::None), &mut letters, &mut ()).await;
    assert_eq!(sent.fault, Some(Fault::ContentUnreadable));
    assert_eq!(took(&sent), [vec![false]]);
    task.await.unwrap().unwrap();
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_times_out() {
    let (mut near, far) = duplex(1024);
    let mut letters = [Letter::new(&["bob@example.test"], b"x")];
    let sent = send(&mut near, &NoTls, client(TlsMode::None), &mut letters, &mut ()).await;
    assert_eq!(sent.fault, Some(Fault::TimedOut(Stage::Greeting)));
    drop(far);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_times_out() {
    let (mut near, _taken, task) = listen(pending());
    let mut text = String::new();
    near.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("421 4.4.1 Connection timed out\r\n"), "{text}");
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let (mut near, mut far) = duplex(64);
    let backend = Mailroom { taken: Taken::default() };
    let began = tokio::time::Instant::now();
    let task = serve(&mut far, &NoTls, server(), backend, pending());
    let (error, ()) = tokio::join!(task, async {
        near.write_all(b"EHLO client.test\r\n").await.unwrap();
    });
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed().as_secs(), SMTP_WRITE_SECS_MAX);
}

/// Bytes that came while the question was out count as sent too early.
#[tokio::test(start_paused = true)]
async fn who_talks_first_is_sent_away() {
    let (mut near, _taken, task) = listen(pending());
    near.write_all(b"EHLO client.test\r\n").await.unwrap();
    let mut text = String::new();
    near.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("554 5.5.0 "), "{text}");
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_service_stops_between_messages() {
    let (near, _taken, task) = listen(tokio::time::sleep(Duration::from_secs(1)));
    let (mut from_server, _to_server) = tokio::io::split(near);
    let mut text = String::new();
    from_server.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("421 4.3.2 Service not available, closing transmission channel\r\n"));
    task.await.unwrap().unwrap();
}
