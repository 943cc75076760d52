//! Who may send as a recipient: Add-, Get- and Remove-RecipientPermission.

use directory::{Recipient, RecipientId};

use super::recipient::{ListProperty, addresses_of};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Role, Scalar, Session, Shape, Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<AddRecipientPermission>(),
    Verb::of::<GetRecipientPermission>(),
    Verb::of::<RemoveRecipientPermission>(),
];

object! {
    /// What somebody may do in a recipient's name.
    pub struct RecipientPermissionObject = "RecipientPermission" [identity, trustee, access_rights] {
        /// The recipient's alias.
        identity: String,
        /// Who.
        trustee: String,
        /// SendAs.
        access_rights: Vec<&'static str>,
    }
}

verb! {
    /// Lets somebody send as a recipient.
    pub struct AddRecipientPermission = "Add-RecipientPermission" (Role::MailRecipients, Effect::Change) {
        /// The recipient.
        identity: Identity = first,
        /// Who; the members of a group may.
        trustee: Identity,
        /// SendAs.
        access_rights: SendAs,
    }
}

verb! {
    /// Shows who may send as a recipient.
    pub struct GetRecipientPermission = "Get-RecipientPermission" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The recipient.
        identity: Identity = first,
    }
}

verb! {
    /// Lets somebody send as a recipient no more.
    pub struct RemoveRecipientPermission = "Remove-RecipientPermission" (Role::MailRecipients, Effect::Change) {
        /// The recipient.
        identity: Identity = first,
        /// Who.
        trustee: Identity,
        /// SendAs.
        access_rights: SendAs,
    }
}

const SEND_AS: &str = "SendAs";

/// The one right there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendAs;

impl Scalar for SendAs {
    const SHAPE: Shape = Shape::OneOf(&[SEND_AS]);

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.eq_ignore_ascii_case(SEND_AS) {
            true => Ok(SendAs),
            false => Err(Self::SHAPE.expected()),
        }
    }
}

impl SendAs {
    /// Who has the right.
    fn list(self) -> ListProperty {
        ListProperty { name: SEND_AS, get: send_as, get_mut: send_as_mut }
    }
}

fn send_as(recipient: &Recipient) -> &[RecipientId] {
    &recipient.send_as
}

fn send_as_mut(recipient: &mut Recipient) -> Option<&mut Vec<RecipientId>> {
    Some(&mut recipient.send_as)
}

impl Cmdlet for AddRecipientPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = session.recipient(&self.identity, "recipient")?;
        self.access_rights.list().grant(session, &recipient, &self.trustee).await
    }
}

impl Cmdlet for GetRecipientPermission {
    type Answer = Vec<RecipientPermissionObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let recipient = session.recipient(&self.identity, "recipient")?;
        let trustees = addresses_of(&session.snapshot(), send_as(&recipient));
        let shown = |trustee| RecipientPermissionObject {
            identity: recipient.alias.clone(),
            trustee,
            access_rights: vec![SEND_AS],
        };
        Ok(trustees.into_iter().map(shown).collect())
    }
}

impl Cmdlet for RemoveRecipientPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = session.recipient(&self.identity, "recipient")?;
        self.access_rights.list().revoke(session, &recipient, &self.trustee).await
    }
}
