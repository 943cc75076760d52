//! The directory as the server's authenticator.

use std::sync::Arc;

use auth::{
    Attempt, AuthFailure, Authenticator, ClientInfo, Evidence, Guess, Mechanism, Password,
    Principal, Protocol, RecipientId, ScramSecret, Verification,
};
use types::Address;

use crate::directory::Directory;
use crate::login::{Login, Opens};
use crate::recipient::{Kind, Recipient};
use crate::snapshot::Snapshot;

impl Authenticator for Directory {
    /// Checks the credentials first, and only then what the account may do: who cannot show
    /// the password learns nothing about the account.
    fn verify(&self, attempt: Attempt, client: ClientInfo) -> Verification<'_> {
        Box::pin(async move {
            let user = attempt.user.clone();
            let verdict = self.decide(attempt, client).await;
            let ClientInfo { ip, protocol } = client;
            match &verdict {
                Ok(principal) => tracing::info!(
                    user, %ip, %protocol, mechanism = %principal.mechanism, "logged in"
                ),
                Err(reason) => tracing::warn!(user, %ip, %protocol, %reason, "login refused"),
            }
            verdict
        })
    }

    fn scram_secret(&self, user: &str) -> ScramSecret {
        let snapshot = self.snapshot();
        let login = snapshot.by_login(user);
        let known = login.as_ref().and_then(|login| login.account.account()?.credentials.as_ref());
        match known {
            Some(credentials) => credentials.scram.clone(),
            None => {
                let nobody = snapshot.would_be_account(user);
                ScramSecret::fake(&snapshot.settings.scram_key, &nobody)
            }
        }
    }

    fn offers(&self, mechanism: Mechanism) -> bool {
        mechanism.is_plaintext() || self.linked().is_none_or(|linked| linked.is_empty())
    }
}

impl Directory {
    async fn decide(&self, attempt: Attempt, client: ClientInfo) -> Result<Principal, AuthFailure> {
        let (login, name) = self.identify(&attempt.user);
        let guess = Guess { account: &name, ip: client.ip };
        self.check(guess, login.as_ref(), &attempt, client.protocol).await?;
        let login = login.ok_or(AuthFailure::Credentials)?;
        // What the account may do is asked of the directory as it is after the hash was
        // computed: a removed account does not get in.
        let snapshot = self.snapshot();
        let account = snapshot.recipient(login.account.id).ok_or(AuthFailure::Credentials)?;
        let opens = match &attempt.authzid {
            Some(name) => snapshot.opens(name),
            None => login.opens,
        };
        let mailbox = permit(&snapshot, account, &opens, client.protocol)?;
        Ok(principal(account, mailbox, attempt.user, attempt.mechanism))
    }

    /// Lets in a client whose credentials another server of the organization has checked.
    /// What the account may do is asked of this server's directory all the same. Errors:
    /// ProtocolDisabled, and MailboxAccess also for an account that is not known here.
    pub fn admit(&self, vouched: Vouched, protocol: Protocol) -> Result<Principal, AuthFailure> {
        let snapshot = self.snapshot();
        let account = snapshot.by_address(&vouched.account).ok_or(AuthFailure::MailboxAccess)?;
        let opens = snapshot.opens(&vouched.mailbox.to_string());
        let mailbox = permit(&snapshot, account, &opens, protocol)?;
        Ok(principal(account, mailbox, vouched.login, vouched.mechanism))
    }

    /// Whom a user name means, and what the throttle counts failures under: the same for
    /// every spelling of the name.
    fn identify(&self, user: &str) -> (Option<Login>, String) {
        let snapshot = self.snapshot();
        let login = snapshot.by_login(user);
        let name = match &login {
            Some(login) => login.account.id.to_string(),
            None => snapshot.would_be_account(user),
        };
        (login, name)
    }

    async fn check(
        &self,
        guess: Guess<'_>,
        login: Option<&Login>,
        attempt: &Attempt,
        protocol: Protocol,
    ) -> Result<(), AuthFailure> {
        match &attempt.evidence {
            Evidence::Scram(proof) => self.verifier().proof(guess, *proof),
            Evidence::Password(password) if self.is_app_password(login, password, protocol) => {
                self.verifier().right(guess)
            }
            Evidence::Password(password) => {
                self.check_password(guess, login, &attempt.user, password).await
            }
        }
    }

    /// By the password that is here; where there is none, by the one that a linked directory has.
    /// That is asked of unknown users as well, who look and take like others so.
    async fn check_password(
        &self,
        guess: Guess<'_>,
        login: Option<&Login>,
        user: &str,
        password: &Password,
    ) -> Result<(), AuthFailure> {
        let credentials = login.and_then(|login| login.account.account()?.credentials.as_ref());
        let stored = credentials.map(|credentials| credentials.password.clone());
        let linked = || {
            let address = self.address_elsewhere(login, user, guess.account)?;
            Some((self.linked()?.of(&address.domain)?, address))
        };
        match linked().filter(|_| stored.is_none()) {
            Some((linked, address)) => {
                let check = linked.check(&address, password);
                self.verifier().elsewhere(guess, linked.place(), password, check).await
            }
            None => self.verifier().password(guess, stored, password.clone()).await,
        }
    }

    /// The address by which a linked directory knows who wants in: for an unknown user the one that
    /// it would have.
    fn address_elsewhere(&self, login: Option<&Login>, user: &str, name: &str) -> Option<Address> {
        if let Some(login) = login {
            return Some(login.account.primary.clone());
        }
        let own = || {
            let snapshot = self.snapshot();
            Address::parse(&format!("{name}@{}", snapshot.default_domain()?)).ok()
        };
        Address::parse(user).ok().or_else(own)
    }
}

impl Directory {
    /// True for an app password that is good for the service. One that is not counts, costs
    /// and answers as any wrong password does; only the log tells.
    fn is_app_password(
        &self,
        login: Option<&Login>,
        password: &Password,
        protocol: Protocol,
    ) -> bool {
        let snapshot = self.snapshot();
        let Some(account) = login.map(|login| login.account.id) else { return false };
        let Some(found) = snapshot.app_password(account, password) else { return false };
        let (verdict, name) = (found.check(protocol, self.now_secs()), &found.name);
        match verdict {
            Ok(()) => tracing::debug!(%account, name, %protocol, "app password"),
            Err(reason) => {
                tracing::warn!(%account, name, %protocol, %reason, "app password refused");
            }
        }
        verdict.is_ok()
    }
}

/// A client as another server of the organization describes it. Recipients go by address:
/// until the servers share one directory, each has GUIDs of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Primary address of whose credentials were checked.
    pub account: Address,
    /// Primary address of whose mailbox is to be opened.
    pub mailbox: Address,
    /// The user name as prepared, for logs.
    pub login: String,
    /// How the credentials were shown.
    pub mechanism: Mechanism,
}

/// What an account may do, once it is clear whose it is: the service, and the mailbox.
fn permit(
    snapshot: &Snapshot,
    account: &Arc<Recipient>,
    opens: &Opens,
    protocol: Protocol,
) -> Result<RecipientId, AuthFailure> {
    // Who has no mail does not send any either.
    let has_it = protocol == Protocol::Admin || !matches!(account.kind, Kind::User(_));
    match has_it && account.account().is_some_and(|account| account.may_use(protocol)) {
        true => may_open(snapshot, account, opens, protocol),
        false => Err(AuthFailure::ProtocolDisabled(protocol)),
    }
}

fn may_open(
    snapshot: &Snapshot,
    account: &Arc<Recipient>,
    opens: &Opens,
    protocol: Protocol,
) -> Result<RecipientId, AuthFailure> {
    match opens {
        Opens::Own if account.mailbox().is_some() || !protocol.needs_mailbox() => Ok(account.id),
        Opens::Other(owner) if snapshot.may_open(account.id, owner) => Ok(owner.id),
        _ => Err(AuthFailure::MailboxAccess),
    }
}

fn principal(
    account: &Recipient,
    mailbox: RecipientId,
    login: String,
    mechanism: Mechanism,
) -> Principal {
    Principal {
        recipient: account.id,
        mailbox,
        login,
        primary: account.primary.clone(),
        mechanism,
        administrator: account.account().is_some_and(|account| account.administrator),
    }
}
