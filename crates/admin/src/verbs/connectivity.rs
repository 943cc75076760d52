//! Whether clients and servers get in: Test-SmtpConnectivity, Test-ImapConnectivity and
//! Test-PopConnectivity.
//!
//! What it is not: a look from outside. The server connects to its own listeners, so what a
//! firewall does in between is not seen; `rialto ports check --host` looks there.
//!
//! Invariants: connections go to this server's own bindings only, whoever asks. A credential is
//! sent inside TLS wherever that is offered, and is in no answer.

mod dialogue;
mod protocol;
mod target;

use std::time::Duration;

use net::Connector;
use net::connect::{Purpose, Rules};
use tokio::task::JoinSet;
use tokio::time::Instant;
use types::limits::CONNECTIVITY_SECS_MAX;
use zeroize::Zeroizing;

use crate::verb::{
    Cmdlet, Effect, Expected, Role, Scalar, Session, Shape, Verb, VerbError, object, verb,
};
use dialogue::{Found, Question, Trouble};
use protocol::Protocol;
use target::Target;

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<TestSmtpConnectivity>(),
    Verb::of::<TestImapConnectivity>(),
    Verb::of::<TestPopConnectivity>(),
];

object! {
    /// What a listener made of a connection.
    pub struct ConnectivityOutcomeObject = "ConnectivityOutcome" [
        scenario, end_point, result, secured, logged_in, latency_in_milliseconds, error,
    ] {
        /// This server.
        client_access_server_short_name: String,
        /// The Receive connector, or what a client speaks there.
        scenario: String,
        /// The address and port that were connected to.
        end_point: String,
        /// Success or Failure.
        result: &'static str,
        /// Success, UnableToConnect or Error.
        status_code: &'static str,
        /// TLS was on, from the start or by the protocol's command.
        secured: bool,
        /// The credential was taken.
        logged_in: bool,
        /// How long it all took.
        latency_in_milliseconds: u64,
        /// Why it failed.
        error: Option<String>,
    }
}

verb! {
    /// Connects to every binding of this server's Receive connectors that are enabled: greeting,
    /// EHLO, STARTTLS where it is offered. Any certificate will do; no message is sent.
    pub struct TestSmtpConnectivity = "Test-SmtpConnectivity" (Role::Monitoring, Effect::Read) {
        /// Logs in as well where that is offered: ADDRESS:PASSWORD.
        mailbox_credential: Option<Credential>,
    }
}

verb! {
    /// Connects to this server's IMAP4 listeners: greeting, CAPABILITY, STARTTLS where it is
    /// offered. Any certificate will do.
    pub struct TestImapConnectivity = "Test-ImapConnectivity" (Role::Monitoring, Effect::Read) {
        /// Logs in as well: ADDRESS:PASSWORD.
        mailbox_credential: Option<Credential>,
    }
}

verb! {
    /// Connects to this server's POP3 listeners: greeting, CAPA, STLS where it is offered. Any
    /// certificate will do.
    pub struct TestPopConnectivity = "Test-PopConnectivity" (Role::Monitoring, Effect::Read) {
        /// Logs in as well: ADDRESS:PASSWORD.
        mailbox_credential: Option<Credential>,
    }
}

/// Who logs in, and the password, on their way in; never shown.
#[derive(Clone)]
pub struct Credential {
    user: String,
    password: Zeroizing<String>,
}

impl Scalar for Credential {
    const SHAPE: Shape = Shape::Secret;

    fn parse(text: &str) -> Result<Self, Expected> {
        Credential::read(text).ok_or_else(|| Expected("ADDRESS:PASSWORD".to_owned()))
    }
}

impl Credential {
    /// The first colon ends the address.
    fn read(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':')?;
        let password = Zeroizing::new(password.to_owned());
        (!user.is_empty()).then(|| Credential { user: user.to_owned(), password })
    }
}

impl Cmdlet for TestSmtpConnectivity {
    type Answer = Vec<ConnectivityOutcomeObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        try_all(session, Protocol::Smtp, self.mailbox_credential).await
    }
}

impl Cmdlet for TestImapConnectivity {
    type Answer = Vec<ConnectivityOutcomeObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        try_all(session, Protocol::Imap4, self.mailbox_credential).await
    }
}

impl Cmdlet for TestPopConnectivity {
    type Answer = Vec<ConnectivityOutcomeObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        try_all(session, Protocol::Pop3, self.mailbox_credential).await
    }
}

/// Tries all listeners at once: a dead one takes its time to say nothing.
async fn try_all(
    session: &Session<'_>,
    protocol: Protocol,
    credential: Option<Credential>,
) -> Result<Vec<ConnectivityOutcomeObject>, VerbError> {
    let settings = session.organization.settings_now();
    let settings = settings.map_err(|error| VerbError::Invalid(error.to_string()))?;
    let targets = target::all(&settings, protocol, session.organization.serves)?;
    if targets.is_empty() {
        session.warn("no listener of this protocol is enabled");
    }
    let mut tries = JoinSet::new();
    for (place, target) in targets.into_iter().enumerate() {
        let (server, credential) = (session.organization.server.clone(), credential.clone());
        tries.spawn(async move { (place, outcome(server, protocol, target, credential).await) });
    }
    let mut outcomes = tries.join_all().await;
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn outcome(
    server: String,
    protocol: Protocol,
    target: Target,
    credential: Option<Credential>,
) -> ConnectivityOutcomeObject {
    let began = Instant::now();
    let result = conversation(protocol, &target, credential.as_ref()).await;
    let found = result.as_ref().copied().unwrap_or_default();
    ConnectivityOutcomeObject {
        client_access_server_short_name: server,
        scenario: target.name,
        end_point: target.address.to_string(),
        result: if result.is_ok() { "Success" } else { "Failure" },
        status_code: match &result {
            Ok(_) => "Success",
            Err(Trouble::Connect(_)) => "UnableToConnect",
            Err(_) => "Error",
        },
        secured: found.secured,
        logged_in: found.logged_in,
        latency_in_milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: result.err().map(|trouble| trouble.to_string()),
    }
}

async fn conversation(
    protocol: Protocol,
    target: &Target,
    credential: Option<&Credential>,
) -> Result<Found, Trouble> {
    let patience = Duration::from_secs(CONNECTIVITY_SECS_MAX);
    let deadline = Instant::now() + patience;
    let connector = Connector::new(Rules::default()).with_timeout(patience);
    let stream = connector.connect(Purpose::Probe, target.address, None).await?;
    let host = target.address.ip().to_string();
    let implicit_tls = target.implicit_tls;
    Question { protocol, implicit_tls, host, credential, deadline }.ask(stream).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use net::testing::SilentPort;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_waited_for_only_so_long() {
        let silent = SilentPort::open().unwrap();
        let target = Target { name: String::new(), address: silent.address(), implicit_tls: false };
        let began = Instant::now();
        let trouble = conversation(Protocol::Pop3, &target, None).await.unwrap_err();
        assert!(matches!(trouble, Trouble::Connect(_)), "{trouble}");
        assert_eq!(began.elapsed().as_secs(), CONNECTIVITY_SECS_MAX);
    }
}
