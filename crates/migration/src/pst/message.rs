//! An item of a PST file as a message ([MS-OXCMAIL] section 2.1): MIME of its properties,
//! recipients and attachments, and beside it the properties that MIME has no place for.

use content::compose::{
    Attachment, AttachmentContent, Item, Options, Recipient, RecipientKind, compose, compose_below,
    compose_signed,
};
use content::property::{FileTime, PropertyTag, Value, tags};
use content::{Bag, class, rtf};
use mailbox::Flags;
use types::limits::{MESSAGE_OCTETS_CEILING, PST_EMBEDDED_DEPTH_MAX};

use super::error::PstError;
use super::file::{Budget, Node};
use super::heap::Heap;
use super::people;
use super::properties;
use super::remains;
use super::store::Store;
use crate::message::Message;

/// Subnodes of a message: its recipients, and the type of its attachments.
const RECIPIENT_TABLE: u32 = 0x692;
const ATTACHMENT: u32 = 0x05;
/// PidTagAttachMethod ([MS-OXCMSG] section 2.2.2.9).
const BY_VALUE: i32 = 1;
const EMBEDDED_MESSAGE: i32 = 5;
const OLE: i32 = 6;
/// PidTagAttachFlags: the body refers to it.
const RENDERED_IN_BODY: i32 = 4;
/// PidTagMessageFlags.
const READ: i32 = 0x01;
const UNSENT: i32 = 0x08;
/// PidTagFlagStatus, PidTagLastVerbExecuted, PidTagIconIndex.
const FLAGGED: i32 = 2;
const REPLIED: std::ops::RangeInclusive<i32> = 102..=103;
const FORWARDED: i32 = 104;
const ICON_REPLIED: i32 = 0x105;
const ICON_FORWARDED: i32 = 0x106;
const DATA: u16 = tags::ATTACH_DATA_BINARY.id();

/// Reads a message. `Err` within: why it cannot be carried over. Errors: of the file as a whole.
pub(super) fn read(store: &Store, id: u32) -> Result<Result<Message, String>, PstError> {
    match try_read(store, id) {
        Ok(message) if message.octets.len() > MESSAGE_OCTETS_CEILING => {
            Ok(Err(format!("item {id:X} is too large")))
        }
        Ok(message) => Ok(Ok(message)),
        Err(error) if error.is_of_item() => Ok(Err(format!("item {id:X}: {error}"))),
        Err(error) => Err(error),
    }
}

fn try_read(store: &Store, id: u32) -> Result<Message, PstError> {
    let node = store.file.node(id)?.ok_or(PstError::Damaged("it is missing"))?;
    let mut opening = Opening { store, budget: Budget::of_item(), left_out: 0 };
    let item = opening.item(node, 0)?;
    let received = received(&item.properties);
    let (flags, octets) = (flags(&item.properties), octets(&item, u64::from(id)));
    let mut left_out = opening.left_out;
    let properties = remains::of(item.properties, &mut left_out);
    Ok(Message { flags, received, properties, left_out, ..Message::of(octets) })
}

/// An item on its way out of the file.
struct Opening<'s> {
    store: &'s Store,
    budget: Budget,
    /// Attachments without anything that could be attached, bodies that cannot be read.
    left_out: u64,
}

impl Opening<'_> {
    /// `depth`: how many messages it is attached to.
    fn item(&mut self, node: Node, depth: usize) -> Result<Item, PstError> {
        let store = self.store;
        let (heap, raw) = properties::read(&store.file, node, &mut self.budget)?;
        let mut properties = raw.decode(store.reading());
        self.left_out += u64::from(!settle(&mut properties));
        let recipients = self.recipients(&heap)?;
        let mut attachments = Vec::new();
        for id in heap.subnodes_of(ATTACHMENT) {
            let Some(node) = heap.subnode(id) else { continue };
            let attachment = self.attachment(node, depth)?;
            self.left_out += u64::from(attachment.is_none());
            attachments.extend(attachment);
        }
        let mut item = Item { properties, recipients, attachments };
        item.attachments.extend(remains::as_file(&item));
        Ok(item)
    }

    fn recipients(&mut self, heap: &Heap<'_>) -> Result<Vec<Recipient>, PstError> {
        let Some(table) = heap.subnode(RECIPIENT_TABLE) else { return Ok(Vec::new()) };
        let rows = properties::rows(&self.store.file, table, &mut self.budget)?;
        let rows = rows.into_iter().map(|row| row.decode(self.store.reading()));
        Ok(rows.filter_map(|row| recipient(&row)).collect())
    }

    /// None: nothing is attached there.
    fn attachment(&mut self, node: Node, depth: usize) -> Result<Option<Attachment>, PstError> {
        let (heap, raw) = properties::read(&self.store.file, node, &mut self.budget)?;
        let object = raw.object(DATA);
        let mut bag = raw.decode(self.store.reading());
        let method = bag.integer(tags::ATTACH_METHOD).unwrap_or(BY_VALUE);
        let media_type = bag.text(tags::ATTACH_MIME_TAG).unwrap_or_default().to_owned();
        let content = match method {
            EMBEDDED_MESSAGE => match self.embedded(&heap, object, depth)? {
                Some(message) => AttachmentContent::Message(message),
                None => return Ok(None),
            },
            OLE if object.is_some() => {
                let data = self.object(&heap, object)?;
                AttachmentContent::File { data, media_type: "application/x-oleobject".into() }
            }
            _ => match (bag.remove(tags::ATTACH_DATA_BINARY), link(&bag)) {
                (Some(Value::Binary(data)), _) => AttachmentContent::File { data, media_type },
                // Attached by reference: the place is all there is.
                (_, Some(link)) => AttachmentContent::File {
                    data: link.into_bytes(),
                    media_type: "text/plain".into(),
                },
                _ => return Ok(None),
            },
        };
        Ok(Some(described(&bag, content)))
    }

    fn embedded(
        &mut self,
        heap: &Heap<'_>,
        object: Option<u32>,
        depth: usize,
    ) -> Result<Option<Vec<u8>>, PstError> {
        if depth >= PST_EMBEDDED_DEPTH_MAX {
            return Err(PstError::Limit("messages attached to attached messages"));
        }
        let Some(id) = object else { return Ok(None) };
        let node = heap.subnode(id).ok_or(PstError::Damaged("an attached message is missing"))?;
        let item = self.item(node, depth + 1)?;
        let message = octets(&item, u64::from(id));
        self.budget.pay(message.len())?;
        Ok(Some(message))
    }

    fn object(&mut self, heap: &Heap<'_>, object: Option<u32>) -> Result<Vec<u8>, PstError> {
        let node = object.and_then(|id| heap.subnode(id));
        let node = node.ok_or(PstError::Damaged("an attached object is missing"))?;
        Ok(self.store.file.data(node.data, &mut self.budget)?.concat())
    }
}

/// The octets of an item. Mail keeps the header it came with.
fn octets(item: &Item, seed: u64) -> Vec<u8> {
    let options = Options { seed, with_bcc: true };
    let is_mail = remains::class_of(&item.properties).starts_with(class::NOTE);
    let header = item.properties.text(tags::TRANSPORT_MESSAGE_HEADERS).filter(|_| is_mail);
    let header = header.filter(|header| people::is_header(header));
    if let Some(message) = signed(item).and_then(|it| compose_signed(header, item, options, it)) {
        return message;
    }
    match header {
        Some(header) => compose_below(header, item, options),
        None => compose(item, options),
    }
}

/// Of signed mail the one attachment is all of it: multipart/signed with its parts ([MS-OXOSMIME]
/// section 2.1.1.2).
fn signed(item: &Item) -> Option<&[u8]> {
    let class = remains::class_of(&item.properties).to_ascii_lowercase();
    let [Attachment { content: AttachmentContent::File { data, .. }, .. }] = &item.attachments[..]
    else {
        return None;
    };
    class.ends_with(".smime.multipartsigned").then_some(data)
}

/// Enciphered mail has a body in its attachment only.
fn is_enciphered(bag: &Bag) -> bool {
    remains::class_of(bag).eq_ignore_ascii_case("IPM.Note.SMIME")
}

/// Makes of the properties of a file those that a message is composed of. False: a body in RTF
/// that nothing else repeats cannot be read.
fn settle(bag: &mut Bag) -> bool {
    let subject = bag.text(tags::SUBJECT).map(without_prefix_mark);
    bag.set_some(tags::SUBJECT, subject);
    people::settle(bag);
    if bag.get(tags::CLIENT_SUBMIT_TIME).is_none() {
        let times =
            [tags::MESSAGE_DELIVERY_TIME, tags::CREATION_TIME, tags::LAST_MODIFICATION_TIME];
        let time = times.iter().find_map(|tag| bag.get(*tag).cloned());
        bag.set_some(tags::CLIENT_SUBMIT_TIME, time);
    }
    if is_enciphered(bag) {
        for tag in [tags::BODY, tags::HTML, tags::BODY_HTML, tags::RTF_COMPRESSED] {
            bag.remove(tag);
        }
    }
    settle_body(bag)
}

/// The body as HTML and as text; RTF only says what those do not. False: it says nothing that can
/// be read.
fn settle_body(bag: &mut Bag) -> bool {
    let mut is_read = true;
    let plain = bag.text(tags::BODY).is_some_and(|text| !text.trim().is_empty());
    let html = bag.get(tags::HTML).is_some() || bag.text(tags::BODY_HTML).is_some();
    if let Some(Value::Binary(compressed)) = bag.remove(tags::RTF_COMPRESSED)
        && !(html && plain)
    {
        let body = rtf::decompress(&compressed).map(|octets| rtf::read(&octets));
        is_read = body.is_some() || html || plain;
        let body = body.unwrap_or_default();
        if !html {
            bag.set_some(tags::BODY_HTML, body.html);
        }
        if !plain {
            bag.set_some(tags::BODY, Some(body.text).filter(|text| !text.trim().is_empty()));
        }
    }
    let html = bag.get(tags::HTML).is_some() || bag.text(tags::BODY_HTML).is_some();
    if html && bag.text(tags::BODY).is_some_and(|text| text.trim().is_empty()) {
        bag.remove(tags::BODY);
    }
    is_read
}

/// A subject may begin with U+0001 and the length of its prefix ([MS-PST] section 2.5.3.1.1.1).
fn without_prefix_mark(subject: &str) -> String {
    let mut chars = subject.chars();
    match chars.next() {
        Some('\u{1}') => chars.skip(1).collect(),
        _ => subject.to_owned(),
    }
}

fn recipient(row: &Bag) -> Option<Recipient> {
    let kind = match row.integer(tags::RECIPIENT_TYPE)? & 0x0F {
        1 => RecipientKind::To,
        2 => RecipientKind::Cc,
        3 => RecipientKind::Bcc,
        _ => return None,
    };
    let name = [tags::DISPLAY_NAME, tags::RECIPIENT_DISPLAY_NAME];
    let name = name.iter().find_map(|tag| row.text(*tag)).unwrap_or_default().to_owned();
    let fields = [tags::SMTP_ADDRESS, tags::ADDRESS_TYPE, tags::EMAIL_ADDRESS];
    let address = people::address(row, fields, &name);
    Some(Recipient { kind, name: people::name(&name, &address), address })
}

fn described(bag: &Bag, content: AttachmentContent) -> Attachment {
    let names = [tags::ATTACH_LONG_FILENAME, tags::ATTACH_FILENAME, tags::DISPLAY_NAME];
    let name = names.iter().find_map(|tag| bag.text(*tag).filter(|name| !name.is_empty()));
    let content_id = bag.text(tags::ATTACH_CONTENT_ID).filter(|id| !id.is_empty());
    let content_id = content_id.map(|id| id.trim_matches(['<', '>']).to_owned());
    let flags = bag.integer(tags::ATTACH_FLAGS).unwrap_or(0);
    let hidden = bag.get(tags::ATTACHMENT_HIDDEN) == Some(&Value::Boolean(true));
    let inline = content_id.is_some() && (flags & RENDERED_IN_BODY != 0 || hidden);
    Attachment { name: name.unwrap_or_default().to_owned(), content, content_id, inline }
}

fn link(bag: &Bag) -> Option<String> {
    let places = [tags::ATTACH_LONG_PATHNAME, tags::ATTACH_PATHNAME];
    places.iter().find_map(|tag| bag.text(*tag)).map(str::to_owned)
}

fn flags(bag: &Bag) -> Flags {
    let (read, verb) = (bag.integer(tags::MESSAGE_FLAGS), bag.integer(tags::LAST_VERB_EXECUTED));
    let (read, verb) = (read.unwrap_or(0), verb.unwrap_or(0));
    let icon = bag.integer(tags::ICON_INDEX).unwrap_or(0);
    let set = [
        (read & READ != 0, Flags::SEEN),
        (read & UNSENT != 0 && is_mail(bag), Flags::DRAFT),
        (REPLIED.contains(&verb) || icon == ICON_REPLIED, Flags::ANSWERED),
        (verb == FORWARDED || icon == ICON_FORWARDED, Flags::FORWARDED),
        (bag.integer(tags::FLAG_STATUS) == Some(FLAGGED), Flags::FLAGGED),
    ];
    let set = set.into_iter().filter(|(is_set, _)| *is_set);
    set.fold(Flags::NONE, |all, (_, flag)| all | flag)
}

/// Appointments and contacts are never sent, and no drafts for that.
fn is_mail(bag: &Bag) -> bool {
    remains::class_of(bag).starts_with(class::NOTE)
}

/// When it arrived; of what never did, when it was made.
fn received(bag: &Bag) -> Option<i64> {
    let time = |tag: PropertyTag| match bag.get(tag) {
        Some(Value::Time(FileTime(0))) => None,
        Some(Value::Time(time)) => Some(time.to_unix()),
        _ => None,
    };
    let times = [tags::MESSAGE_DELIVERY_TIME, tags::CLIENT_SUBMIT_TIME, tags::CREATION_TIME];
    times.into_iter().find_map(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_a_prefix_is_no_part_of_a_subject() {
        for (stored, subject) in [("\u{1}\u{5}RE: x", "RE: x"), ("x", "x"), ("\u{1}", ""), ("", "")]
        {
            assert_eq!(without_prefix_mark(stored), subject);
        }
    }
}
