//! Everything that is derived from a message at delivery.

use crate::{
    class,
    date::{self, Sent},
    envelope::Envelope,
    header::{Known, KnownFields},
    mail_properties,
    message_id::{self, ConversationId},
    preview,
    property::Bag,
    scanner::{Scanned, scan},
    structure::Part,
    subject::base_subject,
    words::floor_char_boundary,
};

/// Version of the conversion from message to [`Summary`]. Stored with it: a summary of an older
/// version is made again from the message when it is next needed.
pub const CONVERTER_VERSION: u16 = 1;

/// Octets of body that tell two messages apart which have no Message-ID.
const CONTENT_HASH_OCTETS_MAX: usize = 4096;

/// What lists, IMAP and the base properties need of a message, so that none of them parses it
/// again. A pure function of the octets.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Octets of the message (RFC822.SIZE).
    pub size: u64,
    /// Octets of the header, blank line included.
    pub header_len: u32,
    /// Line endings in the message.
    pub lines: u32,
    /// IMAP's ENVELOPE.
    pub envelope: Envelope,
    /// IMAP's BODYSTRUCTURE, with offsets.
    pub structure: Part,
    /// Beginning of the text, one line (RFC 8970).
    pub preview: String,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Identifiers of In-Reply-To without angle brackets.
    pub in_reply_to: Vec<String>,
    /// Identifiers of References without angle brackets, the root first.
    pub references: Vec<String>,
    /// Shared by all messages of one conversation.
    pub conversation: ConversationId,
    /// Subject without marks of replies and forwards (RFC 5256 section 2.1).
    pub base_subject: String,
    /// The subject carried such a mark.
    pub is_reply_or_forward: bool,
    /// The Date field.
    pub sent: Option<Sent>,
    /// A part is a file rather than a body.
    pub has_attachments: bool,
    /// Importance, X-Priority or Priority.
    pub importance: Importance,
    /// Message class, "IPM.Note" for plain mail.
    pub class: String,
    /// Base properties that follow from header fields and are in no field above; see
    /// [`Summary::base_properties`] for all of them.
    pub properties: Bag,
}

/// PidTagImportance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// 0.
    Low = 0,
    /// 1.
    #[default]
    Normal = 1,
    /// 2.
    High = 2,
}

impl Importance {
    /// From PidTagImportance's number.
    pub fn from_number(number: i32) -> Option<Self> {
        [Importance::Low, Importance::Normal, Importance::High]
            .into_iter()
            .find(|importance| *importance as i32 == number)
    }
}

/// Derives the summary of any octets. Never fails and never panics; work and memory are bounded
/// by `MIME_DEPTH_MAX`, `MIME_PARTS_MAX`, `HEADER_OCTETS_MAX` and `ENVELOPE_ADDRESSES_MAX`.
pub fn derive(message: &[u8]) -> Summary {
    let Scanned { root, envelope, fields, lines } = scan(message);
    let subject = base_subject(&envelope.subject_text());
    let ids = Ids::read(&envelope, &fields);
    Summary {
        size: message.len() as u64,
        header_len: root.header.len(),
        lines,
        preview: preview::preview(&root, message),
        conversation: ids.conversation(&fields, content(message, &root)),
        message_id: ids.own,
        in_reply_to: ids.parents,
        references: ids.references,
        base_subject: subject.text,
        is_reply_or_forward: subject.is_reply_or_forward,
        sent: envelope.date.as_deref().and_then(date::parse),
        has_attachments: has_attachments(&root),
        importance: importance(&fields),
        class: message_class(&root, message, &fields),
        properties: mail_properties::from_fields(&fields, &root),
        envelope,
        structure: root,
    }
}

struct Ids {
    own: Option<String>,
    parents: Vec<String>,
    references: Vec<String>,
}

impl Ids {
    fn read(envelope: &Envelope, fields: &KnownFields) -> Ids {
        let references = fields.text(Known::References).unwrap_or_default();
        Ids {
            own: envelope.message_id.as_deref().and_then(message_id::first),
            parents: message_id::list(envelope.in_reply_to.as_deref().unwrap_or_default()),
            references: message_id::list(&references),
        }
    }

    fn conversation(&self, fields: &KnownFields, content: &[u8]) -> ConversationId {
        let index = fields.text(Known::ThreadIndex).as_deref().and_then(message_id::thread_index);
        let root = self.references.first().or(self.parents.first()).or(self.own.as_ref());
        message_id::conversation(index.as_deref(), root.map(String::as_str), content)
    }
}

/// Header and beginning of the body.
fn content<'a>(message: &'a [u8], root: &Part) -> &'a [u8] {
    let end = root.header.end as usize + CONTENT_HASH_OCTETS_MAX;
    &message[..end.min(message.len())]
}

fn message_class(root: &Part, message: &[u8], fields: &KnownFields) -> String {
    let content_class = fields.text(Known::ContentClass);
    class::message_class(root, message, content_class.as_deref()).to_owned()
}

/// The first of Importance, X-Priority, Priority (RFC 2156) that says something.
fn importance(fields: &KnownFields) -> Importance {
    const WORDS: [(&str, Importance); 11] = [
        ("high", Importance::High),
        ("normal", Importance::Normal),
        ("low", Importance::Low),
        ("urgent", Importance::High),
        ("non-urgent", Importance::Low),
        ("1", Importance::High),
        ("2", Importance::High),
        ("3", Importance::Normal),
        ("4", Importance::Low),
        ("5", Importance::Low),
        ("medium", Importance::Normal),
    ];
    let read = |field| {
        let text = fields.text(field)?;
        let word = text.split([' ', '(']).next()?;
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, value)| *value)
    };
    [Known::Importance, Known::XPriority, Known::Priority]
        .into_iter()
        .find_map(read)
        .unwrap_or_default()
}

/// A part below counts as a file when it says so or has a name, or is neither text nor an
/// inline picture of a related page. Signatures and reports are no files.
fn has_attachments(part: &Part) -> bool {
    if !part.is_multipart() {
        return is_file(part, false);
    }
    match part.subtype.as_str() {
        "report" => false,
        "signed" => part.children.first().is_some_and(has_attachments),
        subtype => {
            let related = subtype == "related";
            let is_attached = |child: &Part| match child.is_multipart() {
                true => has_attachments(child),
                false => is_file(child, related),
            };
            part.children.iter().any(is_attached)
        }
    }
}

fn is_file(part: &Part, related: bool) -> bool {
    let inline = related && (part.id.is_some() || part.location.is_some());
    match part.media_type.as_str() {
        _ if part.is_attachment() => true,
        "text" => part.subtype != "calendar" && part.file_name().is_some(),
        "application" if part.subtype.ends_with("pkcs7-mime") => false,
        _ => !inline,
    }
}

/// `text` cut to at most `octets` octets between characters.
pub(crate) fn cut(text: &str, octets: usize) -> &str {
    &text[..floor_char_boundary(text, octets)]
}
