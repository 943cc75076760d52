//! Flags as mail on a disk has them: letters in names of Maildir files, header fields in an mbox.

use mailbox::Flags;
use mailbox::flags::{NAMED_FLAGS, named_flags};

/// Letters of Maildir's `:2,`, in the order they are written.
const LETTERS: [(u8, Flags); 6] = [
    (b'D', Flags::DRAFT),
    (b'F', Flags::FLAGGED),
    (b'P', Flags::FORWARDED),
    (b'R', Flags::ANSWERED),
    (b'S', Flags::SEEN),
    (b'T', Flags::DELETED),
];

/// Keywords that have a letter, `a` to `z`.
pub(crate) const KEYWORD_LETTERS: usize = 26;

/// Names of the keywords that the letters `a`, `b`, … stand for in one folder: a file
/// `dovecot-keywords` with lines of a number and a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeywordLetters(Vec<Option<String>>);

impl KeywordLetters {
    /// Reads the file. What is no line of it is passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let mut names = vec![None; KEYWORD_LETTERS];
        for line in text.lines() {
            let Some((number, name)) = line.split_once(' ') else { continue };
            let number = number.parse::<usize>().ok();
            if let Some(place) = number.and_then(|number| names.get_mut(number)) {
                *place = Some(name.to_owned()).filter(|name| !name.is_empty());
            }
        }
        let used = names.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        names.truncate(used);
        KeywordLetters(names)
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        let named = self.0.iter().enumerate();
        named.filter_map(|(at, name)| Some(format!("{at} {}\n", name.as_ref()?))).collect()
    }

    /// The letter of a keyword, a new one if it has none yet. None: all are taken.
    pub(crate) fn letter(&mut self, name: &str) -> Option<u8> {
        let known = self.0.iter().position(|known| known.as_deref() == Some(name));
        let at = known.unwrap_or(self.0.len());
        if at >= KEYWORD_LETTERS {
            return None;
        }
        if known.is_none() {
            self.0.push(Some(name.to_owned()));
        }
        Some(b'a' + at as u8)
    }

    fn name(&self, letter: u8) -> Option<&str> {
        let at = letter.checked_sub(b'a')?;
        self.0.get(usize::from(at))?.as_deref()
    }
}

/// Flags and keywords of a file's letters.
pub(crate) fn from_letters(letters: &[u8], keywords: &KeywordLetters) -> (Flags, Vec<String>) {
    let (mut flags, mut names) = (Flags::NONE, Vec::new());
    for letter in letters {
        match LETTERS.iter().find(|(known, _)| known == letter) {
            Some((_, flag)) => flags |= *flag,
            None => names.extend(keywords.name(*letter).map(str::to_owned)),
        }
    }
    let (more, names) = named_flags(names);
    (flags | more, names)
}

/// Letters for flags and keywords. The keywords that have no letter any more are given back.
pub(crate) fn to_letters(
    flags: Flags,
    keywords: &[String],
    letters: &mut KeywordLetters,
) -> (String, Vec<String>) {
    let set = LETTERS.iter().filter(|(_, flag)| flags.contains(*flag));
    let mut out: Vec<u8> = set.map(|(letter, _)| *letter).collect();
    let mut left_over = Vec::new();
    for name in names_without_letter(flags).map(str::to_owned).chain(keywords.iter().cloned()) {
        match letters.letter(&name) {
            Some(letter) => out.push(letter),
            None => left_over.push(name),
        }
    }
    out.sort_unstable();
    (String::from_utf8_lossy(&out).into_owned(), left_over)
}

/// Names of flags that only IMAP's keywords can say.
fn names_without_letter(flags: Flags) -> impl Iterator<Item = &'static str> {
    let lettered = LETTERS.iter().fold(Flags::NONE, |all, (_, flag)| all | *flag);
    let left = flags.without(lettered);
    NAMED_FLAGS.iter().filter(move |(_, flag)| left.contains(*flag)).map(|(name, _)| *name)
}

/// Letters of `Status` and `X-Status` in an mbox.
const STATUS: [(char, Flags); 1] = [('R', Flags::SEEN)];
const X_STATUS: [(char, Flags); 4] =
    [('A', Flags::ANSWERED), ('F', Flags::FLAGGED), ('T', Flags::DRAFT), ('D', Flags::DELETED)];

/// The header fields that say flags and keywords in an mbox: written all, in this order, so that
/// a reader knows them for an exporter's.
pub(crate) const EXPORTED_FIELDS: [&str; 3] = ["Status", "X-Status", "X-Keywords"];

/// The lines of those fields, without line ends.
pub(crate) fn to_fields(flags: Flags, keywords: &[String]) -> [String; 3] {
    let letters = |known: &[(char, Flags)]| -> String {
        known.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(letter, _)| *letter).collect()
    };
    let known = STATUS.iter().chain(&X_STATUS).fold(Flags::NONE, |all, (_, flag)| all | *flag);
    let left = flags.without(known);
    let named = NAMED_FLAGS.iter().filter(|(_, flag)| left.contains(*flag));
    let mut words: Vec<String> = named.map(|(name, _)| (*name).to_owned()).collect();
    words.extend(keywords.iter().map(|name| name.replace('%', "%25").replace(' ', "%20")));
    let [status, x_status, x_keywords] = EXPORTED_FIELDS;
    [
        format!("{status}: {}O", letters(&STATUS)),
        format!("{x_status}: {}", letters(&X_STATUS)),
        format!("{x_keywords}: {}", words.join(" ")),
    ]
}

/// Bits of `X-Mozilla-Status`. A message that is deleted and still there keeps its flag.
const MOZILLA: [(u32, Flags); 5] = [
    (0x0001, Flags::SEEN),
    (0x0002, Flags::ANSWERED),
    (0x0004, Flags::FLAGGED),
    (0x0008, Flags::DELETED),
    (0x1000, Flags::FORWARDED),
];

/// Takes flags and keywords out of a field of an mbox; false: it is another field.
pub(crate) fn read_field(line: &str, flags: &mut Flags, keywords: &mut Vec<String>) -> bool {
    let Some((name, value)) = line.split_once(':') else { return false };
    match name.to_ascii_lowercase().as_str() {
        "status" => *flags |= by_letters(&STATUS, value),
        "x-status" => *flags |= by_letters(&X_STATUS, value),
        "x-mozilla-status" => *flags |= by_mozilla(value),
        "x-keywords" | "x-mozilla-keys" => {
            let words = value.split_whitespace();
            let words = words.map(|word| word.replace("%20", " ").replace("%25", "%"));
            let (named, names) = named_flags(words.collect());
            *flags |= named;
            keywords.extend(names);
        }
        _ => return false,
    }
    true
}

fn by_letters(known: &[(char, Flags)], value: &str) -> Flags {
    let set = known.iter().filter(|(letter, _)| value.contains(*letter));
    set.fold(Flags::NONE, |all, (_, flag)| all | *flag)
}

fn by_mozilla(value: &str) -> Flags {
    let bits = u32::from_str_radix(value.trim(), 16).unwrap_or(0);
    let set = MOZILLA.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(Flags::NONE, |all, (_, flag)| all | *flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> (Flags, Vec<String>) {
        let flags = NAMED_FLAGS.iter().fold(Flags::NONE, |all, (_, flag)| all | *flag);
        (flags, vec!["Red category".to_owned(), "100%20".to_owned()])
    }

    #[test]
    fn letters_come_back() {
        let (flags, keywords) = all();
        let mut letters = KeywordLetters::default();
        let (text, left_over) = to_letters(flags, &keywords, &mut letters);
        assert_eq!(text, "DFPRSTabcdefg");
        assert!(left_over.is_empty());
        let read = KeywordLetters::parse(&letters.text());
        assert_eq!(from_letters(text.as_bytes(), &read), (flags, keywords));
    }

    #[test]
    fn the_keyword_after_z_is_left_over() {
        let names: Vec<String> = (0..=KEYWORD_LETTERS).map(|at| format!("k{at}")).collect();
        let (text, left_over) = to_letters(Flags::NONE, &names, &mut KeywordLetters::default());
        assert_eq!(text.len(), KEYWORD_LETTERS);
        assert_eq!(left_over, ["k26"]);
    }

    #[test]
    fn fields_come_back() {
        let (flags, keywords) = all();
        let (mut read, mut names) = (Flags::NONE, Vec::new());
        for field in to_fields(flags, &keywords) {
            assert!(read_field(&field, &mut read, &mut names), "{field}");
        }
        assert_eq!((read, names), (flags, keywords));
        assert!(!read_field("Subject: Status: R", &mut read, &mut Vec::new()));
    }
}
