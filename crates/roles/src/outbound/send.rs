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
use smtp::client::{Client, ClientPolicy, Credentials, Fault, RecipientResult, TlsMode};
use smtp::protocol_log::Entry;
use smtp::service::{self, Journal, Sent};
use store::Database;
use transport::boundary::BoxFuture;
use transport::dkim::Signers;
use transport::{EnhancedStatus, Hop, HopReport, NextHop, OutgoingMessage, RecipientReport, Reply};

use super::message::Outgoing;
use super::routes::Connectors;
use super::targets::{NoTarget, Target, targets};
use crate::logs::{self, Connectivity, Endpoints, Logs};
use crate::server::{Parts, StartError};
use crate::tls::HostTls;

/// Sends over SMTP.
pub(super) struct SmtpNextHop {
    server_name: String,
    database: Database,
    connectors: Connectors,
    resolver: Resolver,
    connector: Connector,
    opportunistic: ClientTls,
    verified: ClientTls,
    signers: Arc<Signers>,
    logs: Arc<Logs>,
}

impl SmtpNextHop {
    pub(super) fn new(
        parts: &Parts,
        connectors: Connectors,
        rules: Rules,
    ) -> Result<Self, StartError> {
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

    async fn attempt(&self, hop: &Hop, messages: &[OutgoingMessage]) -> HopReport {
        let Some(settings) = self.connectors.get(&hop.key.next_hop_connector) else {
            return HopReport::unreachable(no_connector());
        };
        let about = format!("{} {}", hop.key.delivery_type, settings.name);
        let log = Connectivity::begin(&self.logs, &hop.key.next_hop_domain, &about);
        let report = self.attempt_hosts(hop, settings, messages, &log).await;
        log.end(&summary(&report, messages));
        report
    }

    async fn attempt_hosts(
        &self,
        hop: &Hop,
        settings: &SendConnector,
        messages: &[OutgoingMessage],
        log: &Connectivity,
    ) -> HopReport {
        let targets = match targets(&self.resolver, &hop.key, settings).await {
            Ok(targets) => targets,
            Err(NoTarget::Later(reply)) => return HopReport::unreachable(reply),
            Err(NoTarget::Never(reply)) => return refused(messages, &reply),
        };
        log.step(&list(&targets));
        let mut outgoing = Vec::with_capacity(messages.len());
        for message in messages {
            match Outgoing::load(&self.database, &self.signers, message).await {
                Ok(message) => outgoing.push(message),
                Err(reply) if outgoing.is_empty() => return put_off(message, &reply),
                // It is the first of the next connection.
                Err(_) => break,
            }
        }
        self.try_all(settings, &targets, &mut outgoing, log).await
    }

    /// Host after host until one takes a message or answers for good.
    async fn try_all(
        &self,
        settings: &SendConnector,
        targets: &[Target],
        outgoing: &mut [Outgoing],
        log: &Connectivity,
    ) -> HopReport {
        let mut last = HopReport::unreachable(no_route());
        for target in targets {
            last = match self.try_host(settings, target, outgoing).await {
                Ok(sent) => report(&target.host, sent),
                Err(reply) => HopReport::unreachable(reply),
            };
            if !last.messages.is_empty() {
                log.step(&format_args!("Established connection to {}", target.address));
                return last;
            }
            if let Some(failure) = &last.failure {
                log.step(&format_args!("Failed connection to {} ({failure})", target.address));
            }
            tracing::info!(host = %target.host, address = %target.address,
                failure = ?last.failure, "next hop does not answer");
        }
        last
    }

    async fn try_host(
        &self,
        settings: &SendConnector,
        target: &Target,
        outgoing: &mut [Outgoing],
    ) -> Result<Sent, Reply> {
        let mode = tls_mode(settings);
        let sent = self.talk(settings, target, mode, outgoing).await?;
        let handshake_failed = sent.fault == Some(Fault::TlsHandshake) && sent.outcomes.is_empty();
        if mode == TlsMode::May && handshake_failed {
            // Opportunistic TLS that cannot be had is no reason not to send (RFC 7435).
            return self.talk(settings, target, TlsMode::None, outgoing).await;
        }
        Ok(sent)
    }

    async fn talk(
        &self,
        settings: &SendConnector,
        target: &Target,
        mode: TlsMode,
        outgoing: &mut [Outgoing],
    ) -> Result<Sent, Reply> {
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
        Ok(service::send(&mut stream, &tls, client, outgoing, journal).await)
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
    ) -> BoxFuture<'a, HopReport> {
        Box::pin(self.attempt(hop, messages))
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

/// What a connection brought, for the connectivity log.
fn summary(report: &HopReport, messages: &[OutgoingMessage]) -> String {
    let taken = |recipients: &&Vec<RecipientReport>| {
        recipients.iter().any(|result| matches!(result, RecipientReport::Taken { .. }))
    };
    let sent = report.messages.iter().zip(messages).filter(|(result, _)| taken(result));
    let (count, octets) =
        sent.fold((0, 0), |(count, octets), (_, message)| (count + 1, octets + message.octets));
    let failure = report.failure.as_ref().map(|reply| format!(" ({reply})")).unwrap_or_default();
    format!("Messages: {count} Bytes: {octets}{failure}")
}

fn report(host: &str, sent: Sent) -> HopReport {
    let recipients = |results: Vec<RecipientResult>| results.into_iter().map(recipient).collect();
    HopReport {
        messages: sent.outcomes.into_iter().map(|outcome| recipients(outcome.recipients)).collect(),
        failure: sent.fault.map(|fault| of_wire(fault.reply())),
        remote_host: Some(host.to_owned()),
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

/// Every recipient of every message gets this reply.
fn refused(messages: &[OutgoingMessage], reply: &Reply) -> HopReport {
    let each = |message: &OutgoingMessage| {
        vec![RecipientReport::Failed(reply.clone()); message.envelope.recipients.len()]
    };
    HopReport { messages: messages.iter().map(each).collect(), ..HopReport::default() }
}

/// A message that cannot be read waits, and keeps no other one waiting.
fn put_off(message: &OutgoingMessage, reply: &Reply) -> HopReport {
    tracing::error!(message = %message.id, %reply, "a message cannot be sent");
    let said = vec![RecipientReport::Deferred(reply.clone()); message.envelope.recipients.len()];
    HopReport { messages: vec![said], ..HopReport::default() }
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
