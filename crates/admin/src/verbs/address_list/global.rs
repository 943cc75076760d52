//! Get-, New-, Set- and Remove-GlobalAddressList. The default one cannot be changed.

use ::config::AddressList;
use ::config::object::GlobalAddressLists;

use super::stored::{Edited, all, check_free, found, member_count, remove, write};
use crate::verb::{Cmdlet, Effect, Role, Session, VerbError, object, verb};
use crate::verbs::precanned::FilterParameters;

object! {
    /// Whom address books show at all.
    pub struct GlobalAddressListObject = "GlobalAddressList" [identity, recipient_filter, member_count] {
        /// Its name.
        identity: String,
        /// Its name.
        name: String,
        /// The one that everybody with mail is in.
        is_default_global_address_list: bool,
        /// Whom it has; what Get-Recipient -RecipientPreviewFilter shows.
        recipient_filter: Option<String>,
        /// How many it has now, without those whom no address list shows.
        member_count: usize,
    }
}

verb! {
    /// Shows global address lists.
    pub struct GetGlobalAddressList = "Get-GlobalAddressList" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<String> = first,
    }
}

verb! {
    /// Makes a global address list.
    pub struct NewGlobalAddressList = "New-GlobalAddressList" (Role::AddressLists, Effect::Change) {
        /// Its name.
        name: String = first,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Changes a global address list. What is left out stays.
    pub struct SetGlobalAddressList = "Set-GlobalAddressList" (Role::AddressLists, Effect::Change) {
        /// The list.
        identity: String = first,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Removes a global address list. Who is in it stays.
    pub struct RemoveGlobalAddressList = "Remove-GlobalAddressList" (Role::AddressLists, Effect::Destroy) {
        /// The list.
        identity: String = first,
    }
}

impl Cmdlet for GetGlobalAddressList {
    type Answer = Vec<GlobalAddressListObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let wanted = match &self.identity {
            Some(identity) => vec![found::<GlobalAddressLists>(session, identity)?],
            None => all::<GlobalAddressLists>(session)?,
        };
        Ok(wanted.iter().map(|list| shown(session, list)).collect())
    }
}

impl Cmdlet for NewGlobalAddressList {
    type Answer = Vec<GlobalAddressListObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        check_free::<GlobalAddressLists>(session, &self.name)?;
        let missing = || VerbError::Missing("RecipientFilter or IncludedRecipients".to_owned());
        let recipient_filter = Some(self.filter.filter()?.ok_or_else(missing)?);
        let list = AddressList { name: self.name, recipient_filter, ..AddressList::default() };
        let after = shown(session, &list);
        let edited = Edited { before: None, after: &after, list: &list };
        let is_made = write::<GlobalAddressLists, _>(session, "Creating", edited).await?;
        Ok(is_made.then_some(after).into_iter().collect())
    }
}

impl Cmdlet for SetGlobalAddressList {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let mut list = found::<GlobalAddressLists>(session, &self.identity)?;
        let before = shown(session, &list);
        list.recipient_filter = self.filter.filter()?.or(list.recipient_filter);
        let after = shown(session, &list);
        let edited = Edited { before: Some(&before), after: &after, list: &list };
        write::<GlobalAddressLists, _>(session, "Changing", edited).await.map(drop)
    }
}

impl Cmdlet for RemoveGlobalAddressList {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let list = found::<GlobalAddressLists>(session, &self.identity)?;
        let before = shown(session, &list);
        remove::<GlobalAddressLists, _>(session, &[list], &before).await
    }
}

fn shown(session: &Session<'_>, list: &AddressList) -> GlobalAddressListObject {
    let default = ::config::address_list::DEFAULT_GLOBAL_ADDRESS_LIST;
    GlobalAddressListObject {
        identity: list.name.clone(),
        name: list.name.clone(),
        is_default_global_address_list: list.name.eq_ignore_ascii_case(default),
        recipient_filter: list.recipient_filter.as_ref().map(ToString::to_string),
        member_count: member_count(session, list),
    }
}
