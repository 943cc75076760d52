//! Folders of a source: LIST, with the purposes of RFC 6154 and the prefixes of RFC 2342.

use mailbox::Special;
use types::limits::MIGRATION_FOLDERS_MAX;
use types::modified_utf7;

use super::error::ImapError;
use super::response::{Listed, Malformed, Namespace, Response};
use super::session::Session;
use crate::folder::{SourceFolder, special_by_name};

const PURPOSES: [(&str, Special); 5] = [
    ("\\sent", Special::SentItems),
    ("\\drafts", Special::Drafts),
    ("\\trash", Special::DeletedItems),
    ("\\junk", Special::JunkEmail),
    ("\\archive", Special::Archive),
];

/// What has no messages of its own: no folder, or a view of others.
const PASSED_OVER: [&str; 3] = ["\\noselect", "\\nonexistent", "\\flagged"];

/// All folders of the user with messages in them, those above before those below.
pub(super) async fn folders(session: &mut Session) -> Result<Vec<SourceFolder>, ImapError> {
    let prefixes = prefixes(session).await?;
    let mut folders: Vec<SourceFolder> =
        listed(session).await?.iter().filter_map(|listed| folder(listed, &prefixes)).collect();
    folders.sort_by(|one, other| one.path.cmp(&other.path));
    folders.dedup_by(|one, other| one.place == other.place);
    for folder in &mut folders {
        folder.units = session.messages(&folder.place).await?;
    }
    Ok(folders)
}

async fn prefixes(session: &mut Session) -> Result<Namespace, ImapError> {
    let mut found = Namespace::default();
    if session.can("NAMESPACE") {
        session
            .command("NAMESPACE", "", |response| {
                if let Response::Namespace(namespace) = response {
                    found = namespace;
                }
            })
            .await?;
    }
    Ok(found)
}

async fn listed(session: &mut Session) -> Result<Vec<Listed>, ImapError> {
    let asks = session.can("SPECIAL-USE") && session.can("LIST-EXTENDED");
    let arguments = if asks { " \"\" \"*\" RETURN (SPECIAL-USE)" } else { " \"\" \"*\"" };
    let mut all = Vec::new();
    session
        .command("LIST", arguments, |response| {
            if let Response::List(listed) = response
                && all.len() <= MIGRATION_FOLDERS_MAX
            {
                all.push(listed);
            }
        })
        .await?;
    match all.len() > MIGRATION_FOLDERS_MAX {
        true => Err(Malformed("more folders than a mailbox takes").into()),
        false => Ok(all),
    }
}

/// None: it has no messages of the user.
fn folder(listed: &Listed, prefixes: &Namespace) -> Option<SourceFolder> {
    let is = |attribute: &str| listed.attributes.iter().any(|it| it == attribute);
    let foreign = |prefix: &String| !prefix.is_empty() && listed.name.starts_with(prefix);
    if PASSED_OVER.into_iter().any(is) || prefixes.foreign.iter().any(foreign) {
        return None;
    }
    let path = path(listed, &prefixes.personal);
    let by_attribute = PURPOSES.iter().find(|(name, _)| is(name)).map(|(_, special)| *special);
    let special = by_attribute.or_else(|| special_by_name(&path));
    Some(SourceFolder { place: listed.name.clone(), path, special, class: None, units: 0 })
}

/// Names from the top down. A personal prefix such as `INBOX.` is no folder above the others.
fn path(listed: &Listed, personal: &[String]) -> Vec<String> {
    let below = |prefix: &String| {
        listed
            .name
            .strip_prefix(prefix.as_str())
            .filter(|rest| !prefix.is_empty() && !rest.is_empty())
    };
    let name = personal.iter().find_map(below).unwrap_or(&listed.name);
    let names: Vec<&str> = match listed.separator {
        Some(separator) => name.split(separator).filter(|name| !name.is_empty()).collect(),
        None => vec![name],
    };
    let decoded = |name: &str| modified_utf7::decode(name).unwrap_or_else(|_| name.to_owned());
    match names.is_empty() {
        true => vec![listed.name.clone()],
        false => names.into_iter().map(decoded).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(attributes: &str, separator: char, name: &str, personal: &str) -> Option<SourceFolder> {
        let attributes = attributes.split_whitespace().map(str::to_owned).collect();
        let listed = Listed { attributes, separator: Some(separator), name: name.to_owned() };
        let foreign = vec!["#shared/".to_owned()];
        folder(&listed, &Namespace { personal: vec![personal.to_owned()], foreign })
    }

    #[test]
    fn names_become_paths() {
        for (name, separator, personal, expected) in [
            ("INBOX", '/', "", &["INBOX"][..]),
            ("INBOX", '.', "INBOX.", &["INBOX"]),
            ("INBOX.Work.2024", '.', "INBOX.", &["Work", "2024"]),
            ("INBOX/Work", '/', "", &["INBOX", "Work"]),
            ("Entw&APw-rfe/&AOk-t&AOk-", '/', "", &["Entw\u{fc}rfe", "\u{e9}t\u{e9}"]),
            ("R&D", '/', "", &["R&D"]),
            ("a//b/", '/', "", &["a", "b"]),
            ("/", '/', "", &["/"]),
        ] {
            let found = seen("", separator, name, personal).map(|folder| folder.path);
            assert_eq!(found.unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn purposes_come_from_attributes_first() {
        let special = |attributes, name| seen(attributes, '/', name, "").unwrap().special;
        assert_eq!(special("\\sent", "Gesendet"), Some(Special::SentItems));
        assert_eq!(special("\\hasnochildren", "Sent"), Some(Special::SentItems));
        assert_eq!(special("", "Lists"), None);
    }

    #[test]
    fn what_has_no_messages_of_the_user_is_passed_over() {
        for (attributes, name) in [
            ("\\noselect", "a"),
            ("\\nonexistent", "a"),
            ("\\flagged", "Starred"),
            ("", "#shared/x"),
        ] {
            assert_eq!(seen(attributes, '/', name, ""), None, "{name}");
        }
    }
}
