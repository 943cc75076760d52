//! The SMTP envelope as a value: who sends to whom, with the DSN wishes of RFC 3461, and
//! where the message came from.
//!
//! Not here: grammar (crate `smtp` parses MAIL and RCPT) and header fields. The envelope is
//! what routes; the header is what people read.

use std::fmt;
use std::net::IpAddr;

use types::{Address, BodyType, Notify, OriginalRecipient, Return, ReversePath};

use crate::random;

/// Everything MAIL and RCPT said about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where reports go.
    pub reverse_path: ReversePath,
    /// At least one for a message that is submitted.
    pub recipients: Vec<Recipient>,
    /// `RET=`: how much of the message a failure report encloses.
    pub ret: Option<Return>,
    /// `ENVID=`, decoded from xtext; at most [`types::limits::ENVELOPE_ID_OCTETS_MAX`].
    pub envelope_id: Option<String>,
    /// `BODY=`.
    pub body: BodyType,
    /// `SMTPUTF8` was given (RFC 6531).
    pub smtputf8: bool,
    /// `REQUIRETLS` was given (RFC 8689).
    pub require_tls: bool,
}

impl Envelope {
    /// An envelope without any ESMTP parameter.
    pub fn new(reverse_path: ReversePath, recipients: impl IntoIterator<Item = Address>) -> Self {
        Envelope {
            reverse_path,
            recipients: recipients.into_iter().map(Recipient::new).collect(),
            ret: None,
            envelope_id: None,
            body: BodyType::default(),
            smtputf8: false,
            require_tls: false,
        }
    }
}

/// One RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Where the message goes now.
    pub address: Address,
    /// `ORCPT=`: what the sender wrote, before groups and forwarding changed it.
    pub original: Option<OriginalRecipient>,
    /// `NOTIFY=`; none means failure and delay at the server's choice.
    pub notify: Option<Notify>,
}

impl Recipient {
    /// A recipient without parameters.
    pub fn new(address: Address) -> Self {
        Recipient { address, original: None, notify: None }
    }

    /// What reports name as Original-Recipient once the address changes.
    pub fn original_or_address(&self) -> OriginalRecipient {
        self.original.clone().unwrap_or_else(|| OriginalRecipient::of(&self.address))
    }

    /// The wishes with the default of RFC 3461 section 4.1 filled in.
    pub fn notify_or_default(&self) -> Notify {
        self.notify.unwrap_or_default()
    }
}

/// Where a message came from and what was proven about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// How it entered the pipeline.
    pub source: Source,
    /// Name of the Receive connector; empty when there was none.
    pub connector: String,
    /// The client's address.
    pub remote: Option<IpAddr>,
    /// What it said in EHLO or HELO.
    pub helo: String,
    /// True when the client said EHLO.
    pub esmtp: bool,
    /// Who logged on, by name.
    pub authenticated: Option<String>,
    /// The TLS session it came over.
    pub tls: Option<TlsSession>,
    /// What SPF and DMARC said about the sender.
    pub sender_check: SenderCheck,
}

impl Origin {
    /// What the tracking log says of the client's session: `tls=TLSv1.3;user=alice`, `tls=none`
    /// where there was no TLS; empty for what no client brought. The name stands last: it may
    /// hold any character.
    pub fn session(&self) -> String {
        if self.remote.is_none() {
            return String::new();
        }
        let version = self.tls.as_ref().map_or("none", |tls| tls.version.as_str());
        match &self.authenticated {
            Some(user) => format!("tls={version};user={user}"),
            None => format!("tls={version}"),
        }
    }

    /// The server's own messages, such as reports.
    pub fn own(source: Source) -> Self {
        Origin {
            source,
            connector: String::new(),
            remote: None,
            helo: String::new(),
            esmtp: false,
            authenticated: None,
            tls: None,
            sender_check: SenderCheck::NotChecked,
        }
    }

    /// Rights of ms-Exch-SMTP-Accept-Authentication-Flag aside: who logged on, or whom we
    /// trust because it is us.
    pub fn is_internal(&self) -> bool {
        self.authenticated.is_some() || self.source != Source::Smtp
    }

    /// False where a report would be backscatter: a stranger whose address was shown forged.
    pub fn may_be_reported_to(&self) -> bool {
        self.is_internal() || self.sender_check != SenderCheck::Failed
    }
}

/// The parts of the server that bring messages in; Exchange's tracking `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// An SMTP session.
    Smtp,
    /// A mailbox: EWS, ActiveSync, MAPI, rules.
    StoreDriver,
    /// This server's reports.
    Dsn,
    /// A queue row that is tried again.
    Queue,
    /// The pickup directory.
    Pickup,
    /// An operator.
    Admin,
    /// Recipient resolution.
    Resolver,
    /// Choice of the next hop.
    Routing,
}

/// Version and cipher for the Received line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// `TLS1_3`.
    pub version: String,
    /// The suite's name.
    pub cipher: String,
}

/// Whether the reverse path is believed. A report goes to a stranger only unless `Failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SenderCheck {
    /// Nobody looked.
    #[default]
    NotChecked,
    /// SPF or DMARC passed.
    Passed,
    /// SPF or DMARC failed.
    Failed,
}

/// The server's number of one copy of a message: Exchange's `internal-message-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InternalMessageId(u64);

impl InternalMessageId {
    /// Wraps a number as it stands in a key or an operator's command.
    pub const fn new(number: u64) -> Self {
        InternalMessageId(number)
    }

    /// The bare number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for InternalMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One message through all its copies and servers: Exchange's `network-message-id`, a GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkMessageId(pub [u8; 16]);

impl NetworkMessageId {
    /// A new random one (GUID version 4).
    pub fn generate() -> Self {
        NetworkMessageId(random::guid())
    }
}

impl fmt::Display for NetworkMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, octet) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_with_a_forged_sender_get_no_reports() {
        let mut origin = Origin::own(Source::Smtp);
        assert!(origin.may_be_reported_to());
        origin.sender_check = SenderCheck::Failed;
        assert!(!origin.may_be_reported_to());
        origin.authenticated = Some("alice".into());
        assert!(origin.may_be_reported_to());
    }

    #[test]
    fn network_message_ids_are_guids() {
        let text = NetworkMessageId([0x11; 16]).to_string();
        assert_eq!(text, "11111111-1111-1111-1111-111111111111");
        assert_ne!(NetworkMessageId::generate(), NetworkMessageId::generate());
    }
}
