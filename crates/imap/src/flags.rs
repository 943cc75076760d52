//! Flags on the wire and flags of the mailbox.

use mailbox::flags::NAMED_FLAGS;
use mailbox::{Change, Fault, FlagOp, Flags, KeywordTable, Keywords};

use crate::codec::flag::Flag;
use crate::codec::store::StoreOperation;
use crate::codec::write::raw;

/// What a flag is in the mailbox.
pub enum Meaning<'a> {
    /// A bit of its own.
    System(Flags),
    /// A keyword of the mailbox's table.
    Keyword(&'a str),
}

/// The meaning of a flag.
pub fn meaning(flag: &Flag) -> Meaning<'_> {
    match flag {
        Flag::Answered => Meaning::System(Flags::ANSWERED),
        Flag::Flagged => Meaning::System(Flags::FLAGGED),
        Flag::Deleted => Meaning::System(Flags::DELETED),
        Flag::Seen => Meaning::System(Flags::SEEN),
        Flag::Draft => Meaning::System(Flags::DRAFT),
        Flag::Keyword(name) => {
            let known = NAMED_FLAGS.iter().find(|(system, _)| system.eq_ignore_ascii_case(name));
            known.map_or(Meaning::Keyword(name), |(_, bit)| Meaning::System(*bit))
        }
    }
}

/// The bits of flags; keywords that are new get one.
pub fn allocate(change: &mut Change<'_, '_>, flags: &[Flag]) -> Result<(Flags, Keywords), Fault> {
    let (mut system, mut keywords) = (Flags::NONE, Keywords::NONE);
    for flag in flags {
        match meaning(flag) {
            Meaning::System(bit) => system |= bit,
            Meaning::Keyword(name) => keywords = keywords | change.keyword(name)?,
        }
    }
    Ok((system, keywords))
}

/// The bits that flags have of their own, and the keywords by name.
pub fn named(flags: &[Flag]) -> (Flags, Vec<String>) {
    let (mut system, mut keywords) = (Flags::NONE, Vec::new());
    for flag in flags {
        match meaning(flag) {
            Meaning::System(bit) => system |= bit,
            Meaning::Keyword(name) => keywords.push(name.to_owned()),
        }
    }
    (system, keywords)
}

/// The operation's name in the mailbox.
pub fn operation(operation: StoreOperation) -> FlagOp {
    match operation {
        StoreOperation::Set => FlagOp::Set,
        StoreOperation::Add => FlagOp::Add,
        StoreOperation::Remove => FlagOp::Remove,
    }
}

/// Appends `FLAGS (...)`.
pub fn write_flags(out: &mut Vec<u8>, flags: Flags, keywords: Keywords, table: &KeywordTable) {
    raw(out, "FLAGS (");
    let start = out.len();
    for (name, bit) in &NAMED_FLAGS {
        if flags.contains(*bit) {
            word(out, start, name);
        }
    }
    if !keywords.is_empty() {
        for name in table.names_of(keywords) {
            word(out, start, name);
        }
    }
    out.push(b')');
}

/// Appends `FLAGS (...)` with every flag there is.
pub fn write_all(out: &mut Vec<u8>, table: &KeywordTable) {
    raw(out, "FLAGS (");
    all_names(out, table);
    out.push(b')');
}

/// Appends `PERMANENTFLAGS (...)`: all of them and new keywords, or none.
pub fn write_permanent(out: &mut Vec<u8>, table: &KeywordTable, writable: bool) {
    raw(out, "PERMANENTFLAGS (");
    if writable {
        all_names(out, table);
        raw(out, " \\*");
    }
    out.push(b')');
}

fn all_names(out: &mut Vec<u8>, table: &KeywordTable) {
    let start = out.len();
    let atoms = table.names().filter(|name| is_atom(name));
    NAMED_FLAGS.iter().map(|(name, _)| *name).chain(atoms).for_each(|name| word(out, start, name));
}

/// Categories that other clients made may hold spaces; IMAP cannot say those.
fn is_atom(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(crate::codec::parser::is_atom_char)
}

fn word(out: &mut Vec<u8>, start: usize, name: &str) {
    if !name.starts_with('\\') && !is_atom(name) {
        return;
    }
    if out.len() > start {
        out.push(b' ');
    }
    raw(out, name);
}
