//! Who has which throttling policy: Get- and Set-ThrottlingPolicyAssociation.

use config::ThrottlingPolicyScope;
use directory::{Recipient, Snapshot};

use super::recipient::Noun;
use crate::verb::{
    Cmdlet, Effect, Identity, Role, Session, Setting, Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetThrottlingPolicyAssociation>(), Verb::of::<SetThrottlingPolicyAssociation>()];

object! {
    /// Somebody who can log in, and the throttling policy given.
    pub struct ThrottlingPolicyAssociationObject = "ThrottlingPolicyAssociation" [name, throttling_policy_id] {
        /// The name people see.
        name: String,
        /// The address.
        identity: String,
        /// The policy; nothing: the organization's, or else the global one.
        throttling_policy_id: Option<String>,
    }
}

verb! {
    /// Shows which throttling policy somebody was given.
    pub struct GetThrottlingPolicyAssociation = "Get-ThrottlingPolicyAssociation" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Who.
        identity: Identity = first,
    }
}

verb! {
    /// Gives somebody a throttling policy.
    pub struct SetThrottlingPolicyAssociation = "Set-ThrottlingPolicyAssociation" (Role::MailRecipients, Effect::Change) {
        /// Who.
        identity: Identity = first,
        /// The policy, whose scope is Regular; `$null`: the organization's, or else the global one.
        throttling_policy: Setting<String>,
    }
}

const ACCOUNT: Noun<ThrottlingPolicyAssociationObject> = Noun { what: "user", show: shown };

impl Cmdlet for GetThrottlingPolicyAssociation {
    type Answer = Vec<ThrottlingPolicyAssociationObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let recipient = ACCOUNT.find(session, &self.identity)?;
        Ok(shown(&session.snapshot(), &recipient).into_iter().collect())
    }
}

impl Cmdlet for SetThrottlingPolicyAssociation {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = ACCOUNT.find(session, &self.identity)?;
        let mut edited = Recipient::clone(&before);
        match self.throttling_policy {
            Setting::Keep => return Err(VerbError::Missing("ThrottlingPolicy".to_owned())),
            Setting::Clear => edited.throttling_policy = None,
            Setting::To(name) => edited.throttling_policy = Some(regular(session, &name)?),
        }
        ACCOUNT.change(session, &before, edited, None).await
    }
}

/// The name of a policy that can be given. Errors: NotFound; one of another scope.
fn regular(session: &Session<'_>, name: &str) -> Result<String, VerbError> {
    let settings = session.organization.settings_now();
    let settings = settings.map_err(|error| VerbError::Invalid(error.to_string()))?;
    let mut all = settings.throttling_policies().into_iter();
    let not_found = || VerbError::NotFound { what: "throttling policy", identity: name.to_owned() };
    let found = all.find(|policy| policy.name.eq_ignore_ascii_case(name)).ok_or_else(not_found)?;
    match found.throttling_policy_scope {
        ThrottlingPolicyScope::Regular => Ok(found.name),
        _ => Err(VerbError::Invalid(format!("{} holds for everybody", found.name))),
    }
}

fn shown(_: &Snapshot, recipient: &Recipient) -> Option<ThrottlingPolicyAssociationObject> {
    recipient.account()?;
    Some(ThrottlingPolicyAssociationObject {
        name: recipient.display_name.clone(),
        identity: recipient.primary.to_string(),
        throttling_policy_id: recipient.throttling_policy.clone(),
    })
}
