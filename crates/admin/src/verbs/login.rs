//! Test-Login: why logins of a user name work or not, step by step.
//!
//! What it is not: it takes no password and tries none, so it is no way to guess. What it tells
//! is for who may see recipients anyway.
//!
//! Invariant: the name is read as logins read it, by [`directory::Snapshot::by_login`].

mod services;

use std::sync::Arc;

use config::Settings;
use directory::{AppPassword, Login, Opens, Recipient, Snapshot};
use types::Address;

use self::services::services;
use super::app_password::scope_names;
use crate::verb::{Cmdlet, Effect, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[Verb::of::<TestLogin>()];

object! {
    /// A step of a login.
    pub struct LoginStepObject = "LoginStep" [step, result, detail] {
        /// What is looked at.
        step: &'static str,
        /// Passed, Refused or Unknown.
        result: &'static str,
        /// Why.
        detail: String,
    }
}

verb! {
    /// Tells step by step why logins of a user name work or not. It takes no password and tries
    /// none.
    pub struct TestLogin = "Test-Login" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The user name, in any form that a client may send.
        user_name: String = first,
    }
}

/// A step; `passes` is None where it is not known.
fn step(step: &'static str, passes: Option<bool>, detail: impl Into<String>) -> LoginStepObject {
    let result = match passes {
        Some(true) => "Passed",
        Some(false) => "Refused",
        None => "Unknown",
    };
    LoginStepObject { step, result, detail: detail.into() }
}

impl Cmdlet for TestLogin {
    type Answer = Vec<LoginStepObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        let Some(login) = snapshot.by_login(&self.user_name) else {
            return without_account(&snapshot, &self.user_name);
        };
        let settings = session
            .organization
            .settings_now()
            .map_err(|error| VerbError::Invalid(error.to_string()))?;
        let mut steps = account(&settings, &self.user_name, &login);
        steps.extend(app_passwords(session, &snapshot, &login));
        let mailbox = mailbox(&snapshot, &login);
        let opens = mailbox.result == "Passed";
        steps.push(mailbox);
        steps.extend(services(&settings, &login, opens)?);
        steps.extend(unknown());
        Ok(steps)
    }
}

/// A name that no account has. Errors: NotFound, when no recipient has it either.
fn without_account(snapshot: &Snapshot, user: &str) -> Result<Vec<LoginStepObject>, VerbError> {
    let named = match Address::parse(user) {
        Ok(address) => snapshot.by_address(&address),
        Err(_) => snapshot.by_alias(user),
    };
    let not_found = || VerbError::NotFound { what: "user", identity: user.to_owned() };
    let recipient: &Arc<Recipient> = named.ok_or_else(not_found)?;
    let kind = recipient.kind.type_details();
    let opened = match recipient.mailbox() {
        Some(_) => format!("; who has Full Access opens it as USER/{}", recipient.alias),
        None => String::new(),
    };
    let detail = format!("{} is a {kind}, which nobody logs in to{opened}", recipient.primary);
    Ok(vec![step("Account", Some(false), detail)])
}

fn account(settings: &Settings, user: &str, login: &Login) -> Vec<LoginStepObject> {
    let account = &login.account;
    let kind = account.kind.type_details();
    let has_password = account.account().is_some_and(|account| account.credentials.is_some());
    let linked = settings.linked_directory_of(&account.primary.domain);
    let (has_one, password) = match (has_password, linked) {
        (true, _) => (true, "one is set".to_owned()),
        (false, Some(linked)) => {
            (true, format!("none is set: the linked directory {} is asked", linked.name))
        }
        (false, None) => (false, "none is set: nobody gets in".to_owned()),
    };
    vec![
        step("UserName", Some(true), format!("understood as {}", form(user, login))),
        step("Account", Some(true), format!("{}, a {kind}", account.primary)),
        step("Password", Some(has_one), password),
    ]
}

/// A step for each app password: what it is good for, or why for nothing.
fn app_passwords(
    session: &Session<'_>,
    snapshot: &Snapshot,
    login: &Login,
) -> Vec<LoginStepObject> {
    let now = session.directory().now_secs();
    let told = |password: &AppPassword| {
        let services = scope_names(password.scopes).join(", ");
        let expired = password.has_expired(now);
        let end = if expired { "; it has expired" } else { "" };
        step("AppPassword", Some(!expired), format!("{}: for {services}{end}", password.name))
    };
    snapshot.app_passwords(login.account.id).iter().map(told).collect()
}

/// Which form of user names this is.
fn form(user: &str, login: &Login) -> String {
    match (&login.opens, user.rsplit_once(['\\', '/'])) {
        (Opens::Other(_) | Opens::Nothing, Some((head, mailbox))) => {
            format!("a delegate: {}, and the mailbox {mailbox}", whole(head))
        }
        _ => whole(user).to_owned(),
    }
}

fn whole(user: &str) -> &'static str {
    match (Address::parse(user).is_ok(), user.contains(['\\', '/'])) {
        (true, _) => "an address (user principal name)",
        (false, true) => "a domain and an alias",
        (false, false) => "an alias",
    }
}

fn mailbox(snapshot: &Snapshot, login: &Login) -> LoginStepObject {
    let (passes, detail) = match &login.opens {
        Opens::Own if login.account.mailbox().is_some() => (true, "its own".to_owned()),
        Opens::Own => (false, "it has none here".to_owned()),
        Opens::Other(owner) => {
            let kind = owner.kind.type_details();
            let may = snapshot.may_open(login.account.id, owner);
            let access = if may { "by Full Access to" } else { "no Full Access to" };
            (may, format!("{access} {}, a {kind}", owner.primary))
        }
        Opens::Nothing => (false, "no mailbox is called that".to_owned()),
    };
    step("Mailbox", Some(passes), detail)
}

/// What no verb can tell.
fn unknown() -> [LoginStepObject; 2] {
    [
        step("Throttling", None, "counted for each address that guesses, and not shown"),
        step("LastLogon", None, "not kept"),
    ]
}
