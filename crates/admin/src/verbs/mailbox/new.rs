//! New-Mailbox.

use directory::MailboxKind;
use types::Address;

use super::super::recipient::{address, policies_of_new};
use super::{MAILBOX, MailboxObject};
use crate::verb::{Arguments, Cmdlet, Effect, Password, Role, Session, Switch, VerbError, verb};

verb! {
    /// Makes a mailbox, and the account of its owner unless it is nobody's.
    pub struct NewMailbox = "New-Mailbox" (Role::MailRecipientCreation, Effect::Change) {
        /// The name people see, unless there is a DisplayName.
        name: String = first,
        /// The address it sends from, in an accepted domain; without it what the e-mail address
        /// policies say.
        primary_smtp_address: Option<Address>,
        /// Short name, unique; without it the local part of the address, else the name without
        /// blanks.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The owner's password. A command line asks for it at the terminal; over HTTP a mailbox
        /// may have none, and nobody gets in until one is set.
        password: Option<Password>,
        /// The owner's password is the one of a linked directory; there is none here.
        linked: Switch,
        /// A mailbox nobody logs in to; opened by those with full access.
        shared: Switch,
        /// The mailbox of a room; nobody logs in to it either.
        room: Switch,
        /// The mailbox of a car, a projector and the like.
        equipment: Switch,
        /// The database it is in.
        database: Option<String>,
    }
}

impl Cmdlet for NewMailbox {
    type Answer = Vec<MailboxObject>;

    /// Somebody logs in to every mailbox that is a person's.
    fn missing_secret(arguments: &Arguments) -> Option<&'static str> {
        // What is no switch is refused when the verb reads it.
        let is = |switch| arguments.clone().take::<Switch>(switch).is_ok_and(|switch| switch.0);
        let without = ["linked", "shared", "room", "equipment"].into_iter().any(is);
        (!without && !arguments.has("password")).then_some("password")
    }

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let given = self.primary_smtp_address.as_ref();
        let address = address(session, &self.name, self.alias.as_ref(), given)?;
        let request = self.request(session, address)?;
        session.may_make(&request.primary.to_string())?;
        if !session.should_process(format!("Creating mailbox {}", request.primary)) {
            return Ok(Vec::new());
        }
        let id = session.directory().create_mailbox(request).await?;
        MAILBOX.made(session, id)
    }
}

impl NewMailbox {
    fn request(
        self,
        session: &Session<'_>,
        address: Address,
    ) -> Result<directory::NewMailbox, VerbError> {
        let kind = self.kind()?;
        let database = self.database.as_deref().unwrap_or(session.organization.database);
        let mut new = directory::NewMailbox::user(address, &session.organization.server, database);
        new.display_name = self.display_name.unwrap_or(self.name);
        new.policies = policies_of_new(session, self.primary_smtp_address.as_ref())?;
        new.alias = self.alias;
        new.kind = kind;
        Ok(new)
    }

    fn kind(&self) -> Result<MailboxKind, VerbError> {
        let kind = match (self.shared.0, self.room.0, self.equipment.0) {
            _ if self.linked.0 && self.password.is_some() => {
                return Err(VerbError::Invalid(PASSWORD_ELSEWHERE.to_owned()));
            }
            (false, false, false) => {
                let password = self.password.clone().map(|Password(password)| password);
                return Ok(MailboxKind::User { password, administrator: false });
            }
            _ if self.linked.0 => return Err(VerbError::Invalid(NO_LOGIN.to_owned())),
            (true, false, false) => MailboxKind::Shared,
            (false, true, false) => MailboxKind::Room,
            (false, false, true) => MailboxKind::Equipment,
            _ => return Err(VerbError::Invalid(ONE_KIND.to_owned())),
        };
        match self.password {
            Some(_) => Err(VerbError::Invalid(NO_LOGIN.to_owned())),
            None => Ok(kind),
        }
    }
}

pub(super) const ONE_KIND: &str = "a mailbox is Shared, Room or Equipment: say one of them";
pub(super) const PASSWORD_ELSEWHERE: &str =
    "-Linked says that the password is elsewhere: not with -Password";
const NO_LOGIN: &str = "nobody logs in to a mailbox of this type: it has no password";
