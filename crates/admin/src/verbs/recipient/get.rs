//! Get-Recipient.

use directory::Recipient;

use super::{Listing, email_addresses, type_details};
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
        /// What it is: UserMailbox, MailContact and so on.
        recipient_type_details: &'static str,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
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
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

/// A value of RecipientTypeDetails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeDetails(&'static str);

const TYPES: &[&str] = &[
    "UserMailbox",
    "SharedMailbox",
    "RoomMailbox",
    "EquipmentMailbox",
    "MailContact",
    "MailUser",
    "MailUniversalDistributionGroup",
];

impl Scalar for TypeDetails {
    const SHAPE: Shape = Shape::OneOf(TYPES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = TYPES.iter().find(|name| name.eq_ignore_ascii_case(text));
        found.map(|name| TypeDetails(name)).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetRecipient {
    type Answer = Vec<RecipientObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if let Some(identity) = &self.identity {
            return Ok(vec![shown(&*session.recipient(identity, "recipient")?)]);
        }
        let kinds = self.recipient_type_details;
        let wanted = |recipient: &Recipient| {
            kinds.is_empty() || kinds.contains(&TypeDetails(type_details(&recipient.kind)))
        };
        let listing = Listing { identity: None, anr: self.anr, result_size: self.result_size };
        Ok(listing.recipients(session, wanted).iter().map(|each| shown(each)).collect())
    }
}

/// How it is shown.
pub(in crate::verbs) fn shown(recipient: &Recipient) -> RecipientObject {
    RecipientObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: email_addresses(recipient),
        recipient_type_details: type_details(&recipient.kind),
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
    }
}
