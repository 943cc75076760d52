//! New-Mailbox.

use directory::MailboxKind;
use types::Address;

use super::{MailboxObject, current};
use crate::verb::{
    Arguments, Cmdlet, Effect, Object, Password, Role, Session, Switch, VerbError, verb,
};

verb! {
    /// Makes a mailbox, and the account of its owner unless it is a shared one.
    pub struct NewMailbox = "New-Mailbox" (Role::MailRecipientCreation, Effect::Change) {
        /// The name people see, unless there is a DisplayName.
        name: String = first,
        /// The address it sends from, in an accepted domain; without it the alias in the default
        /// domain.
        primary_smtp_address: Option<Address>,
        /// Short name, unique; without it the local part of the address, else the name without
        /// blanks.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The owner's password. A command line asks for it at the terminal; over HTTP a mailbox
        /// may have none, and nobody gets in until one is set.
        password: Option<Password>,
        /// A mailbox nobody logs in to; opened by those with full access.
        shared: Switch,
        /// The database it is in.
        database: Option<String>,
    }
}

impl Cmdlet for NewMailbox {
    type Answer = Vec<MailboxObject>;

    /// Somebody logs in to every mailbox that is not shared.
    fn missing_secret(arguments: &Arguments) -> Option<&'static str> {
        // What is no switch is refused when the verb reads it.
        let shared = arguments.clone().take::<Switch>("shared").is_ok_and(|shared| shared.0);
        (!shared && !arguments.has("password")).then_some("password")
    }

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let address = self.address(session)?;
        if !session.should_process(format!("Creating mailbox {address}")) {
            return Ok(Vec::new());
        }
        let id = session.directory().create_mailbox(self.request(session, address)?).await?;
        let made = current(session, id);
        if let Some(made) = &made {
            session.modified(&made.primary_smtp_address, None, Some(&Object::of(made)?));
        }
        Ok(made.into_iter().collect())
    }
}

impl NewMailbox {
    fn address(&self, session: &Session<'_>) -> Result<Address, VerbError> {
        if let Some(address) = &self.primary_smtp_address {
            return Ok(address.clone());
        }
        let snapshot = session.snapshot();
        let domain = snapshot.default_domain();
        let domain = domain.ok_or_else(|| VerbError::Invalid(NO_DOMAIN.to_owned()))?;
        let blank = |letter: &char| !letter.is_whitespace();
        let local = self.alias.clone().unwrap_or_else(|| self.name.chars().filter(blank).collect());
        let address = format!("{local}@{domain}");
        address.parse().map_err(|_| VerbError::Invalid(format!("{address:?} is no mail address")))
    }

    fn request(
        self,
        session: &Session<'_>,
        address: Address,
    ) -> Result<directory::NewMailbox, VerbError> {
        let database = self.database.as_deref().unwrap_or(session.organization.database);
        let mut new = directory::NewMailbox::user(address, &session.organization.server, database);
        new.alias = self.alias;
        new.display_name = self.display_name.unwrap_or(self.name);
        new.kind = match (self.shared.0, self.password) {
            (true, Some(_)) => return Err(VerbError::Invalid(SHARED.to_owned())),
            (true, None) => MailboxKind::Shared,
            (false, password) => MailboxKind::User {
                password: password.map(|Password(password)| password),
                administrator: false,
            },
        };
        Ok(new)
    }
}

const NO_DOMAIN: &str = "there is no accepted domain yet: run New-AcceptedDomain first";
const SHARED: &str = "nobody logs in to a shared mailbox: it has no password";
