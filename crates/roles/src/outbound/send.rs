//! One connection to a next hop: the first of its hosts that can be talked to gets the
//! messages.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use config::receive::ProtocolLoggingLevel;
use config::{SendConnector, Settings};
use metrics::Counter;
use net::connect::Rules;
use net::tls::Roots;
use net::{ClientTls, Connector, Resolver, SessionId, Stream};
use smtp::client::{Client, ClientPolicy, Credentials, Fault, Outcome, RecipientResult, TlsMode};
use smtp::protocol_log::Entry;
use smtp::service::{self, Attendants, Journal, Settle};
use store::Database;
use tracing::{Instrument, Span, debug_span, error_span};
use transport::boundary::BoxFuture;
use transport::dkim::Signers;
use transport::{
    EnhancedStatus, Hop, MessageReport, NextHop, OutgoingMessage, RecipientReport, Reply, Reports,
};

use super::message::Outgoing;
use super::protection::{Protection, Terms, Tried, Verdict};
use super::routes::InUse;
use super::targets::{NoTarget, Target, targets};
use crate::logs::{self, Connectivity, Endpoints, Logs};
use crate::metrics::{ByConnector, MESSAGES_SENT};
use crate::server::{Parts, StartError};
use crate::tls::HostTls;

/// Sends over SMTP.
pub(super) struct SmtpNextHop {
    server_name: String,
    database: Database,
    connectors: InUse,
    resolver: Resolver,
    connector: Connector,
    opportunistic: ClientTls,
    verified: ClientTls,
    signers: Arc<Signers>,
    logs: Arc<Logs>,
    sent: ByConnector,
}

impl SmtpNextHop {
    pub(super) fn new(parts: &Parts, connectors: InUse, rules: Rules) -> Result<Self, StartError> {
        Ok(SmtpNextHop {
            server_name: parts.settings.server_name.clone(),
            database: parts.storage.mailboxes.clone(),
            connectors,
            resolver: parts.resolver.clone(),
            connector: Connector::new(rules),
            opportunistic: ClientTls::opportunistic()
                .map_err(|error| StartError::Tls(error.to_string()))?,
            verified: ClientTls::verified(&trusted_roots(&parts.settings))?,
            signers: Arc::clone(&parts.signers),
            logs: Arc::clone(&parts.logs),
            sent: ByConnector::new(&parts.metrics, MESSAGES_SENT),
        })
    }

    async fn attempt(
        &self,
        hop: &Hop,
        messages: &[OutgoingMessage],
        reports: Reports,
    ) -> Option<Reply> {
        let Some(settings) = self.connectors.get(hop.key.next_hop_connector) else {
            return Some(no_connector());
        };
        let about = format!("{} {}", hop.key.delivery_type, settings.name);
        let log = Connectivity::begin(&self.logs, &hop.key.next_hop_domain, &about);
        let counter = self.sent.of(&settings.name);
        let mut reporter = Reporter::new(messages, reports, counter);
        let span = error_span!("attempt", session = %log.session());
        let attempt = self.attempt_hosts(hop, &settings, &mut reporter, &log);
        let failure = attempt.instrument(span).await;
        log.end(&reporter.summary(failure.as_ref()));
        failure
    }

    async fn attempt_hosts(
        &self,
        hop: &Hop,
        connector: &SendConnector,
        reporter: &mut Reporter<'_>,
        log: &Connectivity,
    ) -> Option<Reply> {
        let targets = match targets(&self.resolver, &hop.key, connector).await {
            Ok(targets) => targets,
            Err(NoTarget::Later(reply)) => return Some(reply),
            Err(NoTarget::Never(reply)) => {
                reporter.refuse_all(&reply);
                return None;
            }
        };
        log.step(&list(&targets));
        let (protection, messages) = Protection::leading(reporter.messages);
        let mut outgoing = match self.load(messages).await {
            Ok(outgoing) => outgoing,
            Err(reply) => {
                // It waits, and keeps no other one waiting.
                messages.iter().take(1).for_each(|first| reporter.defer(first, &reply));
                return None;
            }
        };
        let terms = Terms { connector, protection };
        let NoHost { last, reached } =
            match self.try_all(terms, &targets, &mut outgoing, reporter, log).await {
                Ok(failure) => return failure,
                Err(none) => none,
            };
        let Some(Verdict { host, said }) = protection.verdict(&reached) else { return Some(last) };
        reporter.host = Some(host);
        let tried = messages.iter().take(outgoing.len());
        tried.for_each(|message| reporter.report_all_of(message, &said));
        None
    }

    /// Reads messages, as far as they can be read. Errors: the first cannot, and is to wait
    /// with this reply.
    async fn load(&self, messages: &[OutgoingMessage]) -> Result<Vec<Outgoing>, Reply> {
        let mut loaded = Vec::with_capacity(messages.len());
        for message in messages {
            match Outgoing::load(&self.database, &self.signers, message).await {
                Ok(message) => loaded.push(message),
                Err(reply) if loaded.is_empty() => {
                    tracing::error!(internal_message_id = %message.id, %reply, "a message cannot be sent");
                    return Err(reply);
                }
                // It is the first of the next connection.
                Err(_) => break,
            }
        }
        Ok(loaded)
    }

    /// Host after host until one takes a message or answers for good.
    async fn try_all(
        &self,
        terms: Terms<'_>,
        targets: &[Target],
        outgoing: &mut [Outgoing],
        reporter: &mut Reporter<'_>,
        log: &Connectivity,
    ) -> Result<Option<Reply>, NoHost> {
        let mut none = NoHost { last: no_route(), reached: Vec::new() };
        for target in targets {
            reporter.host = Some(target.host.clone());
            let tried = self.try_host(terms, target, outgoing, reporter).await;
            if reporter.reported > 0 {
                log.step(&format_args!("Established connection to {}", target.address));
                return Ok(
                    tried.map_or_else(Some, |fault| fault.map(|fault| of_wire(fault.reply())))
                );
            }
            none.add(target, tried);
            let failure = &none.last;
            log.step(&format_args!("Failed connection to {} ({failure})", target.address));
            tracing::info!(host = %target.host, address = %target.address, %failure,
                "next hop does not answer");
        }
        Err(none)
    }

    async fn try_host(
        &self,
        terms: Terms<'_>,
        target: &Target,
        outgoing: &mut [Outgoing],
        reporter: &mut Reporter<'_>,
    ) -> Result<Option<Fault>, Reply> {
        let mode = terms.tls_mode();
        let fault = self.talk(terms, target, mode, outgoing, reporter).await?;
        let handshake = matches!(fault, Some(Fault::TlsHandshake(_) | Fault::TlsInterrupted(_)));
        let handshake_failed = handshake && reporter.reported == 0;
        if mode == TlsMode::May && handshake_failed {
            // Opportunistic TLS that cannot be had is no reason not to send (RFC 7435).
            return self.talk(terms, target, TlsMode::None, outgoing, reporter).await;
        }
        Ok(fault)
    }

    async fn talk(
        &self,
        terms: Terms<'_>,
        target: &Target,
        mode: TlsMode,
        outgoing: &mut [Outgoing],
        settle: &mut Reporter<'_>,
    ) -> Result<Option<Fault>, Reply> {
        let connector = terms.connector;
        let session = SessionId::next();
        let span = error_span!("connection", %session, host = target.host, peer = %target.address);
        let conversation = async {
            let endpoints = Endpoints { local: None, remote: target.address };
            let mut log = self.logs.send(connector, session, endpoints);
            let mut stream = self.connect(connector, target, log.as_mut()).await?;
            let client = Client::new(self.policy(connector, mode)?, false, Instant::now());
            let name = terms.certificate_name(target);
            let tls = HostTls { tls: self.tls(terms), host: &name };
            let mut no_log = ();
            let journal: &mut dyn Journal = match &mut log {
                Some(log) => log,
                None => &mut no_log,
            };
            settle.loaded = outgoing.len();
            settle.begin_hop();
            let attendants = Attendants { journal, settle };
            Ok(service::send(&mut stream, &tls, client, outgoing, attendants).await)
        };
        let ended = conversation.instrument(span).await;
        settle.hop = Span::none();
        ended
    }

    async fn connect(
        &self,
        settings: &SendConnector,
        target: &Target,
        log: Option<&mut logs::Protocol>,
    ) -> Result<Stream, Reply> {
        let source = settings.source_ip_address;
        let connected = self.connector.connect(target.purpose, target.address, source).await;
        if let Some(log) = log {
            log.log(&Entry::information("", "attempting to connect"));
            match &connected {
                Ok(stream) => log.connected(stream.local_address()),
                Err(error) => log.log(&Entry::information("", &error.to_string())),
            }
        }
        connected.map_err(|error| {
            let text = format!("SMTPSEND.Connect; {}: {error}", target.host);
            Reply::new(421, EnhancedStatus::new(4, 4, 1), text)
        })
    }

    fn policy(&self, settings: &SendConnector, tls: TlsMode) -> Result<ClientPolicy, Reply> {
        let name = match settings.fqdn.is_empty() {
            true => &self.server_name,
            false => &settings.fqdn,
        };
        let credentials = credentials(settings)?;
        let policy = ClientPolicy::new(name);
        let silence = settings.connection_inactivity_time_out.duration();
        Ok(ClientPolicy {
            tls,
            credentials,
            force_helo: settings.force_helo,
            protocol_logging: settings.protocol_logging_level == ProtocolLoggingLevel::Verbose,
            timeouts: policy.timeouts.at_most(silence),
            ..policy
        })
    }

    /// What the certificate must prove.
    fn tls(&self, terms: Terms<'_>) -> &ClientTls {
        match terms.must_verify() {
            true => &self.verified,
            false => &self.opportunistic,
        }
    }
}

/// Whom certificates of next hops must lead to where they must verify.
pub(crate) fn trusted_roots(settings: &Settings) -> Roots {
    settings.tls.trusted_roots.clone().map_or(Roots::System, Roots::File)
}

impl NextHop for SmtpNextHop {
    fn send<'a>(
        &'a self,
        hop: &'a Hop,
        messages: &'a [OutgoingMessage],
        reports: Reports,
    ) -> BoxFuture<'a, Option<Reply>> {
        Box::pin(self.attempt(hop, messages, reports))
    }
}

/// Why no host took a message.
struct NoHost {
    /// What the last one said, or why it was not reached.
    last: Reply,
    /// Those that were reached.
    reached: Vec<Tried>,
}

impl NoHost {
    fn add(&mut self, target: &Target, tried: Result<Option<Fault>, Reply>) {
        self.last = match tried.map(|fault| fault.unwrap_or(Fault::MailMax)) {
            Ok(fault) => {
                let reply = of_wire(fault.reply());
                self.reached.push(Tried { host: target.host.clone(), fault });
                reply
            }
            Err(reply) => reply,
        };
    }
}

/// The login at a smart host. The password is read anew for every connection, so a changed
/// one needs no restart.
fn credentials(settings: &SendConnector) -> Result<Option<Credentials>, Reply> {
    use config::send::SmartHostAuthMechanism::{BasicAuth, BasicAuthRequireTLS};
    let mechanism = settings.smart_host_auth_mechanism;
    if !matches!(mechanism, BasicAuth | BasicAuthRequireTLS) {
        return Ok(None);
    }
    let Some(path) = &settings.authentication_password_file else { return Ok(None) };
    let password = std::fs::read_to_string(path).map_err(|error| {
        let text = format!("SMTPSEND.Auth; {}: {error}", path.display());
        Reply::new(451, EnhancedStatus::new(4, 7, 0), text)
    })?;
    Ok(Some(Credentials {
        user: settings.authentication_user_name.clone(),
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        allow_cleartext: mechanism == BasicAuth,
    }))
}

/// The hosts of a next hop for the connectivity log, the first few.
fn list(targets: &[Target]) -> String {
    const SHOWN: usize = 10;
    let shown = targets.iter().take(SHOWN);
    let shown = shown.map(|target| format!("{}[{}]", target.host, target.address));
    shown.collect::<Vec<_>>().join(";")
}

/// Tells the queue what the next hop says about each message, as soon as it says it.
struct Reporter<'m> {
    messages: &'m [OutgoingMessage],
    reports: Reports,
    /// The host that is being talked to.
    host: Option<String>,
    reported: usize,
    /// How many of the messages are in memory, to be sent.
    loaded: usize,
    /// The hop of the message that is on its way.
    hop: Span,
    sent: usize,
    sent_octets: u64,
    /// Of the Send connector.
    counter: Counter,
}

impl<'m> Reporter<'m> {
    fn new(messages: &'m [OutgoingMessage], reports: Reports, counter: Counter) -> Self {
        Reporter {
            messages,
            reports,
            host: None,
            reported: 0,
            loaded: 0,
            hop: Span::none(),
            sent: 0,
            sent_octets: 0,
            counter,
        }
    }

    /// The next message that is in memory is on its way.
    fn begin_hop(&mut self) {
        let next = self.messages.iter().take(self.loaded).nth(self.reported);
        self.hop = next.map_or_else(
            Span::none,
            |message| debug_span!("hop", internal_message_id = %message.id, host = self.host),
        );
    }

    fn report(&mut self, recipients: Vec<RecipientReport>) {
        let taken = |said: &RecipientReport| matches!(said, RecipientReport::Taken { .. });
        if let Some(message) = self.messages.get(self.reported)
            && recipients.iter().any(taken)
        {
            self.sent += 1;
            self.sent_octets += message.octets;
            self.counter.increment(1);
        }
        self.reported += 1;
        let report = MessageReport { recipients, remote_host: self.host.clone() };
        if self.reports.send(report).is_err() {
            tracing::debug!("the queue does not listen any more");
        }
    }

    /// The message waits.
    fn defer(&mut self, message: &OutgoingMessage, reply: &Reply) {
        self.report_all_of(message, &RecipientReport::Deferred(reply.clone()));
    }

    /// The same about every recipient of a message.
    fn report_all_of(&mut self, message: &OutgoingMessage, said: &RecipientReport) {
        self.report(vec![said.clone(); message.envelope.recipients.len()]);
    }

    /// Every recipient of every message gets this reply.
    fn refuse_all(&mut self, reply: &Reply) {
        for message in self.messages {
            self.report_all_of(message, &RecipientReport::Failed(reply.clone()));
        }
    }

    /// What the connection brought, for the connectivity log.
    fn summary(&self, failure: Option<&Reply>) -> String {
        let failure = failure.map(|reply| format!(" ({reply})")).unwrap_or_default();
        format!("Messages: {} Bytes: {}{failure}", self.sent, self.sent_octets)
    }
}

impl Settle for Reporter<'_> {
    fn settled(&mut self, outcome: Outcome) {
        self.report(outcome.recipients.into_iter().map(recipient).collect());
        self.begin_hop();
    }
}

fn recipient(result: RecipientResult) -> RecipientReport {
    match result {
        RecipientResult::Taken { reply, passed_dsn } => {
            RecipientReport::Taken { reply: of_wire(reply), passed_dsn }
        }
        RecipientResult::Failed(fault) => match of_wire(fault.reply()) {
            reply if reply.is_permanent() => RecipientReport::Failed(reply),
            reply => RecipientReport::Deferred(reply),
        },
    }
}

/// A remote server's reply as transport keeps it; without an enhanced status its class tells.
pub(super) fn of_wire(reply: smtp::codec::Reply) -> Reply {
    let class = (reply.code / 100) as u8;
    let status = match reply.enhanced {
        Some(smtp::codec::Enhanced(class, subject, detail)) => {
            EnhancedStatus::new(class, subject, detail)
        }
        None => EnhancedStatus::new(class, 0, 0),
    };
    Reply::new(reply.code, status, reply.text())
}

fn no_connector() -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 4, 4), "ROUTING.NoConnector; the Send connector is gone")
}

fn no_route() -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 4, 4), "SMTPSEND.NoHost; no host to connect to")
}

/// The content failed to be read; the disk may come back.
pub(super) fn unreadable(error: &dyn std::error::Error) -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 3, 0), format!("STORE; {error}"))
}

/// Shared bytes as the pieces SMTP asks for.
pub(super) fn piece(bytes: &Bytes, at: &mut usize) -> io::Result<Option<Vec<u8>>> {
    const PIECE_OCTETS: usize = 64 * 1024;
    let end = (*at + PIECE_OCTETS).min(bytes.len());
    let piece = bytes.slice(*at..end).to_vec();
    *at = end;
    Ok(Some(piece).filter(|piece| !piece.is_empty()))
}
