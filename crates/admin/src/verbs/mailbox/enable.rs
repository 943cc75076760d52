//! Enable-Mailbox.

use directory::{Kind, MailboxKind};
use types::Address;

use super::super::recipient::policies_of_new;
use super::{MAILBOX, MailboxObject};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, Switch, VerbError, verb};

verb! {
    /// Gives a mailbox to somebody who has an account and none: a user without mail, or a mail
    /// user, whose address elsewhere goes.
    pub struct EnableMailbox = "Enable-Mailbox" (Role::MailRecipientCreation, Effect::Change) {
        /// The user.
        identity: Identity = first,
        /// The address it sends from, in an accepted domain; without it what the e-mail address
        /// policies say.
        primary_smtp_address: Option<Address>,
        /// Short name, unique.
        alias: Option<String>,
        /// A mailbox nobody logs in to; opened by those with full access.
        shared: Switch,
        /// The mailbox of a room.
        room: Switch,
        /// The mailbox of a car, a projector and the like.
        equipment: Switch,
        /// The database it is in.
        database: Option<String>,
    }
}

impl Cmdlet for EnableMailbox {
    type Answer = Vec<MailboxObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let user = session.recipient(&self.identity, "user")?;
        if !matches!(user.kind, Kind::User(_) | Kind::MailUser(..)) {
            let why = format!("{} is no user without a mailbox", user.primary);
            return Err(VerbError::Invalid(why));
        }
        session.may_change(&user)?;
        let primary = self.primary_smtp_address.clone().unwrap_or_else(|| user.primary.clone());
        if !session.should_process(format!("Enabling mailbox {primary}")) {
            return Ok(Vec::new());
        }
        let database = self.database.as_deref().unwrap_or(session.organization.database);
        let mut new = directory::NewMailbox::user(primary, &session.organization.server, database);
        new.kind = self.kind()?;
        new.policies = policies_of_new(session, self.primary_smtp_address.as_ref())?;
        new.alias = Some(self.alias.unwrap_or_else(|| user.alias.clone()));
        session.directory().enable_mailbox(user.id, new).await?;
        MAILBOX.made(session, user.id)
    }
}

impl EnableMailbox {
    /// Of a user's mailbox the account stays as it is.
    fn kind(&self) -> Result<MailboxKind, VerbError> {
        match (self.shared.0, self.room.0, self.equipment.0) {
            (false, false, false) => Ok(MailboxKind::User { password: None, administrator: false }),
            (true, false, false) => Ok(MailboxKind::Shared),
            (false, true, false) => Ok(MailboxKind::Room),
            (false, false, true) => Ok(MailboxKind::Equipment),
            _ => Err(VerbError::Invalid(super::new::ONE_KIND.to_owned())),
        }
    }
}
