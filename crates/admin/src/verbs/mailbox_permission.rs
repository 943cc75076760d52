//! Who may open a mailbox besides its owner: Add-, Get- and Remove-MailboxPermission.

use directory::{Recipient, RecipientId};

use super::mailbox::MAILBOX;
use super::recipient::{ListProperty, addresses_of};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Role, Scalar, Session, Shape, Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<AddMailboxPermission>(),
    Verb::of::<GetMailboxPermission>(),
    Verb::of::<RemoveMailboxPermission>(),
];

object! {
    /// What somebody may do with a mailbox.
    pub struct MailboxPermissionObject = "MailboxPermission" [identity, user, access_rights] {
        /// The mailbox's alias.
        identity: String,
        /// Who.
        user: String,
        /// FullAccess.
        access_rights: Vec<&'static str>,
    }
}

verb! {
    /// Lets somebody open a mailbox.
    pub struct AddMailboxPermission = "Add-MailboxPermission" (Role::MailRecipients, Effect::Change) {
        /// The mailbox.
        identity: Identity = first,
        /// Who; the members of a group may.
        user: Identity,
        /// FullAccess.
        access_rights: FullAccess,
    }
}

verb! {
    /// Shows who may open a mailbox besides its owner.
    pub struct GetMailboxPermission = "Get-MailboxPermission" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
    }
}

verb! {
    /// Lets somebody open a mailbox no more.
    pub struct RemoveMailboxPermission = "Remove-MailboxPermission" (Role::MailRecipients, Effect::Change) {
        /// The mailbox.
        identity: Identity = first,
        /// Who.
        user: Identity,
        /// FullAccess.
        access_rights: FullAccess,
    }
}

const FULL_ACCESS: &str = "FullAccess";

/// The one right there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullAccess;

impl Scalar for FullAccess {
    const SHAPE: Shape = Shape::OneOf(&[FULL_ACCESS]);

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.eq_ignore_ascii_case(FULL_ACCESS) {
            true => Ok(FullAccess),
            false => Err(Self::SHAPE.expected()),
        }
    }
}

impl FullAccess {
    /// Who has the right.
    fn list(self) -> ListProperty {
        ListProperty { name: FULL_ACCESS, get: full_access, get_mut: full_access_mut }
    }
}

fn full_access(recipient: &Recipient) -> &[RecipientId] {
    recipient.mailbox().map_or(&[], |mailbox| &mailbox.full_access)
}

fn full_access_mut(recipient: &mut Recipient) -> Option<&mut Vec<RecipientId>> {
    recipient.mailbox_mut().map(|mailbox| &mut mailbox.full_access)
}

impl Cmdlet for AddMailboxPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let mailbox = MAILBOX.find(session, &self.identity)?;
        self.access_rights.list().grant(session, &mailbox, &self.user).await
    }
}

impl Cmdlet for GetMailboxPermission {
    type Answer = Vec<MailboxPermissionObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mailbox = MAILBOX.find(session, &self.identity)?;
        let users = addresses_of(&session.snapshot(), full_access(&mailbox));
        let shown = |user| MailboxPermissionObject {
            identity: mailbox.alias.clone(),
            user,
            access_rights: vec![FULL_ACCESS],
        };
        Ok(users.into_iter().map(shown).collect())
    }
}

impl Cmdlet for RemoveMailboxPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let mailbox = MAILBOX.find(session, &self.identity)?;
        self.access_rights.list().revoke(session, &mailbox, &self.user).await
    }
}
