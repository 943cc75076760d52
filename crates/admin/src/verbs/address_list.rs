//! Address lists: New-, Get-, Set-, Remove- and Update-AddressList, and the same for
//! GlobalAddressList. Who is in a list is found out when somebody asks ([`directory::Snapshot::listed_by`]).
//!
//! What it is not: nothing shows lists to clients here; protocols with an address book do.

mod global;
mod stored;

use ::config::AddressList;
use ::config::object::AddressLists;

use self::stored::{Edited, all, check_free, found, member_count, remove, write};
use super::precanned::FilterParameters;
use crate::verb::{Cmdlet, Effect, Role, Session, Switch, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetAddressList>(),
    Verb::of::<NewAddressList>(),
    Verb::of::<SetAddressList>(),
    Verb::of::<RemoveAddressList>(),
    Verb::of::<UpdateAddressList>(),
    Verb::of::<global::GetGlobalAddressList>(),
    Verb::of::<global::NewGlobalAddressList>(),
    Verb::of::<global::SetGlobalAddressList>(),
    Verb::of::<global::RemoveGlobalAddressList>(),
];

object! {
    /// Who stands under a name in address books.
    pub struct AddressListObject = "AddressList" [identity, display_name, member_count] {
        /// Its path: `\Sales\East`.
        identity: String,
        /// Its name.
        name: String,
        /// The list that it is in; `\` is none.
        container: String,
        /// What people see.
        display_name: String,
        /// Whom it has; what Get-Recipient -RecipientPreviewFilter shows. Without it nobody.
        recipient_filter: Option<String>,
        /// How many it has now, without those whom no address list shows.
        member_count: usize,
    }
}

verb! {
    /// Shows address lists.
    pub struct GetAddressList = "Get-AddressList" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one: its path, or its name where no other has it.
        identity: Option<String> = first,
        /// Only those directly in this one; `\` for those in none.
        container: Option<String>,
    }
}

verb! {
    /// Makes an address list. Without a filter nobody is in it: it is there for the lists in it.
    pub struct NewAddressList = "New-AddressList" (Role::AddressLists, Effect::Change) {
        /// Its name.
        name: String = first,
        /// The list that it is in; without it none.
        container: Option<String>,
        /// What people see; without it the name.
        display_name: Option<String>,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Changes an address list. What is left out stays.
    pub struct SetAddressList = "Set-AddressList" (Role::AddressLists, Effect::Change) {
        /// The list: its path, or its name where no other has it.
        identity: String = first,
        /// What people see.
        display_name: Option<String>,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Removes an address list. Who is in it stays.
    pub struct RemoveAddressList = "Remove-AddressList" (Role::AddressLists, Effect::Destroy) {
        /// The list: its path, or its name where no other has it.
        identity: String = first,
        /// The lists in it, too.
        recursive: Switch,
    }
}

verb! {
    /// Tells who is in an address list now. There is nothing to update: that is found out anew
    /// whenever somebody asks.
    pub struct UpdateAddressList = "Update-AddressList" (Role::AddressLists, Effect::Read) {
        /// The list: its path, or its name where no other has it.
        identity: String = first,
    }
}

impl Cmdlet for GetAddressList {
    type Answer = Vec<AddressListObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if let Some(identity) = &self.identity {
            return Ok(vec![shown(session, &found::<AddressLists>(session, identity)?)]);
        }
        let container = self.container.map(|container| container.to_lowercase());
        let is_wanted = |list: &&AddressList| {
            let own = list.container_and_name().0.to_lowercase();
            container.as_ref().is_none_or(|container| *container == own)
        };
        let all = all::<AddressLists>(session)?;
        Ok(all.iter().filter(is_wanted).map(|list| shown(session, list)).collect())
    }
}

impl Cmdlet for NewAddressList {
    type Answer = Vec<AddressListObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let path = match self.container.as_deref().unwrap_or("\\") {
            "\\" => format!("\\{}", self.name),
            container => {
                let container = found::<AddressLists>(session, container)?;
                format!("{}\\{}", container.name, self.name)
            }
        };
        if self.name.contains('\\') {
            return Err(VerbError::Invalid(format!("{:?} is no name: see -Container", self.name)));
        }
        check_free::<AddressLists>(session, &path)?;
        let list = AddressList {
            name: path,
            display_name: self.display_name.unwrap_or(self.name),
            recipient_filter: self.filter.filter()?,
        };
        let (before, after) = (None, shown(session, &list));
        let edited = Edited { before, after: &after, list: &list };
        let is_made = write::<AddressLists, _>(session, "Creating", edited).await?;
        Ok(is_made.then_some(after).into_iter().collect())
    }
}

impl Cmdlet for SetAddressList {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let mut list = found::<AddressLists>(session, &self.identity)?;
        let before = shown(session, &list);
        list.display_name = self.display_name.unwrap_or(list.display_name);
        list.recipient_filter = self.filter.filter()?.or(list.recipient_filter);
        let after = shown(session, &list);
        let edited = Edited { before: Some(&before), after: &after, list: &list };
        write::<AddressLists, _>(session, "Changing", edited).await.map(drop)
    }
}

impl Cmdlet for RemoveAddressList {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let list = found::<AddressLists>(session, &self.identity)?;
        let mut going: Vec<_> = all::<AddressLists>(session)?;
        going.retain(|other| other.is_below(&list.name));
        if !going.is_empty() && !self.recursive.0 {
            let why = format!("there are lists in {}: see -Recursive", list.name);
            return Err(VerbError::Invalid(why));
        }
        let before = shown(session, &list);
        going.push(list);
        remove::<AddressLists, _>(session, &going, &before).await
    }
}

impl Cmdlet for UpdateAddressList {
    type Answer = Vec<AddressListObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        Ok(vec![shown(session, &found::<AddressLists>(session, &self.identity)?)])
    }
}

fn shown(session: &Session<'_>, list: &AddressList) -> AddressListObject {
    let (container, name) = list.container_and_name();
    let is_named = !list.display_name.is_empty();
    AddressListObject {
        identity: list.name.clone(),
        name: name.to_owned(),
        container: container.to_owned(),
        display_name: if is_named { list.display_name.clone() } else { name.to_owned() },
        recipient_filter: list.recipient_filter.as_ref().map(ToString::to_string),
        member_count: member_count(session, list),
    }
}
