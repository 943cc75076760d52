//! Exact search in a folder: what matches is what a reader of the messages would find, at the
//! moment the message is there.
//!
//! A criterion is decided by the cheapest thing that knows the answer: the entry, then the
//! content row, then the message's text. Text is compared as [`content::search`] defines it.
//! What is asked of the text is asked of the index first ([`crate::fulltext`]), which leaves few
//! messages to read, often none. The subject is the one that clients wrote over the message's, if
//! they did; the index does not know it.

use std::ops::ControlFlow;

use content::search::{Needle, SearchText};
use content::{Part, Span, Summary, search};

use crate::fault::Fault;
use crate::flags::{Flags, Keywords};
use crate::fulltext::{Index, Lookup, Query, Verdict};
use crate::id::{ChangeNumber, ContentNumber, FolderId, Uid};
use crate::page::Entry;
use crate::record::Content;
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::View;

/// How deep criteria may nest; IMAP's parser has the same bound.
pub const CRITERIA_DEPTH_MAX: usize = 64;

/// A day, counted from 1970-01-01, without zone.
pub type Day = i64;

/// How a date stands to the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// On an earlier day.
    Before,
    /// On that day.
    On,
    /// On that day or later.
    Since,
}

impl Relation {
    fn holds(self, day: Day, asked: Day) -> bool {
        match self {
            Relation::Before => day < asked,
            Relation::On => day == asked,
            Relation::Since => day >= asked,
        }
    }
}

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub enum Criteria {
    /// Everything.
    All,
    /// Nothing.
    Nothing,
    /// Every one of them matches.
    And(Vec<Criteria>),
    /// At least one of them matches.
    Or(Vec<Criteria>),
    /// It does not match.
    Not(Box<Criteria>),
    /// The UID is one of these.
    Uids(UidSet),
    /// All these flags are set (or not all of them).
    Flags(Flags, bool),
    /// All these keywords are set (or not all of them).
    Keywords(Keywords, bool),
    /// INTERNALDATE, in the zone it carries.
    Received(Relation, Day),
    /// INTERNALDATE is at or after this second of UTC (RFC 5032 YOUNGER).
    ReceivedSince(i64),
    /// SAVEDATE (RFC 8514), in UTC.
    Saved(Relation, Day),
    /// The Date field, in the zone it carries; a message without one has no sent date and
    /// matches nothing.
    Sent(Relation, Day),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// MODSEQ is at least this.
    ModSeq(ChangeNumber),
    /// EMAILID.
    Content(ContentNumber),
    /// THREADID: the conversation.
    Conversation([u8; 16]),
    /// A header field contains this; an empty needle asks whether the field is there.
    Header(String, Needle),
    /// The body text contains this.
    Body(Needle),
    /// Header or body text contains this.
    Text(Needle),
}

impl Criteria {
    /// What deciding costs: 0 by the entry, 1 by the content row, 2 by the text.
    fn cost(&self) -> u8 {
        match self {
            Criteria::Sent(..) | Criteria::Conversation(_) => 1,
            Criteria::Header(name, _) if is_subject(name) => 1,
            Criteria::Header(..) | Criteria::Body(_) | Criteria::Text(_) => 2,
            _ => 0,
        }
    }

    /// What clients wrote can make a message match that the index does not name.
    fn may_meet_overlay(&self) -> bool {
        match self {
            Criteria::And(list) | Criteria::Or(list) => list.iter().any(Self::may_meet_overlay),
            Criteria::Not(inner) => inner.may_meet_overlay(),
            _ => self.asks_subject(),
        }
    }

    /// The subject takes part in the answer, and clients may have written over it.
    fn asks_subject(&self) -> bool {
        match self {
            Criteria::Text(_) => true,
            Criteria::Header(name, needle) => is_subject(name) && !needle.as_str().is_empty(),
            _ => false,
        }
    }

    /// The question to the index, where that knows anything about it.
    fn query(&self) -> Option<Query> {
        match self {
            Criteria::Text(needle) => Query::text(needle),
            Criteria::Body(needle) => Query::body(needle),
            Criteria::Header(name, needle) if is_subject(name) && !needle.as_str().is_empty() => {
                Query::subject(needle)
            }
            Criteria::Header(name, needle) => Query::header(name, needle),
            _ => None,
        }
    }
}

/// Criteria with what the index says about them, in the order of what they cost, so that `And`
/// and `Or` stop early.
struct Plan<'c> {
    criteria: &'c Criteria,
    lookup: Option<Lookup>,
    inner: Vec<Plan<'c>>,
    cost: u8,
}

impl Plan<'_> {
    /// The index alone says that none of the contents up to `last` matches.
    fn finds_nothing(&self, last: ContentNumber) -> bool {
        let misses = |lookup: &Lookup| lookup.misses_up_to().is_some_and(|mark| mark >= last);
        match self.criteria {
            Criteria::Nothing => true,
            Criteria::And(_) => self.inner.iter().any(|plan| plan.finds_nothing(last)),
            Criteria::Or(_) => self.inner.iter().all(|plan| plan.finds_nothing(last)),
            _ => self.lookup.as_ref().is_some_and(misses),
        }
    }
}

/// Lookups of one search; criteria beyond are decided by the text alone. A lookup scans the
/// vocabulary and keeps a bit per content.
const LOOKUPS_MAX: usize = 64;

/// Makes plans.
struct Planner<'v> {
    view: &'v View<'v>,
    index: Option<Index<'v>>,
    lookups_left: usize,
}

impl<'v> Planner<'v> {
    fn new(view: &'v View<'v>) -> Self {
        Planner { view, index: None, lookups_left: LOOKUPS_MAX }
    }

    fn plan<'c>(&mut self, criteria: &'c Criteria) -> Result<Plan<'c>, Fault> {
        let parts = match criteria {
            Criteria::And(list) | Criteria::Or(list) => list.as_slice(),
            Criteria::Not(inner) => std::slice::from_ref(&**inner),
            _ => &[],
        };
        let mut inner = Vec::with_capacity(parts.len());
        for part in parts {
            inner.push(self.plan(part)?);
        }
        inner.sort_by_key(|plan| plan.cost);
        let lookup = self.lookup(criteria)?;
        let dearest = inner.iter().map(|plan| plan.cost).max().unwrap_or(0);
        let exact = lookup.as_ref().is_some_and(Lookup::is_exact);
        let cost = if exact { 0 } else { criteria.cost().max(dearest) };
        Ok(Plan { criteria, lookup, inner, cost })
    }

    fn lookup(&mut self, criteria: &Criteria) -> Result<Option<Lookup>, Fault> {
        let Some(query) = criteria.query().filter(|_| self.lookups_left > 0) else {
            return Ok(None);
        };
        self.lookups_left -= 1;
        if self.index.is_none() {
            self.index = Some(Index::open(self.view.read, self.view.mailbox)?);
        }
        self.index.as_ref().map(|index| index.lookup(&query)).transpose()
    }
}

impl View<'_> {
    /// Visits the entries of a folder that match, in UID order, up to the first break.
    /// `within` bounds the search. Errors: NotFound, Denied.
    pub fn search(
        &self,
        folder: FolderId,
        criteria: &Criteria,
        within: &UidSet,
        visit: &mut dyn FnMut(&Entry) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        self.search_until(folder, criteria, within, || false, visit).map(|_| ())
    }

    /// The same, as far as it goes before the snapshot should end, and at least one entry. Gives
    /// the UID after which to go on in another one, if there may be more.
    pub fn search_some(
        &self,
        folder: FolderId,
        criteria: &Criteria,
        within: &UidSet,
        visit: &mut dyn FnMut(&Entry) -> ControlFlow<()>,
    ) -> Result<Option<Uid>, Fault> {
        self.search_until(folder, criteria, within, || self.is_old(), visit)
    }

    fn search_until(
        &self,
        folder: FolderId,
        criteria: &Criteria,
        within: &UidSet,
        is_over: impl Fn() -> bool,
        visit: &mut dyn FnMut(&Entry) -> ControlFlow<()>,
    ) -> Result<Option<Uid>, Fault> {
        self.require(folder, Rights::READ_ANY)?;
        let plan = Planner::new(self).plan(criteria)?;
        let last = ContentNumber::new(self.counters()?.content);
        if plan.finds_nothing(last) && !(criteria.may_meet_overlay() && self.has_overlays()?) {
            return Ok(None);
        }
        let mut stopped = Ok(None);
        self.entries(folder, within, &mut |entry| {
            match Candidate::new(self, entry).matches(&plan) {
                Ok(true) if visit(entry).is_break() => return ControlFlow::Break(()),
                Ok(_) if is_over() => stopped = Ok(Some(entry.uid)),
                Ok(_) => return ControlFlow::Continue(()),
                Err(fault) => stopped = Err(fault),
            }
            ControlFlow::Break(())
        })?;
        stopped
    }
}

/// The text of the message with the lines of the mailbox's own prefix among its header fields.
/// `structure` is that of the bytes after the prefix.
pub(crate) fn text_of(
    view: &View<'_>,
    content: &Content,
    structure: &Part,
) -> Result<SearchText, Fault> {
    let bytes = view.message_part(content, content.prefix.len() as u64..u64::MAX)?;
    let mut text = search::text(&bytes, structure);
    text.add_header(&content.prefix);
    Ok(text)
}

/// One message under examination, opened as far as the criteria needed so far.
struct Candidate<'v> {
    view: &'v View<'v>,
    entry: &'v Entry,
    content: Option<(Content, Summary)>,
    header: Option<SearchText>,
    text: Option<SearchText>,
    /// What clients wrote over the subject, once asked for.
    written: Option<Option<String>>,
}

impl<'v> Candidate<'v> {
    fn new(view: &'v View<'v>, entry: &'v Entry) -> Self {
        Candidate { view, entry, content: None, header: None, text: None, written: None }
    }

    fn matches(&mut self, plan: &Plan<'_>) -> Result<bool, Fault> {
        if self.entry.overlaid && plan.criteria.asks_subject() {
            return self.decide(plan);
        }
        match plan.lookup.as_ref().map(|lookup| lookup.verdict(self.entry.content)) {
            Some(Verdict::Yes) => Ok(true),
            Some(Verdict::No) => Ok(false),
            Some(Verdict::Maybe) | None => self.decide(plan),
        }
    }

    fn decide(&mut self, plan: &Plan<'_>) -> Result<bool, Fault> {
        let entry = self.entry;
        Ok(match plan.criteria {
            Criteria::All => true,
            Criteria::Nothing => false,
            Criteria::And(_) => return self.all(&plan.inner),
            Criteria::Or(_) => return self.any(&plan.inner),
            Criteria::Not(_) => !self.any(&plan.inner)?,
            Criteria::Uids(uids) => uids.contains(entry.uid),
            Criteria::Flags(flags, set) => entry.flags.contains(*flags) == *set,
            Criteria::Keywords(keywords, set) => entry.keywords.contains(*keywords) == *set,
            Criteria::Received(relation, day) => {
                relation.holds(day_in_zone(entry.received, entry.zone_minutes), *day)
            }
            Criteria::ReceivedSince(second) => entry.received >= *second,
            Criteria::Saved(relation, day) => relation.holds(day_in_zone(entry.saved, 0), *day),
            Criteria::Larger(octets) => u64::from(entry.size) > *octets,
            Criteria::Smaller(octets) => u64::from(entry.size) < *octets,
            Criteria::ModSeq(change) => entry.modseq() >= *change,
            Criteria::Content(content) => entry.content == *content,
            Criteria::Conversation(id) => self.summary()?.conversation == *id,
            Criteria::Sent(relation, day) => self.sent(*relation, *day)?,
            Criteria::Header(name, needle) => self.header(name, needle)?,
            Criteria::Body(needle) => self.text()?.body_contains(needle),
            Criteria::Text(needle) => {
                self.written_subject()?.is_some_and(|subject| needle.is_in(subject))
                    || self.text()?.text_contains(needle)
            }
        })
    }

    fn all(&mut self, plans: &[Plan<'_>]) -> Result<bool, Fault> {
        for plan in plans {
            if !self.matches(plan)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn any(&mut self, plans: &[Plan<'_>]) -> Result<bool, Fault> {
        for plan in plans {
            if self.matches(plan)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sent(&mut self, relation: Relation, asked: Day) -> Result<bool, Fault> {
        let sent = self.summary()?.sent;
        Ok(sent.is_some_and(|sent| {
            relation.holds(day_in_zone(sent.seconds, sent.zone_minutes), asked)
        }))
    }

    /// The subject stands in the content row; other fields are read from the message.
    fn header(&mut self, name: &str, needle: &Needle) -> Result<bool, Fault> {
        if is_subject(name) && !needle.as_str().is_empty() {
            if let Some(written) = self.written_subject()? {
                return Ok(needle.is_in(written));
            }
            return Ok(needle.is_in(&self.summary()?.envelope.subject_text()));
        }
        Ok(self.header_text()?.header_contains(name, needle))
    }

    /// The subject that clients wrote over the message's.
    fn written_subject(&mut self) -> Result<Option<&str>, Fault> {
        if self.written.is_none() {
            self.written = Some(self.view.written_subject(self.entry)?);
        }
        Ok(self.written.as_ref().and_then(Option::as_deref))
    }

    fn opened(&mut self) -> Result<&(Content, Summary), Fault> {
        if self.content.is_none() {
            let content = self.view.content(self.entry.content)?;
            let summary = content.summary()?;
            self.content = Some((content, summary));
        }
        self.content.as_ref().ok_or(Fault::Damaged("content is missing"))
    }

    fn summary(&mut self) -> Result<&Summary, Fault> {
        Ok(&self.opened()?.1)
    }

    /// The header fields alone: the body is neither read nor decoded.
    fn header_text(&mut self) -> Result<&SearchText, Fault> {
        if self.header.is_none() && self.text.is_none() {
            let view = self.view;
            let (content, summary) = self.opened()?;
            let prefix = content.prefix.len() as u64;
            let Span { start, end } = summary.structure.header;
            let part = prefix + u64::from(start)..prefix + u64::from(end);
            let mut header = SearchText::default();
            header.add_header(&view.message_part(content, part)?);
            header.add_header(&content.prefix);
            self.header = Some(header);
        }
        let header = self.text.as_ref().or(self.header.as_ref());
        header.ok_or(Fault::Damaged("content is missing"))
    }

    fn text(&mut self) -> Result<&SearchText, Fault> {
        if self.text.is_none() {
            let view = self.view;
            let (content, summary) = self.opened()?;
            self.text = Some(text_of(view, content, &summary.structure)?);
        }
        self.text.as_ref().ok_or(Fault::Damaged("content is missing"))
    }
}

/// The day of a moment in a zone.
fn day_in_zone(seconds: i64, zone_minutes: i16) -> Day {
    const DAY_SECS: i64 = 86_400;
    (seconds + i64::from(zone_minutes) * 60).div_euclid(DAY_SECS)
}

fn is_subject(name: &str) -> bool {
    name.eq_ignore_ascii_case("subject")
}
