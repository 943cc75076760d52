//! FETCH responses: from entries and contents of one snapshot to bytes.
//!
//! Items that the entry answers (FLAGS, UID, sizes, dates) open nothing else. ENVELOPE and
//! BODYSTRUCTURE are sent as they were made at delivery. Octets of large parts are not read
//! here: they become a [`Piece::Stream`], which the session sends in slices.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use content::{Span, Summary, UnknownEncoding, decode_body, header_fields};
use mailbox::{
    ChangeNumber, Content, ContentNumber, Entry, Fault, FolderId, Guid, KeywordTable, Uid, UidRuns,
    UidSet, View,
};
use types::limits;

use crate::codec::date_time::DateTime;
use crate::codec::fetch::{FetchItem, FetchOctets, OctetsForm, Section, SectionText};
use crate::codec::write::{self, number, numbered, raw};
use crate::decoded::DecodedParts;
use crate::flags::write_flags;
use crate::object_id::{thread_id, write_email_id};

/// What is to be told of each message.
pub struct Plan {
    /// Where.
    pub folder: FolderId,
    /// The client's message numbers.
    pub table: Arc<UidRuns>,
    /// In this order.
    pub items: Vec<FetchItem>,
    /// Only what changed since.
    pub changed_since: Option<ChangeNumber>,
    /// Messages whose FLAGS are told although nobody asked: reading them set `\Seen`.
    pub seen: UidSet,
}

/// Responses for some messages.
#[derive(Default)]
pub struct Batch {
    /// In the order they are to be sent.
    pub pieces: Vec<Piece>,
    /// Messages they tell of.
    pub messages: u64,
    /// The first message that is not among them.
    pub next: Option<Uid>,
    /// A part could not be decoded (`NO [UNKNOWN-CTE]`).
    pub unknown_encoding: bool,
}

/// A part of the output.
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These octets of a message.
    Stream(ContentNumber, Range<u64>),
}

/// How much of a message has to be opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Entry,
    Content,
    Octets,
}

impl Plan {
    /// Responses for the first messages of `uids`, as many as one read should give.
    pub fn batch(&self, view: &View<'_>, uids: &UidSet) -> Result<Batch, Fault> {
        let needs = self.items.iter().map(needs).max().unwrap_or(Needs::Entry);
        let (entries, mut next) = self.first_entries(view, uids, needs)?;
        let mut messages = entries.len();
        let keywords = view.keywords()?;
        let mut writer = Writer::new(self, view, &keywords, view.meta()?.guid);
        match needs {
            Needs::Entry => writer.entries(&entries)?,
            Needs::Content => writer.contents(&entries)?,
            Needs::Octets => {
                messages = writer.octets(&entries)?;
                next = entries.get(messages).map(|entry| entry.uid).or(next);
            }
        }
        Ok(Batch { messages: messages as u64, next, ..writer.finish() })
    }

    fn first_entries(
        &self,
        view: &View<'_>,
        uids: &UidSet,
        needs: Needs,
    ) -> Result<(Vec<Entry>, Option<Uid>), Fault> {
        let (mut entries, mut next, mut octets) = (Vec::new(), None, 0);
        let count_max = match needs {
            Needs::Entry => limits::IMAP_BATCH_ENTRIES,
            Needs::Content | Needs::Octets => limits::IMAP_BATCH_MESSAGES,
        };
        view.entries(self.folder, uids, &mut |entry| {
            if self.changed_since.is_some_and(|since| entry.modseq() <= since) {
                return ControlFlow::Continue(());
            }
            let full = needs == Needs::Octets && octets >= limits::IMAP_BATCH_OCTETS;
            if full || entries.len() >= count_max {
                next = Some(entry.uid);
                return ControlFlow::Break(());
            }
            octets += entry.size as usize;
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })?;
        Ok((entries, next))
    }
}

fn needs(item: &FetchItem) -> Needs {
    match item {
        FetchItem::Octets(_) => Needs::Octets,
        FetchItem::Body
        | FetchItem::BodyStructure
        | FetchItem::Envelope
        | FetchItem::Preview
        | FetchItem::ThreadId => Needs::Content,
        _ => Needs::Entry,
    }
}

/// Writes responses one after another.
struct Writer<'a> {
    plan: &'a Plan,
    view: &'a View<'a>,
    keywords: &'a KeywordTable,
    mailbox: Guid,
    out: Vec<u8>,
    batch: Batch,
    /// Octets in the pieces that are closed.
    closed: usize,
    /// Octets that may be held when the message being written is complete.
    allowed: usize,
}

impl<'a> Writer<'a> {
    fn new(plan: &'a Plan, view: &'a View<'a>, keywords: &'a KeywordTable, mailbox: Guid) -> Self {
        let (out, batch) = (Vec::new(), Batch::default());
        Writer { plan, view, keywords, mailbox, out, batch, closed: 0, allowed: 0 }
    }

    fn finish(mut self) -> Batch {
        self.cut();
        self.batch
    }

    /// Closes the piece being written.
    fn cut(&mut self) {
        if !self.out.is_empty() {
            self.closed += self.out.len();
            self.batch.pieces.push(Piece::Bytes(std::mem::take(&mut self.out)));
        }
    }

    /// Octets held in memory for this batch.
    fn held(&self) -> usize {
        self.closed + self.out.len()
    }

    fn entries(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        entries.iter().try_for_each(|entry| self.message(entry, None))
    }

    fn contents(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        let numbers: Vec<ContentNumber> = entries.iter().map(|entry| entry.content).collect();
        let (mut rest, mut fault) = (entries.iter(), None);
        self.view.contents(&numbers, &mut |_, content| {
            let told = rest.next().map(|entry| self.message(entry, Some(content)));
            match told {
                Some(Err(error)) => {
                    fault = Some(error);
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        })?;
        fault.map_or(Ok(()), Err)
    }

    /// Gives how many messages were written: a client can ask for the same octets many times,
    /// so the size of the messages alone does not bound the batch.
    fn octets(&mut self, entries: &[Entry]) -> Result<usize, Fault> {
        let numbers: Vec<ContentNumber> = entries.iter().map(|entry| entry.content).collect();
        let mut contents = Vec::with_capacity(numbers.len());
        self.view.contents(&numbers, &mut |_, content| {
            contents.push(content.clone());
            ControlFlow::Continue(())
        })?;
        let mut written = 0;
        for (entry, content) in entries.iter().zip(&contents) {
            if self.held() > 2 * limits::IMAP_BATCH_OCTETS {
                break;
            }
            self.message(entry, Some(content))?;
            written += 1;
        }
        Ok(written)
    }

    /// `* n FETCH (...)`
    fn message(&mut self, entry: &Entry, content: Option<&Content>) -> Result<(), Fault> {
        let plan = self.plan;
        let Some(seq) = plan.table.seq_of(entry.uid) else { return Ok(()) };
        // Its octets as they are, and its parts decoded.
        self.allowed = self.held() + 2 * entry.size as usize + limits::IMAP_BATCH_OCTETS;
        numbered(&mut self.out, seq, "FETCH (");
        let mut opened = Opened::default();
        for (position, item) in plan.items.iter().enumerate() {
            if position > 0 {
                self.out.push(b' ');
            }
            match content {
                Some(content) => self.item(item, entry, content, &mut opened)?,
                None => self.entry_item(item, entry),
            }
        }
        if plan.seen.contains(entry.uid) && !plan.items.contains(&FetchItem::Flags) {
            self.out.push(b' ');
            self.entry_item(&FetchItem::Flags, entry);
        }
        raw(&mut self.out, ")\r\n");
        Ok(())
    }

    /// An item that the entry answers.
    fn entry_item(&mut self, item: &FetchItem, entry: &Entry) {
        let out = &mut self.out;
        match item {
            FetchItem::Uid => named_number(out, "UID ", entry.uid.get().into()),
            FetchItem::Flags => write_flags(out, entry.flags, entry.keywords, self.keywords),
            FetchItem::Rfc822Size => named_number(out, "RFC822.SIZE ", entry.size.into()),
            FetchItem::InternalDate => {
                date(out, "INTERNALDATE ", entry.received, entry.zone_minutes);
            }
            FetchItem::SaveDate => date(out, "SAVEDATE ", entry.saved, 0),
            FetchItem::ModSeq => in_parentheses(out, "MODSEQ (", entry.modseq().get()),
            FetchItem::EmailId => {
                raw(out, "EMAILID (");
                write_email_id(out, self.mailbox, entry.content);
                out.push(b')');
            }
            _ => {}
        }
    }

    fn item(
        &mut self,
        item: &FetchItem,
        entry: &Entry,
        content: &Content,
        opened: &mut Opened,
    ) -> Result<(), Fault> {
        let out = &mut self.out;
        match item {
            FetchItem::Envelope => ready(out, "ENVELOPE ", content.envelope()?),
            FetchItem::BodyStructure => ready(out, "BODYSTRUCTURE ", content.bodystructure(true)?),
            FetchItem::Body => ready(out, "BODY ", content.bodystructure(false)?),
            FetchItem::Preview => {
                raw(out, "PREVIEW ");
                write::string(out, opened.summary(content)?.preview.as_bytes());
            }
            FetchItem::ThreadId => {
                let conversation = opened.summary(content)?.conversation;
                raw(out, &format!("THREADID ({})", thread_id(conversation)));
            }
            FetchItem::Octets(octets) => self.section(octets, entry, content, opened)?,
            other => self.entry_item(other, entry),
        }
        Ok(())
    }

    fn section(
        &mut self,
        asked: &FetchOctets,
        entry: &Entry,
        content: &Content,
        opened: &mut Opened,
    ) -> Result<(), Fault> {
        raw(&mut self.out, &asked.label());
        self.out.push(b' ');
        let Some(range) = section_range(&asked.section, content, opened)? else {
            let missing = if asked.form == OctetsForm::BinarySize { "0" } else { "NIL" };
            raw(&mut self.out, missing);
            return Ok(());
        };
        match (&asked.section.text, asked.form) {
            (SectionText::Fields { names, not }, _) => {
                let header = self.view.message_part(content, range)?;
                let fields = header_fields(&header, names, *not);
                self.literal(cut_partial(&fields, asked.partial), false)?;
            }
            (_, OctetsForm::Binary | OctetsForm::BinarySize) => {
                self.binary(asked, range, content, opened)?;
            }
            _ => self.raw_octets(partial_range(range, asked.partial), entry, content)?,
        }
        Ok(())
    }

    /// Octets as they are stored; large ones stream, and so do all behind a full batch.
    fn raw_octets(
        &mut self,
        range: Range<u64>,
        entry: &Entry,
        content: &Content,
    ) -> Result<(), Fault> {
        let length = range.end - range.start;
        write::literal_head(&mut self.out, length, false);
        let full = self.held() > limits::IMAP_BATCH_OCTETS;
        if length > limits::IMAP_STREAM_OCTETS || full {
            self.cut();
            self.batch.pieces.push(Piece::Stream(entry.content, range));
        } else {
            self.out.extend_from_slice(&self.view.message_part(content, range)?);
        }
        Ok(())
    }

    /// BINARY and BINARY.SIZE (RFC 3516): without the transfer encoding.
    fn binary(
        &mut self,
        asked: &FetchOctets,
        range: Range<u64>,
        content: &Content,
        opened: &mut Opened,
    ) -> Result<(), Fault> {
        let (view, number) = (self.view, asked.section.part.as_slice());
        let octets_max = 2 * content.octets() as usize + limits::IMAP_BATCH_OCTETS;
        let Opened { summary, decoded } = opened;
        let decoded = decoded.part(number, octets_max, || {
            let stored = view.message_part(content, range)?;
            let part = summary_of(summary, content)?.structure.section(number);
            Ok(match part.filter(|_| !number.is_empty()) {
                Some(part) => decode_body(part, &stored),
                None => Ok(stored),
            })
        })?;
        match (decoded, asked.form) {
            (Ok(octets), OctetsForm::BinarySize) => {
                write::number(&mut self.out, octets.len() as u64)
            }
            (Ok(octets), _) => {
                let octets = cut_partial(octets, asked.partial);
                self.literal(octets, octets.contains(&0))?;
            }
            (Err(UnknownEncoding), form) => {
                self.batch.unknown_encoding = true;
                raw(&mut self.out, if form == OctetsForm::BinarySize { "0" } else { "NIL" });
            }
        }
        Ok(())
    }

    /// Octets that exist only in memory. Errors: Limit, when the same ones are asked for again
    /// and again.
    fn literal(&mut self, octets: &[u8], binary: bool) -> Result<(), Fault> {
        if self.held() + octets.len() > self.allowed {
            return Err(Fault::Limit("octets asked for of one message"));
        }
        write::literal_head(&mut self.out, octets.len() as u64, binary);
        self.out.extend_from_slice(octets);
        Ok(())
    }
}

/// What was opened of the message being written.
#[derive(Default)]
struct Opened {
    summary: Option<Summary>,
    decoded: DecodedParts,
}

impl Opened {
    /// The summary, read when something needs it.
    fn summary(&mut self, content: &Content) -> Result<&Summary, Fault> {
        summary_of(&mut self.summary, content)
    }
}

fn summary_of<'s>(
    summary: &'s mut Option<Summary>,
    content: &Content,
) -> Result<&'s Summary, Fault> {
    match summary {
        Some(summary) => Ok(summary),
        empty => Ok(empty.insert(content.summary()?)),
    }
}

/// The octets of a section, header lines of the mailbox's own included; none when there is no
/// such part.
fn section_range(
    section: &Section,
    content: &Content,
    opened: &mut Opened,
) -> Result<Option<Range<u64>>, Fault> {
    if section.part.is_empty() && section.text == SectionText::All {
        return Ok(Some(0..content.octets()));
    }
    let summary = opened.summary(content)?;
    let prefix = content.prefix.len() as u64;
    if section.part.is_empty() {
        let body = prefix + u64::from(summary.header_len);
        let range = match section.text {
            SectionText::Text => body..content.octets(),
            _ => 0..body,
        };
        return Ok(Some(range));
    }
    let Some(part) = summary.structure.section(&section.part) else { return Ok(None) };
    let span = match section.text {
        SectionText::All => Some(part.body),
        SectionText::Mime => Some(part.header),
        SectionText::Text => part.message().map(|message| message.body),
        SectionText::Header | SectionText::Fields { .. } => {
            part.message().map(|message| message.header)
        }
    };
    Ok(span.map(|span| shifted(span, prefix)))
}

fn shifted(span: Span, by: u64) -> Range<u64> {
    by + u64::from(span.start)..by + u64::from(span.end)
}

/// `"<" first "." count ">"` of a range; beyond its end there is nothing.
fn partial_range(range: Range<u64>, partial: Option<(u32, u32)>) -> Range<u64> {
    let Some((first, count)) = partial else { return range };
    let start = (range.start + u64::from(first)).min(range.end);
    start..(start + u64::from(count)).min(range.end)
}

fn cut_partial(octets: &[u8], partial: Option<(u32, u32)>) -> &[u8] {
    let range = partial_range(0..octets.len() as u64, partial);
    octets.get(range.start as usize..range.end as usize).unwrap_or_default()
}

fn ready(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    raw(out, name);
    out.extend_from_slice(value);
}

fn named_number(out: &mut Vec<u8>, name: &str, value: u64) {
    raw(out, name);
    number(out, value);
}

fn in_parentheses(out: &mut Vec<u8>, name: &str, value: u64) {
    named_number(out, name, value);
    out.push(b')');
}

fn date(out: &mut Vec<u8>, name: &str, unix: i64, zone_minutes: i16) {
    raw(out, name);
    write::date_time(out, DateTime { unix, zone_minutes });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use mailbox::{Access, Change, Flags, Keywords, Mailbox, MailboxNumber, NewItem, Special};
    use store::{Database, Options};

    use super::*;

    /// What is asked of so many copies of a message, in one batch.
    async fn batch(message: String, count: usize, item: FetchItem) -> Batch {
        let database = Database::open(Options::memory()).unwrap();
        let (number, inbox) = (MailboxNumber::new(1), FolderId::new(Special::Inbox as u64));
        Mailbox::create(&database, number, Guid([1; 16])).await.unwrap();
        let mailbox = Mailbox::open(database, number, Access::System);
        let new = NewItem {
            summary: content::derive(message.as_bytes()).encode().into(),
            prefix: Vec::new(),
            flags: Flags::NONE,
            keywords: Keywords::NONE,
            received: None,
            zone_minutes: 0,
        };
        let staged = mailbox.stage(message.into_bytes()).await.unwrap();
        let append = move |change: &mut Change<'_, '_>| {
            (0..count).try_for_each(|_| change.append(inbox, &staged, &new).map(drop))
        };
        mailbox.write(append).await.unwrap();
        let (mut uids, mut table) = (UidSet::new(), UidRuns::new());
        uids.insert_run(1..=count as u32);
        (1..=count as u32).for_each(|uid| table.push(Uid::new(uid)));
        let plan = Plan {
            folder: inbox,
            table: Arc::new(table),
            items: vec![item],
            changed_since: None,
            seen: UidSet::new(),
        };
        mailbox.read(move |view| plan.batch(view, &uids)).await.unwrap()
    }

    fn whole() -> FetchItem {
        let (form, section) = (OctetsForm::Body, Section::default());
        FetchItem::Octets(FetchOctets { form, peek: true, section, partial: None })
    }

    /// A message of that many octets.
    fn message(octets: usize) -> String {
        format!("Subject: m\r\n\r\n{}", "x".repeat(octets - 14))
    }

    #[tokio::test]
    async fn a_batch_is_as_large_as_what_is_opened_of_a_message_allows() {
        let large = message(limits::IMAP_STREAM_OCTETS as usize / 2);
        let by_octets = limits::IMAP_BATCH_OCTETS.div_ceil(large.len());
        for (text, item, most) in [
            (message(20), FetchItem::Uid, limits::IMAP_BATCH_ENTRIES),
            (message(20), FetchItem::Envelope, limits::IMAP_BATCH_MESSAGES),
            (message(20), whole(), limits::IMAP_BATCH_MESSAGES),
            (large, whole(), by_octets),
        ] {
            let full = batch(text.clone(), most, item.clone()).await;
            assert_eq!((full.messages, full.next), (most as u64, None), "{item:?}");
            let more = batch(text, most + 1, item.clone()).await;
            let next = Some(Uid::new(most as u32 + 1));
            assert_eq!((more.messages, more.next), (most as u64, next), "{item:?}");
        }
    }

    #[tokio::test]
    async fn what_is_large_is_not_read_here() {
        let octets = limits::IMAP_STREAM_OCTETS as usize;
        for (octets, streams) in [(octets, false), (octets + 1, true)] {
            let batch = batch(message(octets), 1, whole()).await;
            let streamed = batch.pieces.iter().any(|piece| matches!(piece, Piece::Stream(..)));
            assert_eq!(streamed, streams, "{octets}");
        }
    }

    #[test]
    fn partials_end_with_what_they_are_of() {
        for (partial, expected) in [
            (None, 10..30),
            (Some((0, 5)), 10..15),
            (Some((15, 100)), 25..30),
            (Some((20, 1)), 30..30),
            (Some((u32::MAX, u32::MAX)), 30..30),
        ] {
            assert_eq!(partial_range(10..30, partial), expected, "{partial:?}");
        }
    }
}
