//! Mail users, who log in here and have their mail elsewhere: New-, Get-, Set- and
//! Remove-MailUser.

use directory::{Kind, NewContact, Recipient, Snapshot};
use types::Address;

use super::mail_contact::send_to;
use super::recipient::{
    Changes, CustomAttributes, CustomChanges, EmailAddress, Listing, Noun, addresses_of, alias,
    policies_of_new,
};
use crate::verb::{
    Cmdlet, Edit, Effect, Identity, Password, Role, Session, Verb, VerbError, guid_text, object,
    verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetMailUser>(),
    Verb::of::<NewMailUser>(),
    Verb::of::<SetMailUser>(),
    Verb::of::<RemoveMailUser>(),
];

object! {
    /// Somebody who logs in here and has the mail elsewhere.
    pub struct MailUserObject = "MailUser" [display_name, alias, external_email_address] {
        /// The alias.
        identity: String,
        /// For good.
        guid: String,
        /// Short name, unique.
        alias: String,
        /// The name people see.
        display_name: String,
        /// Where its mail goes.
        external_email_address: String,
        /// The address it is known by here.
        primary_smtp_address: String,
        /// All addresses as `SMTP:` (the primary one), `smtp:`, `X500:`.
        email_addresses: Vec<String>,
        /// Its addresses follow the e-mail address policies.
        email_address_policy_enabled: bool,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Vec<String>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Vec<String>,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Vec<String>,
        .. custom_attributes: CustomAttributes,
    }
}

verb! {
    /// Shows mail users.
    pub struct GetMailUser = "Get-MailUser" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Makes a mail user.
    pub struct NewMailUser = "New-MailUser" (Role::MailRecipientCreation, Effect::Change) {
        /// The name people see, unless there is a DisplayName.
        name: String = first,
        /// Where its mail goes.
        external_email_address: Address,
        /// The address it is known by here; without it the one elsewhere, and those that the
        /// e-mail address policies say.
        primary_smtp_address: Option<Address>,
        /// Short name, unique; without it the name without blanks.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The password; without it nobody gets in until one is set.
        password: Option<Password>,
    }
}

verb! {
    /// Changes a mail user. What is left out stays.
    pub struct SetMailUser = "Set-MailUser" (Role::MailRecipients, Effect::Change) {
        /// The user.
        identity: Identity = first,
        /// Where its mail goes; the address before stays as a further one.
        external_email_address: Option<Address>,
        /// Short name, unique.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The address it is known by here; the one before stays as a further address.
        primary_smtp_address: Option<Address>,
        /// All addresses: `SMTP:` marks the primary one; or @{Add=…;Remove=…}.
        email_addresses: Edit<EmailAddress>,
        /// Its addresses follow the e-mail address policies, which then say the primary one.
        email_address_policy_enabled: Option<bool>,
        /// No address list shows it.
        hidden_from_address_lists_enabled: Option<bool>,
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Edit<Identity>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Edit<Identity>,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Edit<Identity>,
        /// The password.
        password: Option<Password>,
        .. custom_attributes: CustomChanges,
    }
}

verb! {
    /// Removes a mail user.
    pub struct RemoveMailUser = "Remove-MailUser" (Role::MailRecipientCreation, Effect::Destroy) {
        /// The user.
        identity: Identity = first,
    }
}

const USER: Noun<MailUserObject> = Noun { what: "mail user", show: shown };

impl Cmdlet for GetMailUser {
    type Answer = Vec<MailUserObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetMailUser { identity, anr, result_size } = self;
        USER.list(session, Listing { identity, anr, result_size })
    }
}

impl Cmdlet for NewMailUser {
    type Answer = Vec<MailUserObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let contact = NewContact {
            policies: policies_of_new(session, self.primary_smtp_address.as_ref())?,
            primary: self.primary_smtp_address.unwrap_or(self.external_email_address.clone()),
            alias: Some(self.alias.unwrap_or_else(|| alias(&self.name))),
            display_name: self.display_name.unwrap_or(self.name),
            target: self.external_email_address,
        };
        session.may_make(&contact.primary.to_string())?;
        if !session.should_process(format!("Creating mail user {}", contact.primary)) {
            return Ok(Vec::new());
        }
        let password = self.password.map(|Password(password)| password);
        let new = directory::NewMailUser { contact, password };
        let id = session.directory().create_mail_user(new).await?;
        USER.made(session, id)
    }
}

impl Cmdlet for SetMailUser {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let user = USER.find(session, &self.identity)?;
        let mut edited = Recipient::clone(&user);
        let changes = Changes {
            alias: self.alias,
            display_name: self.display_name,
            primary_smtp_address: self.primary_smtp_address,
            email_addresses: self.email_addresses,
            email_address_policy_enabled: self.email_address_policy_enabled,
            hidden_from_address_lists_enabled: self.hidden_from_address_lists_enabled,
            accept_only_from: self.accept_messages_only_from_senders_or_members,
            reject_from: self.reject_messages_from_senders_or_members,
            grant_send_on_behalf_to: self.grant_send_on_behalf_to,
            ..Changes::default()
        };
        changes.apply(session, &mut edited)?;
        self.custom_attributes.apply(&mut edited);
        if let Some(target) = self.external_email_address {
            send_to(&mut edited, target);
        }
        USER.change(session, &user, edited, self.password).await
    }
}

impl Cmdlet for RemoveMailUser {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let user = USER.find(session, &self.identity)?;
        USER.remove(session, &user).await
    }
}

fn shown(snapshot: &Snapshot, recipient: &Recipient) -> Option<MailUserObject> {
    let Kind::MailUser(_, target) = &recipient.kind else { return None };
    let restrictions = &recipient.restrictions;
    Some(MailUserObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        external_email_address: target.to_string(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: recipient.email_addresses(),
        email_address_policy_enabled: recipient.email_address_policy_enabled,
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
        accept_messages_only_from_senders_or_members: addresses_of(
            snapshot,
            &restrictions.accept_only_from,
        ),
        reject_messages_from_senders_or_members: addresses_of(snapshot, &restrictions.reject_from),
        grant_send_on_behalf_to: addresses_of(snapshot, &recipient.send_on_behalf),
        custom_attributes: CustomAttributes::of(recipient),
    })
}
