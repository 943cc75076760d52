//! Transport: from an accepted message to mailboxes, queues, next hops and reports.
//!
//! The pipeline is a function before it is a queue: [`Transport::submit`] categorizes a
//! message and commits it in one transaction, local recipients at once, everybody else as a
//! durable queue row. The [`QueueManager`] empties the queues by Exchange's retry schedule.
//!
//! What it is not: no SMTP (crate `smtp`), no sockets (crate `net`), no directory and no
//! mailbox; those are traits in [`boundary`], joined by crate `roles`.
//!
//! Invariants:
//! * `Ok` from submit means that every recipient is in a mailbox, in a queue row, or in a
//!   failure report that is.
//! * A null reverse path is never answered; a message never vanishes without a tracking event.
//! * Bytes are staged once and shared; what differs per recipient is a prefix.
//! * Time comes from the database's clock; the schedule runs under a manual one.
//!
//! Where to look: `submit` (the pipeline), `categorize` (who gets it), `route` and
//! `connector` (which way), `commit` (the transaction), `queue` (waiting and trying), `dsn`
//! and `reports` (telling the sender), `intake` (the header on its way in), `dkim` (on its
//! way out).

pub mod boundary;
pub mod categorize;
mod commit;
pub mod connector;
mod date;
pub mod dkim;
pub mod dsn;
pub mod envelope;
pub mod firewall;
pub mod header;
mod intake;
pub mod outbox;
mod plan;
pub mod queue;
mod random;
pub mod received;
mod record;
mod reports;
pub mod route;
mod shared;
pub mod status;
mod submit;
pub mod tracking;

pub use boundary::{
    Delivery, DeliveryOutcome, DomainType, Group, GroupReports, Hop, LocalDelivery, LocalMailbox,
    MessageReport, NextHop, OutgoingMessage, RecipientReport, Recipients, Reports, Resolved,
    Sender, Summary,
};
pub use commit::Claim;
pub use connector::{ConnectorGuid, SendConnector};
pub use envelope::{
    Envelope, InternalMessageId, NetworkMessageId, Origin, Recipient, SenderCheck, Source,
    TlsSession,
};
pub use intake::{HopLimits, IntakePolicy, SubmissionPolicy, prepare_header};
pub use plan::Content;
pub use queue::admin::{MessageIdentity, VerbError};
pub use queue::listing::{MessageInfo, MessagePage, PageKey, QueueInfo};
pub use queue::manager::QueueManager;
pub use route::{DeliveryType, NextHopSolutionKey, RoutingTable};
pub use shared::Settings;
pub use status::{EnhancedStatus, Reply};
pub use submit::{Accepted, RecipientRights, Refused, Submission, Transport};
