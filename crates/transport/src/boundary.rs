//! What transport asks of its neighbours: who a recipient is, delivery into a mailbox,
//! sending to a next hop. Crate `roles` joins them to the directory, the mailboxes and the
//! network; tests use their own.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use store::{BlobNumber, StoreError, Txn};
use types::time::Timestamp;
use types::{Address, Domain, ReversePath};

use crate::connector::SendConnector;
use crate::envelope::{Envelope, InternalMessageId, NetworkMessageId};
use crate::route::NextHopSolutionKey;
use crate::status::Reply;

/// A boxed future: these traits are used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The directory as the categorizer sees it. Answers come from memory: a call may not block.
pub trait Recipients: Send + Sync {
    /// Who has this address, by any of its proxy addresses.
    fn resolve(&self, address: &Address) -> Resolved;

    /// The kind of accepted domain, if it is one.
    fn accepted_domain(&self, domain: &Domain) -> Option<DomainType>;

    /// Whether the recipient's lists let the sender in (AcceptMessagesOnlyFrom,
    /// RejectMessagesFrom). A directory without such lists says yes.
    fn admits(&self, _recipient: &Address, _sender: Sender<'_>) -> bool {
        true
    }

    /// The default accepted domain: right side of postmaster@ and of reports.
    fn default_domain(&self) -> Domain;
}

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The reverse path; None: the null one.
    pub address: Option<&'a Address>,
    /// The sender is authenticated or is this server.
    pub authenticated: bool,
}

/// Kinds of accepted domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainType {
    /// All recipients are ours.
    Authoritative,
    /// Some are ours; the others live behind a Send connector.
    InternalRelay,
    /// None is ours; we pass the mail on.
    ExternalRelay,
}

/// What an address turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A mailbox of this server.
    Mailbox(LocalMailbox),
    /// A mail contact or mail user, or a recipient whose mail all goes elsewhere.
    Forward {
        /// Where to.
        to: Address,
    },
    /// A distribution group.
    Group(Group),
    /// Nobody here: a foreign domain, or unknown in a relay domain.
    Remote,
    /// Unknown in an authoritative domain.
    Unknown,
    /// More than one recipient has the address.
    Ambiguous,
    /// The directory cannot say now.
    Unavailable,
}

/// A mailbox as a delivery target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMailbox {
    /// Its number in the database.
    pub number: u32,
    /// Its identity.
    pub guid: [u8; 16],
    /// Its primary address; Delivered-To.
    pub primary: Address,
    /// ProhibitSendReceiveQuota is reached.
    pub over_quota: bool,
    /// MaxReceiveSize in octets.
    pub max_receive_octets: Option<u64>,
    /// RequireSenderAuthenticationEnabled.
    pub require_sender_authentication: bool,
    /// ForwardingAddress together with DeliverToMailboxAndForward.
    pub also_forward_to: Option<Address>,
}

impl LocalMailbox {
    /// A mailbox without restrictions.
    pub fn new(number: u32, primary: Address) -> Self {
        LocalMailbox {
            number,
            guid: [0; 16],
            primary,
            over_quota: false,
            max_receive_octets: None,
            require_sender_authentication: false,
            also_forward_to: None,
        }
    }
}

/// A distribution group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its primary address.
    pub primary: Address,
    /// Its members' addresses; members may be groups.
    pub members: Vec<Address>,
    /// Who gets the reports about members.
    pub reports: GroupReports,
    /// RequireSenderAuthenticationEnabled; on by default for groups.
    pub require_sender_authentication: bool,
    /// MaxReceiveSize in octets.
    pub max_receive_octets: Option<u64>,
    /// SendOofMessageToOriginatorEnabled.
    pub automatic_replies: bool,
}

/// How a message came to a recipient, as far as automatic replies are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By its own address.
    #[default]
    Own,
    /// By groups whose members' replies go to the sender: the address that was written to.
    Group(Address),
    /// By groups of which one keeps them back.
    QuietGroup,
}

impl Way {
    /// The way of a group's members, when this one led to the group.
    pub(crate) fn through(self, group: &Address, automatic_replies: bool) -> Self {
        match self {
            _ if !automatic_replies => Way::QuietGroup,
            Way::Own => Way::Group(group.clone()),
            further => further,
        }
    }
}

/// ReportToOriginatorEnabled and ReportToManagerEnabled, which exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupReports {
    /// The sender (the default).
    Originator,
    /// ManagedBy gets the failures, nobody the rest.
    Manager(Address),
    /// Nobody: members are sent to with NOTIFY=NEVER.
    Nobody,
}

/// What the mailbox wants to know about a message's content; made once per message outside
/// the writer and shared by its recipients. Transport passes it through unseen.
pub type Summary = Arc<dyn Any + Send + Sync>;

/// One message for one mailbox.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which copy of the message.
    pub id: InternalMessageId,
    /// Who sent it.
    pub reverse_path: ReversePath,
    /// Whether the reverse path is believed enough to be answered
    /// ([`Origin::may_be_reported_to`](crate::Origin::may_be_reported_to)).
    pub answerable: bool,
    /// The target.
    pub mailbox: u32,
    /// The address it was sent to.
    pub recipient: Address,
    /// Whether that was its own.
    pub way: Way,
    /// The message's bytes, shared by all recipients.
    pub blob: BlobNumber,
    /// Return-Path and Delivered-To, put before the shared bytes.
    pub prefix: Vec<u8>,
    /// From [`LocalDelivery::summarize`].
    pub summary: Summary,
    /// When the server took the message.
    pub received: Timestamp,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It is in the mailbox, or will be with this commit.
    Delivered,
    /// The mailbox has had it already.
    Duplicate,
    /// Never: the reply goes into a report.
    Refused(Reply),
    /// Not now.
    Deferred(Reply),
}

/// Delivery into the mailboxes of this server's database.
pub trait LocalDelivery: Send + Sync {
    /// Derives what delivery needs from the whole message. Pure and bounded.
    fn summarize(&self, message: &[u8]) -> Summary;

    /// Writes one message into one mailbox. Runs inside the store's write function, so it
    /// may run again and must not do anything but use `txn`.
    fn deliver(
        &self,
        txn: &mut Txn<'_>,
        delivery: &Delivery,
    ) -> Result<DeliveryOutcome, StoreError>;
}

/// A next hop and the connector that leads there.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The queue's key.
    pub key: NextHopSolutionKey,
    /// The Send connector named in the key.
    pub connector: Arc<SendConnector>,
}

/// A message for one SMTP transaction: at most 100 recipients of one next hop.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// Which copy.
    pub id: InternalMessageId,
    /// Which message.
    pub network_id: NetworkMessageId,
    /// MAIL and RCPT, this hop's recipients only.
    pub envelope: Envelope,
    /// The bytes. What leaves is run through the header firewall and signed last.
    pub blob: BlobNumber,
    /// Octets of the blob.
    pub octets: u64,
}

/// What a next hop said about one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageReport {
    /// Per recipient, in the envelope's order.
    pub recipients: Vec<RecipientReport>,
    /// The host that answered; None: this server.
    pub remote_host: Option<String>,
}

/// Where a next hop's reports go, one a message in the order given, each as soon as it is
/// known: the queue records it while the next message is on its way. Messages without one were
/// not tried and stay as they are.
pub type Reports = tokio::sync::mpsc::UnboundedSender<MessageReport>;

/// What a next hop said about one recipient; the vector keeps the envelope's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientReport {
    /// It took responsibility.
    Taken {
        /// Its 250.
        reply: Reply,
        /// True when it understands DSN, so that success reports are its business now.
        passed_dsn: bool,
    },
    /// 5yz, or a fault no retry can heal.
    Failed(Reply),
    /// 4yz: this message waits for MessageRetryInterval.
    Deferred(Reply),
}

/// Sends to next hops; implemented over SMTP by crate `roles`.
pub trait NextHop: Send + Sync {
    /// Opens one connection and sends the messages one after the other. The reply is set when
    /// the connection failed: the queue waits before the next one.
    fn send<'a>(
        &'a self,
        hop: &'a Hop,
        messages: &'a [OutgoingMessage],
        reports: Reports,
    ) -> BoxFuture<'a, Option<Reply>>;
}
