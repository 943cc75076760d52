//! The body of a composed message: which parts, nested how, encoded how.
//!
//! mixed(alternative(plain related(html pictures)) files), leaving out what has one child only.

use base64::Engine;

use super::{
    Attachment, AttachmentContent, Item,
    header::{field, quoted, unstructured},
};
use crate::{
    charset,
    property::{Bag, Value, tags},
    words::floor_char_boundary,
};

/// A part to be written.
pub(super) enum Part {
    Leaf { fields: Vec<String>, body: Vec<u8> },
    Multipart { subtype: &'static str, boundary: String, children: Vec<Part> },
}

/// The parts of an item; `seed` goes into the boundaries.
pub(super) fn build(item: &Item, seed: u64) -> Part {
    let html = html(&item.properties);
    let (pictures, files): (Vec<&Attachment>, Vec<&Attachment>) =
        item.attachments.iter().partition(|a| html.is_some() && a.inline && a.content_id.is_some());
    let mut boundaries = Boundaries { seed, item: fingerprint(item), count: 0 };
    let page = html.map(|html| {
        let pictures = pictures.into_iter().map(attachment);
        let page = std::iter::once(text_part("html", &html)).chain(pictures).collect();
        boundaries.join("related", page)
    });
    let plain = item.properties.text(tags::BODY).map(|text| text_part("plain", text));
    // Enciphered mail has no other body (RFC 8551 section 3.3).
    if let ([only], None, None) = (&item.attachments[..], &plain, &page)
        && is_pkcs7(only)
    {
        return attachment(only);
    }
    let bodies = match (plain, page) {
        (None, None) => vec![text_part("plain", "")],
        (plain, page) => plain.into_iter().chain(page).collect(),
    };
    let body = boundaries.join("alternative", bodies);
    let files = files.into_iter().map(attachment);
    boundaries.join("mixed", std::iter::once(body).chain(files).collect())
}

fn is_pkcs7(attachment: &Attachment) -> bool {
    match &attachment.content {
        AttachmentContent::File { media_type, .. } => {
            ["application/pkcs7-mime", "application/x-pkcs7-mime"]
                .iter()
                .any(|known| media_type.eq_ignore_ascii_case(known))
        }
        AttachmentContent::Message(_) => false,
    }
}

/// PidTagHtml is octets in the code page that PidTagInternetCodepage names.
fn html(bag: &Bag) -> Option<String> {
    let charset = bag.integer(tags::INTERNET_CODEPAGE).and_then(charset::of_codepage);
    match bag.get(tags::HTML) {
        Some(Value::Binary(octets)) => Some(charset::to_utf8(charset, octets)),
        _ => bag.text(tags::BODY_HTML).map(str::to_owned),
    }
}

struct Boundaries {
    seed: u64,
    item: u64,
    count: u32,
}

impl Boundaries {
    /// One part stays itself, several become a multipart.
    fn join(&mut self, subtype: &'static str, mut children: Vec<Part>) -> Part {
        match children.pop() {
            Some(only) if children.is_empty() => only,
            last => {
                children.extend(last);
                Part::Multipart { subtype, boundary: self.next(), children }
            }
        }
    }

    /// `=_` cannot stand in quoted-printable or base64; the fingerprint keeps an attached
    /// message, which is not encoded, from holding the boundary of the message around it.
    fn next(&mut self) -> String {
        self.count += 1;
        format!("=_{:016x}_{:016x}_{}", self.seed, self.item, self.count)
    }
}

/// FNV-1a over what is written without encoding.
fn fingerprint(item: &Item) -> u64 {
    let messages = item.attachments.iter().filter_map(|attachment| match &attachment.content {
        AttachmentContent::Message(message) => Some(message),
        AttachmentContent::File { .. } => None,
    });
    messages.flatten().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Part {
    /// Fields, blank line, body.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Part::Leaf { fields, body } => {
                fields.iter().for_each(|field| out.extend_from_slice(field.as_bytes()));
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(body);
            }
            Part::Multipart { subtype, boundary, children } => {
                let value = format!("multipart/{subtype}; boundary=\"{boundary}\"");
                out.extend_from_slice(field("Content-Type", &value).as_bytes());
                for child in children {
                    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    child.write(out);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

fn leaf(content_type: &str, encoding: &str, body: Vec<u8>) -> (Vec<String>, Vec<u8>) {
    let fields =
        vec![field("Content-Type", content_type), field("Content-Transfer-Encoding", encoding)];
    (fields, body)
}

fn text_part(subtype: &str, text: &str) -> Part {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let content_type = format!("text/{subtype}; charset=utf-8");
    let (fields, body) = match is_plain(&text) {
        true => leaf(&content_type, "7bit", text.into_bytes()),
        false => leaf(&content_type, "quoted-printable", quoted_printable(&text)),
    };
    Part::Leaf { fields, body }
}

/// Octets of a line that needs no encoding (RFC 5322 section 2.1.1, CRLF apart).
const LINE_OCTETS_MAX: usize = 998;

/// ASCII in lines of legal length, without what transports change: bare CR or NUL, blanks at a
/// line's end, "From " at its beginning.
fn is_plain(text: &str) -> bool {
    let legal = |line: &str| {
        line.len() <= LINE_OCTETS_MAX
            && !line.starts_with("From ")
            && !line.contains(['\r', '\0'])
            && line.trim_end_matches([' ', '\t']).len() == line.len()
    };
    text.is_ascii() && text.split("\r\n").all(legal)
}

/// Octets of a line of quoted-printable, the soft break's `=` included (RFC 2045 rule 5).
const ENCODED_LINE_OCTETS_MAX: usize = 76;

fn quoted_printable(text: &str) -> Vec<u8> {
    let lines: Vec<_> = text.split("\r\n").map(quoted_printable_line).collect();
    lines.join("\r\n").into_bytes()
}

fn quoted_printable_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for (at, octet) in line.bytes().enumerate() {
        let last = at + 1 == line.len();
        let blank = matches!(octet, b' ' | b'\t') && !last;
        let begins_from = at == 0 && line.starts_with("From ");
        let plain = (octet.is_ascii_graphic() && octet != b'=' && !begins_from) || blank;
        let width = if plain { 1 } else { 3 };
        if column + width >= ENCODED_LINE_OCTETS_MAX {
            out.push_str("=\r\n");
            column = 0;
        }
        match plain {
            true => out.push(char::from(octet)),
            false => out.push_str(&format!("={octet:02X}")),
        }
        column += width;
    }
    out
}

fn attachment(attachment: &Attachment) -> Part {
    let (mut fields, body) = match &attachment.content {
        AttachmentContent::File { data, media_type } => {
            let content_type = with_name(legal_type(media_type), "name", &attachment.name);
            leaf(&content_type, "base64", base64_lines(data))
        }
        AttachmentContent::Message(message) => {
            let encoding = if message.is_ascii() { "7bit" } else { "8bit" };
            leaf("message/rfc822", encoding, message.clone())
        }
    };
    let kind = if attachment.inline { "inline" } else { "attachment" };
    fields.push(field("Content-Disposition", &with_name(kind, "filename", &attachment.name)));
    if let Some(id) = &attachment.content_id {
        let id: String = id.chars().filter(char::is_ascii_graphic).collect();
        fields.push(field("Content-ID", &format!("<{id}>")));
    }
    Part::Leaf { fields, body }
}

/// `type "/" subtype`, or the type of anything.
fn legal_type(media_type: &str) -> &str {
    let token = |text: &str| {
        let legal = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet);
        !text.is_empty() && text.bytes().all(legal)
    };
    let composite = ["multipart/", "message/"].iter().any(|kind| media_type.starts_with(kind));
    match media_type.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) && !composite => media_type,
        _ => "application/octet-stream",
    }
}

/// Octets of a file name; file systems hold 255.
const FILE_NAME_OCTETS_MAX: usize = 255;

/// `value; parameter=name`. Beyond ASCII the parameter is written twice: as RFC 2231 says for
/// the disposition, as encoded words for the type, because Outlook reads only those.
fn with_name(value: &str, parameter: &str, name: &str) -> String {
    let name = &name[..floor_char_boundary(name, FILE_NAME_OCTETS_MAX)];
    let encoded = unstructured(name);
    if name.is_empty() {
        value.to_owned()
    } else if encoded == name {
        format!("{value}; {parameter}={}", quoted(name))
    } else if parameter == "filename" {
        format!("{value}; {parameter}*=utf-8''{}", percent(name))
    } else {
        format!("{value}; {parameter}={}", quoted(&encoded))
    }
}

fn percent(text: &str) -> String {
    let one = |octet: u8| match octet.is_ascii_alphanumeric() || b"-._".contains(&octet) {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    };
    text.bytes().map(one).collect()
}

/// Octets behind one line of base64: 57 become 76.
const BASE64_LINE_OCTETS: usize = 57;

fn base64_lines(data: &[u8]) -> Vec<u8> {
    let engine = base64::engine::general_purpose::STANDARD;
    let lines: Vec<_> = data.chunks(BASE64_LINE_OCTETS).map(|line| engine.encode(line)).collect();
    lines.join("\r\n").into_bytes()
}
