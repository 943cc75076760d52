//! What a rule has to say.

use std::fmt;

use crate::workspace::File;

/// A place and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub struct Complaint {
    pub place: String,
    pub text: String,
}

impl Complaint {
    pub fn new(place: impl Into<String>, text: impl Into<String>) -> Complaint {
        Complaint { place: place.into(), text: text.into() }
    }

    /// About a line counted from zero.
    pub fn at(file: &File, line: usize, text: impl Into<String>) -> Complaint {
        Complaint::new(format!("{}:{}", file.path, line + 1), text)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}", self.place, self.text)
    }
}
