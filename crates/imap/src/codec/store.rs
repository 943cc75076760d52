//! STORE (RFC 9051 section 6.4.6, RFC 7162).

use super::flag::Flag;
use super::parser::{Bad, Parsed, Parser};
use super::sequence_set::SequenceSet;

/// `store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The set holds UIDs.
    pub uid: bool,
    /// Which messages.
    pub set: SequenceSet,
    /// `UNCHANGEDSINCE`
    pub unchanged_since: Option<u64>,
    /// What to do with the flags.
    pub operation: StoreOperation,
    /// `.SILENT`: no untagged FETCH wanted.
    pub silent: bool,
    /// The flags.
    pub flags: Vec<Flag>,
}

/// `(["+" / "-"] "FLAGS")`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    /// `FLAGS`
    Set,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

impl Parser<'_> {
    /// `store`
    pub fn store(&mut self, uid: bool) -> Parsed<Store> {
        let set = self.sp()?.sequence_set()?;
        self.sp()?;
        let unchanged_since = self.store_modifiers()?;
        let operation = self.store_operation();
        if !self.eat_text("FLAGS") {
            return Err(Bad::Syntax("Expected FLAGS, +FLAGS or -FLAGS"));
        }
        let silent = self.eat_text(".SILENT");
        let flags = self.sp()?.flags_bare()?;
        Ok(Store { uid, set, unchanged_since, operation, silent, flags })
    }

    /// `store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"`
    fn store_modifiers(&mut self) -> Parsed<Option<u64>> {
        if self.peek() != Some(b'(') {
            return Ok(None);
        }
        if !self.eat_text("(UNCHANGEDSINCE ") {
            return Err(Bad::Syntax("Unknown STORE modifier"));
        }
        let since = self.number64()?;
        self.expect(b')', "Expected a closing parenthesis")?;
        self.sp()?;
        Ok(Some(since))
    }

    fn store_operation(&mut self) -> StoreOperation {
        if self.eat(b'+') {
            StoreOperation::Add
        } else if self.eat(b'-') {
            StoreOperation::Remove
        } else {
            StoreOperation::Set
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn forms() {
        let parse = |text: &str| Parser::new(text.as_bytes(), false).store(false);
        let store = parse(" 1:3 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Deleted x)").unwrap();
        assert_eq!(store.unchanged_since, Some(12));
        assert_eq!(
            (store.operation, store.silent, store.flags.len()),
            (StoreOperation::Add, true, 2)
        );
        assert_eq!(parse(" 1 FLAGS ()").unwrap().flags, []);
        assert_eq!(parse(" 1 -flags \\Seen").unwrap().operation, StoreOperation::Remove);
        for text in [" 1 FLAGS", " 1 *FLAGS x", " 1 (FOO 1) FLAGS x", " x FLAGS x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
