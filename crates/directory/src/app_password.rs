//! App passwords: further passwords of an account, each for one program or device, good for
//! some services and perhaps for some time.
//!
//! They are made here, never chosen, and shown once. They work by mechanisms that show the
//! password (PLAIN, LOGIN and the login commands of IMAP4 and POP3): SCRAM needs one secret for
//! a user name before it knows which password the client has. Administration takes none.
//!
//! Invariants: only an account with a mailbox has any; when mailbox or account go, so do they.
//! All of an account are one row, written whole, and are read from the snapshot at each login:
//! what is removed works no more.

use std::sync::Arc;

use auth::{AppSecret, Password, Protocol, RecipientId};
use types::limits::{APP_PASSWORD_NAME_OCTETS_MAX, APP_PASSWORDS_MAX};
use zeroize::Zeroizing;

use crate::directory::Directory;
use crate::draft::Draft;
use crate::error::DirectoryError;
use crate::recipient::Recipient;
use crate::snapshot::{Edit, Snapshot};

/// An app password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// What it is for: `phone`. No other of the account has it, compared without case.
    pub name: String,
    /// What is stored of the secret.
    pub secret: AppSecret,
    /// The services it is good for.
    pub scopes: Scopes,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// From when on it is good for nothing, in seconds since 1970. None: it stays.
    pub expires: Option<u64>,
}

/// Services as a set of bits, which are stored: none is ever used for something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub(crate) u32);

impl Scopes {
    /// IMAP4.
    pub const IMAP: Scopes = Scopes(1);
    /// POP3.
    pub const POP: Scopes = Scopes(1 << 1);
    /// Submission.
    pub const SMTP: Scopes = Scopes(1 << 2);
    /// Every service there is.
    pub const ALL: Scopes = Scopes(Scopes::IMAP.0 | Scopes::POP.0 | Scopes::SMTP.0);

    /// Those of both.
    pub fn with(self, other: Scopes) -> Scopes {
        Scopes(self.0 | other.0)
    }

    /// True when all of the other's are among these.
    pub fn contain(self, other: Scopes) -> bool {
        self.0 & other.0 == other.0
    }

    /// True when a client may come to that service. Administration is in no set.
    pub fn allow(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Imap4 => self.contain(Scopes::IMAP),
            Protocol::Pop3 => self.contain(Scopes::POP),
            Protocol::Smtp => self.contain(Scopes::SMTP),
            Protocol::Admin => false,
        }
    }
}

/// Why an app password that was shown is not taken. For logs: the client is told what it is
/// told about a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It is for other services.
    #[error("it is not for this service")]
    Scope,
}

impl AppPassword {
    /// True when its time is over.
    pub fn has_expired(&self, now_secs: u64) -> bool {
        self.expires.is_some_and(|end| end <= now_secs)
    }

    /// Whether it is good now for that service.
    pub fn check(&self, protocol: Protocol, now_secs: u64) -> Result<(), Unusable> {
        match (self.has_expired(now_secs), self.scopes.allow(protocol)) {
            (true, _) => Err(Unusable::Expired),
            (false, false) => Err(Unusable::Scope),
            (false, true) => Ok(()),
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }
}

/// The row: all app passwords of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPasswords {
    /// Whose they are.
    pub account: RecipientId,
    /// In the order in which they were made.
    pub passwords: Vec<AppPassword>,
}

/// New-AppPassword.
#[derive(Clone, Debug)]
pub struct NewAppPassword {
    /// What it is for.
    pub name: String,
    /// The services it is to be good for.
    pub scopes: Scopes,
    /// From when on it is good for nothing, in seconds since 1970. None: it stays.
    pub expires: Option<u64>,
}

impl Snapshot {
    /// The app passwords of an account.
    pub fn app_passwords(&self, account: RecipientId) -> &[AppPassword] {
        self.app_passwords.get(&account).map_or(&[], |all| &all.passwords)
    }

    /// The app password that this is. All are compared, so that the time does not tell which.
    pub(crate) fn app_password(
        &self,
        account: RecipientId,
        password: &Password,
    ) -> Option<&AppPassword> {
        self.app_passwords(account).iter().fold(None, |found, stored| {
            if stored.secret.matches(password) { Some(stored) } else { found }
        })
    }
}

impl Directory {
    /// Makes an app password; the secret is known to who asked and to nobody else. Errors:
    /// WrongKind without a mailbox and an account, AppPasswordExists, AppPasswordName, TooMany,
    /// AppPasswordExpiry for a moment that is over.
    pub async fn new_app_password(
        &self,
        id: RecipientId,
        new: NewAppPassword,
    ) -> Result<Zeroizing<String>, DirectoryError> {
        let created = self.now_secs();
        check(&new, created)?;
        let (shown, secret) = AppSecret::generate()?;
        let NewAppPassword { name, scopes, expires } = new;
        let made = AppPassword { name, secret, scopes, created, expires };
        self.change(move |draft| draft.add_app_password(id, made)).await?;
        Ok(shown)
    }

    /// Removes an app password. Errors: NoAppPassword.
    pub async fn remove_app_password(
        &self,
        id: RecipientId,
        name: String,
    ) -> Result<(), DirectoryError> {
        self.change(move |draft| draft.remove_app_password(id, name)).await
    }

    /// The time of the database's clock, in seconds since 1970.
    pub fn now_secs(&self) -> u64 {
        u64::try_from(self.database().now().secs()).unwrap_or(0)
    }
}

impl Draft {
    fn add_app_password(
        &mut self,
        id: RecipientId,
        new: AppPassword,
    ) -> Result<(), DirectoryError> {
        if !may_have_any(self.existing(id)?) {
            return Err(DirectoryError::WrongKind { id, what: "mailbox that somebody logs in to" });
        }
        let mut passwords = self.base().app_passwords(id).to_vec();
        if passwords.iter().any(|other| other.is_called(&new.name)) {
            return Err(DirectoryError::AppPasswordExists(new.name));
        }
        if passwords.len() >= APP_PASSWORDS_MAX {
            return Err(DirectoryError::TooMany { what: "app passwords", max: APP_PASSWORDS_MAX });
        }
        passwords.push(new);
        self.put_app_passwords(id, passwords);
        Ok(())
    }

    fn remove_app_password(&mut self, id: RecipientId, name: String) -> Result<(), DirectoryError> {
        let mut passwords = self.base().app_passwords(id).to_vec();
        let before = passwords.len();
        passwords.retain(|password| !password.is_called(&name));
        if passwords.len() == before {
            return Err(DirectoryError::NoAppPassword(name));
        }
        self.put_app_passwords(id, passwords);
        Ok(())
    }

    /// Takes the app passwords from who is to have none any more.
    pub(crate) fn drop_app_passwords(&mut self, id: RecipientId) {
        if !self.base().app_passwords(id).is_empty() {
            self.put_app_passwords(id, Vec::new());
        }
    }

    fn put_app_passwords(&mut self, account: RecipientId, passwords: Vec<AppPassword>) {
        self.edit(Edit::AppPasswords(Arc::new(AppPasswords { account, passwords })));
    }
}

/// Who logs in to a mailbox.
pub(crate) fn may_have_any(recipient: &Recipient) -> bool {
    recipient.account().is_some() && recipient.mailbox().is_some()
}

fn check(new: &NewAppPassword, now_secs: u64) -> Result<(), DirectoryError> {
    let is_name = !new.name.trim().is_empty() && !new.name.chars().any(char::is_control);
    if !is_name {
        return Err(DirectoryError::AppPasswordName(new.name.clone()));
    }
    if new.name.len() > APP_PASSWORD_NAME_OCTETS_MAX {
        let max = APP_PASSWORD_NAME_OCTETS_MAX;
        return Err(DirectoryError::TooMany { what: "octets of a name", max });
    }
    match new.expires.is_some_and(|end| end <= now_secs) {
        true => Err(DirectoryError::AppPasswordExpiry),
        false => Ok(()),
    }
}
