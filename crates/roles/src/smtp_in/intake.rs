//! What a Receive connector decides: who may send as whom, which recipients are taken, and
//! the message itself, whose 250 means that it is kept.

use std::sync::Arc;
use std::time::Instant;

use auth::{Principal, RecipientId};
use bytes::Bytes;
use directory::{Directory, Resolution};
use mailbox::{Access, Guid, Home, Homes, Mailbox, MailboxNumber};
use ports::listeners::DEFAULT_FRONTEND;
use smtp::codec;
use smtp::server::{Rights, SessionInfo, Transaction, Verdict};
use store::Database;
use tracing::{Instrument, error_span};
use transport::firewall::HeaderRights;
use transport::received::Stamp;
use transport::{
    Accepted, EnhancedStatus, HopLimits, IntakePolicy, InternalMessageId, NetworkMessageId,
    RecipientRights, Refused, Reply, Submission, SubmissionPolicy, Transport, prepare_header,
};
use types::{Address, Domain, ReversePath};

use super::envelope;
use super::room::Room;
use super::trace::Trace;
use crate::slow_operations::SlowOperations;

/// Authors of one message that are looked at.
const AUTHORS_MAX: usize = 100;

/// What all sessions share.
pub(crate) struct Intake {
    pub transport: Transport,
    pub database: Database,
    pub directory: Directory,
    pub homes: Arc<dyn Homes>,
    pub server: Domain,
    pub room: Room,
    pub slow: Arc<SlowOperations>,
}

impl Intake {
    /// MAIL: back pressure, and whether the login may use the address.
    pub async fn sender(
        &self,
        session: &SessionInfo,
        principal: Option<&Principal>,
        path: &ReversePath,
    ) -> Verdict {
        if let Err(Refused(reply)) = self.transport.check_pressure() {
            return refuse(reply);
        }
        let Some(principal) = principal else { return Verdict::Accept };
        let believed = session.rights.contains(Rights::ACCEPT_ANY_SENDER);
        match path.address() {
            Some(address) if !believed && !self.may_send_as(principal, address) => {
                refuse(not_your_address())
            }
            _ if self.over_send_quota(principal).await => refuse(over_send_quota()),
            _ => Verdict::Accept,
        }
    }

    /// RCPT: whose it is, whether this peer may reach it, and whether there is room: as much
    /// as SIZE says, or any.
    pub async fn recipient(
        &self,
        session: &SessionInfo,
        transaction: &Transaction,
        address: &Address,
    ) -> Verdict {
        let rights = RecipientRights {
            accept_any_recipient: session.rights.contains(Rights::ACCEPT_ANY_RECIPIENT),
            authenticated: session.identity.is_some(),
            octets: transaction.params.size.filter(|size| *size > 0),
        };
        match self.transport.check_recipient(address, transaction.reverse_path.address(), rights) {
            Ok(()) if self.is_full(address, rights.octets.unwrap_or(1)).await => {
                refuse(transport::status::mailbox_full())
            }
            Ok(()) => Verdict::Accept,
            Err(Refused(reply)) => refuse(reply),
        }
    }

    /// ProhibitSendReceiveQuota of the mailbox that would take the message. Members of groups
    /// and whom mail is forwarded to are seen at delivery.
    async fn is_full(&self, address: &Address, octets: u64) -> bool {
        let Resolution::Mailbox(owner) = self.directory.snapshot().resolve(address) else {
            return false;
        };
        let Some(settings) = owner.mailbox() else { return false };
        if settings.forwarding.as_ref().is_some_and(|forwarding| !forwarding.keep_copy) {
            return false;
        }
        let number = MailboxNumber::new(settings.location.number);
        let now = Instant::now();
        if self.room.was_there(number, octets, now) {
            return false;
        }
        let mailbox = Mailbox::open(self.database.clone(), number, Access::System);
        // One that nobody has used yet is not full.
        let Ok(quota) = mailbox.read(|view| view.quota()).await else { return false };
        self.room.note(number, quota, now);
        quota.prohibits_adding(octets)
    }

    /// The end of the content: in every mailbox or in a queue, durable, or refused.
    pub async fn message(
        &self,
        session: &SessionInfo,
        principal: Option<&Principal>,
        transaction: &Transaction,
        bytes: Vec<u8>,
        trace: &Trace,
    ) -> codec::Reply {
        let id = self.transport.next_id();
        let begun = Instant::now();
        let submitted = self.submit(id, session, principal, transaction, bytes, trace);
        let submitted =
            submitted.instrument(error_span!("message", internal_message_id = %id)).await;
        self.slow.took(DEFAULT_FRONTEND.service, "DATA", begun.elapsed());
        match submitted {
            Ok(accepted) => self.accepted(&accepted),
            Err(Refused(reply)) => wire(reply),
        }
    }

    async fn submit(
        &self,
        id: InternalMessageId,
        session: &SessionInfo,
        principal: Option<&Principal>,
        transaction: &Transaction,
        bytes: Vec<u8>,
        trace: &Trace,
    ) -> Result<Accepted, Refused> {
        let envelope = envelope::envelope(transaction);
        let origin = envelope::origin(session, principal);
        let stamp = Stamp {
            origin: &origin,
            server: &trace.name,
            id,
            recipient: match envelope.recipients.as_slice() {
                [only] => Some(&only.address),
                _ => None,
            },
            smtputf8: envelope.smtputf8,
            now: self.database.now(),
        };
        let end = transport::header::header_len(&bytes);
        let sender = principal.and_then(|p| self.foreign_author(p, &bytes[..end]));
        let submission = principal
            .map(|_| SubmissionPolicy { message_id_domain: &self.server, sender: sender.as_ref() });
        let rights = match session.rights.contains(Rights::ACCEPT_HEADERS_ORGANIZATION) {
            true => HeaderRights::EXCHANGE_SERVERS,
            false => HeaderRights::OUTSIDE,
        };
        let names = [&self.server, &trace.name];
        let all = trace.hops(session.identity.is_some());
        let hops = HopLimits { all, local: trace.local_hops_max, names: &names };
        let mut message =
            prepare_header(&bytes[..end], &stamp, &IntakePolicy { rights, hops, submission })?;
        message.extend_from_slice(&bytes[end..]);
        let content = self.transport.content(Bytes::from(message)).await?;
        let network_id = NetworkMessageId::generate();
        self.transport.submit(Submission { id, network_id, envelope, origin, content }).await
    }

    fn accepted(&self, accepted: &Accepted) -> codec::Reply {
        let ids = format!("[InternalId={}, Hostname={}]", accepted.id, self.server);
        let text = match accepted.message_id.as_str() {
            "" => format!("{ids} Queued mail for delivery"),
            own => format!("{own} {ids} Queued mail for delivery"),
        };
        codec::Reply::new(250, codec::Enhanced(2, 6, 0), &text)
    }

    /// The primary address of who logged on, when the message's author is somebody else: it
    /// becomes the Sender (RFC 6409 section 8.1).
    fn foreign_author(&self, principal: &Principal, header: &[u8]) -> Option<Address> {
        let from = transport::header::field(header, "From")?;
        let authors = content::address_list::parse(&from.value(), AUTHORS_MAX);
        let authors = authors.iter().filter_map(|author| author.address()?.parse().ok());
        let own = authors.into_iter().any(|author: Address| self.may_send_as(principal, &author));
        (!own).then(|| principal.primary.clone())
    }

    fn may_send_as(&self, principal: &Principal, address: &Address) -> bool {
        let snapshot = self.directory.snapshot();
        let owner = match snapshot.resolve(address) {
            Resolution::Mailbox(owner) | Resolution::Group(owner) => owner,
            Resolution::Contact { recipient, .. } => recipient,
            _ => return false,
        };
        let who = principal.recipient;
        owner.id == who
            || snapshot.may_send_as(who, &owner)
            || snapshot.may_send_on_behalf(who, &owner)
    }

    /// ProhibitSendQuota of the mailbox of who logged on.
    async fn over_send_quota(&self, principal: &Principal) -> bool {
        let RecipientId(guid) = principal.recipient;
        match self.homes.home(Guid(guid), Guid(guid)).await {
            Ok(Home::Local(mailbox)) => {
                let quota = mailbox.read(|view| view.quota()).await;
                quota.is_ok_and(|quota| quota.prohibits_send())
            }
            // Who has no mailbox here has no quota here.
            _ => false,
        }
    }
}

/// A reply of transport as the session sends it.
pub(super) fn wire(reply: Reply) -> codec::Reply {
    let EnhancedStatus { class, subject, detail } = reply.status;
    codec::Reply::new(reply.code, codec::Enhanced(class, subject, detail), &reply.text)
}

fn refuse(reply: Reply) -> Verdict {
    Verdict::Refuse(wire(reply))
}

fn not_your_address() -> Reply {
    let status = EnhancedStatus::new(5, 7, 60);
    Reply::new(550, status, "Client does not have permissions to send as this sender")
}

fn over_send_quota() -> Reply {
    Reply::new(552, EnhancedStatus::new(5, 2, 2), "Mailbox is over its ProhibitSendQuota")
}
