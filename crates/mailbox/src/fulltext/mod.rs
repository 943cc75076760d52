//! The search index: a filter that names the contents a text search has to look at.
//!
//! The index of a mailbox is a row of segments (`catalog`), each over a run of content numbers
//! and immutable. A segment holds, for each `Section` of the messages' text, the sorted
//! vocabulary and for each term the numbers of the contents it occurs in (`rows`, `postings`).
//! [`index_pass`] works behind the commits: it appends segments (`indexing`), joins small ones
//! (`merge`) and clears away what is superseded (`publish`). A search scans the vocabularies for
//! the terms that contain what it looks for (`lookup`); no stemming, no stop words.
//!
//! What it is not: it gives no ranking, and it decides nothing that the text would decide
//! otherwise. It knows nothing of folders or items, so moves and copies do not touch it.
//!
//! Invariants
//! * No false negatives: a content up to the mark whose text matches is among the hits. Terms
//!   and their relation to needles are [`content::search`]'s, long words included.
//! * Contents above the mark are in no segment; searches read those themselves. Numbers rise in
//!   commit order, so nothing appears below the mark later.
//! * The catalog is the truth: rows of a segment it does not name are garbage, however they
//!   came about, and the next pass removes them.
//! * A write holds the mailbox's fence, and takes no change number: nobody is woken.

mod catalog;
mod indexing;
mod lookup;
mod merge;
mod postings;
mod publish;
mod rows;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use store::{Database, Direction, Read, Snapshot, Txn};

pub(crate) use lookup::{Index, Lookup, Query, Verdict};

use catalog::Catalog;
use publish::Draft;

use crate::derived::Derived;
use crate::fault::Fault;
use crate::id::{ContentNumber, MailboxNumber};
use crate::key::{self, Table};
use crate::view::View;

/// Contents that one pass indexes at most; with the next limit, what a pass costs.
const PASS_CONTENTS_MAX: usize = 256;
/// Octets of text after which a pass takes no further content.
const PASS_TEXT_OCTETS_MAX: usize = 2 * 1024 * 1024;
/// Content numbers from a segment's first to its last. As every posting takes at most as many
/// octets as it skips numbers, a list of postings has no more octets than this and fits a row.
const SEGMENT_SPAN_MAX: u64 = 65_536;
/// Octets of a row of a segment; a value may have 100,000 with its frame.
const ROW_OCTETS_MAX: usize = 90_000;
/// Segments of about one size that are joined.
const MERGE_SEGMENTS_MIN: usize = 8;
/// Octets of the segments joined by one pass: what it holds in memory, twice.
const MERGE_OCTETS_MAX: u64 = 16 * 1024 * 1024;
/// Rows that one pass removes at most.
const CLEAR_ROWS_MAX: usize = 1_000;

/// The parts of a message that are asked for apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Section {
    /// The subject as the envelope has it.
    Subject = 0,
    /// All header fields, names and values; those of the mailbox's own prefix among them.
    Header = 1,
    /// The body text.
    Body = 2,
}

impl Section {
    const ALL: [Section; 3] = [Section::Subject, Section::Header, Section::Body];
}

/// What a pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was left to do.
    UpToDate,
    /// So many contents were indexed; none, when those up to the mark are deleted by now.
    Indexed(u64),
    /// So many segments were joined or freed of deleted contents.
    Merged(usize),
    /// So many superseded rows were removed.
    Cleared(usize),
    /// Another pass was faster; what this one made is dropped.
    Outrun,
}

/// How large the index of a mailbox is, and how far it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullTextStats {
    /// The index covers contents up to this number.
    pub mark: ContentNumber,
    /// The last content number given out.
    pub last: ContentNumber,
    /// Segments.
    pub segments: usize,
    /// Contents in them.
    pub documents: u64,
    /// Those of them that are deleted.
    pub dead: u64,
    /// Octets of the segments' rows.
    pub octets: u64,
}

/// Does one bounded piece of work on a mailbox's index: indexes the next contents, joins
/// segments or removes garbage. To be called until it says [`Progress::UpToDate`].
///
/// Errors: NotFound without the mailbox, Moved when it is not active here, DiskNearlyFull.
pub async fn index_pass(database: &Database, mailbox: MailboxNumber) -> Result<Progress, Fault> {
    let work = database.read(move |snapshot| Work::find(snapshot, mailbox)).await?;
    match work {
        Work::None => Ok(Progress::UpToDate),
        Work::Clear(keys) => publish::clear(database, mailbox, keys).await,
        Work::Publish(draft) => publish::publish(database, mailbox, draft).await,
    }
}

/// What a pass finds to do.
enum Work {
    None,
    Clear(Vec<Vec<u8>>),
    Publish(Draft),
}

impl Work {
    fn find(snapshot: &Snapshot, mailbox: MailboxNumber) -> Result<Work, Fault> {
        let catalog = Catalog::load(snapshot, mailbox)?;
        let garbage = garbage(snapshot, mailbox, &catalog)?;
        if !garbage.is_empty() {
            return Ok(Work::Clear(garbage));
        }
        let draft = match merge::due(&catalog.segments) {
            Some(run) => Some(merge::merge(snapshot, mailbox, &catalog.segments[run])?),
            None => indexing::index_next(snapshot, mailbox, &catalog)?,
        };
        Ok(draft.map_or(Work::None, Work::Publish))
    }
}

/// Keys of rows that belong to no segment, some of them.
fn garbage(
    read: &dyn Read,
    mailbox: MailboxNumber,
    catalog: &Catalog,
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut keys = Vec::new();
    let mut from = key::table(mailbox, Table::Postings);
    let end = key::after(&from);
    while let Some(segment) = first_segment(read, &from, &end)? {
        from = key::postings(mailbox, segment);
        let after = key::after(&from);
        if !catalog.knows(segment) {
            collect_keys(read, &from, &after, &mut keys)?;
        }
        from = after;
    }
    Ok(keys)
}

/// The segment that the first row of a range belongs to.
fn first_segment(read: &dyn Read, from: &[u8], to: &[u8]) -> Result<Option<u64>, Fault> {
    let mut segment = None;
    read.range(from, to, Direction::Forward, &mut |key, _| {
        segment = key::postings_segment(key);
        ControlFlow::Break(())
    })?;
    Ok(segment)
}

fn collect_keys(
    read: &dyn Read,
    from: &[u8],
    to: &[u8],
    keys: &mut Vec<Vec<u8>>,
) -> Result<(), Fault> {
    Ok(read.range(from, to, Direction::Forward, &mut |key, _| {
        if keys.len() >= CLEAR_ROWS_MAX {
            return ControlFlow::Break(());
        }
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    })?)
}

/// Counts contents that are deleted for good in their segments, so that a later pass frees the
/// index of them. `contents` in any order, each once.
pub(crate) fn note_deleted(
    txn: &mut Txn<'_>,
    mailbox: MailboxNumber,
    contents: impl IntoIterator<Item = ContentNumber>,
) -> Result<(), Fault> {
    let mut catalog = Catalog::load(txn, mailbox)?;
    if catalog.segments.is_empty() {
        return Ok(());
    }
    contents.into_iter().for_each(|content| catalog.bury(content.get()));
    catalog.save(txn, mailbox)
}

impl View<'_> {
    /// Size and reach of the search index.
    pub fn fulltext_stats(&self) -> Result<FullTextStats, Fault> {
        let catalog = Catalog::load(self.read, self.mailbox)?;
        let sum = |field: fn(&catalog::Segment) -> u64| catalog.segments.iter().map(field).sum();
        Ok(FullTextStats {
            mark: ContentNumber::new(catalog.mark),
            last: ContentNumber::new(self.counters()?.content),
            segments: catalog.segments.len(),
            documents: sum(|segment| segment.documents),
            dead: sum(|segment| segment.dead),
            octets: sum(|segment| segment.octets),
        })
    }
}
