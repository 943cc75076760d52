//! Mail contacts, addresses elsewhere under a name of ours: New-, Get-, Set- and
//! Remove-MailContact.

use directory::{Kind, NewContact, ProxyAddress, Recipient, Snapshot};
use types::Address;

use super::recipient::{
    Changes, CustomAttributes, CustomChanges, EmailAddress, Listing, Noun, addresses_of, alias,
    policies_of_new,
};
use crate::verb::{
    Cmdlet, Edit, Effect, Identity, Role, Session, Verb, VerbError, guid_text, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetMailContact>(),
    Verb::of::<NewMailContact>(),
    Verb::of::<SetMailContact>(),
    Verb::of::<RemoveMailContact>(),
];

object! {
    /// An address elsewhere under a name of ours.
    pub struct MailContactObject = "MailContact" [display_name, alias, external_email_address] {
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
        .. custom_attributes: CustomAttributes,
    }
}

verb! {
    /// Shows mail contacts.
    pub struct GetMailContact = "Get-MailContact" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Makes a mail contact.
    pub struct NewMailContact = "New-MailContact" (Role::MailRecipientCreation, Effect::Change) {
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
    }
}

verb! {
    /// Changes a mail contact. What is left out stays.
    pub struct SetMailContact = "Set-MailContact" (Role::MailRecipients, Effect::Change) {
        /// The contact.
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
        .. custom_attributes: CustomChanges,
    }
}

verb! {
    /// Removes a mail contact.
    pub struct RemoveMailContact = "Remove-MailContact" (Role::MailRecipientCreation, Effect::Destroy) {
        /// The contact.
        identity: Identity = first,
    }
}

const CONTACT: Noun<MailContactObject> = Noun { what: "mail contact", show: shown };

impl Cmdlet for GetMailContact {
    type Answer = Vec<MailContactObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetMailContact { identity, anr, result_size } = self;
        CONTACT.list(session, Listing { identity, anr, result_size })
    }
}

impl Cmdlet for NewMailContact {
    type Answer = Vec<MailContactObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let request = NewContact {
            policies: policies_of_new(session, self.primary_smtp_address.as_ref())?,
            primary: self.primary_smtp_address.unwrap_or(self.external_email_address.clone()),
            alias: Some(self.alias.unwrap_or_else(|| alias(&self.name))),
            display_name: self.display_name.unwrap_or(self.name),
            target: self.external_email_address,
        };
        session.may_make(&request.primary.to_string())?;
        if !session.should_process(format!("Creating mail contact {}", request.primary)) {
            return Ok(Vec::new());
        }
        let id = session.directory().create_contact(request).await?;
        CONTACT.made(session, id)
    }
}

impl Cmdlet for SetMailContact {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let contact = CONTACT.find(session, &self.identity)?;
        let mut edited = Recipient::clone(&contact);
        let changes = Changes {
            alias: self.alias,
            display_name: self.display_name,
            primary_smtp_address: self.primary_smtp_address,
            email_addresses: self.email_addresses,
            email_address_policy_enabled: self.email_address_policy_enabled,
            hidden_from_address_lists_enabled: self.hidden_from_address_lists_enabled,
            accept_only_from: self.accept_messages_only_from_senders_or_members,
            reject_from: self.reject_messages_from_senders_or_members,
            ..Changes::default()
        };
        changes.apply(session, &mut edited)?;
        self.custom_attributes.apply(&mut edited);
        if let Some(target) = self.external_email_address {
            send_to(&mut edited, target);
        }
        CONTACT.change(session, &contact, edited, None).await
    }
}

impl Cmdlet for RemoveMailContact {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let contact = CONTACT.find(session, &self.identity)?;
        CONTACT.remove(session, &contact).await
    }
}

/// ExternalEmailAddress. Who writes from there is recognized by it, so it is among the addresses.
pub(super) fn send_to(recipient: &mut Recipient, to: Address) {
    match &mut recipient.kind {
        Kind::MailContact(target) | Kind::MailUser(_, target) => *target = to.clone(),
        _ => return,
    }
    let to = ProxyAddress::Smtp(to);
    if !recipient.addresses().any(|address| address.folded() == to.folded()) {
        recipient.proxies.push(to);
    }
}

fn shown(snapshot: &Snapshot, recipient: &Recipient) -> Option<MailContactObject> {
    let Kind::MailContact(target) = &recipient.kind else { return None };
    let restrictions = &recipient.restrictions;
    Some(MailContactObject {
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
        custom_attributes: CustomAttributes::of(recipient),
    })
}
