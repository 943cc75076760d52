//! Names of verbs and parameters in their two spellings: `New-Mailbox -PrimarySmtpAddress` as
//! Exchange's shell has them, `new-mailbox --primary-smtp-address` as a Unix shell does.

use std::fmt;

/// A verb's name: an approved verb, a hyphen, a noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerbName(&'static str);

impl VerbName {
    pub(crate) const fn new(name: &'static str) -> Self {
        VerbName(name)
    }

    /// `New-Mailbox`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// `new-mailbox`, `get-recoverable-items`.
    pub fn command(self) -> String {
        let (verb, noun) = self.0.split_once('-').unwrap_or((self.0, ""));
        format!("{}-{}", verb.to_ascii_lowercase(), words(noun).join("-"))
    }

    /// Whether a name in either spelling means this verb.
    pub fn is_called(self, name: &str) -> bool {
        folded(self.0) == folded(name)
    }

    /// `Mailbox`, which groups verbs in help.
    pub fn noun(self) -> &'static str {
        self.0.split_once('-').map_or(self.0, |(_, noun)| noun)
    }
}

impl fmt::Display for VerbName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `primary_smtp_address` or `PrimarySmtpAddress` in words; the words of a name in capitals
/// (`RemoteIPRanges`) begin where the last capital of a run does.
pub fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let begins = *letter == '_' || (letter.is_uppercase() && begins_word(&letters, at));
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| *letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    // `type_` is how Rust writes a field called `type`.
    words.retain(|word| !word.is_empty());
    words
}

/// `primary_smtp_address` as `PrimarySmtpAddress`.
pub(super) fn pascal_case(field: &str) -> String {
    words(field).iter().map(|word| capitalized(word)).collect()
}

/// The name of a property or parameter. A field that is a name already (`RequireTLS`) stays.
pub(super) fn property_name(field: &str) -> String {
    match field.starts_with(char::is_uppercase) {
        true => field.to_owned(),
        false => pascal_case(field),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn begins_word(letters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| letters.get(before));
    let after = letters.get(at + 1);
    before.is_some_and(|letter| !letter.is_uppercase())
        || (before.is_some() && after.is_some_and(|letter| letter.is_lowercase()))
}

/// What two spellings of a name are compared by.
pub(super) fn folded(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The candidate most like what somebody wrote, if one is like it at all.
pub fn nearest<'c>(written: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let written = folded(written);
    let far = written.len() / 3 + 1;
    let measured = candidates.map(|name| (distance(&written, &folded(name)), name));
    measured.filter(|(distance, _)| *distance <= far).min().map(|(_, name)| name)
}

/// Levenshtein's distance: letters added, dropped or replaced.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, left) in from.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_words() {
        for (name, expected) in [
            ("primary_smtp_address", "primary smtp address"),
            ("PrimarySmtpAddress", "primary smtp address"),
            ("RemoteIPRanges", "remote ip ranges"),
            ("RequireTLS", "require tls"),
            ("type_", "type"),
            ("Name", "name"),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
    }

    #[test]
    fn verbs_in_both_spellings() {
        let name = VerbName::new("Get-RecoverableItems");
        assert_eq!(name.command(), "get-recoverable-items");
        for spelling in ["Get-RecoverableItems", "get-recoverableitems", "get-recoverable-items"] {
            assert!(name.is_called(spelling), "{spelling}");
        }
        assert!(!name.is_called("get-mailbox"));
    }

    #[test]
    fn a_slip_of_the_finger_is_recognized() {
        let names = ["New-Mailbox", "Get-Mailbox", "Get-MailboxStatistics"];
        assert_eq!(nearest("new-mialbox", names.into_iter()), Some("New-Mailbox"));
        assert_eq!(nearest("get-mailboxstatistic", names.into_iter()), Some(names[2]));
        assert_eq!(nearest("frobnicate", names.into_iter()), None);
    }
}
