//! From IMAP's search keys to the mailbox's criteria.

use content::search::Needle;
use mailbox::search::{Criteria, Relation};
use mailbox::{ChangeNumber, Guid, KeywordTable, Keywords};

use crate::codec::date_time::Date;
use crate::codec::search::{self, DateField, SearchKey};
use crate::flags::{Meaning, meaning};
use crate::object_id::{content_of, conversation_of};
use crate::reply::Reply;
use crate::selected::Numbers;

/// What a key needs to be understood.
pub struct Terms<'a> {
    /// Message numbers, UIDs and `$`.
    pub numbers: &'a Numbers,
    /// The mailbox, whose objects an EMAILID may name.
    pub mailbox: Guid,
    /// Names of keywords.
    pub keywords: &'a KeywordTable,
    /// Seconds since 1970, for OLDER and YOUNGER.
    pub now: i64,
}

impl Terms<'_> {
    /// The criteria behind a key. Errors: BAD for a message number that does not exist.
    pub fn criteria(&self, key: &SearchKey) -> Result<Criteria, Reply> {
        Ok(match key {
            SearchKey::All => Criteria::All,
            SearchKey::Nothing => Criteria::Nothing,
            SearchKey::And(keys) => Criteria::And(self.each(keys)?),
            SearchKey::Or(a, b) => Criteria::Or(vec![self.criteria(a)?, self.criteria(b)?]),
            SearchKey::Not(key) => Criteria::Not(Box::new(self.criteria(key)?)),
            SearchKey::Sequence(set) => Criteria::Uids(self.numbers.resolve(set, false)?),
            SearchKey::Uid(set) => Criteria::Uids(self.numbers.resolve(set, true)?),
            other => self.property(other),
        })
    }

    fn each(&self, keys: &[SearchKey]) -> Result<Vec<Criteria>, Reply> {
        keys.iter().map(|key| self.criteria(key)).collect()
    }

    /// Keys about the message itself.
    fn property(&self, key: &SearchKey) -> Criteria {
        match key {
            SearchKey::Flag(flag, set) => self.flag(meaning(flag), *set),
            SearchKey::Date(field, relation, date) => by_date(*field, *relation, *date),
            SearchKey::Older(seconds) => {
                Criteria::Not(Box::new(Criteria::ReceivedSince(self.ago(*seconds) + 1)))
            }
            SearchKey::Younger(seconds) => Criteria::ReceivedSince(self.ago(*seconds)),
            SearchKey::Larger(octets) => Criteria::Larger(*octets),
            SearchKey::Smaller(octets) => Criteria::Smaller(*octets),
            SearchKey::Header(name, text) => Criteria::Header(name.clone(), Needle::new(text)),
            SearchKey::Body(text) => Criteria::Body(Needle::new(text)),
            SearchKey::Text(text) => Criteria::Text(Needle::new(text)),
            SearchKey::ModSeq(least) => Criteria::ModSeq(ChangeNumber::new(*least)),
            SearchKey::EmailId(id) => {
                content_of(id, self.mailbox).map_or(Criteria::Nothing, Criteria::Content)
            }
            SearchKey::ThreadId(id) => {
                conversation_of(id).map_or(Criteria::Nothing, Criteria::Conversation)
            }
            _ => Criteria::Nothing,
        }
    }

    fn ago(&self, seconds: u32) -> i64 {
        self.now - i64::from(seconds)
    }

    fn flag(&self, meaning: Meaning<'_>, set: bool) -> Criteria {
        match meaning {
            Meaning::System(flag) => Criteria::Flags(flag, set),
            Meaning::Keyword(name) => match self.keywords.bit(name) {
                Some(bit) => Criteria::Keywords(Keywords::bit(bit), set),
                None if set => Criteria::Nothing,
                None => Criteria::All,
            },
        }
    }
}

fn by_date(field: DateField, relation: search::Relation, date: Date) -> Criteria {
    let relation = match relation {
        search::Relation::Before => Relation::Before,
        search::Relation::On => Relation::On,
        search::Relation::Since => Relation::Since,
    };
    let day = i64::from(date.0);
    match field {
        DateField::Internal => Criteria::Received(relation, day),
        DateField::Sent => Criteria::Sent(relation, day),
        DateField::Saved => Criteria::Saved(relation, day),
    }
}

/// What a key asks of modification sequences: SEARCH then tells the highest (RFC 7162).
pub fn asks_modseq(key: &SearchKey) -> bool {
    match key {
        SearchKey::ModSeq(_) => true,
        SearchKey::And(keys) => keys.iter().any(asks_modseq),
        SearchKey::Or(a, b) => asks_modseq(a) || asks_modseq(b),
        SearchKey::Not(key) => asks_modseq(key),
        _ => false,
    }
}
