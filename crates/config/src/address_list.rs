//! Address lists: who is shown where in address books. Names and defaults are Exchange's.
//!
//! A list is called by its path, `\Sales\East`: the list East in the list Sales. Global address
//! lists have plain names.
//!
//! What it is not: it knows no recipient; who is in a list says crate `directory`.

use filter::RecipientFilter;
use types::limits::ADDRESS_LIST_DEPTH_MAX;

use crate::section::section;
use crate::settings::{Invalid, Settings};
use crate::text;

/// The global address list that everybody with mail is in. It cannot be changed.
pub const DEFAULT_GLOBAL_ADDRESS_LIST: &str = "Default Global Address List";

/// The address lists that are always there, each with whom it has.
const DEFAULTS: [(&str, &str); 4] = [
    ("\\All Contacts", "RecipientType -eq 'MailContact'"),
    (
        "\\All Distribution Lists",
        "RecipientType -eq 'MailUniversalDistributionGroup' -or \
         RecipientType -eq 'DynamicDistributionGroup'",
    ),
    ("\\All Rooms", "RecipientTypeDetails -eq 'RoomMailbox'"),
    ("\\All Users", "RecipientType -eq 'UserMailbox' -or RecipientType -eq 'MailUser'"),
];

section! {
    /// An address list.
    #[serde(rename_all = "PascalCase")]
    pub struct AddressList {
        /// The path of an address list, `\Sales\East`; the name of a global one.
        name: String = String::new(),
        /// What people see; empty: its name.
        display_name: String = String::new(),
        /// Whom it has; without it nobody.
        #[serde(with = "text::option")]
        recipient_filter: Option<RecipientFilter> = None,
    }
}

impl AddressList {
    /// A list that is always there. Its filter is one of the constants above.
    fn fixed(name: &str, filter: &str) -> Self {
        let recipient_filter = RecipientFilter::parse(filter).ok();
        AddressList { name: name.to_owned(), recipient_filter, ..AddressList::default() }
    }

    /// The path of the list that it is in, and its own name: `\Sales` and `East`; of a list at
    /// the top `\` and its name.
    pub fn container_and_name(&self) -> (&str, &str) {
        match self.name.rsplit_once('\\') {
            Some(("", name)) => ("\\", name),
            Some(both) => both,
            None => ("", &self.name),
        }
    }

    /// It stands in that list, at whatever depth.
    pub fn is_below(&self, path: &str) -> bool {
        let (own, path) = (self.name.to_lowercase(), path.to_lowercase());
        own.strip_prefix(&path).is_some_and(|rest| rest.starts_with('\\'))
    }
}

/// Whether a text is the path of an address list.
fn is_path(path: &str) -> bool {
    let mut names = path.split('\\');
    let rooted = names.next() == Some("");
    let names: Vec<&str> = names.collect();
    let named = names.iter().all(|name| !name.trim().is_empty());
    rooted && named && (1..=ADDRESS_LIST_DEPTH_MAX).contains(&names.len())
}

/// The lists of the settings, and those that are always there, by name.
fn with_fixed(
    stored: &[AddressList],
    fixed: impl Iterator<Item = AddressList>,
) -> Vec<AddressList> {
    let is_stored = |list: &AddressList| {
        stored.iter().any(|stored| stored.name.eq_ignore_ascii_case(&list.name))
    };
    let mut all: Vec<_> = fixed.filter(|list| !is_stored(list)).collect();
    all.extend_from_slice(stored);
    all.sort_by_cached_key(|list| list.name.to_lowercase());
    all
}

impl Settings {
    /// All address lists, by path.
    pub fn address_lists(&self) -> Vec<AddressList> {
        let fixed = DEFAULTS.iter().map(|(path, filter)| AddressList::fixed(path, filter));
        with_fixed(&self.address_list, fixed)
    }

    /// All global address lists, by name.
    pub fn global_address_lists(&self) -> Vec<AddressList> {
        let fixed = AddressList::fixed(DEFAULT_GLOBAL_ADDRESS_LIST, "Alias -ne $null");
        with_fixed(&self.global_address_list, [fixed].into_iter())
    }

    pub(crate) fn check_address_lists(&self) -> Result<(), Invalid> {
        let invalid = |list: &AddressList, fault| Invalid::AddressList(list.name.clone(), fault);
        if let Some(list) = self.address_list.iter().find(|list| !is_path(&list.name)) {
            return Err(invalid(list, "no path such as \\Sales\\East"));
        }
        let is_fixed =
            |list: &&AddressList| list.name.eq_ignore_ascii_case(DEFAULT_GLOBAL_ADDRESS_LIST);
        if let Some(list) = self.global_address_list.iter().find(is_fixed) {
            return Err(invalid(list, "it cannot be changed"));
        }
        let nameless = |list: &&AddressList| list.name.is_empty() || list.name.contains('\\');
        match self.global_address_list.iter().find(nameless) {
            Some(list) => Err(invalid(list, "no name of a global address list")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_lists_of_exchange_are_there_and_others_beside_them() {
        let names = |all: Vec<AddressList>| {
            assert!(all.iter().all(|list| list.recipient_filter.is_some()));
            all.into_iter().map(|list| list.name).collect::<Vec<_>>().join(" ")
        };
        let none = Settings::default();
        let fixed = "\\All Contacts \\All Distribution Lists \\All Rooms \\All Users";
        assert_eq!(names(none.address_lists()), fixed);
        assert_eq!(names(none.global_address_lists()), DEFAULT_GLOBAL_ADDRESS_LIST);
        let two = settings(
            "[[AddressList]]\nName = '\\all users'\nRecipientFilter = \"City -eq 'Bern'\"\n\
             [[AddressList]]\nName = '\\All Users\\X'\nRecipientFilter = \"City -eq 'Ulm'\"",
        );
        let all = two.address_lists();
        assert_eq!(all[3].recipient_filter.as_ref().unwrap().as_str(), "City -eq 'Bern'");
        assert_eq!(
            names(all),
            format!("{} \\all users \\All Users\\X", &fixed[..fixed.len() - 11])
        );
        assert_eq!(two.validate(), Ok(()));
    }

    #[test]
    fn a_path_says_where_a_list_is() {
        let list = |name: &str| AddressList { name: name.to_owned(), ..AddressList::default() };
        assert_eq!(list("\\Sales").container_and_name(), ("\\", "Sales"));
        assert_eq!(list("\\Sales\\East").container_and_name(), ("\\Sales", "East"));
        assert!(list("\\Sales\\East\\X").is_below("\\sales"));
        assert!(!list("\\Sales").is_below("\\Sales") && !list("\\Salesmen").is_below("\\Sales"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let fault = |kind: &str, name: &str| {
            let text = format!("[[{kind}]]\nName = '{name}'");
            settings(&text).validate().map_err(|error| error.to_string())
        };
        let deep = |depth: usize| "\\x".repeat(depth);
        assert_eq!(fault("AddressList", &deep(ADDRESS_LIST_DEPTH_MAX)), Ok(()));
        assert_eq!(fault("GlobalAddressList", "East"), Ok(()));
        let deeper = deep(ADDRESS_LIST_DEPTH_MAX + 1);
        for (kind, name) in [
            ("AddressList", ""),
            ("AddressList", "Sales"),
            ("AddressList", "\\"),
            ("AddressList", "\\Sales\\\\East"),
            ("AddressList", &deeper),
            ("GlobalAddressList", ""),
            ("GlobalAddressList", "\\East"),
            ("GlobalAddressList", "default global address list"),
        ] {
            assert!(fault(kind, name).is_err(), "{kind} {name}");
        }
    }
}
