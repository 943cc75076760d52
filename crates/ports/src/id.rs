//! Row numbers such as "C-11" and the groups they belong to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A group of rows: one table, or one section, of the documents. The letter is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Ground rules: requirements, not ports.
    G,
    /// Clients and services.
    C,
    /// Mail flow without and with Edge Transport servers.
    M,
    /// Ports of the transport pipeline.
    P,
    /// Exchange 2010 data paths: transport servers.
    T,
    /// Exchange 2010 data paths: Mailbox servers.
    B,
    /// Exchange 2010 data paths: Client Access servers.
    A,
    /// Unified Messaging.
    U,
    /// Windows Firewall rules made by Exchange 2010 setup.
    F,
    /// Exchange 2000 and 2003.
    X,
    /// Firewall and perimeter advice.
    W,
    /// Third-party clients.
    R,
    /// Hybrid deployments.
    H,
    /// Our own listeners, which no document names.
    Z,
}

impl Group {
    /// Every group, in the order of the tables.
    pub const ALL: [Group; 14] = [
        Group::G,
        Group::C,
        Group::M,
        Group::P,
        Group::T,
        Group::B,
        Group::A,
        Group::U,
        Group::F,
        Group::X,
        Group::W,
        Group::R,
        Group::H,
        Group::Z,
    ];

    /// The letter before the hyphen.
    pub const fn letter(self) -> char {
        match self {
            Group::G => 'G',
            Group::C => 'C',
            Group::M => 'M',
            Group::P => 'P',
            Group::T => 'T',
            Group::B => 'B',
            Group::A => 'A',
            Group::U => 'U',
            Group::F => 'F',
            Group::X => 'X',
            Group::W => 'W',
            Group::R => 'R',
            Group::H => 'H',
            Group::Z => 'Z',
        }
    }

    /// What the group is about, as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Group::G => "Ground rules",
            Group::C => "Clients and services",
            Group::M => "Mail flow",
            Group::P => "Transport pipeline",
            Group::T => "Exchange 2010: transport servers",
            Group::B => "Exchange 2010: Mailbox servers",
            Group::A => "Exchange 2010: Client Access servers",
            Group::U => "Unified Messaging",
            Group::F => "Windows Firewall rules of Exchange 2010 setup",
            Group::X => "Exchange 2000 and 2003",
            Group::W => "Firewall and perimeter advice",
            Group::R => "Third-party clients",
            Group::H => "Hybrid deployments",
            Group::Z => "Our own listeners",
        }
    }

    const fn of_letter(letter: u8) -> Option<Group> {
        let mut i = 0;
        while i < Group::ALL.len() {
            if Group::ALL[i].letter() as u8 == letter {
                return Some(Group::ALL[i]);
            }
            i += 1;
        }
        None
    }
}

impl FromStr for Group {
    type Err = RowIdError;

    fn from_str(text: &str) -> Result<Self, RowIdError> {
        match text.as_bytes() {
            [letter] => Group::of_letter(letter.to_ascii_uppercase()).ok_or(RowIdError::Group),
            _ => Err(RowIdError::Group),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// The stable number of a row: group letter, hyphen, two digits ("C-11").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RowId {
    group: Group,
    number: u8,
}

/// Why a text is no row number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowIdError {
    /// Not a letter, a hyphen and two digits.
    #[error("a row number is a letter, a hyphen and two digits, such as C-11")]
    Shape,
    /// No table has this letter.
    #[error("no group of rows has this letter")]
    Group,
}

impl RowId {
    /// The table it belongs to.
    pub const fn group(self) -> Group {
        self.group
    }

    /// The number within the table.
    pub const fn number(self) -> u8 {
        self.number
    }

    const fn parse(text: &[u8]) -> Result<RowId, RowIdError> {
        match *text {
            [letter, b'-', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                let Some(group) = Group::of_letter(letter.to_ascii_uppercase()) else {
                    return Err(RowIdError::Group);
                };
                Ok(RowId { group, number: (tens - b'0') * 10 + (ones - b'0') })
            }
            _ => Err(RowIdError::Shape),
        }
    }
}

/// A row number written in a table of this crate. Only for constants: a wrong one does not
/// compile.
pub(crate) const fn row_id(text: &str) -> RowId {
    match RowId::parse(text.as_bytes()) {
        Ok(id) => id,
        Err(_) => panic!("not a row number"),
    }
}

/// A constant list of row numbers.
macro_rules! row_ids {
    ($($id:literal)*) => { &[$($crate::id::row_id($id)),*] };
}
pub(crate) use row_ids;

impl FromStr for RowId {
    type Err = RowIdError;

    fn from_str(text: &str) -> Result<Self, RowIdError> {
        RowId::parse(text.as_bytes())
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.group, self.number)
    }
}

impl From<RowId> for String {
    fn from(id: RowId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for RowId {
    type Error = RowIdError;

    fn try_from(text: String) -> Result<Self, RowIdError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_number_prints_as_it_parses() {
        for text in ["C-11", "G-01", "F-65", "Z-99", "M-00"] {
            assert_eq!(text.parse::<RowId>().map(|id| id.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("c-11".parse::<RowId>(), "C-11".parse());
    }

    #[test]
    fn what_is_no_row_number_says_why() {
        for (text, error) in [
            ("", RowIdError::Shape),
            ("C11", RowIdError::Shape),
            ("C-1", RowIdError::Shape),
            ("C-111", RowIdError::Shape),
            ("C-1x", RowIdError::Shape),
            ("Ä-11", RowIdError::Shape),
            ("Q-11", RowIdError::Group),
        ] {
            assert_eq!(text.parse::<RowId>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn groups_are_found_by_their_letter() {
        for group in Group::ALL {
            assert_eq!(group.to_string().parse(), Ok(group));
        }
        assert_eq!("CC".parse::<Group>(), Err(RowIdError::Group));
    }
}
