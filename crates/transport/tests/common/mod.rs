//! A server in miniature: memory store, manual clock, a directory in a table, mailboxes that
//! are rows, and a next hop that answers from a script.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::{BlobNumber, Database, Direction, Options, Read, StoreError, Txn};
use transport::boundary::BoxFuture;
use transport::tracking::{EventId, Tracking};
use transport::*;
use types::{Address, Domain, ManualClock, ReversePath, Timestamp};

pub const START: i64 = 1_800_000_000;
/// Where the fake mailboxes keep their rows: the mailboxes' own key space.
const MAILBOX_SPACE: u8 = 0x10;
/// Where they keep what makes them heavy.
const BALLAST_SPACE: u8 = 0x11;

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// The directory.
#[derive(Default)]
pub struct Directory(Mutex<HashMap<String, Resolved>>);

impl Directory {
    pub fn set(&self, who: &str, is: Resolved) {
        self.0.lock().unwrap().insert(who.to_owned(), is);
    }

    pub fn mailbox(&self, who: &str, number: u32) {
        self.set(who, Resolved::Mailbox(LocalMailbox::new(number, address(who))));
    }

    pub fn forward(&self, who: &str, to: &str) {
        self.set(who, Resolved::Forward { to: address(to) });
    }

    pub fn group(&self, who: &str, members: &[&str], reports: GroupReports) {
        let members = members.iter().map(|member| address(member)).collect();
        let require_sender_authentication = false;
        let group = Group {
            primary: address(who),
            members,
            reports,
            require_sender_authentication,
            max_receive_octets: None,
            automatic_replies: false,
        };
        self.set(who, Resolved::Group(group));
    }
}

impl Recipients for Directory {
    fn resolve(&self, address: &Address) -> Resolved {
        let found = self.0.lock().unwrap().get(&address.folded()).cloned();
        let ours = address.domain.as_str() == "example.test";
        found.unwrap_or(if ours { Resolved::Unknown } else { Resolved::Remote })
    }

    fn accepted_domain(&self, domain: &Domain) -> Option<DomainType> {
        match domain.as_str() {
            "example.test" => Some(DomainType::Authoritative),
            "relay.test" => Some(DomainType::InternalRelay),
            _ => None,
        }
    }

    fn default_domain(&self) -> Domain {
        "example.test".parse().unwrap()
    }
}

/// Mailboxes: each delivery is a row of the transaction, so what rolls back is not there.
#[derive(Default)]
pub struct Mailboxes {
    pub answers: Mutex<HashMap<u32, DeliveryOutcome>>,
    /// Octets that a delivery writes beside its row.
    pub ballast: AtomicUsize,
}

impl LocalDelivery for Mailboxes {
    fn summarize(&self, message: &[u8]) -> Summary {
        Arc::new(message.len())
    }

    fn deliver(
        &self,
        txn: &mut Txn<'_>,
        delivery: &Delivery,
    ) -> Result<DeliveryOutcome, StoreError> {
        if let Some(answer) = self.answers.lock().unwrap().get(&delivery.mailbox) {
            return Ok(answer.clone());
        }
        assert!(delivery.summary.is::<usize>(), "the summary passes through");
        let count = stored(txn, delivery.mailbox).len();
        let key =
            [&[MAILBOX_SPACE][..], &delivery.mailbox.to_be_bytes(), &count.to_be_bytes()].concat();
        let payload = [&delivery.blob.0.to_be_bytes()[..], &delivery.prefix].concat();
        txn.put(&key, 1, &payload)?;
        for (number, octets) in ballast(self.ballast.load(Ordering::Relaxed)) {
            txn.put(&[&[BALLAST_SPACE, number], &key[..]].concat(), 1, &vec![0; octets])?;
        }
        Ok(DeliveryOutcome::Delivered)
    }
}

/// Rows of that many octets together.
fn ballast(octets: usize) -> impl Iterator<Item = (u8, usize)> {
    const ROW: usize = 90_000;
    (0..octets.div_ceil(ROW) as u8).map(move |at| (at, ROW.min(octets - usize::from(at) * ROW)))
}

/// Blob and prefix of each message of a mailbox.
fn stored(read: &impl Read, mailbox: u32) -> Vec<(BlobNumber, Vec<u8>)> {
    let from = [&[MAILBOX_SPACE][..], &mailbox.to_be_bytes()].concat();
    let to = [&[MAILBOX_SPACE][..], &(mailbox + 1).to_be_bytes()].concat();
    let mut found = Vec::new();
    read.range(&from, &to, Direction::Forward, &mut |_, row| {
        let (blob, prefix) = row.split_at(8);
        found.push((BlobNumber(u64::from_be_bytes(blob.try_into().unwrap())), prefix.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// What is said about a recipient.
pub type Answer = Box<dyn Fn(&Address) -> RecipientReport + Send>;

/// What the fake next hop does with one connection.
pub enum Script {
    /// Nobody is there.
    Unreachable,
    /// The code that sends has a fault.
    Panic,
    /// Every recipient is answered by this function.
    Answer(Answer),
    /// So many messages are taken, then the connection breaks.
    Break(usize),
    /// So many messages are taken, then nothing happens for good.
    Hang(usize),
}

pub fn taken() -> RecipientReport {
    RecipientReport::Taken {
        reply: Reply::new(250, EnhancedStatus::new(2, 6, 0), "queued"),
        passed_dsn: true,
    }
}

pub fn busy() -> Reply {
    Reply::new(421, EnhancedStatus::new(4, 4, 1), "connection timed out")
}

/// One connection as the next hop saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Timestamp,
    pub hop: NextHopSolutionKey,
    pub messages: Vec<OutgoingMessage>,
}

/// The outside world.
pub struct World {
    clock: ManualClock,
    pub scripts: Mutex<VecDeque<Script>>,
    pub seen: Mutex<Vec<Seen>>,
    /// What happens when the scripts are used up.
    pub reachable: Mutex<bool>,
}

impl NextHop for World {
    fn send<'a>(
        &'a self,
        hop: &'a Hop,
        messages: &'a [OutgoingMessage],
        reports: Reports,
    ) -> BoxFuture<'a, Option<Reply>> {
        Box::pin(async move {
            let seen = Seen {
                at: types::Clock::now(&self.clock),
                hop: hop.key.clone(),
                messages: messages.to_vec(),
            };
            self.seen.lock().unwrap().push(seen);
            // Lets other connections start meanwhile.
            tokio::task::yield_now().await;
            let script = self.scripts.lock().unwrap().pop_front();
            let fallback = || {
                if *self.reachable.lock().unwrap() {
                    answer_all(taken())
                } else {
                    Script::Unreachable
                }
            };
            let script = script.unwrap_or_else(fallback);
            let hangs = matches!(script, Script::Hang(_));
            let failure = play(script, messages, &reports);
            if hangs {
                std::future::pending::<()>().await;
            }
            failure
        })
    }
}

pub fn answer_all(report: RecipientReport) -> Script {
    Script::Answer(Box::new(move |_| report.clone()))
}

fn play(script: Script, messages: &[OutgoingMessage], reports: &Reports) -> Option<Reply> {
    let (answer, count, failure): (Answer, _, _) = match script {
        Script::Unreachable => return Some(busy()),
        Script::Panic => panic!("scripted"),
        Script::Answer(answer) => (answer, messages.len(), None),
        Script::Break(count) => (Box::new(|_| taken()), count, Some(busy())),
        Script::Hang(count) => (Box::new(|_| taken()), count, None),
    };
    for message in messages.iter().take(count) {
        let said = message.envelope.recipients.iter().map(|recipient| answer(&recipient.address));
        let remote_host = Some("mx.far.test".to_owned());
        reports.send(MessageReport { recipients: said.collect(), remote_host }).unwrap();
    }
    failure
}

/// Tracking events: which, about whom.
pub type Events = Arc<Mutex<Vec<(EventId, Vec<String>)>>>;

/// All of it.
pub struct Server {
    pub clock: ManualClock,
    pub database: Database,
    pub directory: Arc<Directory>,
    pub mailboxes: Arc<Mailboxes>,
    pub world: Arc<World>,
    pub transport: Transport,
    pub manager: QueueManager,
    pub events: Events,
}

/// Alice (1) and Bob (2) at example.test, one connector to everywhere else.
pub async fn server() -> Server {
    let clock = ManualClock::new(Timestamp::from_secs(START));
    let options = Options::memory().with_clock(Arc::new(clock.clone()));
    let database = Database::open(options).unwrap();
    over(database, clock).await
}

/// The same people and world over a given store.
pub async fn over(database: Database, clock: ManualClock) -> Server {
    let directory = Directory::default();
    directory.mailbox("alice@example.test", 1);
    directory.mailbox("bob@example.test", 2);
    let world = Arc::new(World {
        clock: clock.clone(),
        scripts: Mutex::default(),
        seen: Mutex::default(),
        reachable: Mutex::new(true),
    });
    start(clock, database, Arc::new(directory), Arc::default(), world).await
}

async fn start(
    clock: ManualClock,
    database: Database,
    directory: Arc<Directory>,
    mailboxes: Arc<Mailboxes>,
    world: Arc<World>,
) -> Server {
    let events: Events = Arc::default();
    let hook = events.clone();
    let mut settings = Settings::new("mail.example.test".parse().unwrap());
    settings.tracking = Tracking::with_hook(Arc::new(move |event| {
        let who = event.recipient_address.iter().map(ToString::to_string).collect();
        hook.lock().unwrap().push((event.event_id, who));
    }));
    let transport =
        Transport::open(database.clone(), directory.clone(), mailboxes.clone(), settings).unwrap();
    transport.set_routes(RoutingTable::new([connector(1, "Internet", "*")]));
    let manager = QueueManager::start(&transport, world.clone()).await.unwrap();
    Server { clock, database, directory, mailboxes, world, transport, manager, events }
}

pub fn connector(number: u8, name: &str, space: &str) -> SendConnector {
    SendConnector {
        guid: ConnectorGuid([number; 16]),
        name: name.into(),
        enabled: true,
        address_spaces: vec![space.parse().unwrap()],
        smart_hosts: Vec::new(),
        max_message_octets: None,
        messages_per_connection: usize::MAX,
    }
}

/// An envelope; `<>` is the null sender.
pub fn envelope(from: &str, to: &[&str]) -> Envelope {
    let reverse_path = match from {
        "<>" => ReversePath::Null,
        from => ReversePath::Address(address(from)),
    };
    Envelope::new(reverse_path, to.iter().map(|to| address(to)))
}

pub const MESSAGE: &[u8] =
    b"From: alice@example.test\r\nMessage-ID: <1@example.test>\r\nSubject: hello\r\n\r\nthe body\r\n";

/// Submits [`MESSAGE`] as Alice, logged on.
pub async fn submit_to(transport: &Transport, envelope: Envelope) -> Result<Accepted, Refused> {
    let mut origin = Origin::own(Source::Smtp);
    origin.authenticated = Some("alice".into());
    submit_from(transport, origin, envelope).await
}

async fn submit_from(
    transport: &Transport,
    origin: Origin,
    envelope: Envelope,
) -> Result<Accepted, Refused> {
    transport.submit(submission(transport, origin, envelope).await?).await
}

/// [`MESSAGE`] on its way in.
pub async fn submission(
    transport: &Transport,
    origin: Origin,
    envelope: Envelope,
) -> Result<Submission, Refused> {
    let content = transport.content(MESSAGE).await?;
    let (id, network_id) = (transport.next_id(), NetworkMessageId::generate());
    Ok(Submission { id, network_id, envelope, origin, content })
}

impl Server {
    /// Submits [`MESSAGE`] as Alice, logged on.
    pub async fn submit(&self, envelope: Envelope) -> Result<Accepted, Refused> {
        submit_to(&self.transport, envelope).await
    }

    pub async fn submit_from(
        &self,
        origin: Origin,
        envelope: Envelope,
    ) -> Result<Accepted, Refused> {
        submit_from(&self.transport, origin, envelope).await
    }

    /// Lets the queues work and the time pass until `span` is over.
    pub async fn advance(&mut self, span: Duration) {
        let end = types::Clock::now(&self.clock).plus(span);
        loop {
            let next = self.manager.run_until_idle().await;
            match next.filter(|at| *at <= end) {
                Some(at) => self.clock.set(at),
                None => break,
            }
        }
        self.clock.set(end);
        self.manager.run_until_idle().await;
    }

    /// Lets the queues do what is due now.
    pub async fn settle(&mut self) {
        self.manager.run_until_idle().await;
    }

    /// The process dies and starts again over the same store.
    pub async fn restart(self) -> Server {
        let Server { clock, database, directory, mailboxes, world, .. } = self;
        start(clock, database, directory, mailboxes, world).await
    }

    /// The messages of a mailbox as text, prefix included.
    pub fn mailbox(&self, number: u32) -> Vec<String> {
        let snapshot = self.database.snapshot().unwrap();
        stored(&snapshot, number)
            .into_iter()
            .map(|(blob, prefix)| {
                let octets = snapshot.blob_len(blob).unwrap();
                let bytes = [prefix, snapshot.blob(blob, 0..octets).unwrap()].concat();
                String::from_utf8(bytes).unwrap()
            })
            .collect()
    }

    /// Minutes since the start of each connection so far.
    pub fn connection_minutes(&self) -> Vec<i64> {
        self.world.seen.lock().unwrap().iter().map(|seen| (seen.at.secs() - START) / 60).collect()
    }

    /// Recipients of each message sent so far.
    pub fn sent(&self) -> Vec<Vec<String>> {
        let seen = self.world.seen.lock().unwrap();
        let recipients = |message: &OutgoingMessage| {
            message.envelope.recipients.iter().map(|r| r.address.to_string()).collect()
        };
        seen.iter().flat_map(|seen| seen.messages.iter().map(recipients)).collect()
    }

    /// Rows of the mail queue.
    pub fn queue_rows(&self) -> usize {
        let mut rows = 0;
        let count = &mut |_: &[u8], _| {
            rows += 1;
            ControlFlow::Continue(())
        };
        self.database
            .snapshot()
            .unwrap()
            .range(&[0x20], &[0x20, 5], Direction::Forward, count)
            .unwrap();
        rows
    }

    /// Who the events of that kind named.
    pub fn tracked(&self, wanted: EventId) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|(id, _)| *id == wanted).flat_map(|(_, who)| who.clone()).collect()
    }

    /// The delivery queues that hold something.
    pub async fn queues(&self) -> Vec<QueueInfo> {
        let all = self.transport.queues().await.unwrap();
        all.into_iter().filter(|queue| queue.message_count > 0).collect()
    }
}

pub fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub fn set(texts: &[&str]) -> HashSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
