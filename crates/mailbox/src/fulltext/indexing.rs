//! Making a segment of the contents behind the mark.

use std::collections::HashMap;
use std::ops::ControlFlow;

use content::search::{fold, terms};
use store::{Direction, Read, Snapshot, StoreError};

use super::catalog::{Catalog, Segment};
use super::postings::Postings;
use super::publish::{Draft, Place};
use super::rows::{SectionWriter, SegmentRow};
use super::{PASS_CONTENTS_MAX, PASS_TEXT_OCTETS_MAX, SEGMENT_SPAN_MAX, Section};
use crate::fault::Fault;
use crate::id::{ContentNumber, MailboxNumber};
use crate::key::{self, Table};
use crate::rights::Access;
use crate::search::text_of;
use crate::view::View;

/// Indexes the next contents; `None` when there are none.
pub(super) fn index_next(
    snapshot: &Snapshot,
    mailbox: MailboxNumber,
    catalog: &Catalog,
) -> Result<Option<Draft>, Fault> {
    let view = View::new(snapshot, mailbox, Access::System);
    let last_given = view.counters()?.content;
    if last_given <= catalog.mark {
        return Ok(None);
    }
    let numbers = contents_after(snapshot, mailbox, catalog.mark)?;
    let mut collector = Collector::default();
    for number in &numbers {
        if collector.is_full(number.get()) || (collector.last > 0 && view.is_old()) {
            break;
        }
        collector.take(&view, *number)?;
    }
    // Numbers above the last content there is were given to contents that are deleted by now.
    let all = numbers.len() < PASS_CONTENTS_MAX
        && numbers.last().is_none_or(|last| last.get() == collector.last);
    let to = if all { last_given } else { collector.last };
    Ok(Some(collector.into_draft(catalog.mark, to)))
}

/// The contents there are behind the mark, the first of them.
fn contents_after(
    read: &dyn Read,
    mailbox: MailboxNumber,
    mark: u64,
) -> Result<Vec<ContentNumber>, Fault> {
    let from = key::content(mailbox, ContentNumber::new(mark + 1));
    let to = key::after(&key::table(mailbox, Table::Content));
    let mut numbers = Vec::new();
    read.range(&from, &to, Direction::Forward, &mut |key, _| {
        if key::is_content_head(key) {
            numbers.extend(key::content_number(key));
        }
        match numbers.len() < PASS_CONTENTS_MAX {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok(numbers)
}

/// The terms of some contents.
#[derive(Default)]
struct Collector {
    /// The content that postings count from; 0 before the first.
    first: u64,
    /// The content taken last.
    last: u64,
    documents: u64,
    text_octets: usize,
    sections: [HashMap<Box<str>, Postings>; Section::ALL.len()],
}

impl Collector {
    fn is_full(&self, next: u64) -> bool {
        self.text_octets >= PASS_TEXT_OCTETS_MAX
            || (self.first > 0 && next - self.first >= SEGMENT_SPAN_MAX)
    }

    /// Adds a content. One that is damaged is passed over, or nothing behind it would ever be
    /// indexed; the damage is `verify`'s to report.
    fn take(&mut self, view: &View<'_>, number: ContentNumber) -> Result<(), Fault> {
        if self.first == 0 {
            self.first = number.get();
        }
        self.last = number.get();
        match self.add(view, number) {
            Err(fault) if is_damage(&fault) => {
                tracing::warn!(content = number.get(), %fault, "a damaged message is not indexed");
                Ok(())
            }
            other => other,
        }
    }

    fn add(&mut self, view: &View<'_>, number: ContentNumber) -> Result<(), Fault> {
        let content = view.content(number)?;
        let summary = content.summary()?;
        let text = text_of(view, &content, &summary.structure)?;
        self.add_text(Section::Subject, &fold(&summary.envelope.subject_text()));
        for field in &text.headers {
            self.add_text(Section::Header, &field.name);
            self.add_text(Section::Header, &field.value);
        }
        self.add_text(Section::Body, &text.body);
        self.documents += 1;
        Ok(())
    }

    fn add_text(&mut self, section: Section, folded: &str) {
        let number = self.last - self.first;
        let vocabulary = &mut self.sections[section as usize];
        for term in terms(folded) {
            match vocabulary.get_mut(term) {
                Some(postings) => postings.push(number),
                None => vocabulary.entry(term.into()).or_default().push(number),
            }
        }
        self.text_octets += folded.len();
    }

    fn into_draft(self, from: u64, to: u64) -> Draft {
        let (first, last, documents) = (self.first, self.last, self.documents);
        let rows: Vec<_> = Section::ALL
            .into_iter()
            .zip(self.sections)
            .flat_map(|(section, vocabulary)| rows(section, vocabulary))
            .collect();
        let octets = rows.iter().map(|row| row.payload.len() as u64).sum();
        let segment = Segment { number: 0, first, last, documents, dead: 0, octets };
        Draft { rows, segment, place: Place::Tail { from, to } }
    }
}

fn rows(section: Section, vocabulary: HashMap<Box<str>, Postings>) -> Vec<SegmentRow> {
    let entry = |(term, postings): (Box<str>, Postings)| (leading_octets(&term), term, postings);
    let mut sorted: Vec<_> = vocabulary.into_iter().map(entry).collect();
    sorted.sort_unstable_by(|(lead, term, _), (other_lead, other, _)| {
        lead.cmp(other_lead).then_with(|| term.cmp(other))
    });
    let mut writer = SectionWriter::new(section);
    for (_, term, postings) in &sorted {
        writer.push(term.as_bytes(), postings.octets());
    }
    writer.finish()
}

/// The first octets as a number that sorts as they do: most comparisons then need no look at
/// the terms, which lie all over the memory.
fn leading_octets(term: &str) -> u64 {
    let mut lead = [0; 8];
    lead.iter_mut().zip(term.as_bytes()).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(lead)
}

fn is_damage(fault: &Fault) -> bool {
    use StoreError::{BlobRange, Corrupt, CorruptBlob, NoBlob};
    match fault {
        Fault::Damaged(_) => true,
        Fault::Storage(error) => {
            matches!(error, Corrupt { .. } | CorruptBlob { .. } | NoBlob(_) | BlobRange(_))
        }
        _ => false,
    }
}
