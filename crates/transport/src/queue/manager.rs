//! The queue manager: opens connections when the scheduler says so and records what they
//! brought. Thin: the decisions stand in [`scheduler`](super::scheduler) and the rows.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;
use tracing::{Instrument, error_span};
use types::limits::MESSAGES_PER_CONNECTION_MAX;
use types::time::Timestamp;

use crate::boundary::{Hop, MessageReport, NextHop, OutgoingMessage};
use crate::envelope::Source;
use crate::queue::hop::{self, HopRecord};
use crate::queue::keys::{self, HopNumber, PartKey};
use crate::queue::message::{Part, QueuedMessage};
use crate::queue::rows::Due;
use crate::queue::scheduler::{Arrivals, Ended};
use crate::queue::settle::{PartResult, settle};
use crate::queue::{local, notices, rows};
use crate::route::DeliveryType;
use crate::shared::Core;
use crate::status;
use crate::submit::Transport;

/// How long a store fault keeps the manager from trying again.
const FAULT_PAUSE: Duration = Duration::from_secs(10);
/// How often empty queues are looked for.
const RETIRE_EVERY: Duration = Duration::from_secs(60);
/// What open connections get at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How long the manager sleeps at most, so that a changed system clock is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Runs the delivery queues of one server.
pub struct QueueManager {
    core: Arc<Core>,
    next_hop: Arc<dyn NextHop>,
    running: JoinSet<()>,
    next_notice: Timestamp,
    next_retirement: Timestamp,
}

type LoadedPart = (PartKey, Part, QueuedMessage);

impl QueueManager {
    /// A manager for the mail that waits in the transport's database. Reads which queues
    /// there are; one manager per transport.
    pub async fn start(
        transport: &Transport,
        next_hop: Arc<dyn NextHop>,
    ) -> Result<QueueManager, StoreError> {
        let core = transport.core.clone();
        let hops = core.database.read(rows::hops).await?;
        let now = core.now();
        let mut board = core.board();
        for (number, record) in hops {
            board.scheduler.arrived(number, now);
            board.scheduler.set_suspended(number, record.suspended);
        }
        drop(board);
        Ok(QueueManager {
            core,
            next_hop,
            running: JoinSet::new(),
            next_notice: now,
            next_retirement: now,
        })
    }

    /// Runs until `shutdown` is ready, then gives open connections a moment to finish. What
    /// they have not recorded by then stays in the queue.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let deadline = self.turn().await;
            let sleep = deadline.map_or(SLEEP_MAX, |at| at.since(self.core.now()).min(SLEEP_MAX));
            tokio::select! {
                () = &mut shutdown => break,
                () = self.core.changed.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                Some(_) = self.running.join_next() => {}
            }
        }
        let finished = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN_GRACE, finished).await.is_err() {
            tracing::warn!("connections were cut at shutdown; their messages stay queued");
        }
    }

    /// Turns until nothing is due and no connection is open: for tests under a manual clock,
    /// and for draining a server. Says when something is due next.
    pub async fn run_until_idle(&mut self) -> Option<Timestamp> {
        loop {
            let deadline = self.turn().await;
            if self.running.join_next().await.is_some() {
                continue;
            }
            if deadline.is_none_or(|at| at > self.core.now()) {
                return deadline;
            }
        }
    }

    /// Starts everything that is due now; says when something is due next.
    async fn turn(&mut self) -> Option<Timestamp> {
        while self.running.try_join_next().is_some() {}
        let now = self.core.now();
        if self.next_notice <= now {
            self.next_notice = self.notices(now).await;
        }
        self.open_connections(now);
        if self.next_retirement <= now {
            self.retire_idle(now).await;
            self.next_retirement = now.plus(RETIRE_EVERY);
        }
        // Nothing that is due is begun while the queues are stopped.
        let running = !self.core.is_paused();
        let scheduled = running.then(|| self.core.board().scheduler.deadline()).flatten();
        scheduled.into_iter().chain([self.next_notice]).min()
    }

    /// What has not arrived yet cannot be overdue before the shortest time there is.
    async fn notices(&self, now: Timestamp) -> Timestamp {
        let retry = &self.core.settings.retry;
        let earliest_unknown = now.plus(retry.delay_notification.min(retry.expiration));
        match notices::run(&self.core, now).await {
            Ok(next) => next.map_or(earliest_unknown, |next| next.min(earliest_unknown)),
            Err(error) => {
                tracing::error!(%error, "overdue messages could not be handled");
                now.plus(FAULT_PAUSE)
            }
        }
    }

    fn open_connections(&mut self, now: Timestamp) {
        while let Some(hop) = self.poll(now) {
            let connection = Connection::new(self.core.clone(), self.next_hop.clone(), hop);
            self.running.spawn(connection.run());
        }
    }

    fn poll(&self, now: Timestamp) -> Option<HopNumber> {
        if self.core.is_paused() {
            return None;
        }
        self.core.board().scheduler.poll(now)
    }

    async fn retire_idle(&self, now: Timestamp) {
        let idle = self.core.board().scheduler.idle(now);
        for hop in idle {
            let retired = self.core.database.write(move |txn| hop::retire(txn, hop)).await;
            match retired {
                Ok(true) => self.core.board().scheduler.forget(hop),
                Ok(false) => self.core.board().scheduler.arrived(hop, now),
                Err(error) => tracing::warn!(%error, "an empty queue was not removed"),
            }
        }
    }
}

/// One connection to one next hop, from the choice of its messages to the record. However it
/// ends, also by a panic of the next hop or when it is cut, its messages are let go.
struct Connection {
    core: Arc<Core>,
    next_hop: Arc<dyn NextHop>,
    hop: HopNumber,
    held: Vec<PartKey>,
    released: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.released {
            return;
        }
        let now = self.core.now();
        let mut board = self.core.board();
        board.unlock(&self.held);
        board.scheduler.arrived(self.hop, now);
        board.scheduler.finished(self.hop, now, Ended::Failed(status::store_failed()));
        drop(board);
        self.core.changed.notify_one();
    }
}

impl Connection {
    fn new(core: Arc<Core>, next_hop: Arc<dyn NextHop>, hop: HopNumber) -> Self {
        Connection { core, next_hop, hop, held: Vec::new(), released: false }
    }

    async fn run(mut self) {
        let ended = match self.take().await {
            Ok(parts) => self.carry(parts).await,
            Err(error) => Err(error),
        };
        let ended = ended.unwrap_or_else(|error| {
            tracing::error!(%error, "a queue could not be worked on");
            Ended::Failed(status::store_failed())
        });
        self.release(ended).await;
    }

    /// Chooses and locks messages, then reads them: what another connection held when the
    /// choice was made may have gone since.
    async fn take(&mut self) -> Result<Vec<LoadedPart>, StoreError> {
        let (hop, now) = (self.hop, self.core.now());
        let (seen, locked) = self.look();
        let choose = move |snapshot: &store::Snapshot| {
            rows::due_parts(snapshot, hop, now, MESSAGES_PER_CONNECTION_MAX, &locked)
        };
        let due = self.core.database.read(choose).await?;
        self.hold(seen, due);
        // Another connection can start on the rest.
        self.core.changed.notify_one();
        self.load(now, self.held.clone()).await
    }

    fn hold(&mut self, seen: Arrivals, due: Due) {
        let mut board = self.core.board();
        board.scheduler.set_due(self.hop, seen, due.next);
        self.held = board.lock(due.parts);
    }

    fn look(&self) -> (Arrivals, HashSet<PartKey>) {
        let board = self.core.board();
        (board.scheduler.arrivals(self.hop), board.locked())
    }

    async fn load(
        &self,
        now: Timestamp,
        keys: Vec<PartKey>,
    ) -> Result<Vec<LoadedPart>, StoreError> {
        let hop = self.hop;
        self.core
            .database
            .read(move |snapshot| {
                let mut parts = Vec::with_capacity(keys.len());
                for key in keys {
                    if let Some((part, message)) = rows::part_and_message(snapshot, key)?
                        && part.hop == hop
                        && part.due <= now
                    {
                        parts.push((key, part, message));
                    }
                }
                Ok(parts)
            })
            .await
    }

    async fn carry(&self, parts: Vec<LoadedPart>) -> Result<Ended, StoreError> {
        if parts.is_empty() {
            return Ok(Ended::Unused);
        }
        let hop = self.hop;
        let record = self
            .core
            .database
            .read(move |snapshot| store::ReadExt::record::<HopRecord>(snapshot, &keys::hop(hop)))
            .await?;
        match record {
            None => Ok(Ended::Unused),
            Some(record) if record.key.delivery_type == DeliveryType::SmtpDeliveryToMailbox => {
                self.deliver(parts).await
            }
            Some(record) => self.send(record, parts).await,
        }
    }

    /// Into mailboxes of this server.
    async fn deliver(&self, parts: Vec<LoadedPart>) -> Result<Ended, StoreError> {
        for (key, part, message) in parts {
            let said = local::deliver(&self.core, key, &part, &message).await?;
            let source = Source::StoreDriver;
            let result = PartResult { key, part, message, said, remote_host: None, source };
            settle(&self.core, vec![result]).await?;
        }
        Ok(Ended::Well)
    }

    /// To a next hop. What was not tried stays as it is.
    async fn send(
        &self,
        record: HopRecord,
        mut parts: Vec<LoadedPart>,
    ) -> Result<Ended, StoreError> {
        let Some(connector) = self.core.routes().connector(record.key.next_hop_connector) else {
            return Ok(Ended::Failed(status::connector_gone()));
        };
        parts.truncate(connector.messages_per_connection.max(1));
        let messages: Vec<_> = parts.iter().map(outgoing).collect();
        let hop = Hop { key: record.key, connector };
        let (reports, said) = mpsc::unbounded_channel();
        let sending = async { Ok(self.next_hop.send(&hop, &messages, reports).await) };
        let span = error_span!("queue", next_hop = hop.key.next_hop_domain);
        let both = async { tokio::try_join!(sending, self.settle(parts, said)) };
        let (failure, settled) = both.instrument(span).await?;
        Ok(match failure.map(status::shortened) {
            None => Ended::Well,
            Some(reply) if settled > 0 => Ended::Broken(reply),
            Some(reply) => Ended::Failed(reply),
        })
    }

    /// Records what is said about the messages while it is being said, and says about how many
    /// there was a word. What comes while a record is written is recorded together. A fault of
    /// the store cuts the connection: what cannot be recorded should not be sent.
    async fn settle(
        &self,
        parts: Vec<LoadedPart>,
        mut said: UnboundedReceiver<MessageReport>,
    ) -> Result<usize, StoreError> {
        let (mut parts, mut settled, mut together) = (parts.into_iter(), 0, Vec::new());
        while said.recv_many(&mut together, MESSAGES_PER_CONNECTION_MAX).await > 0 {
            let results: Vec<_> = together
                .drain(..)
                .zip(&mut parts)
                .map(|(report, part)| result(part, report))
                .collect();
            settled += results.len();
            settle(&self.core, results).await?;
        }
        Ok(settled)
    }

    /// Lets go of the messages and says what is due next.
    async fn release(mut self, ended: Ended) {
        let hop = self.hop;
        self.core.board().unlock(&self.held);
        self.held.clear();
        let (seen, locked) = self.look();
        let next =
            self.core.database.read(move |snapshot| rows::next_due(snapshot, hop, &locked)).await;
        let now = self.core.now();
        let next = next.unwrap_or_else(|error| {
            tracing::error!(%error, "a queue could not be read");
            Some(now.plus(FAULT_PAUSE))
        });
        let mut board = self.core.board();
        board.scheduler.set_due(hop, seen, next);
        board.scheduler.finished(hop, now, ended);
        drop(board);
        self.released = true;
        self.core.changed.notify_one();
    }
}

fn result((key, part, message): LoadedPart, report: MessageReport) -> PartResult {
    let MessageReport { recipients: said, remote_host } = report;
    PartResult { key, part, message, said, remote_host, source: Source::Smtp }
}

fn outgoing((key, part, message): &LoadedPart) -> OutgoingMessage {
    let recipients = part.recipients.iter().map(|queued| queued.recipient.clone()).collect();
    OutgoingMessage {
        id: key.id,
        network_id: message.network_id,
        envelope: message.envelope(recipients),
        blob: message.blob,
        octets: message.octets,
    }
}
