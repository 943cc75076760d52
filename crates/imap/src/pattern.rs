//! Patterns of LIST and LSUB: `*` is anything, `%` anything but the separator.
//!
//! A name is read once for each character of the pattern, and no more of the pattern than the
//! name is long, so whatever a client sends there is no backtracking.

use types::limits;

use crate::codec::mailbox::SEPARATOR;
use crate::reply::Reply;

/// A pattern, ready to be compared with many names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Vec<char>,
    /// Characters that are no wildcards: a shorter name cannot match.
    literals: usize,
}

impl Pattern {
    /// Joins wildcards that stand together: `**` and `*%` are `*`, `%%` is `%`. Errors: NO
    /// [LIMIT] for too many that do not.
    pub fn new(pattern: &str) -> Result<Self, Reply> {
        let mut text: Vec<char> = Vec::with_capacity(pattern.len());
        for c in pattern.chars() {
            match (text.last_mut(), c) {
                (Some(last), '*' | '%') if is_wildcard(*last) => {
                    if c == '*' {
                        *last = '*';
                    }
                }
                _ => text.push(c),
            }
        }
        let wildcards = text.iter().filter(|c| is_wildcard(**c)).count();
        if wildcards > limits::IMAP_PATTERN_WILDCARDS_MAX {
            return Err(Reply::no("Too many wildcards in a pattern").code("LIMIT"));
        }
        let literals = text.len() - wildcards;
        Ok(Pattern { text, literals })
    }

    /// Its characters before the first wildcard, and whether there is one.
    pub fn beginning(&self) -> (String, bool) {
        let beginning: String = self.text.iter().take_while(|c| !is_wildcard(**c)).collect();
        (beginning, self.literals < self.text.len())
    }

    /// True when it ends with `%`: LSUB then tells of levels above.
    pub fn ends_with_level(&self) -> bool {
        self.text.last() == Some(&'%')
    }

    /// True when a name matches.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        if self.literals > name.len() {
            return false;
        }
        // reach[i]: the pattern so far matches the first i characters.
        let mut reach = vec![false; name.len() + 1];
        reach[0] = true;
        for wanted in &self.text {
            let alive = match wanted {
                '*' | '%' => spread(&mut reach, &name, *wanted == '*'),
                _ => advance(&mut reach, &name, *wanted),
            };
            if !alive {
                return false;
            }
        }
        reach.last().copied().unwrap_or(false)
    }
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '%')
}

fn spread(reach: &mut [bool], name: &[char], separator_too: bool) -> bool {
    for (at, c) in name.iter().enumerate() {
        if reach[at] && (separator_too || *c != SEPARATOR) {
            reach[at + 1] = true;
        }
    }
    true
}

/// False when nothing is reached any more.
fn advance(reach: &mut [bool], name: &[char], wanted: char) -> bool {
    let mut alive = false;
    for (at, c) in name.iter().enumerate().rev() {
        reach[at + 1] = reach[at] && *c == wanted;
        alive |= reach[at + 1];
    }
    reach[0] = false;
    alive
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "a/b/c", true),
            ("%", "a/b", false),
            ("%", "a", true),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a*c", "a/b/c", true),
            ("%/%", "a/b", true),
            ("INBOX", "INBOX", true),
            ("INBOX", "INBOXES", false),
            ("", "a", false),
            ("", "", true),
            ("*b", "ab", true),
            ("%%", "ab", true),
            ("*%", "a/b", true),
            ("%*", "a/b", true),
            ("a%*%c", "a/b/c", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn wildcards_that_stand_together_count_once() {
        let many = Pattern::new(&"*".repeat(5000)).unwrap();
        assert_eq!(many, Pattern::new("*").unwrap());
        assert_eq!(Pattern::new("%%*%").unwrap(), many);
        assert_eq!(Pattern::new("%%%").unwrap(), Pattern::new("%").unwrap());
        assert!(Pattern::new(&"*a".repeat(limits::IMAP_PATTERN_WILDCARDS_MAX + 1)).is_err());
    }

    #[test]
    fn what_cannot_match_ends_early() {
        let pattern = Pattern::new(&"*a".repeat(limits::IMAP_PATTERN_WILDCARDS_MAX)).unwrap();
        assert!(!pattern.matches(&"b".repeat(5000)));
        assert!(pattern.matches(&"ba".repeat(5000)));
    }
}
