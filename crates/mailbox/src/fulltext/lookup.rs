//! Asking the index: which contents may match.

use std::ops::Range;

use content::search::{Needle, needle_terms};
use memchr::memmem::Finder;
use store::Read;
use types::wire::Truncated;

use super::Section;
use super::catalog::{Catalog, Segment};
use super::postings::{Bits, visit};
use super::rows::{Words, postings, visit_words};
use crate::derived::Derived;
use crate::fault::Fault;
use crate::id::{ContentNumber, MailboxNumber};

/// Terms of a needle that are looked up, the longest of them: more seldom narrow it further.
const TERMS_MAX: usize = 4;

/// A question to the index.
pub(crate) struct Query {
    sections: &'static [Section],
    /// Each must be in some word of a section.
    terms: Vec<Finder<'static>>,
    /// The index alone gives the answer.
    exact: bool,
}

impl Query {
    /// IMAP TEXT.
    pub(crate) fn text(needle: &Needle) -> Option<Query> {
        Query::contains(&[Section::Header, Section::Body], needle)
    }

    /// IMAP BODY.
    pub(crate) fn body(needle: &Needle) -> Option<Query> {
        Query::contains(&[Section::Body], needle)
    }

    /// The envelope's subject contains this.
    pub(crate) fn subject(needle: &Needle) -> Option<Query> {
        Query::contains(&[Section::Subject], needle)
    }

    /// IMAP HEADER: the needle's terms are in the header, or those of the field's name when
    /// the needle has none.
    pub(crate) fn header(name: &str, needle: &Needle) -> Option<Query> {
        const HEADER: &[Section] = &[Section::Header];
        let query = Query::contains(HEADER, needle);
        let query = query.or_else(|| Query::contains(HEADER, &Needle::new(name)))?;
        Some(Query { exact: false, ..query })
    }

    /// `None` for a needle without terms: the index says nothing about it. A needle that is one
    /// word, and short enough to be in one term as a whole, is in the text exactly when it is
    /// in one of the text's terms.
    fn contains(sections: &'static [Section], needle: &Needle) -> Option<Query> {
        let mut terms: Vec<&str> = needle_terms(needle).collect();
        terms.sort_unstable_by_key(|term| (std::cmp::Reverse(term.len()), *term));
        terms.dedup();
        let exact = terms == [needle.as_str()];
        let finder = |term: &&str| Finder::new(term.as_bytes()).into_owned();
        let terms: Vec<_> = terms.iter().take(TERMS_MAX).map(finder).collect();
        (!terms.is_empty()).then_some(Query { sections, terms, exact })
    }
}

/// The index of a mailbox in one snapshot.
pub(crate) struct Index<'a> {
    read: &'a dyn Read,
    mailbox: MailboxNumber,
    catalog: Catalog,
}

/// What the index says about a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It matches.
    Yes,
    /// It does not.
    No,
    /// Its text decides.
    Maybe,
}

/// The answer to a [`Query`].
pub(crate) struct Lookup {
    mark: u64,
    exact: bool,
    /// Ascending; segments without hits are not here.
    hits: Vec<Hits>,
}

/// Contents of one segment.
struct Hits {
    first: u64,
    last: u64,
    contents: Bits,
}

impl Lookup {
    /// What is known about a content.
    pub(crate) fn verdict(&self, content: ContentNumber) -> Verdict {
        let number = content.get();
        if number > self.mark {
            return Verdict::Maybe;
        }
        let at = self.hits.partition_point(|hits| hits.last < number);
        let hits = self.hits.get(at).filter(|hits| hits.first <= number);
        match hits.is_some_and(|hits| hits.contents.contains(number - hits.first)) {
            true if self.exact => Verdict::Yes,
            true => Verdict::Maybe,
            false => Verdict::No,
        }
    }

    /// Indexed contents are decided without their text.
    pub(crate) fn is_exact(&self) -> bool {
        self.exact
    }

    /// No content up to this one matches; `None` when one may.
    pub(crate) fn misses_up_to(&self) -> Option<ContentNumber> {
        self.hits.is_empty().then_some(ContentNumber::new(self.mark))
    }
}

impl<'a> Index<'a> {
    pub(crate) fn open(read: &'a dyn Read, mailbox: MailboxNumber) -> Result<Self, Fault> {
        Ok(Index { read, mailbox, catalog: Catalog::load(read, mailbox)? })
    }

    /// The contents that may match, all those among them that do.
    pub(crate) fn lookup(&self, query: &Query) -> Result<Lookup, Fault> {
        let mut hits = Vec::new();
        for segment in &self.catalog.segments {
            let contents = self.contents(segment, query)?;
            if !contents.is_empty() {
                hits.push(Hits { first: segment.first, last: segment.last, contents });
            }
        }
        Ok(Lookup { mark: self.catalog.mark, exact: query.exact, hits })
    }

    /// The contents of a segment that have all terms.
    fn contents(&self, segment: &Segment, query: &Query) -> Result<Bits, Fault> {
        let mut sets = vec![Bits::empty(segment.span()); query.terms.len()];
        for section in query.sections {
            self.add_section(segment, *section, &query.terms, &mut sets)?;
        }
        let joined = sets.into_iter().reduce(|mut all, set| {
            all.intersect(&set);
            all
        });
        Ok(joined.unwrap_or_else(|| Bits::empty(0)))
    }

    /// Adds to the set of each term the contents with a word that contains it.
    fn add_section(
        &self,
        segment: &Segment,
        section: Section,
        terms: &[Finder<'_>],
        sets: &mut [Bits],
    ) -> Result<(), Fault> {
        let mut wanted = Vec::new();
        visit_words(self.read, self.mailbox, segment.number, section, &mut |chunk, row| {
            let lists = wanted_lists(Words::parse(&row)?, terms)?;
            if !lists.is_empty() {
                wanted.push((chunk, lists));
            }
            Ok(())
        })?;
        for (chunk, lists) in wanted {
            let row = postings(self.read, self.mailbox, segment.number, section, chunk)?;
            for (term, range) in lists {
                let list = row.get(range).ok_or(Fault::Damaged("search index"))?;
                visit(list, |number| sets[term].insert(number))?;
            }
        }
        Ok(())
    }
}

/// For each word of a chunk that contains a term: which term, and where the word's list is.
fn wanted_lists(
    words: Words<'_>,
    terms: &[Finder<'_>],
) -> Result<Vec<(usize, Range<usize>)>, Truncated> {
    let found: Vec<_> = terms.iter().map(|term| words.containing(term)).collect();
    if found.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let ranges = words.ranges()?;
    let places = found
        .iter()
        .enumerate()
        .flat_map(|(term, places)| places.iter().map(move |place| (term, *place)));
    places.map(|(term, place)| Ok((term, ranges.get(place).ok_or(Truncated)?.clone()))).collect()
}
