//! What every Set verb of recipients can change.

use config::{ByteQuantity, Unlimited};
use directory::{Recipient, RecipientId};
use types::Address;

use super::addresses::{EmailAddress, edit_addresses};
use crate::verb::{Edit, Identity, Session, VerbError};

/// What was written for a Set verb. What is left out stays.
#[derive(Default)]
pub(in crate::verbs) struct Changes {
    pub alias: Option<String>,
    pub display_name: Option<String>,
    pub primary_smtp_address: Option<Address>,
    pub email_addresses: Edit<EmailAddress>,
    pub email_address_policy_enabled: Option<bool>,
    pub hidden_from_address_lists_enabled: Option<bool>,
    pub grant_send_on_behalf_to: Edit<Identity>,
    pub accept_only_from: Edit<Identity>,
    pub reject_from: Edit<Identity>,
    pub max_receive_size: Option<Unlimited<ByteQuantity>>,
}

impl Changes {
    /// Changes a recipient accordingly. Errors: somebody named is nobody; no primary address is
    /// left.
    pub fn apply(self, session: &Session<'_>, edited: &mut Recipient) -> Result<(), VerbError> {
        let restrictions = &mut edited.restrictions;
        for (edit, list) in [
            (self.grant_send_on_behalf_to, &mut edited.send_on_behalf),
            (self.accept_only_from, &mut restrictions.accept_only_from),
            (self.reject_from, &mut restrictions.reject_from),
        ] {
            edit_list(session, edit, list)?;
        }
        let octets_before = restrictions.max_receive_octets;
        restrictions.max_receive_octets = self.max_receive_size.map_or(octets_before, octets);
        if let Some(alias) = self.alias {
            edited.alias = alias;
        }
        if let Some(display_name) = self.display_name {
            edited.display_name = display_name;
        }
        let hidden = edited.hidden_from_address_lists;
        edited.hidden_from_address_lists = self.hidden_from_address_lists_enabled.unwrap_or(hidden);
        let follows = self.email_address_policy_enabled;
        edited.email_address_policy_enabled =
            follows.unwrap_or(edited.email_address_policy_enabled);
        edit_addresses(edited, self.email_addresses)?;
        if let Some(primary) = self.primary_smtp_address {
            edited.make_primary(primary);
        }
        Ok(())
    }
}

/// Changes a list of recipients.
fn edit_list(
    session: &Session<'_>,
    edit: Edit<Identity>,
    list: &mut Vec<RecipientId>,
) -> Result<(), VerbError> {
    let id = |identity: Identity| Ok::<_, VerbError>(session.recipient(&identity, "recipient")?.id);
    edit.try_map(id)?.apply(list);
    Ok(())
}

/// A limit as the directory keeps it.
pub(in crate::verbs) fn octets(limit: Unlimited<ByteQuantity>) -> Option<u64> {
    limit.limit().map(ByteQuantity::bytes)
}
