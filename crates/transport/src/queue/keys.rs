//! Keys of the mail queue: everything begins with 0x20, then a kind, then big-endian
//! numbers, so that the engine's order is the order of numbers and times.
//!
//! | kind | rest of the key | value |
//! |---|---|---|
//! | 1 message | id | [`QueuedMessage`](super::message::QueuedMessage) |
//! | 2 part | id, part | [`Part`](super::message::Part) |
//! | 3 due | hop, time, id, part | empty: the part may be tried from that time on |
//! | 4 notice | time, id, part | empty: the part is to be reported late or given up |
//! | 5 hop | hop | [`HopRecord`](super::hop::HopRecord) |
//! | 6 hop by key | encoded NextHopSolutionKey | hop |
//! | 7 hop counter | | last hop number given out |
//! | 8 delivered | id, mailbox | empty: that mailbox has that message |
//! | 9 outbox | mailbox, id | [`OutboxItem`](crate::outbox::OutboxItem) |

use std::ops::Range;

use types::time::Timestamp;

use crate::envelope::InternalMessageId;

/// First byte of all keys of the mail queue.
const SPACE: u8 = 0x20;

/// Second byte.
#[derive(Clone, Copy)]
enum Kind {
    Message = 1,
    Part = 2,
    Due = 3,
    Notice = 4,
    Hop = 5,
    HopByKey = 6,
    HopCounter = 7,
    Delivered = 8,
    Outbox = 9,
}

/// Number of a delivery queue: the second half of Exchange's queue identity `Server\number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HopNumber(pub u32);

/// One row of recipients: part `part` of message `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartKey {
    /// The message.
    pub id: InternalMessageId,
    /// Which of its parts.
    pub part: u16,
}

fn key(kind: Kind, fields: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![SPACE, kind as u8];
    for field in fields {
        key.extend_from_slice(field);
    }
    key
}

/// All keys of a kind that begin with these fields: up to the next larger prefix.
fn range(kind: Kind, fields: &[&[u8]]) -> Range<Vec<u8>> {
    let from = key(kind, fields);
    let mut to = from.clone();
    while let Some(last) = to.pop() {
        if last < u8::MAX {
            to.push(last + 1);
            break;
        }
    }
    from..to
}

/// Times order as unsigned numbers; nothing is queued before the epoch.
fn time(at: Timestamp) -> [u8; 8] {
    u64::try_from(at.micros()).unwrap_or(0).to_be_bytes()
}

fn id(id: InternalMessageId) -> [u8; 8] {
    id.get().to_be_bytes()
}

pub(crate) fn message(number: InternalMessageId) -> Vec<u8> {
    key(Kind::Message, &[&id(number)])
}

pub(crate) fn messages() -> Range<Vec<u8>> {
    range(Kind::Message, &[])
}

pub(crate) fn part(part: PartKey) -> Vec<u8> {
    key(Kind::Part, &[&id(part.id), &part.part.to_be_bytes()])
}

pub(crate) fn parts_of(message: InternalMessageId) -> Range<Vec<u8>> {
    range(Kind::Part, &[&id(message)])
}

pub(crate) fn due(hop: HopNumber, at: Timestamp, part: PartKey) -> Vec<u8> {
    key(Kind::Due, &[&hop.0.to_be_bytes(), &time(at), &id(part.id), &part.part.to_be_bytes()])
}

pub(crate) fn due_of(hop: HopNumber) -> Range<Vec<u8>> {
    range(Kind::Due, &[&hop.0.to_be_bytes()])
}

/// Those of a queue that are due after a time.
pub(crate) fn due_after(hop: HopNumber, at: Timestamp) -> Range<Vec<u8>> {
    let next = Timestamp::from_micros(at.micros().saturating_add(1));
    key(Kind::Due, &[&hop.0.to_be_bytes(), &time(next)])..due_of(hop).end
}

pub(crate) fn notice(at: Timestamp, part: PartKey) -> Vec<u8> {
    key(Kind::Notice, &[&time(at), &id(part.id), &part.part.to_be_bytes()])
}

pub(crate) fn notices() -> Range<Vec<u8>> {
    range(Kind::Notice, &[])
}

pub(crate) fn hop(number: HopNumber) -> Vec<u8> {
    key(Kind::Hop, &[&number.0.to_be_bytes()])
}

pub(crate) fn hops() -> Range<Vec<u8>> {
    range(Kind::Hop, &[])
}

pub(crate) fn hop_by_key(encoded: &[u8]) -> Vec<u8> {
    key(Kind::HopByKey, &[encoded])
}

pub(crate) fn hop_counter() -> Vec<u8> {
    key(Kind::HopCounter, &[])
}

pub(crate) fn delivered(message: InternalMessageId, mailbox: u32) -> Vec<u8> {
    key(Kind::Delivered, &[&id(message), &mailbox.to_be_bytes()])
}

pub(crate) fn delivered_of(message: InternalMessageId) -> Range<Vec<u8>> {
    range(Kind::Delivered, &[&id(message)])
}

pub(crate) fn outbox(mailbox: u32, message: InternalMessageId) -> Vec<u8> {
    key(Kind::Outbox, &[&mailbox.to_be_bytes(), &id(message)])
}

/// Those of all mailboxes.
pub(crate) fn outboxes() -> Range<Vec<u8>> {
    range(Kind::Outbox, &[])
}

/// Mailbox and message of an outbox key.
pub(crate) fn outbox_at_end(key: &[u8]) -> Option<(u32, InternalMessageId)> {
    let tail = key.get(key.len().checked_sub(12)?..)?;
    let mailbox = u32::try_from(number(&tail[..4])).ok()?;
    Some((mailbox, InternalMessageId::new(number(&tail[4..]))))
}

/// Time and part at the end of a due or notice key.
pub(crate) fn time_and_part(key: &[u8]) -> Option<(Timestamp, PartKey)> {
    let tail = key.get(key.len().checked_sub(18)?..)?;
    let micros = i64::try_from(number(&tail[..8])).ok()?;
    Some((Timestamp::from_micros(micros), part_at_end(key)?))
}

/// The part at the end of a part, due or notice key.
pub(crate) fn part_at_end(key: &[u8]) -> Option<PartKey> {
    let tail = key.get(key.len().checked_sub(10)?..)?;
    let part = u16::try_from(number(&tail[8..])).ok()?;
    Some(PartKey { id: InternalMessageId::new(number(&tail[..8])), part })
}

/// The message at the end of a message key.
pub(crate) fn message_at_end(key: &[u8]) -> Option<InternalMessageId> {
    Some(InternalMessageId::new(number(key.get(key.len().checked_sub(8)?..)?)))
}

/// The hop at the end of a hop key.
pub(crate) fn hop_at_end(key: &[u8]) -> Option<HopNumber> {
    let tail = key.get(key.len().checked_sub(4)?..)?;
    u32::try_from(number(tail)).ok().map(HopNumber)
}

fn number(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PART: PartKey = PartKey { id: InternalMessageId::new(77), part: 3 };

    #[test]
    fn keys_order_by_hop_then_time() {
        let at = |hop, secs| due(HopNumber(hop), Timestamp::from_secs(secs), PART);
        assert!(at(1, 5) < at(1, 6) && at(1, 300) < at(2, 1));
        assert!(due_of(HopNumber(1)).contains(&at(1, i64::MAX)));
        assert!(!due_of(HopNumber(1)).contains(&at(2, 0)));
        assert!(due_of(HopNumber(u32::MAX)).contains(&at(u32::MAX, 1)));
    }

    #[test]
    fn tails_come_back() {
        let at = Timestamp::from_secs(9);
        assert_eq!(time_and_part(&due(HopNumber(1), at, PART)), Some((at, PART)));
        assert_eq!(part_at_end(&part(PART)), Some(PART));
        assert_eq!(message_at_end(&message(PART.id)), Some(PART.id));
        assert_eq!(hop_at_end(&hop(HopNumber(9))), Some(HopNumber(9)));
        assert_eq!(time_and_part(&[0; 5]), None);
    }

    #[test]
    fn the_latest_time_is_still_in_range() {
        let never = Timestamp::from_micros(i64::MAX);
        assert!(due_of(HopNumber(1)).contains(&due(HopNumber(1), never, PART)));
        assert!(notices().contains(&notice(never, PART)));
    }
}
