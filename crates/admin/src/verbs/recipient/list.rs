//! Properties that are lists of recipients: one more, one less.

use directory::{Recipient, RecipientId};

use super::addresses_of;
use crate::verb::{Identity, Object, Session, VerbError};

/// A property that is a list of recipients: members, or who has a right.
#[derive(Clone, Copy)]
pub(in crate::verbs) struct ListProperty {
    /// What it is called.
    pub name: &'static str,
    /// Who stands in it.
    pub get: fn(&Recipient) -> &[RecipientId],
    /// The same, to be changed.
    pub get_mut: fn(&mut Recipient) -> Option<&mut Vec<RecipientId>>,
}

impl ListProperty {
    /// Puts somebody in. Only a warning when there is nothing to do, as in Exchange.
    pub async fn grant(
        self,
        session: &Session<'_>,
        of: &Recipient,
        to: &Identity,
    ) -> Result<(), VerbError> {
        let who = session.recipient(to, "recipient")?.id;
        if (self.get)(of).contains(&who) {
            session.warn(format!("{} has {} already", to.0, self.name));
            return Ok(());
        }
        self.change(session, of, move |list| list.push(who)).await
    }

    /// Takes somebody out. Errors: NotFound, also when the recipient does not stand in it.
    pub async fn revoke(
        self,
        session: &Session<'_>,
        of: &Recipient,
        from: &Identity,
    ) -> Result<(), VerbError> {
        let who = session.recipient(from, "recipient")?.id;
        if !(self.get)(of).contains(&who) {
            return Err(VerbError::NotFound { what: self.name, identity: from.0.clone() });
        }
        self.change(session, of, move |list| list.retain(|each| *each != who)).await
    }

    /// Changes the list as it is when the change is made: others may change it meanwhile.
    pub async fn change(
        self,
        session: &Session<'_>,
        of: &Recipient,
        edit: impl FnOnce(&mut Vec<RecipientId>) + Send + 'static,
    ) -> Result<(), VerbError> {
        session.may_change(of)?;
        if !session.should_process(format!("Changing {} of {}", self.name, of.primary)) {
            return Ok(());
        }
        let was = self.shown(session, of.id)?;
        let edit = move |recipient: &mut Recipient| {
            if let Some(list) = (self.get_mut)(recipient) {
                edit(list);
            }
        };
        session.directory().update(of.id, edit).await?;
        let is = self.shown(session, of.id)?;
        session.modified(of.primary.to_string(), Some(&was), Some(&is));
        Ok(())
    }

    /// The list, for the audit log.
    fn shown(self, session: &Session<'_>, of: RecipientId) -> Result<Object, VerbError> {
        let snapshot = session.snapshot();
        let list = snapshot.recipient(of).map(|of| (self.get)(of)).unwrap_or_default();
        let list = serde_json::to_value(addresses_of(&snapshot, list))?;
        Ok(Object(serde_json::Map::from_iter([(self.name.to_owned(), list)])))
    }
}
