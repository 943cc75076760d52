//! Delivery status notifications: multipart/report messages (RFC 3461, 3462/6522, 3464;
//! RFC 6533 for SMTPUTF8). Pure: values in, message bytes out.
//!
//! Whether a report is due at all (NOTIFY, null reverse paths, backscatter) is decided in
//! [`wanted`]; how it is worded for people stands in `text`.

mod report;
mod text;
pub mod wanted;

use types::time::Timestamp;

use crate::envelope::Recipient;
use crate::status::Reply;
use types::{Address, Domain, OriginalRecipient};

pub use report::write;

/// What is reported; RFC 3464 section 2.3.3 `action-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still trying.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Handed to a server that sends no success reports.
    Relayed,
    /// Sent on to the members of a group.
    Expanded,
}

/// A report to be written: one action, any number of recipients.
#[derive(Clone, Debug)]
pub struct Report {
    /// What happened.
    pub action: Action,
    /// Whom the report goes to: the reverse path of the original.
    pub to: Address,
    /// `Reporting-MTA`.
    pub reporting_mta: Domain,
    /// Domain of the postmaster in whose name it comes.
    pub default_domain: Domain,
    /// Now.
    pub now: Timestamp,
    /// About whom.
    pub recipients: Vec<ReportedRecipient>,
    /// About what.
    pub original: Original,
    /// The RFC 6533 forms may be used: the sender gave SMTPUTF8.
    pub international: bool,
}

/// One recipient of the original message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// `Original-Recipient`, if the sender gave one or forwarding changed the address.
    pub original: Option<OriginalRecipient>,
    /// `Final-Recipient`.
    pub address: Address,
    /// `Status` and `Diagnostic-Code`.
    pub reply: Reply,
    /// `Remote-MTA`, when another server said it.
    pub remote_mta: Option<String>,
    /// `Will-Retry-Until`, for delays.
    pub will_retry_until: Option<Timestamp>,
}

impl ReportedRecipient {
    /// A recipient with the reply that explains its fate.
    pub fn new(recipient: &Recipient, reply: Reply) -> Self {
        ReportedRecipient {
            original: recipient.original.clone(),
            address: recipient.address.clone(),
            reply,
            remote_mta: None,
            will_retry_until: None,
        }
    }
}

/// The message a report is about.
#[derive(Clone, Debug, Default)]
pub struct Original {
    /// `Original-Envelope-Id`.
    pub envelope_id: Option<String>,
    /// `Arrival-Date`.
    pub arrival: Timestamp,
    /// `Received-From-MTA`.
    pub received_from: Option<String>,
    /// Its Message-ID, for In-Reply-To.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// What is enclosed.
    pub enclosed: Enclosed,
}

/// The third part of a report.
#[derive(Clone, Debug)]
pub enum Enclosed {
    /// The whole message: header and body.
    Message(Vec<u8>),
    /// Its header.
    Headers(Vec<u8>),
}

impl Default for Enclosed {
    fn default() -> Self {
        Enclosed::Headers(Vec::new())
    }
}
