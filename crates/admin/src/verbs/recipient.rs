//! What verbs about recipients of all kinds have in common, and Get-Recipient.
//!
//! A noun has its own file with its own object; finding, naming, changing and removing are the
//! same for all and are here.

mod addresses;
mod attributes;
mod changes;
mod get;
mod list;
mod listing;
mod naming;

use std::sync::Arc;

use directory::{Recipient, RecipientId, Snapshot};
use serde::Serialize;

pub use addresses::EmailAddress;
pub use attributes::{AllAttributes, CustomAttributes, CustomChanges, PersonalChanges};
pub(super) use changes::{Changes, octets};
pub use get::RecipientObject;
pub(super) use get::shown;
pub(super) use list::ListProperty;
pub(super) use listing::Listing;
pub(super) use naming::{address, alias, policies_of_new};

use super::email_address_policy::policies;
use crate::verb::{Identity, Object, Password, Session, Verb, VerbError};

pub(super) const VERBS: &[Verb] = &[Verb::of::<get::GetRecipient>()];

/// How verbs of a noun show a recipient; None, when it is none of theirs.
pub(super) type Show<O> = fn(&Snapshot, &Recipient) -> Option<O>;

/// A noun of recipients: what its verbs work on.
pub(super) struct Noun<O> {
    /// `mail contact`, for errors and for `-WhatIf`.
    pub what: &'static str,
    /// Its object.
    pub show: Show<O>,
}

impl<O: Serialize> Noun<O> {
    /// The recipient that is meant. Errors: NotFound, also when it is of another kind.
    pub fn find(
        &self,
        session: &Session<'_>,
        identity: &Identity,
    ) -> Result<Arc<Recipient>, VerbError> {
        let recipient = session.recipient(identity, self.what)?;
        match (self.show)(&session.snapshot(), &recipient) {
            Some(_) => Ok(recipient),
            None => Err(VerbError::NotFound { what: self.what, identity: identity.0.clone() }),
        }
    }

    /// Those that a listing wants, as verbs show them.
    pub fn list(&self, session: &Session<'_>, listing: Listing) -> Result<Vec<O>, VerbError> {
        let snapshot = session.snapshot();
        let shown = |recipient: &Recipient| (self.show)(&snapshot, recipient);
        if let Some(identity) = &listing.identity {
            return Ok(shown(&*self.find(session, identity)?).into_iter().collect());
        }
        let found = listing.recipients(session, |recipient| shown(recipient).is_some());
        Ok(found.iter().filter_map(|recipient| shown(recipient)).collect())
    }

    /// Notes a new recipient for the audit log, and shows it.
    pub fn made(&self, session: &Session<'_>, id: RecipientId) -> Result<Vec<O>, VerbError> {
        let made = self.current(session, id);
        if let (Some(made), Some(recipient)) = (&made, session.snapshot().recipient(id)) {
            session.modified(recipient.primary.to_string(), None, Some(&Object::of(made)?));
        }
        Ok(made.into_iter().collect())
    }

    /// Writes a recipient as it is to be, unless the verb is only asked what it would do.
    pub async fn change(
        &self,
        session: &Session<'_>,
        before: &Recipient,
        edited: Recipient,
        password: Option<Password>,
    ) -> Result<(), VerbError> {
        session.may_change(before)?;
        if edited.email_address_policy_enabled && edited.primary != before.primary {
            return Err(VerbError::Invalid(format!(
                "the e-mail address policies say the primary address of {}: \
                 say -EmailAddressPolicyEnabled $false, too",
                before.primary
            )));
        }
        if !session.should_process(format!("Changing {} {}", self.what, before.primary)) {
            return Ok(());
        }
        let was = self.object(session, before.id)?;
        let id = before.id;
        match edited.email_address_policy_enabled {
            true => {
                let edit = move |recipient: &mut Recipient| *recipient = edited;
                session.directory().update_under(id, policies(session)?, edit).await?;
            }
            false => session.directory().update(id, move |recipient| *recipient = edited).await?,
        }
        if let Some(Password(password)) = password {
            session.directory().set_password(before.id, password).await?;
        }
        self.changed(session, before, was)
    }

    /// Notes for the audit log what became of a recipient that was `was`.
    pub fn changed(
        &self,
        session: &Session<'_>,
        before: &Recipient,
        was: Option<Object>,
    ) -> Result<(), VerbError> {
        let is = self.object(session, before.id)?;
        session.modified(before.primary.to_string(), was.as_ref(), is.as_ref());
        Ok(())
    }

    /// Removes a recipient, unless the verb is only asked what it would do.
    pub async fn remove(
        &self,
        session: &Session<'_>,
        recipient: &Recipient,
    ) -> Result<(), VerbError> {
        session.may_change(recipient)?;
        if !session.should_process(format!("Removing {} {}", self.what, recipient.primary)) {
            return Ok(());
        }
        let was = self.object(session, recipient.id)?;
        session.directory().remove(recipient.id).await?;
        session.modified(recipient.primary.to_string(), was.as_ref(), None);
        Ok(())
    }

    /// The recipient as it is now, for the audit log.
    pub fn object(
        &self,
        session: &Session<'_>,
        id: RecipientId,
    ) -> Result<Option<Object>, VerbError> {
        self.current(session, id).map(|shown| Object::of(&shown)).transpose()
    }

    fn current(&self, session: &Session<'_>, id: RecipientId) -> Option<O> {
        let snapshot = session.snapshot();
        snapshot.recipient(id).and_then(|recipient| (self.show)(&snapshot, recipient))
    }
}

/// The addresses of recipients that are still there.
pub(super) fn addresses_of(snapshot: &Snapshot, ids: &[RecipientId]) -> Vec<String> {
    let found = ids.iter().filter_map(|id| snapshot.recipient(*id));
    found.map(|recipient| recipient.primary.to_string()).collect()
}

/// The recipients that are meant. Errors: the first that is nobody.
pub(super) fn ids_of(
    session: &Session<'_>,
    identities: &[Identity],
) -> Result<Vec<RecipientId>, VerbError> {
    let id = |identity| Ok(session.recipient(identity, "recipient")?.id);
    identities.iter().map(id).collect()
}
