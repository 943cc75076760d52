//! One cell of a table: its text, and how sure it is.

use std::fmt;

/// Where the text of a cell comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Stands in the source document. The tables print no mark for it.
    #[default]
    Source,
    /// `[P]`: lost in the source, read in a public Microsoft document.
    Public,
    /// `[R]`: lost in the source, restored from general knowledge of the published table.
    /// Check it against the published page before a test relies on it.
    Restored,
}

impl Mark {
    /// The suffix that the printed tables use: empty, ` [P]` or ` [R]`.
    pub const fn suffix(self) -> &'static str {
        match self {
            Mark::Source => "",
            Mark::Public => " [P]",
            Mark::Restored => " [R]",
        }
    }
}

/// The text of a cell with its mark; empty where the document has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The document's words.
    pub text: &'static str,
    /// Where the words come from.
    pub mark: Mark,
}

impl Cell {
    /// A cell with nothing in it.
    pub const EMPTY: Cell = source("");

    /// Whether the document has nothing here.
    pub const fn is_empty(self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, self.mark.suffix())
    }
}

pub(crate) const fn source(text: &'static str) -> Cell {
    Cell { text, mark: Mark::Source }
}

pub(crate) const fn public(text: &'static str) -> Cell {
    Cell { text, mark: Mark::Public }
}

pub(crate) const fn restored(text: &'static str) -> Cell {
    Cell { text, mark: Mark::Restored }
}
