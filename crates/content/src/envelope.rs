//! The envelope of a message as IMAP means it (RFC 9051 section 7.5.2): ten header fields.
//!
//! Values are unfolded and are text, otherwise as they came: encoded words are kept, because
//! that is what IMAP sends. [`crate::words::decode`] makes them readable.

use std::borrow::Cow;

use crate::{
    address_list::{self, EnvelopeAddress},
    header::{Known, KnownFields},
    words,
};

/// The ten fields; [`Envelope::sender`] and [`Envelope::reply_to`] are those of the header,
/// without IMAP's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Date, unparsed.
    pub date: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// From.
    pub from: Vec<EnvelopeAddress>,
    /// Sender; empty when the header has none (see [`Envelope::effective_sender`]).
    pub sender: Vec<EnvelopeAddress>,
    /// Reply-To; empty when the header has none (see [`Envelope::effective_reply_to`]).
    pub reply_to: Vec<EnvelopeAddress>,
    /// To.
    pub to: Vec<EnvelopeAddress>,
    /// Cc.
    pub cc: Vec<EnvelopeAddress>,
    /// Bcc.
    pub bcc: Vec<EnvelopeAddress>,
    /// In-Reply-To, unparsed.
    pub in_reply_to: Option<String>,
    /// Message-ID, angle brackets kept.
    pub message_id: Option<String>,
}

impl Envelope {
    /// Reads it from one header. `addresses_left` bounds the addresses of a whole message,
    /// nested messages included, and is counted down.
    pub(crate) fn read(fields: &KnownFields, addresses_left: &mut usize) -> Envelope {
        let mut list = |field| {
            let text = fields.text(field).unwrap_or_default();
            let list = address_list::parse(&text, *addresses_left);
            *addresses_left = addresses_left.saturating_sub(list.len());
            list
        };
        Envelope {
            from: list(Known::From),
            sender: list(Known::Sender),
            reply_to: list(Known::ReplyTo),
            to: list(Known::To),
            cc: list(Known::Cc),
            bcc: list(Known::Bcc),
            date: fields.text(Known::Date),
            subject: fields.text(Known::Subject),
            in_reply_to: fields.text(Known::InReplyTo),
            message_id: fields.text(Known::MessageId),
        }
    }

    /// Sender, or From where there is no Sender.
    pub fn effective_sender(&self) -> &[EnvelopeAddress] {
        if self.sender.is_empty() { &self.from } else { &self.sender }
    }

    /// Reply-To, or From where there is no Reply-To.
    pub fn effective_reply_to(&self) -> &[EnvelopeAddress] {
        if self.reply_to.is_empty() { &self.from } else { &self.reply_to }
    }

    /// The subject as a reader sees it; empty when there is none.
    pub fn subject_text(&self) -> Cow<'_, str> {
        words::decode(self.subject.as_deref().unwrap_or_default())
    }
}

/// What PidTagDisplayTo and its kin show: names (else addresses) joined by "; ".
pub fn display_names(list: &[EnvelopeAddress]) -> String {
    let names: Vec<_> =
        list.iter().filter(|a| a.is_mailbox()).map(EnvelopeAddress::display).collect();
    names.join("; ")
}
