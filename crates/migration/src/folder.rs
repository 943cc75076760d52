//! Folders of a source.

use mailbox::Special;

/// A folder of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFolder {
    /// The source's own name of it, the same at every run: a path, a folder id.
    pub place: String,
    /// Names from the top down, as people read them; never empty.
    pub path: Vec<String>,
    /// What it is for, if the source says so or its name does.
    pub special: Option<Special>,
    /// PidTagContainerClass, where the source knows one.
    pub class: Option<String>,
    /// How much there is, in the units of its items: messages, or octets.
    pub units: u64,
}

/// Names that mail programs give to folders of one purpose, in lower case.
const NAMES: &[(&str, Special)] = &[
    ("inbox", Special::Inbox),
    ("drafts", Special::Drafts),
    ("sent", Special::SentItems),
    ("sent items", Special::SentItems),
    ("sent messages", Special::SentItems),
    ("sent-mail", Special::SentItems),
    ("trash", Special::DeletedItems),
    ("deleted items", Special::DeletedItems),
    ("deleted messages", Special::DeletedItems),
    ("junk", Special::JunkEmail),
    ("junk email", Special::JunkEmail),
    ("junk e-mail", Special::JunkEmail),
    ("spam", Special::JunkEmail),
    ("archive", Special::Archive),
    ("archives", Special::Archive),
    ("outbox", Special::Outbox),
];

/// What a folder directly below the top is for, by its name.
pub fn special_by_name(path: &[String]) -> Option<Special> {
    let [name] = path else { return None };
    let name = name.to_lowercase();
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, special)| *special)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_seen_by_name_at_the_top_only() {
        let special = |path: &[&str]| {
            special_by_name(&path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(special(&["INBOX"]), Some(Special::Inbox));
        assert_eq!(special(&["Sent Messages"]), Some(Special::SentItems));
        assert_eq!(special(&["Projects"]), None);
        assert_eq!(special(&["INBOX", "Sent"]), None);
    }
}
