//! What a recipient must fulfil by itself. What it must fulfil beside the others is in
//! `draft`.

use types::limits::{
    ALIAS_CHARS_MAX, ATTRIBUTE_CHARS_MAX, DISPLAY_NAME_CHARS_MAX, GROUP_MEMBERS_MAX,
    PERMISSION_ENTRIES_MAX, PROXY_ADDRESSES_MAX, RECIPIENT_FILTER_OCTETS_MAX,
};

use crate::error::DirectoryError;
use crate::recipient::{Group, Kind, Mailbox, Quotas, Recipient, RecoverableItems};

/// Checks a recipient that is about to be written.
pub(crate) fn check(recipient: &Recipient) -> Result<(), DirectoryError> {
    alias(&recipient.alias)?;
    at_most("display name", recipient.display_name.chars().count(), DISPLAY_NAME_CHARS_MAX)?;
    at_most("proxy addresses", recipient.proxies.len(), PROXY_ADDRESSES_MAX)?;
    permissions(recipient.send_as.len())?;
    permissions(recipient.send_on_behalf.len())?;
    permissions(recipient.restrictions.accept_only_from.len())?;
    permissions(recipient.restrictions.reject_from.len())?;
    for (_, value) in recipient.attributes.iter() {
        at_most("characters of an attribute", value.chars().count(), ATTRIBUTE_CHARS_MAX)?;
    }
    if let Kind::DynamicGroup(_, filter) = &recipient.kind {
        at_most("octets of a filter", filter.as_str().len(), RECIPIENT_FILTER_OCTETS_MAX)?;
    }
    recipient.group().map_or(Ok(()), group)?;
    recipient.mailbox().map_or(Ok(()), mailbox)
}

fn mailbox(mailbox: &Mailbox) -> Result<(), DirectoryError> {
    permissions(mailbox.full_access.len())?;
    quotas(mailbox.quotas)?;
    let RecoverableItems { warn, quota, .. } = mailbox.recoverable_items;
    rising([warn, quota])
}

fn group(group: &Group) -> Result<(), DirectoryError> {
    permissions(group.managed_by.len())?;
    at_most("members", group.members.len(), GROUP_MEMBERS_MAX)
}

/// Set-Mailbox -Alias: the characters of an atom, and dots between. Not the slash, which
/// separates the parts of a login name.
fn alias(alias: &str) -> Result<(), DirectoryError> {
    let legal = |c: char| c.is_alphanumeric() || "!#$%&'*+-=?^_`{|}~".contains(c);
    let atoms = alias.split('.').all(|atom| !atom.is_empty() && atom.chars().all(legal));
    if atoms && alias.chars().count() <= ALIAS_CHARS_MAX {
        Ok(())
    } else {
        Err(DirectoryError::Alias(alias.to_owned()))
    }
}

fn quotas(quotas: Quotas) -> Result<(), DirectoryError> {
    rising([quotas.warn, quotas.prohibit_send, quotas.prohibit_send_receive])
}

fn rising<const N: usize>(limits: [Option<u64>; N]) -> Result<(), DirectoryError> {
    match limits.into_iter().flatten().is_sorted() {
        true => Ok(()),
        false => Err(DirectoryError::Quotas),
    }
}

fn permissions(entries: usize) -> Result<(), DirectoryError> {
    at_most("permissions", entries, PERMISSION_ENTRIES_MAX)
}

fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), DirectoryError> {
    if count <= max { Ok(()) } else { Err(DirectoryError::TooMany { what, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases() {
        for (text, legal) in [
            ("alice", true),
            ("a.b-c_d+e", true),
            ("ängström", true),
            ("", false),
            ("a..b", false),
            (".a", false),
            ("a b", false),
            ("a/b", false),
            ("a\\b", false),
            ("a@b", false),
            ("x".repeat(ALIAS_CHARS_MAX + 1).as_str(), false),
        ] {
            assert_eq!(alias(text).is_ok(), legal, "{text}");
        }
    }

    #[test]
    fn quotas_rise() {
        let case = |warn, prohibit_send, prohibit_send_receive| {
            quotas(Quotas { warn, prohibit_send, prohibit_send_receive }).is_ok()
        };
        assert!(case(None, None, None) && case(Some(1), None, Some(1)));
        assert!(!case(Some(2), Some(1), None) && !case(Some(2), None, Some(1)));
        assert!(rising([Some(1), Some(1)]).is_ok() && rising([Some(2), Some(1)]).is_err());
    }
}
