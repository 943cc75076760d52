//! Flags and keywords of an item: what IMAP calls system flags and keywords, what Exchange
//! calls read state, flag status and categories.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use types::wire::{Reader, Truncated, put_bytes, put_uint};

use crate::fault::Fault;

/// Keywords of one mailbox: the bits of [`Keywords`]. Two dozen is usual; a runaway client
/// must not grow every entry.
pub const KEYWORDS_MAX: usize = 128;
/// Octets of a keyword: Exchange category names are at most 255 characters.
pub const KEYWORD_OCTETS_MAX: usize = 255;

/// System flags and the keywords that mean something to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// No flag.
    pub const NONE: Flags = Flags(0);
    /// `\Seen`; PidTagRead.
    pub const SEEN: Flags = Flags(1);
    /// `\Answered`; PidTagLastVerbExecuted reply.
    pub const ANSWERED: Flags = Flags(1 << 1);
    /// `\Flagged`; PidTagFlagStatus followupFlagged.
    pub const FLAGGED: Flags = Flags(1 << 2);
    /// `\Deleted`.
    pub const DELETED: Flags = Flags(1 << 3);
    /// `\Draft`; mfUnsent.
    pub const DRAFT: Flags = Flags(1 << 4);
    /// `$Forwarded` (RFC 5788).
    pub const FORWARDED: Flags = Flags(1 << 5);
    /// `$MDNSent` (RFC 3503).
    pub const MDN_SENT: Flags = Flags(1 << 6);
    /// `$Junk`.
    pub const JUNK: Flags = Flags(1 << 7);
    /// `$NotJunk`.
    pub const NOT_JUNK: Flags = Flags(1 << 8);
    /// `$Phishing`.
    pub const PHISHING: Flags = Flags(1 << 9);
    /// `\Important` and `$Important` (RFC 8457).
    pub const IMPORTANT: Flags = Flags(1 << 10);

    /// The bits as stored; unknown bits of a newer version are kept.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From stored bits.
    pub const fn from_bits(bits: u16) -> Self {
        Flags(bits)
    }

    /// True when every flag of `other` is set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// True when no flag is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This without the flags of `other`.
    pub const fn without(self, other: Flags) -> Self {
        Flags(self.0 & !other.0)
    }

    /// This and the flags of `other` (usable in constants).
    pub const fn with(self, other: Flags) -> Self {
        Flags(self.0 | other.0)
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

impl BitAnd for Flags {
    type Output = Flags;
    fn bitand(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }
}

impl Not for Flags {
    type Output = Flags;
    fn not(self) -> Flags {
        Flags(!self.0)
    }
}

/// Flags that have a bit of their own, with the names that IMAP and others know them by.
pub const NAMED_FLAGS: [(&str, Flags); 11] = [
    ("\\Answered", Flags::ANSWERED),
    ("\\Flagged", Flags::FLAGGED),
    ("\\Deleted", Flags::DELETED),
    ("\\Seen", Flags::SEEN),
    ("\\Draft", Flags::DRAFT),
    ("$Forwarded", Flags::FORWARDED),
    ("$MDNSent", Flags::MDN_SENT),
    ("$Junk", Flags::JUNK),
    ("$NotJunk", Flags::NOT_JUNK),
    ("$Phishing", Flags::PHISHING),
    ("$Important", Flags::IMPORTANT),
];

/// The bits of the names that have one, and the other names: keywords.
pub fn named_flags(names: Vec<String>) -> (Flags, Vec<String>) {
    let mut flags = Flags::NONE;
    let mut keywords = names;
    keywords.retain(|name| {
        let known = NAMED_FLAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        flags |= known.map_or(Flags::NONE, |(_, flag)| *flag);
        known.is_none()
    });
    (flags, keywords)
}

/// The client-defined keywords (categories) of an item as bits of the mailbox's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keywords(pub u128);

impl Keywords {
    /// No keyword.
    pub const NONE: Keywords = Keywords(0);

    /// The keyword with this bit alone.
    pub const fn bit(bit: u8) -> Self {
        Keywords(1 << bit)
    }

    /// True when every keyword of `other` is set.
    pub const fn contains(self, other: Keywords) -> bool {
        self.0 & other.0 == other.0
    }

    /// True when there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits that are set, lowest first.
    pub fn bits(self) -> impl Iterator<Item = u8> {
        (0..KEYWORDS_MAX as u8).filter(move |bit| self.0 >> bit & 1 == 1)
    }
}

impl BitOr for Keywords {
    type Output = Keywords;
    fn bitor(self, other: Keywords) -> Keywords {
        Keywords(self.0 | other.0)
    }
}

/// What to do with flags and keywords (RFC 9051 section 6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagOp {
    /// Replace: what is not named is cleared.
    Set,
    /// Add.
    Add,
    /// Remove.
    Remove,
}

/// A change of flags and keywords, the same for every item it is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagChange {
    /// Replace, add or remove.
    pub op: FlagOp,
    /// Which flags.
    pub flags: Flags,
    /// Which keywords.
    pub keywords: Keywords,
}

impl FlagChange {
    /// What an item that carries `flags` and `keywords` carries afterwards.
    pub fn apply(&self, flags: Flags, keywords: Keywords) -> (Flags, Keywords) {
        match self.op {
            FlagOp::Set => (self.flags, self.keywords),
            FlagOp::Add => (flags | self.flags, keywords | self.keywords),
            FlagOp::Remove => (flags.without(self.flags), Keywords(keywords.0 & !self.keywords.0)),
        }
    }
}

/// The names of a mailbox's keywords, in the order they were first used. Append-only: a bit
/// never changes its meaning while an item may carry it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeywordTable(Vec<String>);

impl KeywordTable {
    /// The name of a bit, in the spelling of its first use.
    pub fn name(&self, bit: u8) -> Option<&str> {
        self.0.get(usize::from(bit)).map(String::as_str)
    }

    /// The bit of a name. Keywords compare without case (RFC 9051 section 2.3.2).
    pub fn bit(&self, name: &str) -> Option<u8> {
        self.0.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|bit| bit as u8)
    }

    /// All names, in bit order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The names of these bits.
    pub fn names_of(&self, keywords: Keywords) -> impl Iterator<Item = &str> {
        keywords.bits().filter_map(|bit| self.name(bit))
    }

    /// Adds a name. Errors: [`Fault::Limit`] when the table is full, [`Fault::Invalid`] when
    /// the name is empty or too long.
    pub(crate) fn add(&mut self, name: &str) -> Result<u8, Fault> {
        if name.is_empty() || name.len() > KEYWORD_OCTETS_MAX {
            return Err(Fault::Invalid("keyword is empty or too long"));
        }
        if self.0.len() >= KEYWORDS_MAX {
            return Err(Fault::Limit("keywords in this mailbox"));
        }
        self.0.push(name.to_owned());
        Ok((self.0.len() - 1) as u8)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.0.len() as u64);
        for name in &self.0 {
            put_bytes(out, name.as_bytes());
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let count = reader.uint()?;
        (0..count).map(|_| reader.text().map(str::to_owned)).collect::<Result<_, _>>().map(Self)
    }
}
