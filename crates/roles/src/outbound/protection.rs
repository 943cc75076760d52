//! REQUIRETLS on the way out (RFC 8689 section 4.2.1): what messages ask of the connection that
//! takes them, and what becomes of them when no host will do.
//!
//! MX records are believed as they come: there is neither DNSSEC nor MTA-STS to check them by.

use config::SendConnector;
use config::send::TlsAuthLevel;
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
    /// A handshake that failed may succeed later; what no host offers is final, and the sender
    /// is told. Only these messages wait or fail: others can use the same hosts.
    pub(super) fn verdict(self, faults: &[Fault]) -> Option<RecipientReport> {
        let lacking = faults.iter().filter_map(lack).next_back();
        let trouble = faults.iter().any(is_tls_trouble);
        if self == Protection::Connector || !(trouble || lacking.is_some()) {
            return None;
        }
        let passing = |fault: &&Fault| lack(fault).is_none() && fault.is_transient();
        match (faults.iter().rfind(passing), lacking) {
            (Some(fault), _) => Some(RecipientReport::Deferred(of_wire(fault.reply()))),
            (None, lacking) => lacking.map(RecipientReport::Failed),
        }
    }
}

/// What the host does not have, with the status of RFC 8689 section 4.2.1.
fn lack(fault: &Fault) -> Option<Reply> {
    let (detail, text) = match fault {
        Fault::TlsNotOffered => (10, "encryption needed, and the host does not offer TLS"),
        Fault::Refused(Stage::StartTls, reply) if reply.is_permanent() => {
            (10, "encryption needed, and the host refuses TLS")
        }
        Fault::Unsupported(Unsupported::RequireTls) => {
            (30, "REQUIRETLS support required, and the host does not offer it")
        }
        _ => return None,
    };
    let text = format!("SMTPSEND.RequireTls; {text}");
    Some(Reply::new(550, EnhancedStatus::new(5, 7, detail), text))
}

fn is_tls_trouble(fault: &Fault) -> bool {
    use Fault::{Disconnected, Protocol, Refused, TimedOut, TlsHandshake};
    matches!(
        fault,
        TlsHandshake
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

    /// The name it must carry.
    pub(super) fn certificate_name(self, target: &Target) -> String {
        match &self.connector.tls_domain {
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

    fn verdict(faults: &[Fault]) -> String {
        match Protection::Onward.verdict(faults) {
            None => "the queue waits".to_owned(),
            Some(RecipientReport::Deferred(reply)) => format!("deferred {}", reply.status),
            Some(RecipientReport::Failed(reply)) => format!("failed {}", reply.status),
            Some(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn what_no_host_has_is_final_and_what_may_pass_is_not() {
        for (faults, expected) in [
            (&[][..], "the queue waits"),
            (&[Fault::Disconnected(Stage::Greeting)], "the queue waits"),
            (&[refused(Stage::Auth, "535 no")], "the queue waits"),
            (&[Fault::TlsNotOffered], "failed 5.7.10"),
            (&[refused(Stage::StartTls, "502 no")], "failed 5.7.10"),
            (&[NO_PROMISE], "failed 5.7.30"),
            (&[Fault::TlsNotOffered, NO_PROMISE], "failed 5.7.30"),
            (&[NO_PROMISE, refused(Stage::Greeting, "554 no")], "failed 5.7.30"),
            (&[Fault::TlsHandshake], "deferred 4.7.5"),
            (&[Fault::TlsHandshake, NO_PROMISE], "deferred 4.7.5"),
            (&[NO_PROMISE, Fault::Disconnected(Stage::Greeting)], "deferred 4.4.2"),
        ] {
            assert_eq!(verdict(faults), expected, "{faults:?}");
        }
        assert_eq!(Protection::Connector.verdict(&[Fault::TlsHandshake]), None);
    }

    #[test]
    fn a_literal_is_known_by_its_address() {
        let connector = SendConnector::default();
        let terms = Terms { connector: &connector, protection: Protection::Onward };
        let address = "192.0.2.7:25".parse().unwrap();
        let name = |host: &str| {
            let purpose = net::Purpose::Exchanger;
            terms.certificate_name(&Target { host: host.to_owned(), address, purpose })
        };
        assert_eq!([name("[192.0.2.7]"), name("mx.test")], ["192.0.2.7", "mx.test"]);
    }
}
