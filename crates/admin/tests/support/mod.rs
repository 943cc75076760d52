//! An organization in memory.

use std::io;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use admin::organization::Organization;
use admin::tracking_log::TrackingLog;
use auth::VerifierOptions;
use directory::{Directory, RecipientId};
use mailbox::{Access, Fault, FindHome, Guid, Home, Homes, Mailbox, MailboxNumber};
use store::{Database, Options, StoreError, Txn};
use transport::tracking::TrackingRecord;
use transport::{
    Delivery, DeliveryOutcome, DomainType, LocalDelivery, Recipients, Resolved, Transport,
};
use types::{Address, Domain, ManualClock, Timestamp};

/// Mailboxes in the same memory, made when they are first opened.
struct MemoryHomes {
    database: Database,
    directory: Directory,
}

impl MemoryHomes {
    async fn open(&self, guid: Guid, principal: Guid) -> Result<Home, Fault> {
        let snapshot = self.directory.snapshot();
        let owner = snapshot.recipient(RecipientId(guid.0)).ok_or(Fault::NotFound("mailbox"))?;
        let number = MailboxNumber::new(owner.mailbox().unwrap().location.number);
        match Mailbox::create(&self.database, number, guid).await {
            Ok(()) | Err(Fault::Exists) => {}
            Err(fault) => return Err(fault),
        }
        let access = Access::Owner(principal);
        Ok(Home::Local(Mailbox::open(self.database.clone(), number, access)))
    }
}

impl Homes for MemoryHomes {
    fn home(&self, mailbox: Guid, principal: Guid) -> FindHome<'_> {
        Box::pin(self.open(mailbox, principal))
    }
}

/// One that has nothing in it yet.
pub async fn organization() -> Organization {
    let opened = tokio::task::spawn_blocking(|| Database::open(Options::memory()));
    let database = opened.await.unwrap().unwrap();
    let directory = Directory::open(database.clone(), VerifierOptions::default()).await.unwrap();
    Organization {
        server: "MAIL1".to_owned(),
        transport: transport(&database),
        tracking_log: Arc::new(Events::default()),
        requests: migration::Requests::new(database.clone()),
        monitor: None,
        database: "Mailbox Database",
        homes: Arc::new(MemoryHomes { database, directory: directory.clone() }),
        directory,
        settings: Arc::default(),
        serves: |listener| listener.id != ports::listeners::DEFAULT.id,
        clock: Arc::new(ManualClock::new(Timestamp::from_secs(1_700_000_000))),
    }
}

/// A message tracking log in memory.
#[derive(Default)]
pub struct Events(pub Vec<TrackingRecord>);

impl TrackingLog for Events {
    fn visit(
        &self,
        span: RangeInclusive<Timestamp>,
        visitor: &mut dyn FnMut(TrackingRecord) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let within = self.0.iter().filter(|record| span.contains(&record.date_time));
        let _ = within.cloned().try_for_each(visitor);
        Ok(())
    }
}

/// An organization that knows nobody.
struct Nobody;

impl Recipients for Nobody {
    fn resolve(&self, _address: &Address) -> Resolved {
        Resolved::Unknown
    }

    fn accepted_domain(&self, _domain: &Domain) -> Option<DomainType> {
        None
    }

    fn default_domain(&self) -> Domain {
        "example.test".parse().unwrap()
    }
}

impl LocalDelivery for Nobody {
    fn summarize(&self, _message: &[u8]) -> transport::Summary {
        Arc::new(())
    }

    fn deliver(&self, _txn: &mut Txn<'_>, _to: &Delivery) -> Result<DeliveryOutcome, StoreError> {
        Err(StoreError::Closed)
    }
}

/// Queues that nothing is in.
fn transport(database: &Database) -> Transport {
    let settings = transport::Settings::new("mail1.example.test".parse().unwrap());
    Transport::open(database.clone(), Arc::new(Nobody), Arc::new(Nobody), settings).unwrap()
}
