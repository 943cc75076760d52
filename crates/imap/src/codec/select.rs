//! SELECT and EXAMINE (RFC 9051 section 6.3.2) with the parameters of RFC 7162.

use super::parser::{Bad, Parsed, Parser};

/// `select = "SELECT" SP mailbox [SP select-params]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which mailbox.
    pub mailbox: String,
    /// `EXAMINE`
    pub read_only: bool,
    /// `CONDSTORE`
    pub condstore: bool,
    /// `QRESYNC`
    pub qresync: Option<Qresync>,
}

/// `"QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"`.
/// The matching numbers (seq-match-data) are read and not needed: tombstones are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qresync {
    /// The UIDVALIDITY the client remembers.
    pub uid_validity: u32,
    /// The highest modification sequence it has seen.
    pub mod_seq: u64,
    /// The UIDs it knows; none: all.
    pub known: Option<Vec<(u32, u32)>>,
}

impl Parser<'_> {
    /// `select`, `examine`
    pub fn select(&mut self, read_only: bool) -> Parsed<Select> {
        let mailbox = self.sp()?.mailbox()?;
        let mut select = Select { mailbox, read_only, condstore: false, qresync: None };
        if self.eat(b' ') {
            self.list(|p| p.select_param(&mut select))?;
        }
        Ok(select)
    }

    fn select_param(&mut self, select: &mut Select) -> Parsed<()> {
        match self.word()?.as_str() {
            "CONDSTORE" => select.condstore = true,
            "QRESYNC" => select.qresync = Some(self.sp()?.qresync()?),
            _ => return Err(Bad::Syntax("Unknown SELECT parameter")),
        }
        Ok(())
    }

    fn qresync(&mut self) -> Parsed<Qresync> {
        self.expect(b'(', "Expected an opening parenthesis")?;
        let uid_validity = self.nz_number()?;
        let mod_seq = self.sp()?.number64()?;
        let mut known = None;
        if self.eat(b' ') {
            if self.peek() != Some(b'(') {
                known = Some(self.known_set()?);
            }
            if known.is_none() || self.eat(b' ') {
                self.seq_match_data()?;
            }
        }
        self.expect(b')', "Expected a closing parenthesis")?;
        Ok(Qresync { uid_validity, mod_seq, known })
    }

    /// `seq-match-data = "(" known-sequence-set SP known-uid-set ")"`
    fn seq_match_data(&mut self) -> Parsed<()> {
        self.expect(b'(', "Expected an opening parenthesis")?;
        self.known_set()?;
        self.sp()?.known_set()?;
        self.expect(b')', "Expected a closing parenthesis")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters() {
        let parse = |text: &str| Parser::new(text.as_bytes(), false).select(false);
        assert!(parse(" inbox (CONDSTORE)").unwrap().condstore);
        let qresync = |text: &str| parse(text).unwrap().qresync.unwrap();
        assert_eq!(
            qresync(" a (QRESYNC (67890007 20050715194045000 41,43:211,214:541))"),
            Qresync {
                uid_validity: 67_890_007,
                mod_seq: 20_050_715_194_045_000,
                known: Some(vec![(41, 41), (43, 211), (214, 541)])
            }
        );
        assert_eq!(qresync(" a (QRESYNC (1 2))").known, None);
        assert_eq!(qresync(" a (QRESYNC (1 2 (1:5 3:9)))").known, None);
        assert!(qresync(" a (QRESYNC (1 2 1:9 (1:5 3:9)))").known.is_some());
        for text in
            [" a (QRESYNC (0 2))", " a (QRESYNC (1 2 1:*))", " a (FOO)", " a (QRESYNC (1 2 ))"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
