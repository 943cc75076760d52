//! Who has logged in, from where.

use std::fmt;
use std::net::IpAddr;

use types::Address;

use crate::mechanism::Mechanism;

/// The GUID of a recipient. It survives renaming, and names the account for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipientId(pub [u8; 16]);

impl fmt::Display for RecipientId {
    /// The usual form with hyphens, in the byte order of the array.
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

/// The service a client came to; accounts can be switched off for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// SMTP client submission.
    Smtp,
    /// IMAP4.
    Imap4,
    /// POP3.
    Pop3,
    /// Administration.
    Admin,
}

impl Protocol {
    /// True when there is nothing to do here without a mailbox.
    pub const fn needs_mailbox(self) -> bool {
        matches!(self, Protocol::Imap4 | Protocol::Pop3)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Smtp => "SMTP",
            Protocol::Imap4 => "IMAP4",
            Protocol::Pop3 => "POP3",
            Protocol::Admin => "Admin",
        })
    }
}

/// Where an attempt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client's address: behind a front end, the address the front end saw.
    pub ip: IpAddr,
    /// The service it spoke to.
    pub protocol: Protocol,
}

/// An authenticated client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Whose credentials were shown.
    pub recipient: RecipientId,
    /// The mailbox to open: the principal's own, or the one asked for in the delegate form
    /// of the user name ([MS-OXIMAP4]) or as PLAIN's authorization identity.
    pub mailbox: RecipientId,
    /// The user name as prepared, for logs.
    pub login: String,
    /// The principal's primary SMTP address.
    pub primary: Address,
    /// How it authenticated.
    pub mechanism: Mechanism,
    /// Member of the administrators.
    pub administrator: bool,
}

impl Principal {
    /// True when somebody else's mailbox is to be opened.
    pub fn is_delegate(&self) -> bool {
        self.recipient != self.mailbox
    }
}
