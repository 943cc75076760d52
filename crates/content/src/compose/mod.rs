//! MIME for items that were made from properties (MAPI, EWS, ActiveSync, web).
//!
//! The result is frozen when an item is first sized, shown or sent, so it is deterministic: the
//! same item and seed give the same octets. Mail only: the body is plain text, HTML or both,
//! files and messages are attached. Calendar and contact items come with their own converters.
//! Lines are at most 998 octets and end with CRLF; the octets are 7-bit unless an attached
//! message is not.

mod body;
mod header;

use crate::property::Bag;

/// What a recipient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientKind {
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
}

/// A row of the recipient table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// To, Cc or Bcc.
    pub kind: RecipientKind,
    /// Display name; empty for none.
    pub name: String,
    /// SMTP address.
    pub address: String,
}

/// What is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachmentContent {
    /// A file.
    File {
        /// Its octets.
        data: Vec<u8>,
        /// `type/subtype`; anything else becomes application/octet-stream.
        media_type: String,
    },
    /// A message, as MIME.
    Message(Vec<u8>),
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name; empty for none.
    pub name: String,
    /// The file or message.
    pub content: AttachmentContent,
    /// Content-ID without angle brackets, by which the HTML body refers to it.
    pub content_id: Option<String>,
    /// Shown within the HTML body (PidTagAttachFlags 4) rather than below it.
    pub inline: bool,
}

/// An item to be made into a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Its properties; which of them reach MIME is said in [`compose`].
    pub properties: Bag,
    /// Its recipients in order.
    pub recipients: Vec<Recipient>,
    /// Its attachments in order.
    pub attachments: Vec<Attachment>,
}

/// How to compose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Makes boundaries unlike those of other messages; the item's number does.
    pub seed: u64,
    /// Write Bcc (drafts and Sent Items) or leave it out (what is sent).
    pub with_bcc: bool,
}

/// Writes the message ([MS-OXCMAIL] section 2.1, the outbound direction).
///
/// Header: Sender*, SentRepresenting*, recipients, Subject, ClientSubmitTime, InternetMessageId,
/// InReplyToId, InternetReferences, ConversationTopic, ConversationIndex,
/// Importance, Sensitivity, receipts, AutoResponseSuppress, ExpiryTime, ReplyTime, follow-up
/// flag, and the names in PS_INTERNET_HEADERS that begin with `x-`. Body: Body, Html (or
/// BodyHtml). Line breaks in header values are removed: a property cannot add a field.
pub fn compose(item: &Item, options: Options) -> Vec<u8> {
    below(header::write(item, options), item, options)
}

/// Writes the message below the header that it came with, as PidTagTransportMessageHeaders keeps
/// it, which says everything but how the body is made: those fields are left out, and lines that
/// are no fields.
pub fn compose_below(header: &str, item: &Item, options: Options) -> Vec<u8> {
    below(without_body(header), item, options)
}

/// Writes the header, that which the message came with if it is given, and in place of a body an
/// entity that somebody signed: its fields about the body and what is below them, octet by octet.
/// None: it has no such fields.
pub fn compose_signed(
    header: Option<&str>,
    item: &Item,
    options: Options,
    entity: &[u8],
) -> Option<Vec<u8>> {
    let own = |field: &crate::Field<'_>| describes_body(field.name);
    let fields: Vec<u8> =
        crate::fields(entity).filter(own).flat_map(|it| it.octets.to_vec()).collect();
    let length: usize = crate::fields(entity).map(|field| field.octets.len()).sum();
    let mut out = header.map_or_else(|| header::write(item, options), without_body);
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    out.extend_from_slice(&fields);
    out.extend_from_slice(&entity[length..]);
    (!fields.is_empty()).then_some(out)
}

fn describes_body(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name == b"mime-version" || name.starts_with(b"content-")
}

/// The fields of a header but those about the body, in lines that end with CRLF.
fn without_body(header: &str) -> Vec<u8> {
    let fields = crate::fields(header.as_bytes());
    let kept = fields.filter(|field| !field.name.is_empty() && !describes_body(field.name));
    let mut out = Vec::with_capacity(header.len());
    for line in kept.flat_map(|field| field.octets.split(|octet| *octet == b'\n')) {
        let line: Vec<u8> =
            line.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\0')).collect();
        // Of a folded field that has nothing on a line nothing is kept of that line.
        if !line.trim_ascii().is_empty() {
            out.extend_from_slice(&line);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// Appends to a header what describes the body, and the body.
fn below(mut out: Vec<u8>, item: &Item, options: Options) -> Vec<u8> {
    let part = body::build(item, options.seed);
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    part.write(&mut out);
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        Summary, derive,
        property::{FileTime, PropertyName, names, tags},
        structure::Part,
    };
    use proptest::{collection::vec, option, prelude::*};

    fn recipient(kind: RecipientKind, name: &str, address: &str) -> Recipient {
        Recipient { kind, name: name.into(), address: address.into() }
    }

    fn file(name: &str, inline: bool) -> Attachment {
        let content =
            AttachmentContent::File { data: vec![0, 255, 13, 10], media_type: "image/png".into() };
        Attachment {
            name: name.into(),
            content,
            content_id: inline.then(|| "pic@x".into()),
            inline,
        }
    }

    fn item() -> Item {
        let mut properties: Bag = [
            (tags::SUBJECT, "Gr\u{fc}\u{df}e"),
            (tags::SENT_REPRESENTING_NAME, "Boss, The"),
            (tags::SENT_REPRESENTING_SMTP_ADDRESS, "boss@x"),
            (tags::SENDER_SMTP_ADDRESS, "office@x"),
            (tags::INTERNET_MESSAGE_ID, "<m@x>"),
            (tags::IN_REPLY_TO_ID, "<p@x>"),
            (tags::INTERNET_REFERENCES, "<r@x> <p@x>"),
            (tags::BODY, "Hello\n.dot\nFrom me \u{fc}"),
        ]
        .into_iter()
        .collect();
        properties.set(tags::HTML, b"<p>Hello <img src=cid:pic@x>".to_vec());
        properties.set(tags::IMPORTANCE, 2);
        properties.set(tags::SENSITIVITY, 3);
        properties.set(tags::READ_RECEIPT_REQUESTED, true);
        properties.set(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(1_000_000_000));
        properties.set(tags::AUTO_RESPONSE_SUPPRESS, 0x12);
        properties.set(PropertyName::string(names::PS_INTERNET_HEADERS, "X-Job"), "7\r\nEvil: 1");
        Item {
            properties,
            recipients: vec![
                recipient(RecipientKind::To, "\u{c4}nne", "a@x"),
                recipient(RecipientKind::To, "", "b@x"),
                recipient(RecipientKind::Bcc, "", "secret@x"),
            ],
            attachments: vec![
                file("pic.png", true),
                file("\u{fc}ber.png", false),
                Attachment {
                    name: String::new(),
                    content: AttachmentContent::Message(b"Subject: in\r\n\r\nside\r\n".to_vec()),
                    content_id: None,
                    inline: false,
                },
            ],
        }
    }

    fn composed(item: &Item) -> (Vec<u8>, Summary) {
        let message = compose(item, Options { seed: 1, with_bcc: false });
        let summary = derive(&message);
        (message, summary)
    }

    fn types(part: &Part) -> String {
        let children: Vec<_> = part.children.iter().map(types).collect();
        match children.is_empty() {
            true => part.subtype.clone(),
            false => format!("{}({})", part.subtype, children.join(" ")),
        }
    }

    #[test]
    fn properties_come_back() {
        let (_, summary) = composed(&item());
        let bag = summary.base_properties();
        for (tag, expected) in [
            (tags::SUBJECT, "Gr\u{fc}\u{df}e"),
            (tags::SENT_REPRESENTING_NAME, "Boss, The"),
            (tags::SENT_REPRESENTING_SMTP_ADDRESS, "boss@x"),
            (tags::SENDER_SMTP_ADDRESS, "office@x"),
            (tags::INTERNET_MESSAGE_ID, "<m@x>"),
            (tags::IN_REPLY_TO_ID, "<p@x>"),
            (tags::INTERNET_REFERENCES, "<r@x> <p@x>"),
            (tags::DISPLAY_TO, "\u{c4}nne; b@x"),
            (tags::DISPLAY_BCC, ""),
            (tags::READ_RECEIPT_SMTP_ADDRESS, "boss@x"),
        ] {
            assert_eq!(bag.text(tag), Some(expected), "{tag:?}");
        }
        for tag in [tags::IMPORTANCE, tags::SENSITIVITY, tags::AUTO_RESPONSE_SUPPRESS] {
            assert_eq!(bag.get(tag), item().properties.get(tag), "{tag:?}");
        }
        let time = tags::CLIENT_SUBMIT_TIME;
        assert_eq!(bag.get(time), item().properties.get(time));
    }

    #[test]
    fn parts_stand_where_clients_look_for_them() {
        let (message, summary) = composed(&item());
        let root = &summary.structure;
        assert_eq!(types(root), "mixed(alternative(plain related(html png)) png rfc822(plain))");
        let decoded = |path: &[u32]| root.section(path).map(|part| part.decoded(&message));
        let text = "Hello\r\n.dot\r\nFrom me \u{fc}".as_bytes().to_vec();
        assert_eq!(decoded(&[1, 1]), Some(Ok(text)));
        assert_eq!(decoded(&[2]), Some(Ok(vec![0, 255, 13, 10])));
        let name = root.section(&[2]).and_then(Part::file_name);
        assert_eq!(name.as_deref(), Some("\u{fc}ber.png"));
        let picture = root.section(&[1, 2, 2]).and_then(|part| part.id.as_deref());
        assert_eq!(picture, Some("<pic@x>"));
        assert!(summary.has_attachments);
    }

    #[test]
    fn a_property_cannot_add_a_field() {
        let (message, _) = composed(&item());
        let text = String::from_utf8_lossy(&message);
        assert!(text.contains("\r\nx-job: 7Evil: 1\r\n"), "{text}");
        assert!(!text.contains("\r\nEvil"));
    }

    #[test]
    fn a_header_that_is_there_stays_but_for_what_describes_the_body() {
        let header = "Microsoft Mail Internet Headers Version 2.0\nReceived: from a\r\n\tby b\r\n \
                      \r\nSubject: x\nContent-Type: text/html\nMime-Version: 1.0\n\nlast: x\n";
        let message = compose_below(header, &item(), Options::default());
        let text = String::from_utf8_lossy(&message);
        let start = "Received: from a\r\n\tby b\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: \
                     multipart/mixed;";
        assert!(text.starts_with(start), "{text}");
        assert!(!text.contains("last: x"));
        let (_, other) = composed(&item());
        assert_eq!(types(&derive(&message).structure), types(&other.structure));
    }

    #[test]
    fn what_was_signed_stays_octet_by_octet() {
        let entity =
            b"X: y\r\nContent-Type: multipart/signed;\r\n boundary=b\r\n\r\n--b \r\nsigned";
        let message = compose_signed(None, &item(), Options::default(), entity).unwrap();
        let text = String::from_utf8_lossy(&message);
        let end = "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n boundary=b\r\n\r\n\
                   --b \r\nsigned";
        assert!(text.contains("\r\nSubject: ") && text.ends_with(end), "{text}");
        assert_eq!(compose_signed(None, &item(), Options::default(), b"no\r\n\r\nfields"), None);
    }

    #[test]
    fn a_message_in_pkcs_7_is_nothing_but_that() {
        let mut item = item();
        for tag in [tags::BODY, tags::HTML] {
            item.properties.remove(tag);
        }
        let data = vec![0x30, 0x80];
        let content = AttachmentContent::File { data, media_type: "application/pkcs7-mime".into() };
        let (name, content_id) = ("smime.p7m".into(), None);
        item.attachments = vec![Attachment { name, content, content_id, inline: false }];
        let (message, summary) = composed(&item);
        assert_eq!(types(&summary.structure), "pkcs7-mime");
        assert_eq!(
            summary.structure.decoded(&message).map(|it| it[..2].to_vec()),
            Ok(vec![0x30, 0x80])
        );
    }

    #[test]
    fn bcc_is_written_only_where_asked() {
        let with = |with_bcc| compose(&item(), Options { seed: 1, with_bcc });
        let holds = |message: Vec<u8>| derive(&message).envelope.bcc.len();
        assert_eq!((holds(with(true)), holds(with(false))), (1, 0));
    }

    #[test]
    fn an_empty_item_is_a_message() {
        let (message, summary) = composed(&Item::default());
        assert_eq!(types(&summary.structure), "plain");
        assert!(summary.structure.body.is_empty(), "{}", String::from_utf8_lossy(&message));
    }

    proptest! {
        #[test]
        fn text_and_names_come_back(
            subject in "[^\\p{C}\\s]{0,90}( [^\\p{C}\\s]{1,40}){0,4}",
            name in option::of("[a-zA-Z\u{e4}-\u{fc}.,\"\\\\()<>@=?_-]{1,60}"),
            body in "[^\\p{C}\r]{0,300}(\n[^\\p{C}\r]{0,1200}){0,3}",
            data in vec(any::<u8>(), 0..200),
        ) {
            let mut properties = Bag::default();
            properties.set(tags::SUBJECT, subject.as_str());
            properties.set(tags::BODY, body.as_str());
            let content = AttachmentContent::File { data: data.clone(), media_type: "a/b".into() };
            let name = name.unwrap_or_default();
            let item = Item {
                properties,
                recipients: vec![recipient(RecipientKind::To, &name, "a@x")],
                attachments: vec![
                    Attachment { name: name.clone(), content, content_id: None, inline: false },
                ],
            };
            let (message, summary) = composed(&item);
            let lines = message.split(|octet| *octet == b'\n');
            prop_assert!(message.is_ascii() && lines.map(<[u8]>::len).max() <= Some(999));
            prop_assert_eq!(summary.envelope.subject_text(), subject);
            let to = summary.envelope.to[0].display();
            prop_assert_eq!(to, if name.is_empty() { "a@x" } else { &name });
            let part = |number| summary.structure.section(&[number]);
            let text = part(1).map(|part| part.decoded(&message));
            prop_assert_eq!(text, Some(Ok(body.replace('\n', "\r\n").into_bytes())));
            let file = part(2).map(|part| part.decoded(&message));
            prop_assert_eq!(file, Some(Ok(data)));
            prop_assert_eq!(part(2).and_then(Part::file_name).unwrap_or_default(), name);
        }
    }
}
