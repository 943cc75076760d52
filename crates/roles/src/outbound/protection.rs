//! REQUIRETLS on the way out (RFC 8689 section 4.2.1): what messages ask of the connection that
//! takes them, and what becomes of them when no host will do.
//!
//! MX records are believed as they come: there is neither DNSSEC nor MTA-STS to check them by
//! (step 2).

use config::SendConnector;
use config::send::TlsAuthLevel;
use net::Purpose;
use smtp::client::{Fault, Stage, TlsMode, Unsupported};
use transport::{EnhancedStatus, OutgoingMessage, RecipientReport, Reply};
use types::ReversePath;

use super::send::of_wire;
use super::targets::Target;

/// What messages ask of their connection. Those of one connection ask for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// What the Send connector says.
    Connector,
    /// TLS and a certificate that verifies. So travels a report about a REQUIRETLS message: it
    /// is not lost because a host does not offer REQUIRETLS (RFC 8689 section 5).
    Verified,
    /// REQUIRETLS: the same, and the host offers REQUIRETLS itself.
    Onward,
}

impl Protection {
    fn of(message: &OutgoingMessage) -> Self {
        match (message.envelope.require_tls, &message.envelope.reverse_path) {
            (false, _) => Protection::Connector,
            (true, ReversePath::Null) => Protection::Verified,
            (true, ReversePath::Address(_)) => Protection::Onward,
        }
    }

    /// The first messages, as many as ask for the same, and what that is.
    pub(super) fn leading(messages: &[OutgoingMessage]) -> (Self, &[OutgoingMessage]) {
        let first = messages.first().map_or(Protection::Connector, Protection::of);
        let same = messages.iter().take_while(|message| Protection::of(message) == first).count();
        (first, &messages[..same])
    }

    /// What is said of the messages after the hosts that could be reached had these faults.
    /// None when protection was not the reason: then the whole queue waits.
    ///
    /// What no host has is final, and the sender is told; a connection that was lost on the way
    /// to TLS may not be the next time. Only these messages wait or fail: others can use the
    /// same hosts.
    pub(super) fn verdict(self, tried: &[Tried]) -> Option<Verdict> {
        let lacking = tried.iter().rev().find_map(|host| Some((host, self.lack(&host.fault)?)));
        let trouble = tried.iter().any(|host| is_tls_trouble(&host.fault));
        if self == Protection::Connector || !(trouble || lacking.is_some()) {
            return None;
        }
        let passing = |host: &&Tried| self.lack(&host.fault).is_none() && host.fault.is_transient();
        match (tried.iter().rfind(passing), lacking) {
            (Some(host), _) => {
                Some(host.says(RecipientReport::Deferred(of_wire(host.fault.reply()))))
            }
            (None, lacking) => {
                lacking.map(|(host, reply)| host.says(RecipientReport::Failed(reply)))
            }
        }
    }

    /// What the host does not have, with the status of RFC 8689 section 4.2.1.
    fn lack(self, fault: &Fault) -> Option<Reply> {
        let (detail, text) = match fault {
            Fault::TlsNotOffered => (10, "encryption needed, and the host does not offer TLS"),
            Fault::Refused(Stage::StartTls, reply) if reply.is_permanent() => {
                (10, "encryption needed, and the host refuses TLS")
            }
            // Nobody would hear that a report failed: it waits for a better certificate.
            Fault::TlsHandshake(why) if self == Protection::Onward => {
                (10, &*format!("encryption needed, and the TLS handshake failed: {why}"))
            }
            Fault::Unsupported(Unsupported::RequireTls) => {
                (30, "REQUIRETLS support required, and the host does not offer it")
            }
            _ => return None,
        };
        let text = format!("SMTPSEND.RequireTls; {text}");
        Some(Reply::new(550, EnhancedStatus::new(5, 7, detail), text))
    }
}

/// A host that was reached, and why it did not get the messages.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub host: String,
    pub fault: Fault,
}

impl Tried {
    fn says(&self, said: RecipientReport) -> Verdict {
        Verdict { host: self.host.clone(), said }
    }
}

/// What is said of messages, and the host it is said because of.
pub(super) struct Verdict {
    pub host: String,
    pub said: RecipientReport,
}

fn is_tls_trouble(fault: &Fault) -> bool {
    use Fault::{Disconnected, Protocol, Refused, TimedOut, TlsHandshake, TlsInterrupted};
    matches!(
        fault,
        TlsHandshake(_)
            | TlsInterrupted(_)
            | Refused(Stage::StartTls, _)
            | Protocol(Stage::StartTls)
            | Disconnected(Stage::StartTls)
            | TimedOut(Stage::StartTls)
    )
}

/// On which terms a connection is made: the connector's, and what its messages ask for.
#[derive(Clone, Copy)]
pub(super) struct Terms<'c> {
    pub connector: &'c SendConnector,
    pub protection: Protection,
}

impl Terms<'_> {
    pub(super) fn tls_mode(self) -> TlsMode {
        let SendConnector { require_tls, ignore_starttls, .. } = *self.connector;
        match (self.protection, require_tls, ignore_starttls) {
            (Protection::Onward, ..) => TlsMode::RequireOnward,
            (Protection::Verified, ..) | (_, true, _) => TlsMode::Require,
            (_, false, true) => TlsMode::None,
            (_, false, false) => TlsMode::May,
        }
    }

    /// Whether the certificate must lead to a trusted root and carry the host's name.
    pub(super) fn must_verify(self) -> bool {
        use TlsAuthLevel::{CertificateValidation, DomainValidation};
        let level = self.connector.tls_auth_level;
        self.protection != Protection::Connector
            || matches!(level, Some(CertificateValidation | DomainValidation))
    }

    /// The name it must carry. A message that asks for protection goes by MX only to the host
    /// that the MX record names (RFC 8689 section 4.2.1, step 4).
    pub(super) fn certificate_name(self, target: &Target) -> String {
        let asked = self.protection != Protection::Connector;
        let by_record = asked && target.purpose == Purpose::Exchanger;
        match self.connector.tls_domain.as_ref().filter(|_| !by_record) {
            Some(domain) => domain.as_str().to_owned(),
            // A certificate has the address without the brackets of the literal.
            None if target.host.starts_with('[') => target.address.ip().to_string(),
            None => target.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NO_PROMISE: Fault = Fault::Unsupported(Unsupported::RequireTls);

    fn refused(stage: Stage, text: &str) -> Fault {
        let code = text[..3].parse().unwrap();
        Fault::Refused(stage, smtp::codec::Reply::new(code, smtp::codec::Enhanced(5, 7, 0), text))
    }

    /// Of messages that these faults kept at hosts named 1, 2 and so on.
    fn verdict(protection: Protection, faults: &[Fault]) -> String {
        let host = |(at, fault): (usize, &Fault)| Tried {
            host: (at + 1).to_string(),
            fault: fault.clone(),
        };
        let tried: Vec<_> = faults.iter().enumerate().map(host).collect();
        let Some(Verdict { host, said }) = protection.verdict(&tried) else {
            return "the queue waits".to_owned();
        };
        match said {
            RecipientReport::Deferred(reply) => format!("deferred {} by {host}", reply.status),
            RecipientReport::Failed(reply) => format!("failed {} by {host}", reply.status),
            other => format!("{other:?}"),
        }
    }

    fn handshake() -> Fault {
        Fault::TlsHandshake("expired".to_owned())
    }

    fn lost() -> Fault {
        Fault::TlsInterrupted("reset".to_owned())
    }

    #[test]
    fn what_no_host_has_is_final_and_what_may_pass_is_not() {
        for (faults, expected) in [
            (&[][..], "the queue waits"),
            (&[Fault::Disconnected(Stage::Greeting)], "the queue waits"),
            (&[refused(Stage::Auth, "535 no")], "the queue waits"),
            (&[Fault::TlsNotOffered], "failed 5.7.10 by 1"),
            (&[refused(Stage::StartTls, "502 no")], "failed 5.7.10 by 1"),
            (&[refused(Stage::StartTls, "454 no")], "deferred 5.7.0 by 1"),
            (&[NO_PROMISE], "failed 5.7.30 by 1"),
            (&[Fault::TlsNotOffered, NO_PROMISE], "failed 5.7.30 by 2"),
            (&[NO_PROMISE, refused(Stage::Greeting, "554 no")], "failed 5.7.30 by 1"),
            (&[handshake()], "failed 5.7.10 by 1"),
            (&[handshake(), NO_PROMISE], "failed 5.7.30 by 2"),
            (&[lost(), NO_PROMISE], "deferred 4.4.2 by 1"),
            (&[NO_PROMISE, Fault::Disconnected(Stage::Greeting)], "deferred 4.4.2 by 2"),
        ] {
            assert_eq!(verdict(Protection::Onward, faults), expected, "{faults:?}");
        }
        assert_eq!(verdict(Protection::Connector, &[handshake()]), "the queue waits");
    }

    #[test]
    fn a_report_that_nobody_would_miss_waits_for_a_better_certificate() {
        assert_eq!(verdict(Protection::Verified, &[handshake()]), "deferred 4.7.5 by 1");
    }

    #[test]
    fn a_host_of_an_mx_record_is_known_by_the_name_in_it() {
        let tls_domain = types::Domain::parse("other.test").ok();
        let connector = SendConnector { tls_domain, ..SendConnector::default() };
        let address = "192.0.2.7:25".parse().unwrap();
        for (protection, purpose, name) in [
            (Protection::Onward, Purpose::Exchanger, "mx.test"),
            (Protection::Verified, Purpose::Exchanger, "mx.test"),
            (Protection::Onward, Purpose::Configured, "other.test"),
            (Protection::Connector, Purpose::Exchanger, "other.test"),
        ] {
            let terms = Terms { connector: &connector, protection };
            let target = Target { host: "mx.test".to_owned(), address, purpose };
            assert_eq!(terms.certificate_name(&target), name, "{protection:?} {purpose:?}");
        }
    }

    #[test]
    fn a_literal_is_known_by_its_address() {
        let connector = SendConnector::default();
        let terms = Terms { connector: &connector, protection: Protection::Onward };
        let address = "192.0.2.7:25".parse().unwrap();
        let name = |host: &str| {
            let purpose = Purpose::Exchanger;
            terms.certificate_name(&Target { host: host.to_owned(), address, purpose })
        };
        assert_eq!([name("[192.0.2.7]"), name("mx.test")], ["192.0.2.7", "mx.test"]);
    }
}
