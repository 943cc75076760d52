//! Get-Recipient.

use ::filter::RecipientFilter;
use directory::{Kind, Recipient, Snapshot};

use super::super::person::manager;
use super::{AllAttributes, Listing};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Role, Scalar, Session, Shape, VerbError, guid_text, object,
    verb,
};

object! {
    /// A recipient of any kind.
    pub struct RecipientObject = "Recipient" [display_name, recipient_type_details, primary_smtp_address] {
        /// The alias.
        identity: String,
        /// For good.
        guid: String,
        /// Short name, unique.
        alias: String,
        /// The name people see.
        display_name: String,
        /// The address it sends from.
        primary_smtp_address: String,
        /// All addresses as `SMTP:` (the primary one), `smtp:`, `X500:`.
        email_addresses: Vec<String>,
        /// Its addresses follow the e-mail address policies.
        email_address_policy_enabled: bool,
        /// What it is: UserMailbox, MailContact and so on.
        recipient_type_details: &'static str,
        /// UserMailbox for whatever has a mailbox, MailContact and so on.
        recipient_type: &'static str,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
        /// Whom it reports to.
        manager: Option<String>,
        .. attributes: AllAttributes,
    }
}

verb! {
    /// Shows recipients of all kinds.
    pub struct GetRecipient = "Get-Recipient" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// Only these kinds.
        recipient_type_details: Vec<TypeDetails>,
        /// Only those that fulfil this: `{Department -eq 'Sales' -and City -ne $null}`.
        filter: Option<RecipientFilter>,
        /// Only those whom this would take as the filter of a group or of an address list.
        recipient_preview_filter: Option<RecipientFilter>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

/// A value of RecipientTypeDetails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeDetails(&'static str);

impl Scalar for TypeDetails {
    const SHAPE: Shape = Shape::OneOf(Kind::TYPE_DETAILS);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = Kind::TYPE_DETAILS.iter().find(|name| name.eq_ignore_ascii_case(text));
        found.map(|name| TypeDetails(name)).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetRecipient {
    type Answer = Vec<RecipientObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        if let Some(identity) = &self.identity {
            return Ok(vec![shown(&snapshot, &*session.recipient(identity, "recipient")?)]);
        }
        let kinds = self.recipient_type_details;
        let filters = [self.filter, self.recipient_preview_filter];
        let wanted = |recipient: &Recipient| {
            let kind = recipient.kind.type_details();
            let is_kind = match kinds.is_empty() {
                true => !matches!(recipient.kind, Kind::User(_)),
                false => kinds.contains(&TypeDetails(kind)),
            };
            is_kind && filters.iter().flatten().all(|filter| snapshot.takes(filter, recipient))
        };
        let listing = Listing { identity: None, anr: self.anr, result_size: self.result_size };
        let found = listing.recipients(session, wanted);
        Ok(found.iter().map(|each| shown(&snapshot, each)).collect())
    }
}

/// How it is shown.
pub(in crate::verbs) fn shown(snapshot: &Snapshot, recipient: &Recipient) -> RecipientObject {
    RecipientObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: recipient.email_addresses(),
        email_address_policy_enabled: recipient.email_address_policy_enabled,
        recipient_type_details: recipient.kind.type_details(),
        recipient_type: recipient.kind.recipient_type(),
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
        manager: manager(snapshot, recipient),
        attributes: AllAttributes::of(recipient),
    }
}
