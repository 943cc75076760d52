//! App passwords: New-, Get- and Remove-AppPassword. Exchange has no such cmdlets; where its
//! users have app passwords, they make them on a page of their own.
//!
//! Invariant: the secret is in the answer of New-AppPassword and nowhere else, neither in the
//! audit log nor in what Get-AppPassword shows.

use directory::{AppPassword, Recipient, Scopes};
use types::Timestamp;

use super::mailbox::MAILBOX;
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Moment, Object, Role, Scalar, Session, Shape, Verb,
    VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetAppPassword>(), Verb::of::<NewAppPassword>(), Verb::of::<RemoveAppPassword>()];

object! {
    /// A password of a mailbox's owner for one program or device.
    pub struct AppPasswordObject = "AppPassword" [mailbox, name, scopes, expires_on] {
        /// The mailbox's alias.
        mailbox: String,
        /// What it is for.
        name: String,
        /// The services it is good for: Imap, Pop, Smtp.
        scopes: Vec<&'static str>,
        /// When it was made.
        when_created: Moment,
        /// From when on it is good for nothing; empty: it stays.
        expires_on: Option<Moment>,
        /// Its time is over.
        is_expired: bool,
    }
}

object! {
    /// A new app password, with the password itself.
    pub struct NewAppPasswordObject = "NewAppPassword" [mailbox, name, password] {
        /// The mailbox's alias.
        mailbox: String,
        /// What it is for.
        name: String,
        /// What the program is given. It is never shown again.
        password: String,
    }
}

verb! {
    /// Makes an app password: a password for one program or device, good for some services. It is
    /// shown this once.
    pub struct NewAppPassword = "New-AppPassword" (Role::ResetPassword, Effect::Change) {
        /// The mailbox.
        mailbox: Identity = first,
        /// What it is for: phone.
        name: String,
        /// The services it is good for; all of them when left out.
        scopes: Vec<Scope>,
        /// From when on it is good for nothing; it stays when left out.
        expires_on: Option<Moment>,
    }
}

verb! {
    /// Shows the app passwords of a mailbox's owner, without the passwords.
    pub struct GetAppPassword = "Get-AppPassword" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The mailbox.
        mailbox: Identity = first,
        /// Only this one.
        name: Option<String>,
    }
}

verb! {
    /// Removes an app password. Logins with it are refused at once; sessions that are open go on.
    pub struct RemoveAppPassword = "Remove-AppPassword" (Role::ResetPassword, Effect::Destroy) {
        /// The mailbox.
        mailbox: Identity = first,
        /// What it is for.
        name: String,
    }
}

/// A service that an app password is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(Scopes);

const NAMES: &[&str] = &["Imap", "Pop", "Smtp"];
const SCOPES: [(&str, Scopes); 3] =
    [("Imap", Scopes::IMAP), ("Pop", Scopes::POP), ("Smtp", Scopes::SMTP)];

impl Scalar for Scope {
    const SHAPE: Shape = Shape::OneOf(NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let named = SCOPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, scopes)| Scope(*scopes)).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// `Imap`, `Smtp`.
pub(super) fn scope_names(scopes: Scopes) -> Vec<&'static str> {
    let among = SCOPES.iter().filter(|(_, scope)| scopes.contain(*scope));
    among.map(|(name, _)| *name).collect()
}

fn moment(secs: u64) -> Moment {
    Moment(Timestamp::from_secs(i64::try_from(secs).unwrap_or(i64::MAX)))
}

fn shown(session: &Session<'_>, owner: &Recipient, password: &AppPassword) -> AppPasswordObject {
    AppPasswordObject {
        mailbox: owner.alias.clone(),
        name: password.name.clone(),
        scopes: scope_names(password.scopes),
        when_created: moment(password.created),
        expires_on: password.expires.map(moment),
        is_expired: password.has_expired(session.directory().now_secs()),
    }
}

/// Those of that name, or all of them.
fn named(session: &Session<'_>, owner: &Recipient, name: Option<&str>) -> Vec<AppPasswordObject> {
    let snapshot = session.snapshot();
    let is_meant = |password: &&AppPassword| {
        name.is_none_or(|name| name.to_lowercase() == password.name.to_lowercase())
    };
    let meant = snapshot.app_passwords(owner.id).iter().filter(is_meant);
    meant.map(|password| shown(session, owner, password)).collect()
}

/// The one of that name, for the audit log.
fn object(
    session: &Session<'_>,
    owner: &Recipient,
    name: &str,
) -> Result<Option<Object>, VerbError> {
    named(session, owner, Some(name)).first().map(Object::of).transpose()
}

fn title(owner: &Recipient, name: &str) -> String {
    format!("{} {name}", owner.primary)
}

impl Cmdlet for NewAppPassword {
    type Answer = Vec<NewAppPasswordObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let owner = MAILBOX.find(session, &self.mailbox)?;
        let name = self.name.trim().to_owned();
        let title = title(&owner, &name);
        session.may_change(&owner)?;
        if !session.should_process(format!("Making app password {title}")) {
            return Ok(Vec::new());
        }
        let given = self.scopes.iter().fold(Scopes::default(), |all, one| all.with(one.0));
        let scopes = if self.scopes.is_empty() { Scopes::ALL } else { given };
        let expires = self.expires_on.map(|Moment(end)| u64::try_from(end.secs()).unwrap_or(0));
        let new = directory::NewAppPassword { name: name.clone(), scopes, expires };
        let password = session.directory().new_app_password(owner.id, new).await?;
        session.modified(title, None, object(session, &owner, &name)?.as_ref());
        let (mailbox, password) = (owner.alias.clone(), password.to_string());
        Ok(vec![NewAppPasswordObject { mailbox, name, password }])
    }
}

impl Cmdlet for GetAppPassword {
    type Answer = Vec<AppPasswordObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let owner = MAILBOX.find(session, &self.mailbox)?;
        let found = named(session, &owner, self.name.as_deref());
        match (found.is_empty(), self.name) {
            (true, Some(identity)) => Err(VerbError::NotFound { what: "app password", identity }),
            _ => Ok(found),
        }
    }
}

impl Cmdlet for RemoveAppPassword {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let owner = MAILBOX.find(session, &self.mailbox)?;
        let Some(was) = object(session, &owner, &self.name)? else {
            return Err(VerbError::NotFound { what: "app password", identity: self.name });
        };
        let title = title(&owner, &self.name);
        session.may_change(&owner)?;
        if !session.should_process(format!("Removing app password {title}")) {
            return Ok(());
        }
        session.directory().remove_app_password(owner.id, self.name).await?;
        session.modified(title, Some(&was), None);
        Ok(())
    }
}
