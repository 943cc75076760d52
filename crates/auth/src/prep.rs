//! SASLprep (RFC 4013) of user names and passwords, so that one password typed on two
//! keyboards is one password.
//!
//! Departure: SASLprep knows Unicode 3.2 only and would refuse every password with a newer
//! character. Such text is used as it stands, which is also what clients do.

use types::limits::SASL_NAME_OCTETS_MAX;

/// Why a text can be neither user name nor password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepError {
    /// Nothing is left after preparation (RFC 4616 section 2 forbids it).
    #[error("empty after preparation")]
    Empty,
    /// A control character.
    #[error("contains a control character")]
    Control,
    /// Longer than the limit.
    #[error("too long")]
    TooLong,
}

/// Prepares a user name or a password for storage or comparison. The longest text either
/// may have is checked here, before the tables are walked.
pub fn prepare(text: &str) -> Result<String, PrepError> {
    if text.len() > SASL_NAME_OCTETS_MAX {
        return Err(PrepError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(PrepError::Control);
    }
    let prepared = match stringprep::saslprep(text) {
        Ok(prepared) => prepared.into_owned(),
        Err(_) => text.to_owned(),
    };
    if prepared.is_empty() { Err(PrepError::Empty) } else { Ok(prepared) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_4013_section_3() {
        for (text, prepared) in [
            ("I\u{AD}X", Ok("IX")),
            ("user", Ok("user")),
            ("USER", Ok("USER")),
            ("\u{AA}", Ok("a")),
            ("\u{2168}", Ok("IX")),
            ("\u{7}", Err(PrepError::Control)),
        ] {
            assert_eq!(prepare(text).as_deref(), prepared.as_ref().copied(), "{text:?}");
        }
    }

    #[test]
    fn what_saslprep_maps_and_what_it_refuses() {
        for (text, prepared) in [
            ("a\u{A0}b", Ok("a b")),
            ("e\u{301}", Ok("\u{E9}")),
            ("\u{1F511}key", Ok("\u{1F511}key")),
            ("", Err(PrepError::Empty)),
            ("\u{AD}", Err(PrepError::Empty)),
            ("a\0b", Err(PrepError::Control)),
        ] {
            assert_eq!(prepare(text).as_deref(), prepared.as_ref().copied(), "{text:?}");
        }
        assert_eq!(prepare(&"x".repeat(SASL_NAME_OCTETS_MAX + 1)), Err(PrepError::TooLong));
    }
}
