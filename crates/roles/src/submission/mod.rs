//! The submission agent (Exchange's Mailbox Transport Submission): sends what stands in
//! mailboxes' outboxes, which is automatic replies today.
//!
//! A row of an outbox goes in the transaction that accepts its message
//! ([`transport::Transport::submit_claimed`]), so it is sent once, whatever is cut off. What cannot
//! be sent for now is tried again; what can never be goes with a line in the log.

mod automatic_reply;

use std::time::Duration;

use bytes::Bytes;
use directory::Directory;
use mailbox::Fault;
use net::Shutdown;
use store::{Database, StoreError};
use tokio::task::JoinHandle;
use transport::outbox::{self, OutboxItem, OutboxKey};
use transport::{
    Claim, Envelope, NetworkMessageId, Origin, Refused, Source, Submission, Transport,
};
use types::limits::OUTBOX_ITEMS_READ_MAX;
use types::{BodyType, Domain};

use crate::server::Parts;

/// Until what could not be sent is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Sends what stands in outboxes until shutdown.
pub(crate) fn start(parts: &Parts, server: Domain, shutdown: Shutdown) -> JoinHandle<()> {
    let agent = Agent {
        database: parts.storage.mailboxes.clone(),
        directory: parts.storage.directory.clone(),
        transport: parts.transport.clone(),
        server,
    };
    tokio::spawn(agent.run(shutdown))
}

struct Agent {
    database: Database,
    directory: Directory,
    transport: Transport,
    server: Domain,
}

/// Why something stays in an outbox.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<StoreError> for NotSent {
    fn from(error: StoreError) -> Self {
        NotSent::Fault(error.into())
    }
}

/// A message that is ready, and what takes its row away.
struct Ready {
    envelope: Envelope,
    bytes: Vec<u8>,
    claim: Claim,
}

impl Agent {
    async fn run(self, shutdown: Shutdown) {
        let mut rows = self.database.watch(outbox::TOPIC);
        loop {
            let all_sent = tokio::select! {
                () = shutdown.requested() => return,
                all_sent = self.send_all() => all_sent,
            };
            tokio::select! {
                () = shutdown.requested() => return,
                () = rows.changed() => {}
                () = tokio::time::sleep(RETRY_AFTER), if !all_sent => {}
            }
        }
    }

    /// False: something is left.
    async fn send_all(&self) -> bool {
        let (mut after, mut all_sent) = (None, true);
        loop {
            let page = self
                .database
                .read(move |snapshot| outbox::pending(snapshot, after, OUTBOX_ITEMS_READ_MAX));
            let page = match page.await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "outboxes cannot be read");
                    return false;
                }
            };
            let Some((last, _)) = page.last() else { return all_sent };
            after = Some(*last);
            for (key, item) in page {
                if let Err(error) = self.send(key, &item).await {
                    tracing::warn!(mailbox = key.mailbox, %error, "an outbox waits");
                    all_sent = false;
                }
            }
        }
    }

    async fn send(&self, key: OutboxKey, item: &OutboxItem) -> Result<(), NotSent> {
        let OutboxItem::AutomaticReply(reply) = item;
        let Some(Ready { envelope, bytes, claim }) = self.automatic_reply(key, reply).await? else {
            return Ok(self.drop(key).await?);
        };
        let submission = Submission {
            id: self.transport.next_id(),
            network_id: NetworkMessageId::generate(),
            envelope: Envelope { body: BodyType::EightBitMime, ..envelope },
            origin: Origin::own(Source::StoreDriver),
            content: self.transport.content(Bytes::from(bytes)).await?,
        };
        match self.transport.submit_claimed(submission, claim).await {
            Err(Refused(reply)) if reply.is_permanent() => {
                tracing::warn!(mailbox = key.mailbox, %reply, "an outbox's message is not sent");
                Ok(self.drop(key).await?)
            }
            taken => Ok(taken.map(drop)?),
        }
    }

    /// Takes something away that is not to be sent.
    async fn drop(&self, key: OutboxKey) -> Result<(), StoreError> {
        self.database.write(move |txn| outbox::take(txn, key).map(drop)).await
    }
}
