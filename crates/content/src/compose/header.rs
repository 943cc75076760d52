//! The header of a composed message: fields, folding, encoded words.

use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter, tz::TimeZone};

use base64::Engine;

use super::{Item, Options, Recipient, RecipientKind};
use crate::{
    property::{
        Bag, FileTime, NameKind, PropertyName, PropertyTag, Value,
        names::{self, PS_INTERNET_HEADERS, PSETID_COMMON},
        tags,
    },
    words,
};

/// Columns of a header line; RFC 5322 section 2.1.1 recommends it.
const LINE_OCTETS_MAX: usize = 78;

/// All fields that do not describe the body.
pub(super) fn write(item: &Item, options: Options) -> Vec<u8> {
    let mut header = Header::default();
    header.people(item, options);
    header.identity(&item.properties);
    header.handling(&item.properties);
    header.extra(&item.properties);
    header.out.into_bytes()
}

#[derive(Default)]
struct Header {
    out: String,
}

impl Header {
    fn people(&mut self, item: &Item, options: Options) {
        let bag = &item.properties;
        let from = person(bag, tags::SENT_REPRESENTING_NAME, tags::SENT_REPRESENTING_SMTP_ADDRESS);
        let sender = person(bag, tags::SENDER_NAME, tags::SENDER_SMTP_ADDRESS);
        let receipt = flag(bag, tags::READ_RECEIPT_REQUESTED);
        self.field("Date", date(bag, tags::CLIENT_SUBMIT_TIME));
        self.field("From", from.clone().or(sender.clone()));
        self.field("Sender", sender.clone().filter(|_| from.is_some() && from != sender));
        for (name, kind) in
            [("To", RecipientKind::To), ("Cc", RecipientKind::Cc), ("Bcc", RecipientKind::Bcc)]
        {
            if kind != RecipientKind::Bcc || options.with_bcc {
                self.field(name, list(&item.recipients, kind));
            }
        }
        self.field("Disposition-Notification-To", from.or(sender).filter(|_| receipt));
    }

    fn identity(&mut self, bag: &Bag) {
        self.text("Subject", bag, tags::SUBJECT);
        self.identifiers("Message-ID", bag, tags::INTERNET_MESSAGE_ID);
        self.identifiers("In-Reply-To", bag, tags::IN_REPLY_TO_ID);
        self.identifiers("References", bag, tags::INTERNET_REFERENCES);
        self.text("Thread-Topic", bag, tags::CONVERSATION_TOPIC);
        if let Some(Value::Binary(index)) = bag.get(tags::CONVERSATION_INDEX) {
            self.field("Thread-Index", Some(BASE64.encode(index)));
        }
    }

    fn handling(&mut self, bag: &Bag) {
        let word = |tag, words: &[(i32, &str)]| {
            let number = bag.integer(tag)?;
            words.iter().find(|(known, _)| *known == number).map(|(_, word)| (*word).to_owned())
        };
        const IMPORTANCE: [(i32, &str); 2] = [(0, "low"), (2, "high")];
        const SENSITIVITY: [(i32, &str); 3] =
            [(1, "personal"), (2, "private"), (3, "company-confidential")];
        self.field("Importance", word(tags::IMPORTANCE, &IMPORTANCE));
        self.field("Sensitivity", word(tags::SENSITIVITY, &SENSITIVITY));
        self.field("X-Auto-Response-Suppress", suppress(bag));
        self.field("Expires", date(bag, tags::EXPIRY_TIME));
        self.field("Reply-By", date(bag, tags::REPLY_TIME));
        let request = bag.text(PropertyName::id(PSETID_COMMON, names::FLAG_REQUEST));
        self.field("X-Message-Flag", request.map(unstructured));
    }

    /// Fields that a client set by name; only experimental ones, so that none contradicts what
    /// is written from properties.
    fn extra(&mut self, bag: &Bag) {
        for (key, value) in bag {
            let (Some(name), Value::String(text)) = (key.name(), value) else { continue };
            let PropertyName { set: PS_INTERNET_HEADERS, kind: NameKind::String(name) } = name
            else {
                continue;
            };
            let legal = name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':');
            if legal && name.starts_with("x-") && name.len() < LINE_OCTETS_MAX {
                self.field(&name, Some(unstructured(text)));
            }
        }
    }

    fn text(&mut self, name: &str, bag: &Bag, tag: PropertyTag) {
        let text = bag.text(tag).filter(|text| !text.is_empty());
        self.field(name, text.map(unstructured));
    }

    /// `1*msg-id`: no encoded words here (RFC 2047 section 5), so what is no identifier goes.
    fn identifiers(&mut self, name: &str, bag: &Bag, tag: PropertyTag) {
        let text = bag.text(tag).unwrap_or_default().split_ascii_whitespace();
        let legal = |id: &&str| {
            id.len() <= PLAIN_WORD_OCTETS_MAX && id.bytes().all(|octet| octet.is_ascii_graphic())
        };
        let ids: Vec<_> = text.filter(legal).collect();
        self.field(name, (!ids.is_empty()).then(|| ids.join(" ")));
    }

    fn field(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.out.push_str(&field(name, &value));
        }
    }
}

/// `name: value`, folded at spaces; `value` is 7-bit. A line break in it is dropped here, once
/// for all fields.
pub(super) fn field(name: &str, value: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for word in value.split(' ') {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        if column + 1 + word.len() > LINE_OCTETS_MAX && !word.is_empty() && column > name.len() + 1
        {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(&word);
        column += 1 + word.len();
    }
    out.push_str("\r\n");
    out
}

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;

/// Octets of a word that stays as it is; a longer one becomes encoded words, which fold.
const PLAIN_WORD_OCTETS_MAX: usize = 900;

/// Unstructured text in 7 bits. What looks like an encoded word is encoded, lest it be decoded;
/// so is text whose blanks folding would change.
pub(super) fn unstructured(text: &str) -> String {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect();
    let odd_blanks = text.contains("  ") || text.contains('\t') || text.trim() != text;
    let long = text.split(' ').any(|word| word.len() > PLAIN_WORD_OCTETS_MAX);
    match text.is_ascii() && !text.contains("=?") && !odd_blanks && !long {
        true => text,
        false => words::encode_always(&text),
    }
}

/// `mailbox`: `phrase <address>`; none where the address cannot be written in ASCII.
fn mailbox(name: &str, address: &str) -> Option<String> {
    let address = addr_spec(address)?;
    Some(match name {
        "" => format!("<{address}>"),
        name => format!("{} <{address}>", phrase(name)),
    })
}

/// `addr-spec`, the local part quoted if it needs to be.
fn addr_spec(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let in_domain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let in_local = |c: char| c == ' ' || c.is_ascii_graphic();
    if local.is_empty() || !local.chars().all(in_local) || !domain.chars().all(in_domain) {
        return None;
    }
    let dot_atom = local.chars().all(|c| is_atext(c) || c == '.');
    let local = if dot_atom { local.to_owned() } else { quoted(local) };
    Some(format!("{local}@{domain}"))
}

/// `atext` (RFC 5322 section 3.2.3)
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// `phrase`: atoms as they are, other ASCII quoted, the rest as encoded words.
fn phrase(name: &str) -> String {
    let encoded = unstructured(name);
    if encoded != name {
        return encoded;
    }
    match name.chars().all(|c| is_atext(c) || c == ' ') {
        true => encoded,
        false => quoted(name),
    }
}

/// `quoted-string`
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(recipients: &[Recipient], kind: RecipientKind) -> Option<String> {
    let chosen = recipients.iter().filter(|recipient| recipient.kind == kind);
    let list: Vec<_> = chosen.filter_map(|r| mailbox(&r.name, &r.address)).collect();
    (!list.is_empty()).then(|| list.join(", "))
}

fn person(bag: &Bag, name: PropertyTag, address: PropertyTag) -> Option<String> {
    mailbox(bag.text(name).unwrap_or_default(), bag.text(address)?)
}

fn flag(bag: &Bag, tag: PropertyTag) -> bool {
    bag.get(tag) == Some(&Value::Boolean(true))
}

fn date(bag: &Bag, tag: PropertyTag) -> Option<String> {
    let Some(Value::Time(time)) = bag.get(tag) else { return None };
    rfc_5322(*time)
}

fn rfc_5322(time: FileTime) -> Option<String> {
    let zoned = Timestamp::from_second(time.to_unix()).ok()?.to_zoned(TimeZone::UTC);
    DateTimePrinter::new().zoned_to_string(&zoned).ok()
}

/// The words of PidTagAutoResponseSuppress.
fn suppress(bag: &Bag) -> Option<String> {
    const BITS: [(i32, &str); 6] =
        [(1, "DR"), (2, "NDR"), (4, "RN"), (8, "NRN"), (0x10, "OOF"), (0x20, "AutoReply")];
    match bag.integer(tags::AUTO_RESPONSE_SUPPRESS)? {
        0 => None,
        -1 => Some("All".to_owned()),
        bits => {
            let words = BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, word)| *word);
            Some(words.collect::<Vec<_>>().join(", ")).filter(|words| !words.is_empty())
        }
    }
}
