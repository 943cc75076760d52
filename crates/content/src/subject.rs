//! Base subjects (RFC 5256 section 2.1): what is left of a subject when replies, forwards and
//! list marks are taken off. Threads and conversations compare them.

use crate::words::floor_char_boundary;

/// Octets of a subject looked at: marks are taken off one by one, each with a look at all that
/// follow, and nobody tells subjects apart by their third kilobyte.
const SUBJECT_OCTETS_MAX: usize = 2048;

/// A subject without its marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseSubject {
    /// What is left, blanks made single.
    pub text: String,
    /// A mark of a reply or forward was taken off.
    pub is_reply_or_forward: bool,
}

/// Extracts the base subject of a decoded subject. Step numbers are those of RFC 5256.
pub fn base_subject(subject: &str) -> BaseSubject {
    let subject = &subject[..floor_char_boundary(subject, SUBJECT_OCTETS_MAX)];
    let joined = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = joined.as_str();
    let mut marked = false;
    loop {
        let (trimmed, had_trailer) = strip_trailers(rest); // (2)
        let (stripped, had_leader) = strip_leaders(trimmed); // (3) to (5)
        marked |= had_trailer | had_leader;
        match strip_forward_wrapper(stripped) {
            Some(inner) => {
                marked = true; // (6)
                rest = inner;
            }
            None => return BaseSubject { text: stripped.to_owned(), is_reply_or_forward: marked },
        }
    }
}

/// `subj-trailer = "(fwd)" / WSP`
fn strip_trailers(mut rest: &str) -> (&str, bool) {
    let mut marked = false;
    loop {
        rest = rest.trim_end();
        match strip_suffix_ignore_case(rest, "(fwd)") {
            Some(shorter) => {
                marked = true;
                rest = shorter;
            }
            None => return (rest, marked),
        }
    }
}

/// `subj-leader` and `subj-blob`, as often as they come.
fn strip_leaders(mut rest: &str) -> (&str, bool) {
    let mut marked = false;
    loop {
        rest = rest.trim_start();
        if let Some(shorter) = strip_leader(rest) {
            marked = true;
            rest = shorter;
        } else if let Some(shorter) = strip_blob(rest).filter(|left| !left.trim().is_empty()) {
            rest = shorter;
        } else {
            return (rest, marked);
        }
    }
}

/// `subj-leader = (*subj-blob subj-refwd)`, where
/// `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`
fn strip_leader(mut rest: &str) -> Option<&str> {
    while let Some(shorter) = strip_blob(rest) {
        rest = shorter;
    }
    let word = ["re", "fwd", "fw"].iter().find_map(|mark| strip_prefix_ignore_case(rest, mark))?;
    let word = word.trim_start();
    strip_blob(word).unwrap_or(word).strip_prefix(':')
}

/// `subj-blob = "[" *BLOBCHAR "]" *WSP`
fn strip_blob(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    Some(inner[end..].strip_prefix(']')?.trim_start())
}

/// `"[fwd:" ... "]"`
fn strip_forward_wrapper(rest: &str) -> Option<&str> {
    strip_prefix_ignore_case(rest, "[fwd:")?.strip_suffix(']')
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn strip_suffix_ignore_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let tail = text.get(at..)?;
    tail.eq_ignore_ascii_case(suffix).then(|| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_are_taken_off() {
        for (subject, text, marked) in [
            ("Hello", "Hello", false),
            ("Re: Hello", "Hello", true),
            ("RE: re:  Fwd : Hello (fwd) (FWD)", "Hello", true),
            ("[list] Re: [list] Hello", "Hello", true),
            ("[list] Hello", "Hello", false),
            ("[list]", "[list]", false),
            ("Re[2]: Hello", "Hello", true),
            ("[Fwd: Re: Hello]", "Hello", true),
            ("[fwd: [fwd: Hello]]", "Hello", true),
            ("a \t b", "a b", false),
            ("Regarding: x", "Regarding: x", false),
            ("Re:", "", true),
            ("", "", false),
            ("\u{fc}e: x", "\u{fc}e: x", false),
        ] {
            let expected = BaseSubject { text: text.to_owned(), is_reply_or_forward: marked };
            assert_eq!(base_subject(subject), expected, "{subject}");
        }
    }

    proptest! {
        #[test]
        fn extraction_is_idempotent(subject in "([Rr]e|fwd?|\\[|\\]|:|\\(fwd\\)| |a|\u{fc}){0,12}") {
            let once = base_subject(&subject).text;
            prop_assert_eq!(base_subject(&once).text, once.clone());
        }
    }
}
