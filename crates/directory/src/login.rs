//! The forms of user names, as Exchange takes them.
//!
//! | form | example |
//! |---|---|
//! | address (user principal name) | `alice@example.com` |
//! | alias | `alice` |
//! | domain and alias | `EXAMPLE\alice` |
//! | delegate ([MS-OXIMAP4] 3.1.4.2) | `alice@example.com/sales`, `EXAMPLE/alice/sales`, `EXAMPLE\alice\sales` |

use std::sync::Arc;

use types::{Address, Domain};

use crate::recipient::Recipient;
use crate::snapshot::Snapshot;

/// What a user name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whose password is to be shown. It has an account.
    pub account: Arc<Recipient>,
    /// Which mailbox is asked for.
    pub opens: Opens,
}

/// Which mailbox a user name asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opens {
    /// The account's own.
    Own,
    /// That of somebody else, whose permission is still to be checked.
    Other(Arc<Recipient>),
    /// One that is not there. Said only to who has shown the account's password.
    Nothing,
}

/// Separates the parts of user names.
const SEPARATORS: [char; 2] = ['\\', '/'];

impl Snapshot {
    /// Reads a user name. None: there is no such account.
    pub fn by_login(&self, user: &str) -> Option<Login> {
        // A local part may hold a slash, so the whole is tried before its parts.
        if let Some(account) = self.account(user) {
            return Some(Login { account, opens: Opens::Own });
        }
        let (head, mailbox) = user.rsplit_once(SEPARATORS)?;
        let account = self.account(head)?;
        Some(Login { account, opens: self.opens(mailbox) })
    }

    /// What stands for an account that does not exist: the same for all forms of its name,
    /// as it would be for one that does.
    pub(crate) fn would_be_account(&self, user: &str) -> String {
        let rest = match user.split_once(SEPARATORS) {
            Some((domain, rest)) if self.is_ours(domain) => rest,
            _ => user,
        };
        let name = rest.split(SEPARATORS).next().unwrap_or(rest);
        name.split('@').next().unwrap_or(name).to_lowercase()
    }

    /// The mailbox of that address or alias.
    pub(crate) fn opens(&self, name: &str) -> Opens {
        match self.named(name).filter(|recipient| recipient.mailbox().is_some()) {
            Some(recipient) => Opens::Other(Arc::clone(recipient)),
            None => Opens::Nothing,
        }
    }

    /// The account of an address, an alias, or a domain and an alias.
    fn account(&self, user: &str) -> Option<Arc<Recipient>> {
        let with_domain = || {
            let (domain, alias) = user.split_once(SEPARATORS)?;
            self.is_ours(domain).then(|| self.by_alias(alias))?
        };
        let recipient = self.named(user).or_else(with_domain)?;
        recipient.account().is_some().then(|| Arc::clone(recipient))
    }

    fn named(&self, name: &str) -> Option<&Arc<Recipient>> {
        match Address::parse(name) {
            Ok(address) => self.by_address(&address),
            Err(_) => self.by_alias(name),
        }
    }

    /// True for an accepted domain, and for its first label (the NetBIOS name by default).
    fn is_ours(&self, name: &str) -> bool {
        let Ok(name) = Domain::parse(name) else { return false };
        let first_label = |domain: &Domain| {
            domain.as_str().split('.').next().is_some_and(|label| label == name.as_str())
        };
        self.domains().any(|accepted| accepted.name == name || first_label(&accepted.name))
    }
}
