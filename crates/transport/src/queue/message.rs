//! The rows of a queued message: one for the message, one for each part of its recipients.
//!
//! A part is what one SMTP transaction carries: up to a hundred recipients with the same
//! next hop. It leaves, waits, fails and is reported on its own; the message row goes with
//! its last part.

use store::{BlobNumber, Corrupt, Record};
use types::limits::{PART_RECIPIENTS_MAX, PART_RECIPIENTS_OCTETS_MAX};
use types::time::Timestamp;
use types::wire::{Reader, Truncated};

use crate::boundary::Way;
use crate::envelope::{Envelope, NetworkMessageId, Origin, Recipient};
use crate::queue::keys::HopNumber;
use crate::record::{Field, stored_struct};
use crate::status::Reply;
use types::{BodyType, Return, ReversePath};

/// The due time of a suspended part.
pub const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// What all recipients of a queued copy share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    /// The message through all its copies.
    pub network_id: NetworkMessageId,
    /// Who is told.
    pub reverse_path: ReversePath,
    /// RET.
    pub ret: Option<Return>,
    /// ENVID.
    pub envelope_id: Option<String>,
    /// BODY.
    pub body: BodyType,
    /// SMTPUTF8.
    pub smtputf8: bool,
    /// REQUIRETLS.
    pub require_tls: bool,
    /// Where it came from.
    pub origin: Origin,
    /// The bytes.
    pub blob: BlobNumber,
    /// Octets of the bytes.
    pub octets: u64,
    /// Its Message-ID field.
    pub message_id: String,
    /// Its Subject field, cut.
    pub subject: String,
    /// When the 250 was given.
    pub accepted: Timestamp,
    /// Parts that still exist.
    pub parts: u32,
}

impl QueuedMessage {
    /// The envelope for some of its recipients.
    pub fn envelope(&self, recipients: Vec<Recipient>) -> Envelope {
        Envelope {
            reverse_path: self.reverse_path.clone(),
            recipients,
            ret: self.ret,
            envelope_id: self.envelope_id.clone(),
            body: self.body,
            smtputf8: self.smtputf8,
            require_tls: self.require_tls,
        }
    }
}

stored_struct!(QueuedMessage {
    network_id,
    reverse_path,
    ret,
    envelope_id,
    body,
    smtputf8,
    require_tls,
    origin,
    blob,
    octets,
    message_id,
    subject,
    accepted,
    parts,
});

/// Recipients of one message at one next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The queue it stands in.
    pub hop: HopNumber,
    /// Not tried before; [`NEVER`] while suspended.
    pub due: Timestamp,
    /// When the sender is told of the delay, later when it expires.
    pub notice: Timestamp,
    /// The delay has been reported.
    pub delay_reported: bool,
    /// Attempts that ended with a transient failure.
    pub retry_count: u32,
    /// The last such failure.
    pub last_error: Option<Reply>,
    /// Those still waiting.
    pub recipients: Vec<QueuedRecipient>,
}

/// A recipient in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRecipient {
    /// Address and wishes.
    pub recipient: Recipient,
    /// The mailbox, when it is one of this server.
    pub mailbox: Option<u32>,
    /// How the message came to that mailbox.
    pub way: Way,
}

impl QueuedRecipient {
    /// One without a mailbox here.
    pub fn elsewhere(recipient: Recipient) -> Self {
        QueuedRecipient { recipient, mailbox: None, way: Way::Own }
    }
}

impl Part {
    /// True while an operator holds it back.
    pub fn is_suspended(&self) -> bool {
        self.due == NEVER
    }
}

stored_struct!(Part { hop, due, notice, delay_reported, retry_count, last_error, recipients });

/// What stands behind the address, in the order of the octets that say so. The first two are all
/// that rows from before groups that answer have.
impl Field for QueuedRecipient {
    fn put(&self, out: &mut Vec<u8>) {
        self.recipient.put(out);
        let Some(mailbox) = self.mailbox else { return out.push(0) };
        out.push(match &self.way {
            Way::Own => 1,
            Way::Group(_) => 2,
            Way::QuietGroup => 3,
        });
        mailbox.put(out);
        if let Way::Group(group) = &self.way {
            group.put(out);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let recipient = Field::read(reader)?;
        let kind = reader.octet()?;
        if kind == 0 {
            return Ok(QueuedRecipient::elsewhere(recipient));
        }
        let mailbox = Some(Field::read(reader)?);
        let way = match kind {
            1 => Way::Own,
            2 => Way::Group(Field::read(reader)?),
            3 => Way::QuietGroup,
            _ => return Err(Truncated),
        };
        Ok(QueuedRecipient { recipient, mailbox, way })
    }
}

/// Gives a value made of [`Field`]s a row of its own.
macro_rules! row {
    ($name:ty, version $version:literal) => {
        impl Record for $name {
            const VERSION: u8 = $version;

            fn encode(&self, out: &mut Vec<u8>) {
                self.put(out);
            }

            fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
                Ok(Self::read(&mut Reader::new(payload))?)
            }
        }
    };
}
pub(crate) use row;

row!(QueuedMessage, version 1);
row!(Part, version 1);

/// Cuts recipients into rows that hold at most a transaction's worth of them.
pub fn cut_into_parts(recipients: Vec<QueuedRecipient>) -> Vec<Vec<QueuedRecipient>> {
    let mut parts: Vec<Vec<QueuedRecipient>> = Vec::new();
    let mut octets = 0;
    let mut scratch = Vec::new();
    for recipient in recipients {
        scratch.clear();
        recipient.put(&mut scratch);
        octets += scratch.len();
        match parts.last_mut() {
            Some(part)
                if part.len() < PART_RECIPIENTS_MAX && octets <= PART_RECIPIENTS_OCTETS_MAX =>
            {
                part.push(recipient);
            }
            _ => {
                octets = scratch.len();
                parts.push(vec![recipient]);
            }
        }
    }
    parts
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::envelope::{SenderCheck, Source, TlsSession};
    use crate::status::EnhancedStatus;
    use proptest::prelude::*;
    use types::{Address, Notify, OriginalRecipient};

    prop_compose! {
        fn address()(local in "[a-z\" .é]{1,12}", domain in "[a-z]{1,9}\\.(test|例え)") -> Address {
            let quoted = local.replace('"', "");
            let local = if quoted.trim().is_empty() { "x".to_owned() } else { quoted };
            Address::parse(&format!("\"{local}\"@{domain}")).unwrap()
        }
    }

    prop_compose! {
        fn recipient()(
            address in address(),
            original in proptest::option::of(("[a-z0-9-]{1,8}", "\\PC{0,40}")),
            notify in proptest::option::of(proptest::array::uniform3(proptest::bool::ANY)),
            mailbox: Option<u32>,
            by in prop_oneof![Just(Way::Own), Just(Way::QuietGroup), address().prop_map(Way::Group)],
        ) -> QueuedRecipient {
            let original = original.map(|(address_type, address)| OriginalRecipient { address_type, address });
            let notify = notify.map(|[success, failure, delay]| Notify { success, failure, delay });
            let way = if mailbox.is_some() { by } else { Way::Own };
            QueuedRecipient { recipient: Recipient { address, original, notify }, mailbox, way }
        }
    }

    prop_compose! {
        fn reply()(code in 200u16..600, class in 2u8..6, subject: u16, detail: u16, text in "\\PC{0,60}") -> Reply {
            Reply::new(code, EnhancedStatus::new(class, subject, detail), text)
        }
    }

    prop_compose! {
        fn part()(
            hop: u32, due: i64, notice: i64, delay_reported: bool, retry_count: u32,
            last_error in proptest::option::of(reply()),
            recipients in proptest::collection::vec(recipient(), 0..20),
        ) -> Part {
            Part {
                hop: HopNumber(hop), due: Timestamp::from_micros(due),
                notice: Timestamp::from_micros(notice), delay_reported, retry_count, last_error, recipients,
            }
        }
    }

    prop_compose! {
        fn message()(
            id: [u8; 16],
            sender in proptest::option::of(address()),
            ret in proptest::option::of(prop_oneof![Just(Return::Full), Just(Return::Headers)]),
            envelope_id in proptest::option::of("\\PC{0,40}"),
            body in prop_oneof![Just(BodyType::SevenBit), Just(BodyType::EightBitMime), Just(BodyType::BinaryMime)],
            flags: [bool; 3],
            texts in proptest::collection::vec("\\PC{0,30}", 7),
            numbers: (u64, u64, i64, u32, Option<std::net::Ipv6Addr>),
        ) -> QueuedMessage {
            let [smtputf8, require_tls, logged_on] = flags;
            QueuedMessage {
                network_id: NetworkMessageId(id),
                reverse_path: sender.map_or(ReversePath::Null, ReversePath::Address),
                ret, envelope_id, body, smtputf8, require_tls,
                origin: Origin {
                    source: Source::Pickup,
                    connector: texts[0].clone(),
                    remote: numbers.4.map(Into::into),
                    helo: texts[1].clone(),
                    esmtp: !logged_on,
                    authenticated: logged_on.then(|| texts[2].clone()),
                    tls: logged_on.then(|| TlsSession { version: texts[3].clone(), cipher: texts[4].clone() }),
                    sender_check: SenderCheck::Failed,
                },
                blob: BlobNumber(numbers.0),
                octets: numbers.1,
                message_id: texts[5].clone(),
                subject: texts[6].clone(),
                accepted: Timestamp::from_micros(numbers.2),
                parts: numbers.3,
            }
        }
    }

    #[test]
    fn recipients_of_rows_from_before_groups_that_answer_are_read() {
        let recipient = Recipient::new(Address::parse("a@example.test").unwrap());
        for mailbox in [Some(7_u32), None] {
            let mut row = Vec::new();
            recipient.put(&mut row);
            mailbox.put(&mut row);
            let read = QueuedRecipient::read(&mut Reader::new(&row)).unwrap();
            let expected = QueuedRecipient { recipient: recipient.clone(), mailbox, way: Way::Own };
            assert_eq!(read, expected);
        }
    }

    fn round_trip<T: Record>(value: &T) -> T {
        let mut out = Vec::new();
        value.encode(&mut out);
        T::decode(T::VERSION, &out).unwrap()
    }

    proptest! {
        #[test]
        fn part_rows_come_back(part in part()) {
            prop_assert_eq!(round_trip(&part), part);
        }

        #[test]
        fn message_rows_come_back(message in message()) {
            prop_assert_eq!(round_trip(&message), message);
        }

        #[test]
        fn damaged_rows_are_errors_not_panics(bytes: Vec<u8>) {
            let _ = Part::decode(1, &bytes);
            let _ = QueuedMessage::decode(1, &bytes);
        }

        #[test]
        fn parts_keep_everybody_in_order(all in proptest::collection::vec(recipient(), 0..250)) {
            let parts = cut_into_parts(all.clone());
            prop_assert!(parts.iter().all(|part| (1..=PART_RECIPIENTS_MAX).contains(&part.len())));
            prop_assert_eq!(parts.concat(), all);
        }

        #[test]
        fn parts_of_long_recipients_are_short(one in recipient()) {
            let original = OriginalRecipient { address_type: "x".into(), address: "o".repeat(2_000) };
            let one = QueuedRecipient {
                recipient: Recipient { original: Some(original), ..one.recipient }, ..one
            };
            let mut row = Vec::new();
            one.put(&mut row);
            let octets = row.len();
            let parts = cut_into_parts(vec![one; PART_RECIPIENTS_MAX]);
            prop_assert_eq!(parts[0].len(), PART_RECIPIENTS_OCTETS_MAX / octets);
        }
    }
}
