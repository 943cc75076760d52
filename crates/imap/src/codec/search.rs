//! SEARCH, SORT and THREAD (RFC 9051 section 6.4.4, RFC 5256, 4731, 5032, 5182, 5957, 7162,
//! 8474, 8514, 9394).

use super::date_time::Date;
use super::flag::Flag;
use super::parser::{Bad, Parsed, Parser};
use super::sequence_set::SequenceSet;

/// `search-program`, with what should come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Answer with UIDs; sequence numbers otherwise.
    pub uid: bool,
    /// `RETURN (...)`; none for the untagged SEARCH of RFC 3501.
    pub returns: Option<SearchReturns>,
    /// What to look for.
    pub key: SearchKey,
}

/// `search-return-opts` (RFC 4731, 5182, 9394)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturns {
    /// The lowest match.
    pub min: bool,
    /// The highest match.
    pub max: bool,
    /// All matches, as a set.
    pub all: bool,
    /// How many match.
    pub count: bool,
    /// Keep the result as `$`.
    pub save: bool,
    /// A window of the result: first and last rank, from 1; negative from the end.
    pub partial: Option<(i64, i64)>,
}

/// `search-key`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`, `OLD`: every message.
    All,
    /// `RECENT`, `NEW`: none, for no session is ever told that a message is recent.
    Nothing,
    /// All of them match.
    And(Vec<SearchKey>),
    /// `OR`
    Or(Box<SearchKey>, Box<SearchKey>),
    /// `NOT`
    Not(Box<SearchKey>),
    /// `sequence-set`
    Sequence(SequenceSet),
    /// `UID`
    Uid(SequenceSet),
    /// `SEEN`, `UNSEEN`, `KEYWORD`, ...: the flag and whether it is to be set.
    Flag(Flag, bool),
    /// `BEFORE`, `SENTSINCE`, `SAVEDON`, ...
    Date(DateField, Relation, Date),
    /// `OLDER`, seconds (RFC 5032)
    Older(u32),
    /// `YOUNGER`, seconds
    Younger(u32),
    /// `LARGER`, octets
    Larger(u64),
    /// `SMALLER`, octets
    Smaller(u64),
    /// `HEADER`, `FROM`, `SUBJECT`, ...: field name and substring.
    Header(String, String),
    /// `BODY`
    Body(String),
    /// `TEXT`
    Text(String),
    /// `MODSEQ`: at least this one (RFC 7162)
    ModSeq(u64),
    /// `EMAILID` (RFC 8474)
    EmailId(String),
    /// `THREADID`
    ThreadId(String),
}

/// Which date a key looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateField {
    /// INTERNALDATE
    Internal,
    /// The Date field.
    Sent,
    /// SAVEDATE (RFC 8514)
    Saved,
}

/// How it compares with the day given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Earlier.
    Before,
    /// That day.
    On,
    /// That day or later.
    Since,
}

/// `sort` (RFC 5256, ESORT of RFC 5267)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is sorted, and how the result comes back.
    pub search: Search,
    /// `sort-criteria`, the first decides.
    pub criteria: Vec<SortCriterion>,
}

/// `sort-criterion = ["REVERSE" SP] sort-key`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// Largest first.
    pub reverse: bool,
    /// What is compared.
    pub key: SortKey,
}

/// `sort-key` (RFC 5256, DISPLAY of RFC 5957)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// INTERNALDATE
    Arrival,
    /// Mailbox of the first cc address.
    Cc,
    /// Sent date.
    Date,
    /// Display name of the first from address.
    DisplayFrom,
    /// Display name of the first to address.
    DisplayTo,
    /// Mailbox of the first from address.
    From,
    /// Octets.
    Size,
    /// Base subject.
    Subject,
    /// Mailbox of the first to address.
    To,
}

const SORT_KEYS: [(&str, SortKey); 9] = [
    ("ARRIVAL", SortKey::Arrival),
    ("CC", SortKey::Cc),
    ("DATE", SortKey::Date),
    ("DISPLAYFROM", SortKey::DisplayFrom),
    ("DISPLAYTO", SortKey::DisplayTo),
    ("FROM", SortKey::From),
    ("SIZE", SortKey::Size),
    ("SUBJECT", SortKey::Subject),
    ("TO", SortKey::To),
];

/// `thread` (RFC 5256)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// What is threaded.
    pub search: Search,
    /// How.
    pub algorithm: ThreadAlgorithm,
}

/// `thread-alg`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// By subject and date.
    OrderedSubject,
    /// By References.
    References,
}

/// The criteria that can decide: a key that comes again finds its messages equal.
fn deciding(criteria: Vec<SortCriterion>) -> Vec<SortCriterion> {
    let mut first: Vec<SortCriterion> = Vec::with_capacity(SORT_KEYS.len());
    for criterion in criteria {
        if !first.iter().any(|earlier| earlier.key == criterion.key) {
            first.push(criterion);
        }
    }
    first
}

impl Parser<'_> {
    /// `search = "SEARCH" [search-return-opts] SP search-program`
    pub fn search(&mut self, uid: bool) -> Parsed<Search> {
        let returns = self.search_return_opts()?;
        self.sp()?;
        if self.eat_word("CHARSET") {
            self.sp()?.charset()?;
            self.sp()?;
        }
        Ok(Search { uid, returns, key: self.search_keys()? })
    }

    /// `sort = "SORT" [search-return-opts] SP sort-criteria SP charset 1*(SP search-key)`
    pub fn sort(&mut self, uid: bool) -> Parsed<Sort> {
        let returns = self.search_return_opts()?;
        let criteria = deciding(self.sp()?.list(Parser::sort_criterion)?);
        self.sp()?.charset()?;
        let key = self.sp()?.search_keys()?;
        Ok(Sort { search: Search { uid, returns, key }, criteria })
    }

    /// `thread = "THREAD" SP thread-alg SP charset 1*(SP search-key)`
    pub fn thread(&mut self, uid: bool) -> Parsed<Thread> {
        let algorithm = match self.sp()?.word()?.as_str() {
            "ORDEREDSUBJECT" => ThreadAlgorithm::OrderedSubject,
            "REFERENCES" => ThreadAlgorithm::References,
            _ => return Err(Bad::Syntax("Unknown threading algorithm")),
        };
        self.sp()?.charset()?;
        let key = self.sp()?.search_keys()?;
        Ok(Thread { search: Search { uid, returns: None, key }, algorithm })
    }

    fn sort_criterion(&mut self) -> Parsed<SortCriterion> {
        let reverse = self.eat_word("REVERSE");
        if reverse {
            self.sp()?;
        }
        let word = self.word()?;
        let found = SORT_KEYS.iter().find(|(name, _)| *name == word);
        let (_, key) = found.ok_or(Bad::Syntax("Unknown sort key"))?;
        Ok(SortCriterion { reverse, key: *key })
    }

    /// `charset = atom / quoted`: UTF-8, and US-ASCII as a part of it.
    fn charset(&mut self) -> Parsed<()> {
        let name = self.astring_text()?;
        let known = ["UTF-8", "US-ASCII", "UTF8", "ASCII"];
        if known.iter().any(|k| name.eq_ignore_ascii_case(k)) { Ok(()) } else { Err(Bad::Charset) }
    }

    /// `search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"`
    fn search_return_opts(&mut self) -> Parsed<Option<SearchReturns>> {
        if !self.eat_text(" RETURN (") {
            return Ok(None);
        }
        let mut returns = SearchReturns::default();
        if self.eat(b')') {
            return Ok(Some(SearchReturns { all: true, ..returns }));
        }
        self.spaced(|p| p.search_return_opt(&mut returns))?;
        self.expect(b')', "Expected a closing parenthesis")?;
        Ok(Some(returns))
    }

    fn search_return_opt(&mut self, returns: &mut SearchReturns) -> Parsed<()> {
        match self.word()?.as_str() {
            "MIN" => returns.min = true,
            "MAX" => returns.max = true,
            "ALL" => returns.all = true,
            "COUNT" => returns.count = true,
            "SAVE" => returns.save = true,
            "PARTIAL" => returns.partial = Some(self.sp()?.partial_range()?),
            _ => return Err(Bad::Syntax("Unknown search return option")),
        }
        Ok(())
    }

    /// `partial-range = partial-range-first / partial-range-last` (RFC 9394)
    pub fn partial_range(&mut self) -> Parsed<(i64, i64)> {
        let first = self.signed()?;
        self.expect(b':', "Expected : in a partial range")?;
        let last = self.signed()?;
        if (first < 0) != (last < 0) {
            return Err(Bad::Syntax("Both ends of a partial range count from the same side"));
        }
        Ok((first, last))
    }

    fn signed(&mut self) -> Parsed<i64> {
        let negative = self.eat(b'-');
        let number = i64::from(self.nz_number()?);
        Ok(if negative { -number } else { number })
    }

    /// `search-key *(SP search-key)`
    fn search_keys(&mut self) -> Parsed<SearchKey> {
        let mut keys = self.spaced(Parser::search_key)?;
        Ok(if keys.len() == 1 { keys.remove(0) } else { SearchKey::And(keys) })
    }

    /// `search-key`
    fn search_key(&mut self) -> Parsed<SearchKey> {
        if self.peek() == Some(b'(') {
            return self.nested(|p| Ok(SearchKey::And(p.list(Parser::search_key)?)));
        }
        if self.at_sequence_set() {
            return self.sequence_set().map(SearchKey::Sequence);
        }
        let word = self.word()?;
        if let Some(key) = plain_key(&word) {
            return Ok(key);
        }
        if let Some((field, relation)) = date_key(&word) {
            return Ok(SearchKey::Date(field, relation, self.sp()?.date()?));
        }
        self.sp()?.search_key_with_argument(&word)
    }

    fn search_key_with_argument(&mut self, word: &str) -> Parsed<SearchKey> {
        Ok(match word {
            "NOT" => SearchKey::Not(Box::new(self.nested(Parser::search_key)?)),
            "OR" => self.nested(Parser::search_or)?,
            "UID" => SearchKey::Uid(self.sequence_set()?),
            "KEYWORD" => SearchKey::Flag(Flag::Keyword(self.flag_keyword()?), true),
            "UNKEYWORD" => SearchKey::Flag(Flag::Keyword(self.flag_keyword()?), false),
            "BCC" | "CC" | "FROM" | "SUBJECT" | "TO" => {
                SearchKey::Header(word.to_owned(), self.astring_text()?)
            }
            "HEADER" => {
                let name = self.astring_text()?;
                SearchKey::Header(name, self.sp()?.astring_text()?)
            }
            "BODY" => SearchKey::Body(self.astring_text()?),
            "TEXT" => SearchKey::Text(self.astring_text()?),
            "LARGER" => SearchKey::Larger(self.number64()?),
            "SMALLER" => SearchKey::Smaller(self.number64()?),
            "OLDER" => SearchKey::Older(self.nz_number()?),
            "YOUNGER" => SearchKey::Younger(self.nz_number()?),
            "MODSEQ" => SearchKey::ModSeq(self.search_modsequence()?),
            "EMAILID" => SearchKey::EmailId(self.objectid()?),
            "THREADID" => SearchKey::ThreadId(self.objectid()?),
            _ => return Err(Bad::Syntax("Unknown search key")),
        })
    }

    fn search_or(&mut self) -> Parsed<SearchKey> {
        let left = self.search_key()?;
        let right = self.sp()?.search_key()?;
        Ok(SearchKey::Or(Box::new(left), Box::new(right)))
    }

    /// `search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer`: the flag the
    /// extension names is read and not told apart, for a message has one modification sequence.
    fn search_modsequence(&mut self) -> Parsed<u64> {
        if self.peek() == Some(b'"') {
            self.quoted()?;
            self.sp()?.word()?;
            self.sp()?;
        }
        self.number64()
    }

    /// `objectid = 1*255(ALPHA / DIGIT / "_" / "-")`
    pub fn objectid(&mut self) -> Parsed<String> {
        let id = self.take_while(|o| o.is_ascii_alphanumeric() || matches!(o, b'_' | b'-'));
        match std::str::from_utf8(id) {
            Ok(id) if (1..=255).contains(&id.len()) => Ok(id.to_owned()),
            _ => Err(Bad::Syntax("Expected an object identifier")),
        }
    }
}

/// Keys without an argument.
fn plain_key(word: &str) -> Option<SearchKey> {
    let flag = |flag, set| Some(SearchKey::Flag(flag, set));
    match word {
        "ALL" | "OLD" | "SAVEDATESUPPORTED" => Some(SearchKey::All),
        "RECENT" | "NEW" => Some(SearchKey::Nothing),
        "ANSWERED" => flag(Flag::Answered, true),
        "DELETED" => flag(Flag::Deleted, true),
        "DRAFT" => flag(Flag::Draft, true),
        "FLAGGED" => flag(Flag::Flagged, true),
        "SEEN" => flag(Flag::Seen, true),
        "UNANSWERED" => flag(Flag::Answered, false),
        "UNDELETED" => flag(Flag::Deleted, false),
        "UNDRAFT" => flag(Flag::Draft, false),
        "UNFLAGGED" => flag(Flag::Flagged, false),
        "UNSEEN" => flag(Flag::Seen, false),
        _ => None,
    }
}

/// Keys whose argument is a date.
fn date_key(word: &str) -> Option<(DateField, Relation)> {
    let (field, relation) = if let Some(relation) = word.strip_prefix("SENT") {
        (DateField::Sent, relation)
    } else if let Some(relation) = word.strip_prefix("SAVED") {
        (DateField::Saved, relation)
    } else {
        (DateField::Internal, word)
    };
    let relation = match relation {
        "BEFORE" => Relation::Before,
        "ON" => Relation::On,
        "SINCE" => Relation::Since,
        _ => return None,
    };
    Some((field, relation))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use expect_test::expect;

    fn parse(text: &str) -> Parsed<Search> {
        let mut parser = Parser::new(text.as_bytes(), false);
        let search = parser.search(false)?;
        parser.end().map(|()| search)
    }

    #[test]
    fn a_program_with_everything() {
        let parsed = parse(
            " RETURN (MIN COUNT PARTIAL -1:-10) CHARSET UTF-8 1:5 UNSEEN OR FROM {3}\r\nbob \
             (NOT KEYWORD x LARGER 10) SENTSINCE 1-Feb-1994 MODSEQ \"/flags/\\\\draft\" all 7",
        );
        expect![[r#"Search { uid: false, returns: Some(SearchReturns { min: true, max: false, all: false, count: true, save: false, partial: Some((-1, -10)) }), key: And([Sequence(Ranges([(Exact(1), Exact(5))])), Flag(Seen, false), Or(Header("FROM", "bob"), And([Not(Flag(Keyword("x"), true)), Larger(10)])), Date(Sent, Since, Date(8797)), ModSeq(7)]) }"#]]
        .assert_eq(&format!("{:?}", parsed.unwrap()));
    }

    #[test]
    fn a_sort_key_counts_once() {
        let sort = Parser::new(b" (REVERSE SIZE TO SIZE TO) UTF-8 ALL", false).sort(false).unwrap();
        let criteria: Vec<_> = sort.criteria.iter().map(|c| (c.reverse, c.key)).collect();
        assert_eq!(criteria, [(true, SortKey::Size), (false, SortKey::To)]);
    }

    #[test]
    fn refusals() {
        assert_eq!(parse(" CHARSET KOI8-R ALL"), Err(Bad::Charset));
        for text in ["", " ", " NONSENSE", " OR SEEN", " RETURN (FOO) ALL", " SUBJECT", " (ALL"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = format!(" {}ALL{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(parse(&deep), Err(Bad::Limit("Nested too deep")));
        assert!(parse(&format!(" {}ALL", "NOT ".repeat(5000))).is_err());
    }

    #[test]
    fn sort_and_thread() {
        let mut parser = Parser::new(b" (REVERSE DATE SUBJECT) UTF-8 ALL UNSEEN", false);
        let sort = parser.sort(true).unwrap();
        assert_eq!(sort.criteria[0], SortCriterion { reverse: true, key: SortKey::Date });
        assert_eq!(sort.criteria[1], SortCriterion { reverse: false, key: SortKey::Subject });
        let thread = Parser::new(b" REFERENCES US-ASCII ALL", false).thread(false).unwrap();
        assert_eq!(thread.algorithm, ThreadAlgorithm::References);
    }
}
