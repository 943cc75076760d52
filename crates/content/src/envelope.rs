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
    /// The fields it is read from.
    pub(crate) const FIELDS: [Known; 10] = [
        Known::Date,
        Known::Subject,
        Known::From,
        Known::Sender,
        Known::ReplyTo,
        Known::To,
        Known::Cc,
        Known::Bcc,
        Known::InReplyTo,
        Known::MessageId,
    ];

    /// Reads it from one header; at most `addresses_max` addresses in all.
    pub(crate) fn read(fields: &KnownFields, addresses_max: usize) -> Envelope {
        let mut left = addresses_max;
        let mut list = |field| {
            let list = address_list::parse(&fields.text(field).unwrap_or_default(), left);
            left = left.saturating_sub(list.len());
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

    /// Addresses and group marks in all lists.
    pub(crate) fn address_count(&self) -> usize {
        let lists = [&self.from, &self.sender, &self.reply_to, &self.to, &self.cc, &self.bcc];
        lists.iter().map(|list| list.len()).sum()
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
