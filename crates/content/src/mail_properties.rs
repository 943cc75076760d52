//! The base properties of mail: what MIME says, as MAPI properties ([MS-OXCMAIL] section 2.1).
//!
//! [`from_fields`] makes those that are kept in [`Summary::properties`]; the others follow from
//! the summary alone and are made on demand by [`Summary::base_properties`].

use crate::{
    address_list::{self, EnvelopeAddress},
    charset::codepage_of,
    date,
    envelope::display_names,
    header::{Known, KnownFields},
    message_id,
    preview::find,
    property::{
        Bag, FileTime, PropertyKey, PropertyName, PropertyTag,
        names::{self, PSETID_COMMON},
        tags,
    },
    structure::Part,
    summary::{Summary, cut},
};

/// Octets of a text taken over from a header field, so that a bag stays small.
const TEXT_OCTETS_MAX: usize = 2 * 1024;

/// Properties of header fields that have no field of their own in the summary.
pub(crate) fn from_fields(fields: &KnownFields, root: &Part) -> Bag {
    let mut bag = Bag::default();
    let text = |field| fields.decoded(field).map(|text| cut(&text, TEXT_OCTETS_MAX).to_owned());
    let time = |field| date::parse(&fields.text(field)?).map(|at| FileTime::from_unix(at.seconds));
    bag.set_some(tags::CONVERSATION_TOPIC, text(Known::ThreadTopic));
    bag.set_some(tags::LIST_HELP, text(Known::ListHelp));
    bag.set_some(tags::LIST_SUBSCRIBE, text(Known::ListSubscribe));
    bag.set_some(tags::LIST_UNSUBSCRIBE, text(Known::ListUnsubscribe));
    bag.set_some(flag_request(), text(Known::MessageFlag));
    bag.set_some(tags::EXPIRY_TIME, time(Known::Expires));
    bag.set_some(tags::REPLY_TIME, time(Known::ReplyBy));
    bag.set_some(tags::SENSITIVITY, fields.text(Known::Sensitivity).and_then(|t| sensitivity(&t)));
    bag.set_some(tags::CONVERSATION_INDEX, conversation_index(fields));
    bag.set_some(
        tags::AUTO_RESPONSE_SUPPRESS,
        fields.text(Known::AutoResponseSuppress).and_then(|text| auto_response_suppress(&text)),
    );
    bag.set_some(tags::INTERNET_CODEPAGE, body_codepage(root));
    receipts(fields, &mut bag);
    bag
}

/// X-Message-Flag: the text of a follow-up flag.
fn flag_request() -> PropertyKey {
    PropertyName::id(PSETID_COMMON, names::FLAG_REQUEST).into()
}

fn conversation_index(fields: &KnownFields) -> Option<Vec<u8>> {
    message_id::thread_index(&fields.text(Known::ThreadIndex)?)
        .filter(|index| index.len() <= TEXT_OCTETS_MAX)
}

/// Disposition-Notification-To asks for a read receipt, Return-Receipt-To for a delivery report.
fn receipts(fields: &KnownFields, bag: &mut Bag) {
    let to = fields.text(Known::DispositionNotificationTo).unwrap_or_default();
    if let Some(address) = address_list::parse(&to, 1).first() {
        bag.set(tags::READ_RECEIPT_REQUESTED, true);
        bag.set(tags::READ_RECEIPT_NAME, address.display());
        bag.set_some(tags::READ_RECEIPT_SMTP_ADDRESS, address.address());
    }
    if fields.raw(Known::ReturnReceiptTo).is_some() {
        bag.set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
    }
}

/// PidTagSensitivity; "normal" is the absence.
fn sensitivity(text: &str) -> Option<i32> {
    const WORDS: [(&str, i32); 4] =
        [("personal", 1), ("private", 2), ("company-confidential", 3), ("confidential", 3)];
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, number)| *number)
}

/// PidTagAutoResponseSuppress: one bit for each word, all bits for "All".
fn auto_response_suppress(text: &str) -> Option<i32> {
    const WORDS: [(&str, i32); 8] = [
        ("none", 0),
        ("all", -1),
        ("dr", 0x01),
        ("ndr", 0x02),
        ("rn", 0x04),
        ("nrn", 0x08),
        ("oof", 0x10),
        ("autoreply", 0x20),
    ];
    let bit = |word: &str| {
        WORDS.iter().find(|(known, _)| word.trim().eq_ignore_ascii_case(known)).map(|(_, bit)| *bit)
    };
    text.split(',').filter_map(bit).reduce(|all, one| all | one)
}

/// PidTagInternetCodepage: the Windows code page of the body's charset.
fn body_codepage(root: &Part) -> Option<i32> {
    let charset = find(root, "html").or_else(|| find(root, "plain"))?.charset()?;
    codepage_of(charset)
}

impl Summary {
    /// All properties that follow from the message: the kept ones and those of the summary's
    /// other fields. Those of the mailbox (delivery time, flags, ids) are not among them.
    pub fn base_properties(&self) -> Bag {
        let mut bag = self.properties.clone();
        bag.set(tags::MESSAGE_CLASS, self.class.as_str());
        bag.set(tags::IMPORTANCE, self.importance as i32);
        bag.set(tags::PRIORITY, self.importance as i32 - 1);
        bag.set(tags::HAS_ATTACHMENTS, self.has_attachments);
        bag.set(tags::MESSAGE_SIZE, i32::try_from(self.size).unwrap_or(i32::MAX));
        bag.set(tags::CONVERSATION_ID, self.conversation.to_vec());
        bag.set_some(tags::CLIENT_SUBMIT_TIME, self.sent.map(|s| FileTime::from_unix(s.seconds)));
        self.subject_properties(&mut bag);
        self.identifier_properties(&mut bag);
        self.people_properties(&mut bag);
        bag
    }

    fn subject_properties(&self, bag: &mut Bag) {
        let subject = self.envelope.subject_text();
        let (prefix, normalized) = split_prefix(&subject);
        bag.set(tags::SUBJECT_PREFIX, prefix);
        bag.set(tags::NORMALIZED_SUBJECT, normalized);
        if bag.get(tags::CONVERSATION_TOPIC).is_none() {
            bag.set(tags::CONVERSATION_TOPIC, normalized);
        }
        bag.set(tags::SUBJECT, subject.into_owned());
    }

    fn identifier_properties(&self, bag: &mut Bag) {
        let bracketed = |ids: &[String]| {
            let list: Vec<_> = ids.iter().map(|id| format!("<{id}>")).collect();
            (!list.is_empty()).then(|| list.join(" "))
        };
        bag.set_some(
            tags::INTERNET_MESSAGE_ID,
            self.message_id.as_ref().map(|id| format!("<{id}>")),
        );
        bag.set_some(tags::IN_REPLY_TO_ID, bracketed(&self.in_reply_to));
        bag.set_some(tags::INTERNET_REFERENCES, bracketed(&self.references));
    }

    /// From is who the message represents, Sender is who sent it; either stands for both.
    fn people_properties(&self, bag: &mut Bag) {
        let envelope = &self.envelope;
        bag.set(tags::DISPLAY_TO, display_names(&envelope.to));
        bag.set(tags::DISPLAY_CC, display_names(&envelope.cc));
        bag.set(tags::DISPLAY_BCC, display_names(&envelope.bcc));
        let sender = mailbox(envelope.effective_sender());
        let from = mailbox(&envelope.from).or(sender);
        set_person(bag, &SENDER, sender);
        set_person(bag, &SENT_REPRESENTING, from);
        if !envelope.reply_to.is_empty() {
            bag.set(tags::REPLY_RECIPIENT_NAMES, display_names(&envelope.reply_to));
        }
    }
}

/// The five properties that name a person.
struct PersonTags {
    name: PropertyTag,
    address_type: PropertyTag,
    address: PropertyTag,
    smtp_address: PropertyTag,
    search_key: PropertyTag,
}

const SENDER: PersonTags = PersonTags {
    name: tags::SENDER_NAME,
    address_type: tags::SENDER_ADDRESS_TYPE,
    address: tags::SENDER_EMAIL_ADDRESS,
    smtp_address: tags::SENDER_SMTP_ADDRESS,
    search_key: tags::SENDER_SEARCH_KEY,
};

const SENT_REPRESENTING: PersonTags = PersonTags {
    name: tags::SENT_REPRESENTING_NAME,
    address_type: tags::SENT_REPRESENTING_ADDRESS_TYPE,
    address: tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp_address: tags::SENT_REPRESENTING_SMTP_ADDRESS,
    search_key: tags::SENT_REPRESENTING_SEARCH_KEY,
};

fn mailbox(list: &[EnvelopeAddress]) -> Option<&EnvelopeAddress> {
    list.iter().find(|address| address.is_mailbox())
}

fn set_person(bag: &mut Bag, tags: &PersonTags, person: Option<&EnvelopeAddress>) {
    let Some(person) = person else { return };
    let address = person.address().unwrap_or_default();
    bag.set(tags.name, person.display());
    bag.set(tags.address_type, "SMTP");
    bag.set(tags.search_key, search_key(&address));
    bag.set(tags.smtp_address, address.as_str());
    bag.set(tags.address, address);
}

/// Upper-case `SMTP:address` and NUL ([MS-OXCMAIL]; the search key of an address).
fn search_key(address: &str) -> Vec<u8> {
    let mut key = format!("SMTP:{address}").to_uppercase().into_bytes();
    key.push(0);
    key
}

/// PidTagSubjectPrefix and PidTagNormalizedSubject ([MS-OXCMSG] section 3.2.1.2): a prefix is
/// up to three characters, none a digit, before the first colon and a blank.
pub fn split_prefix(subject: &str) -> (&str, &str) {
    let Some(colon) = subject.find(": ") else { return ("", subject) };
    let mark = &subject[..colon];
    let is_prefix = (1..=3).contains(&mark.chars().count())
        && !mark.contains(|c: char| c.is_ascii_digit() || c.is_whitespace());
    if is_prefix { subject.split_at(colon + 2) } else { ("", subject) }
}

/// Makes the three properties of a subject agree after a client has set some of them
/// ([MS-OXCMSG] section 3.2.1.2). `set` is what the client sets; `before` what the item had.
/// A subject gives prefix and normalized subject; without it, they give the subject.
pub fn settle_subject(set: &mut Bag, before: &Bag) {
    if let Some(subject) = set.text(tags::SUBJECT).map(str::to_owned) {
        let known = set.text(tags::SUBJECT_PREFIX).unwrap_or_default();
        let given = subject.strip_prefix(known).filter(|_| !known.is_empty());
        let (prefix, normalized) = match given {
            Some(rest) => (known.to_owned(), rest.to_owned()),
            None => {
                let (prefix, normalized) = split_prefix(&subject);
                (prefix.to_owned(), normalized.to_owned())
            }
        };
        set.set(tags::SUBJECT_PREFIX, prefix);
        set.set(tags::NORMALIZED_SUBJECT, normalized);
        return;
    }
    let parts = [tags::SUBJECT_PREFIX, tags::NORMALIZED_SUBJECT];
    if parts.iter().any(|part| set.get(*part).is_some()) {
        let text = |part: &PropertyTag| set.text(*part).or(before.text(*part)).unwrap_or_default();
        let subject: String = parts.iter().map(text).collect();
        set.set(tags::SUBJECT, subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive;
    use crate::property::Value;

    #[test]
    fn prefixes_split() {
        for (subject, expected) in [
            ("Re: x", ("Re: ", "x")),
            ("AW: Re: x", ("AW: ", "Re: x")),
            ("R2: x", ("", "R2: x")),
            ("Note: x", ("", "Note: x")),
            ("Re:x", ("", "Re:x")),
            ("", ("", "")),
        ] {
            assert_eq!(split_prefix(subject), expected);
        }
    }

    #[test]
    fn the_properties_of_a_subject_agree() {
        let texts = |list: &[(PropertyTag, &str)]| list.iter().copied().collect::<Bag>();
        let before = texts(&[(tags::SUBJECT_PREFIX, "Re: "), (tags::NORMALIZED_SUBJECT, "x")]);
        for (set, expected) in [
            (texts(&[(tags::SUBJECT, "AW: y")]), ["AW: y", "AW: ", "y"]),
            (texts(&[(tags::SUBJECT, "Info: y")]), ["Info: y", "", "Info: y"]),
            (
                texts(&[(tags::SUBJECT, "Info: y"), (tags::SUBJECT_PREFIX, "Info: ")]),
                ["Info: y", "Info: ", "y"],
            ),
        ] {
            let mut set = set;
            settle_subject(&mut set, &before);
            let own = [tags::SUBJECT, tags::SUBJECT_PREFIX, tags::NORMALIZED_SUBJECT];
            assert_eq!(own.map(|tag| set.text(tag).unwrap_or("-")), expected);
        }
        let mut set = texts(&[(tags::NORMALIZED_SUBJECT, "y")]);
        settle_subject(&mut set, &before);
        assert_eq!(set.text(tags::SUBJECT), Some("Re: y"));
    }

    const MESSAGE: &[u8] = b"From: =?utf-8?q?=C3=9C?= <boss@b>\r\nSender: <office@b>\r\n\
        To: A <a@b>, c@d\r\nSubject: RE: x\r\nMessage-ID: <m@b>\r\nReferences: <r@b> <s@b>\r\n\
        Date: Thu, 1 Jan 1970 00:00:01 +0000\r\nImportance: High\r\nSensitivity: Private\r\n\
        Disposition-Notification-To: R <r@b>\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n\
        X-Message-Flag: Call\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi\r\n";

    #[test]
    fn a_message_has_its_properties() {
        let bag = derive(MESSAGE).base_properties();
        for (tag, expected) in [
            (tags::SENDER_SMTP_ADDRESS, "office@b"),
            (tags::SENT_REPRESENTING_NAME, "\u{dc}"),
            (tags::DISPLAY_TO, "A; c@d"),
            (tags::SUBJECT, "RE: x"),
            (tags::SUBJECT_PREFIX, "RE: "),
            (tags::CONVERSATION_TOPIC, "x"),
            (tags::INTERNET_MESSAGE_ID, "<m@b>"),
            (tags::INTERNET_REFERENCES, "<r@b> <s@b>"),
            (tags::MESSAGE_CLASS, "IPM.Note"),
            (tags::READ_RECEIPT_SMTP_ADDRESS, "r@b"),
        ] {
            assert_eq!(bag.text(tag), Some(expected), "{tag:?}");
        }
        for (tag, expected) in [
            (tags::IMPORTANCE, 2),
            (tags::SENSITIVITY, 2),
            (tags::AUTO_RESPONSE_SUPPRESS, 0x30),
            (tags::INTERNET_CODEPAGE, 65001),
        ] {
            assert_eq!(bag.integer(tag), Some(expected), "{tag:?}");
        }
        assert_eq!(bag.text(flag_request()), Some("Call"));
        let sent = Value::Time(FileTime::from_unix(1));
        assert_eq!(bag.get(tags::CLIENT_SUBMIT_TIME), Some(&sent));
        let key = Value::Binary(b"SMTP:OFFICE@B\0".to_vec());
        assert_eq!(bag.get(tags::SENDER_SEARCH_KEY), Some(&key));
    }
}
