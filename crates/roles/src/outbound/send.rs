//! One connection to a next hop: the first of its hosts that can be talked to gets the
//! messages.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use config::SendConnector;
use config::receive::ProtocolLoggingLevel;
use config::send::TlsAuthLevel;
use net::connect::Rules;
use net::tls::Roots;
use net::{ClientTls, Connector, Resolver, Stream};
use smtp::client::{Client, ClientPolicy, Credentials, Fault, Outcome, RecipientResult, TlsMode};
use smtp::protocol_log::Entry;
use smtp::service::{self, Attendants, Journal, Settle};
use store::Database;
use transport::boundary::BoxFuture;
use transport::dkim::Signers;
use transport::{
    EnhancedStatus, Hop, MessageReport, NextHop, OutgoingMessage, RecipientReport, Reply, Reports,
};

use super::message::Outgoing;
use super::routes::InUse;
use super::targets::{NoTarget, Target, targets};
use crate::logs::{self, Connectivity, Endpoints, Logs};
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
}

impl SmtpNextHop {
    pub(super) fn new(parts: &Parts, connectors: InUse, rules: Rules) -> Result<Self, StartError> {
        let resolver = match parts.settings.resolver.server {
            Some(server) => Resolver::with_server(server),
            None => Resolver::system(),
        };
        Ok(SmtpNextHop {
            server_name: parts.settings.server_name.clone(),
            database: parts.storage.mailboxes.clone(),
            connectors,
            resolver: resolver.map_err(|error| StartError::Resolver(error.to_string()))?,
            connector: Connector::new(rules),
            opportunistic: ClientTls::opportunistic()
                .map_err(|error| StartError::Tls(error.to_string()))?,
            verified: ClientTls::verified(&Roots::System)?,
            signers: Arc::clone(&parts.signers),
            logs: Arc::clone(&parts.logs),
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
        let mut reporter = Reporter::new(messages, reports);
        let failure = self.attempt_hosts(hop, &settings, &mut reporter, &log).await;
        log.end(&reporter.summary(failure.as_ref()));
        failure
    }

    async fn attempt_hosts(
        &self,
        hop: &Hop,
        settings: &SendConnector,
        reporter: &mut Reporter<'_>,
        log: &Connectivity,
    ) -> Option<Reply> {
        let targets = match targets(&self.resolver, &hop.key, settings).await {
            Ok(targets) => targets,
            Err(NoTarget::Later(reply)) => return Some(reply),
            Err(NoTarget::Never(reply)) => {
                reporter.refuse_all(&reply);
                return None;
            }
        };
        log.step(&list(&targets));
        let mut outgoing = Vec::with_capacity(reporter.messages.len());
        for message in reporter.messages {
            match Outgoing::load(&self.database, &self.signers, message).await {
                Ok(message) => outgoing.push(message),
                Err(reply) if outgoing.is_empty() => {
                    // It waits, and keeps no other one waiting.
                    tracing::error!(message = %message.id, %reply, "a message cannot be sent");
                    reporter.report_all_of(message, &RecipientReport::Deferred(reply));
                    return None;
                }
                // It is the first of the next connection.
                Err(_) => break,
            }
        }
        self.try_all(settings, &targets, &mut outgoing, reporter, log).await
    }

    /// Host after host until one takes a message or answers for good.
    async fn try_all(
        &self,
        settings: &SendConnector,
        targets: &[Target],
        outgoing: &mut [Outgoing],
        reporter: &mut Reporter<'_>,
        log: &Connectivity,
    ) -> Option<Reply> {
        let mut last = Some(no_route());
        for target in targets {
            reporter.host = Some(target.host.clone());
            last = match self.try_host(settings, target, outgoing, reporter).await {
                Ok(fault) => fault.map(|fault| of_wire(fault.reply())),
                Err(reply) => Some(reply),
            };
            if reporter.reported > 0 {
                log.step(&format_args!("Established connection to {}", target.address));
                return last;
            }
            if let Some(failure) = &last {
                log.step(&format_args!("Failed connection to {} ({failure})", target.address));
            }
            tracing::info!(host = %target.host, address = %target.address, failure = ?last,
                "next hop does not answer");
        }
        last
    }

    async fn try_host(
        &self,
        settings: &SendConnector,
        target: &Target,
        outgoing: &mut [Outgoing],
        reporter: &mut Reporter<'_>,
    ) -> Result<Option<Fault>, Reply> {
        let mode = tls_mode(settings);
        let fault = self.talk(settings, target, mode, outgoing, reporter).await?;
        let handshake_failed = fault == Some(Fault::TlsHandshake) && reporter.reported == 0;
        if mode == TlsMode::May && handshake_failed {
            // Opportunistic TLS that cannot be had is no reason not to send (RFC 7435).
            return self.talk(settings, target, TlsMode::None, outgoing, reporter).await;
        }
        Ok(fault)
    }

    async fn talk(
        &self,
        settings: &SendConnector,
        target: &Target,
        mode: TlsMode,
        outgoing: &mut [Outgoing],
        settle: &mut Reporter<'_>,
    ) -> Result<Option<Fault>, Reply> {
        let endpoints = Endpoints { local: None, remote: target.address };
        let mut log = self.logs.send(settings, endpoints);
        let mut stream = self.connect(settings, target, log.as_mut()).await?;
        let client = Client::new(self.policy(settings, mode)?, false, Instant::now());
        let tls = HostTls { tls: self.tls(settings), host: tls_name(settings, target) };
        let mut no_log = ();
        let journal: &mut dyn Journal = match &mut log {
            Some(log) => log,
            None => &mut no_log,
        };
        let attendants = Attendants { journal, settle };
        Ok(service::send(&mut stream, &tls, client, outgoing, attendants).await)
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
    fn tls(&self, settings: &SendConnector) -> &ClientTls {
        match settings.tls_auth_level {
            Some(TlsAuthLevel::CertificateValidation | TlsAuthLevel::DomainValidation) => {
                &self.verified
            }
            _ => &self.opportunistic,
        }
    }
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

fn tls_mode(settings: &SendConnector) -> TlsMode {
    match (settings.require_tls, settings.ignore_starttls) {
        (true, _) => TlsMode::Require,
        (false, true) => TlsMode::None,
        (false, false) => TlsMode::May,
    }
}

fn tls_name<'n>(settings: &'n SendConnector, target: &'n Target) -> &'n str {
    settings.tls_domain.as_ref().map_or(&target.host, |domain| domain.as_str())
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
    sent: usize,
    sent_octets: u64,
}

impl<'m> Reporter<'m> {
    fn new(messages: &'m [OutgoingMessage], reports: Reports) -> Self {
        Reporter { messages, reports, host: None, reported: 0, sent: 0, sent_octets: 0 }
    }

    fn report(&mut self, recipients: Vec<RecipientReport>) {
        let taken = |said: &RecipientReport| matches!(said, RecipientReport::Taken { .. });
        if let Some(message) = self.messages.get(self.reported)
            && recipients.iter().any(taken)
        {
            self.sent += 1;
            self.sent_octets += message.octets;
        }
        self.reported += 1;
        let report = MessageReport { recipients, remote_host: self.host.clone() };
        if self.reports.send(report).is_err() {
            tracing::debug!("the queue does not listen any more");
        }
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
fn of_wire(reply: smtp::codec::Reply) -> Reply {
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
