//! What the parts of the pipeline share, and the one door to the writer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use store::{Database, Health, StoreError};
use tokio::sync::Notify;
use tracing::Instrument;
use types::Domain;
use types::limits::MESSAGE_OCTETS_MAX;
use types::time::Timestamp;

use crate::boundary::{LocalDelivery, Recipients};
use crate::commit::{self, Committed, Work};
use crate::envelope::InternalMessageId;
use crate::queue::board::Board;
use crate::queue::rows;
use crate::queue::schedule::RetryPolicy;
use crate::queue::scheduler::{Limits, Scheduler};
use crate::route::RoutingTable;
use crate::status::{self, EnhancedStatus, Reply};
use crate::tracking::Tracking;

/// Settings of a server's transport.
#[derive(Clone)]
pub struct Settings {
    /// This server's name in Received lines and reports.
    pub server: Domain,
    /// When to retry, report and give up.
    pub retry: RetryPolicy,
    /// Connections to next hops.
    pub connections: Limits,
    /// The organization's largest message.
    pub max_message_octets: u64,
    /// Where tracking events go.
    pub tracking: Tracking,
}

impl Settings {
    /// Exchange's defaults.
    pub fn new(server: Domain) -> Self {
        Settings {
            server,
            retry: RetryPolicy::default(),
            connections: Limits::default(),
            max_message_octets: MESSAGE_OCTETS_MAX as u64,
            tracking: Tracking::default(),
        }
    }
}

/// Shared by submission, queue and operator's verbs.
pub(crate) struct Core {
    pub database: Database,
    pub recipients: Arc<dyn Recipients>,
    pub local: Arc<dyn LocalDelivery>,
    pub settings: Settings,
    routes: RwLock<Arc<RoutingTable>>,
    last_id: AtomicU64,
    /// No connection is opened.
    paused: AtomicBool,
    board: Mutex<Board>,
    /// Wakes the queue manager after the board has changed.
    pub changed: Notify,
}

impl Core {
    pub fn open(
        database: Database,
        recipients: Arc<dyn Recipients>,
        local: Arc<dyn LocalDelivery>,
        settings: Settings,
    ) -> Result<Core, StoreError> {
        let last = rows::last_message_id(&database.snapshot()?)?;
        let scheduler = Scheduler::new(settings.retry, settings.connections);
        Ok(Core {
            database,
            recipients,
            local,
            routes: RwLock::default(),
            last_id: AtomicU64::new(last.map_or(0, InternalMessageId::get)),
            paused: AtomicBool::new(false),
            board: Mutex::new(Board::new(scheduler)),
            changed: Notify::new(),
            settings,
        })
    }

    pub fn now(&self) -> Timestamp {
        self.database.now()
    }

    /// A number that no message in the queue has and that grows with time, so that the log
    /// stays unique over restarts as long as the clock does not jump back: microseconds since
    /// the epoch, or one more than the last.
    pub fn next_id(&self) -> InternalMessageId {
        let now = u64::try_from(self.now().micros()).unwrap_or(0);
        let next = |last: u64| now.max(last + 1);
        let last = self
            .last_id
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        InternalMessageId::new(next(last.unwrap_or_else(|last| last)))
    }

    pub fn routes(&self) -> Arc<RoutingTable> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_routes(&self, table: RoutingTable) {
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
        self.changed.notify_one();
    }

    pub fn set_paused(&self, paused: bool) {
        if self.paused.swap(paused, Ordering::AcqRel) != paused {
            self.changed.notify_one();
        }
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back pressure: refuse while the client still has the message.
    pub fn check_pressure(&self) -> Result<(), Reply> {
        match self.database.health() {
            Health::Good => Ok(()),
            Health::DiskNearlyFull => Err(status::insufficient_resources()),
            Health::Poisoned(_) => {
                Err(Reply::new(421, EnhancedStatus::new(4, 3, 2), "Service not active"))
            }
        }
    }

    /// Writes, then tells the queue manager. In a task of its own: a caller that goes away
    /// loses neither the write nor the wake.
    pub async fn commit(self: &Arc<Self>, work: Work) -> Result<Committed, StoreError> {
        let core = self.clone();
        let work = async move {
            let committed = core.write(work).await?;
            core.announce(&committed);
            Ok(committed)
        };
        let task = tokio::spawn(work.in_current_span());
        task.await.unwrap_or(Err(StoreError::Panicked))
    }

    async fn write(&self, work: Work) -> Result<Committed, StoreError> {
        let (local, retry) = (self.local.clone(), self.settings.retry);
        self.database
            .write(move |txn| {
                let around = commit::Surroundings { local: &*local, retry: &retry };
                commit::commit(txn, &work, &around)
            })
            .await
    }

    fn announce(&self, committed: &Committed) {
        if committed.hops.is_empty() {
            return;
        }
        let now = self.now();
        let mut board = self.board();
        for hop in &committed.hops {
            board.scheduler.arrived(*hop, now);
        }
        drop(board);
        self.changed.notify_one();
    }
}

/// The reply for a store that did not take a message.
pub(crate) fn refusal(error: &StoreError) -> Reply {
    tracing::error!(%error, "a message was not stored");
    match error {
        StoreError::DiskNearlyFull => status::insufficient_resources(),
        _ => status::store_failed(),
    }
}
