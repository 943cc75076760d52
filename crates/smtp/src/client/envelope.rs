//! The message to send, without its bytes.

use crate::codec::RcptParams;
use types::{Address, BodyType, Return, ReversePath};

/// Sender, recipients and what is known of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where reports go.
    pub reverse_path: ReversePath,
    /// At least one.
    pub recipients: Vec<Recipient>,
    /// `RET`, passed on if the server knows DSN.
    pub ret: Option<Return>,
    /// `ENVID`, likewise.
    pub envid: Option<String>,
    /// The message must not travel in the clear, here and behind (RFC 8689).
    pub require_tls: bool,
    /// What the content is.
    pub content: ContentInfo,
}

/// One recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Where to.
    pub address: Address,
    /// NOTIFY and ORCPT, passed on if the server knows DSN.
    pub params: RcptParams,
}

impl Recipient {
    /// A recipient without parameters.
    pub fn new(address: Address) -> Self {
        Recipient { address, params: RcptParams::default() }
    }
}

/// What must be known of content before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentInfo {
    /// Its length, if known.
    pub octets: Option<u64>,
    /// What it is made of.
    pub body: BodyType,
    /// Its header has UTF-8 that needs SMTPUTF8 (RFC 6532).
    pub utf8_header: bool,
    /// It has CR or LF standing alone. BINARYMIME carries them, DATA rewrites them.
    pub bare_newlines: bool,
}
