//! One SMTP connection: the login under way, and the message under way.

use std::sync::Arc;
use std::time::Instant;

use auth::{
    AuthFailure, Authenticator, ChannelBinding, ClientInfo, Dialogue, Mechanism, Principal,
    Protocol, Turn,
};
use config::receive::{MessageRateSource, ReceiveConnector};
use net::Budget;
use net::budget::{Exhausted, Held};
use smtp::codec::{Enhanced, MailParams, RcptParams, Reply};
use smtp::protocol_log::Entry;
use smtp::server::{
    Identity, PermissionGroups, Sasl, SaslAnswer, SessionInfo, Transaction, Verdict,
};
use smtp::service::{Backend, Sink};
use types::{Address, ReversePath};

use super::intake::Intake;
use super::rate::{MINUTE, Rate, Source};
use super::throttle::Throttle;
use super::trace::Trace;
use super::{Door, Shared};
use crate::logs;

/// Decides for one connection.
pub(super) struct Session {
    intake: Arc<Intake>,
    authenticator: Arc<dyn Authenticator>,
    budget: Arc<Budget>,
    rate: Option<Arc<Counting>>,
    throttle: Arc<Throttle>,
    dialogue: Option<Dialogue>,
    principal: Option<Arc<Principal>>,
    trace: Arc<Trace>,
    log: Option<logs::Protocol>,
}

/// MessageRateLimit of a connector, and what it is counted by.
pub(super) struct Counting {
    rate: Rate,
    per_minute: u32,
    by: MessageRateSource,
}

impl Counting {
    /// None when the connector has no limit.
    pub(super) fn of(connector: &ReceiveConnector) -> Option<Self> {
        let per_minute = connector.message_rate_limit.limit()?;
        Some(Counting { rate: Rate::new(MINUTE), per_minute, by: connector.message_rate_source })
    }

    fn admits(&self, session: &SessionInfo, principal: Option<&Principal>) -> bool {
        let address = Source::Address(session.peer.ip());
        let user = principal.map(|principal| Source::User(principal.login.to_lowercase()));
        let sources = match self.by {
            MessageRateSource::None => Vec::new(),
            MessageRateSource::IPAddress => vec![address],
            MessageRateSource::User => vec![user.unwrap_or(address)],
            MessageRateSource::All => user.into_iter().chain([address]).collect(),
        };
        self.rate.admit(&sources, self.per_minute, Instant::now())
    }
}

impl Session {
    pub(super) fn new(shared: &Shared, door: &Door, log: Option<logs::Protocol>) -> Self {
        Session {
            intake: Arc::clone(&shared.intake),
            authenticator: Arc::clone(&shared.authenticator),
            budget: Arc::clone(&shared.budget),
            rate: door.rate.clone(),
            throttle: Arc::clone(&shared.throttle),
            dialogue: None,
            principal: None,
            trace: Arc::clone(&door.trace),
            log,
        }
    }

    /// The principal, as long as the session counts as logged in: STARTTLS ends a login.
    fn principal(&self, session: &SessionInfo) -> Option<&Principal> {
        self.principal.as_deref().filter(|_| session.identity.is_some())
    }

    async fn start(
        &mut self,
        session: &SessionInfo,
        mechanism: &str,
        initial: Option<&[u8]>,
    ) -> Turn {
        let Some(mechanism) = Mechanism::parse(mechanism) else {
            return Turn::Failed(AuthFailure::Unavailable);
        };
        let exported = session.tls.as_ref().and_then(|tls| tls.exporter.clone());
        let binding = exported.map_or(ChannelBinding::Absent, ChannelBinding::TlsExporter);
        let client = ClientInfo { ip: session.peer.ip(), protocol: Protocol::Smtp };
        let authenticator = Arc::clone(&self.authenticator);
        match Dialogue::new(mechanism, binding, authenticator, client) {
            Ok(dialogue) => self.dialogue.insert(dialogue).open(initial).await,
            Err(failure) => Turn::Failed(failure.into()),
        }
    }

    fn conclude(&mut self, session: &SessionInfo, turn: Turn) -> SaslAnswer {
        match turn {
            Turn::Challenge(challenge) => SaslAnswer::Challenge(challenge),
            Turn::Done(principal) => {
                let name = principal.login.clone();
                tracing::info!(user = %name, peer = %session.peer, "logged in");
                self.principal = Some(Arc::from(principal));
                self.dialogue = None;
                SaslAnswer::Accept(Identity { name, groups: PermissionGroups::EXCHANGE_USERS })
            }
            Turn::Failed(failure) => {
                tracing::info!(peer = %session.peer, %failure, "login failed");
                self.dialogue = None;
                match failure.is_temporary() {
                    true => SaslAnswer::Fail(temporary(&failure)),
                    false => SaslAnswer::Reject,
                }
            }
        }
    }
}

/// 454 4.7.0: temporary authentication failure (RFC 4954 section 6).
fn temporary(failure: &AuthFailure) -> Reply {
    Reply::new(454, Enhanced(4, 7, 0), &failure.to_string())
}

/// MessageRateLimit is reached.
fn too_fast() -> Reply {
    let text = "Message submission rate for this client has exceeded the configured limit";
    Reply::new(421, Enhanced(4, 4, 2), text)
}

/// RecipientRateLimit is reached. Not for good: tomorrow there is room again.
fn too_many_recipients() -> Reply {
    let text = "Recipient rate limit of this user has been reached; try again tomorrow";
    Reply::new(452, Enhanced(4, 7, 0), text)
}

impl Backend for Session {
    type Sink = Message;

    fn log(&mut self, entry: Entry) {
        if let Some(log) = &mut self.log {
            log.log(&entry);
        }
    }

    async fn authenticate(&mut self, session: &SessionInfo, step: Sasl) -> SaslAnswer {
        let turn = match step {
            Sasl::Start(mechanism, initial) => {
                self.start(session, &mechanism, initial.as_deref()).await
            }
            Sasl::Response(response) => match &mut self.dialogue {
                Some(dialogue) => dialogue.respond(&response).await,
                None => Turn::Failed(AuthFailure::Unavailable),
            },
        };
        self.conclude(session, turn)
    }

    async fn mail_from(
        &mut self,
        session: &SessionInfo,
        reverse_path: &ReversePath,
        _params: &MailParams,
    ) -> Verdict {
        let principal = self.principal(session);
        if self.rate.as_ref().is_some_and(|rate| !rate.admits(session, principal)) {
            return Verdict::Refuse(too_fast());
        }
        if principal.is_some_and(|user| !self.throttle.admits_message(user)) {
            return Verdict::Refuse(too_fast());
        }
        self.intake.sender(session, principal, reverse_path).await
    }

    async fn rcpt_to(
        &mut self,
        session: &SessionInfo,
        transaction: &Transaction,
        recipient: &Address,
        _params: &RcptParams,
    ) -> Verdict {
        let verdict = self.intake.recipient(session, transaction, recipient).await;
        let principal = self.principal(session).filter(|_| matches!(verdict, Verdict::Accept));
        match principal.is_some_and(|user| !self.throttle.admits_recipient(user)) {
            true => Verdict::Refuse(too_many_recipients()),
            false => verdict,
        }
    }

    async fn begin(
        &mut self,
        session: &SessionInfo,
        _transaction: &Transaction,
    ) -> Result<Message, Reply> {
        Ok(Message {
            intake: Arc::clone(&self.intake),
            principal: self.principal.clone().filter(|_| session.identity.is_some()),
            held: Held::new(Arc::clone(&self.budget)),
            trace: Arc::clone(&self.trace),
        })
    }
}

/// A message coming in.
pub(super) struct Message {
    intake: Arc<Intake>,
    principal: Option<Arc<Principal>>,
    held: Held,
    trace: Arc<Trace>,
}

impl Sink for Message {
    async fn write(&mut self, piece: Vec<u8>) -> Result<(), Reply> {
        self.held.push(&piece).map_err(|Exhausted| {
            Reply::new(452, Enhanced(4, 3, 1), "Insufficient system resources")
        })
    }

    async fn finish(self, session: &SessionInfo, transaction: &Transaction) -> Vec<Reply> {
        let (bytes, _share) = self.held.into_parts();
        let principal = self.principal.as_deref();
        vec![self.intake.message(session, principal, transaction, bytes, &self.trace).await]
    }
}
