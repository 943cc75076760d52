//! Set-Mailbox.

use config::{ByteQuantity, TimeSpan, Unlimited};
use directory::{ForwardTo, Forwarding, Kind, Mailbox, Recipient, RecoverableItems};
use types::Address;

use super::super::recipient::{Changes, CustomChanges, EmailAddress, octets};
use super::MAILBOX;
use super::new::PASSWORD_ELSEWHERE;
use crate::verb::{
    Cmdlet, Edit, Effect, Expected, Identity, Password, Role, Scalar, Session, Setting, Shape,
    Switch, VerbError, verb,
};

verb! {
    /// Changes a mailbox. What is left out stays; `$null` clears.
    pub struct SetMailbox = "Set-Mailbox" (Role::MailRecipients, Effect::Change) {
        /// The mailbox.
        identity: Identity = first,
        /// Short name, unique.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The address it sends from; the one before stays as a further address.
        primary_smtp_address: Option<Address>,
        /// All addresses: `SMTP:` marks the primary one; or @{Add=…;Remove=…}.
        email_addresses: Edit<EmailAddress>,
        /// Its addresses follow the e-mail address policies, which then say the primary one.
        email_address_policy_enabled: Option<bool>,
        /// The recipient its mail goes on to.
        forwarding_address: Setting<Identity>,
        /// The address its mail goes on to.
        forwarding_smtp_address: Setting<Address>,
        /// A copy of what goes on stays.
        deliver_to_mailbox_and_forward: Option<bool>,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Edit<Identity>,
        /// No address list shows it.
        hidden_from_address_lists_enabled: Option<bool>,
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Edit<Identity>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Edit<Identity>,
        /// Takes no larger messages.
        max_receive_size: Option<Unlimited<ByteQuantity>>,
        /// Regular, Shared, Room or Equipment. Only a regular mailbox has an account: with the
        /// type the account goes, and its password.
        type_: Option<MailboxType>,
        /// Above it the owner is warned.
        issue_warning_quota: Option<Unlimited<ByteQuantity>>,
        /// Above it the owner cannot send.
        prohibit_send_quota: Option<Unlimited<ByteQuantity>>,
        /// Above it nothing comes in either.
        prohibit_send_receive_quota: Option<Unlimited<ByteQuantity>>,
        /// The database's quotas hold in place of those of the mailbox.
        use_database_quota_defaults: Option<bool>,
        /// Above it the oldest deleted items go before their time.
        recoverable_items_warning_quota: Option<Unlimited<ByteQuantity>>,
        /// A deletion that would pass it takes the oldest deleted items along.
        recoverable_items_quota: Option<Unlimited<ByteQuantity>>,
        /// How long deleted items stay; `$null`: as long as the database says.
        retain_deleted_items_for: Setting<TimeSpan>,
        /// What the owner removes from Recoverable Items stays for its retention.
        single_item_recovery_enabled: Option<bool>,
        /// The owner's password.
        password: Option<Password>,
        /// Removes the owner's password: it is the one of a linked directory from now on.
        linked: Switch,
        .. custom_attributes: CustomChanges,
    }
}

/// What a mailbox is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxType {
    /// A person's, who logs in.
    Regular,
    /// Opened by those with full access.
    Shared,
    /// A room's.
    Room,
    /// That of a car, a projector and the like.
    Equipment,
}

impl Scalar for MailboxType {
    const SHAPE: Shape = Shape::OneOf(&["Regular", "Shared", "Room", "Equipment"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.to_ascii_lowercase().as_str() {
            "regular" => Ok(MailboxType::Regular),
            "shared" => Ok(MailboxType::Shared),
            "room" => Ok(MailboxType::Room),
            "equipment" => Ok(MailboxType::Equipment),
            _ => Err(Self::SHAPE.expected()),
        }
    }
}

impl Cmdlet for SetMailbox {
    type Answer = ();

    async fn run(mut self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = MAILBOX.find(session, &self.identity)?;
        let (password, linked) = (self.password.take(), self.linked.0);
        let mut edited = self.edited(session, &recipient)?;
        match (edited.account_mut(), password.is_some(), linked) {
            (_, false, false) | (Some(_), true, false) => {}
            (Some(account), false, true) => account.credentials = None,
            (_, true, true) => return Err(VerbError::Invalid(PASSWORD_ELSEWHERE.to_owned())),
            (None, ..) => return Err(VerbError::Invalid(NO_LOGIN.to_owned())),
        }
        MAILBOX.change(session, &recipient, edited, password).await
    }
}

impl SetMailbox {
    /// The recipient as it is to be.
    fn edited(self, session: &Session<'_>, recipient: &Recipient) -> Result<Recipient, VerbError> {
        let mut edited = recipient.clone();
        let changes = Changes {
            alias: self.alias,
            display_name: self.display_name,
            primary_smtp_address: self.primary_smtp_address,
            email_addresses: self.email_addresses,
            email_address_policy_enabled: self.email_address_policy_enabled,
            hidden_from_address_lists_enabled: self.hidden_from_address_lists_enabled,
            grant_send_on_behalf_to: self.grant_send_on_behalf_to,
            accept_only_from: self.accept_messages_only_from_senders_or_members,
            reject_from: self.reject_messages_from_senders_or_members,
            max_receive_size: self.max_receive_size,
        };
        changes.apply(session, &mut edited)?;
        self.custom_attributes.apply(&mut edited);
        if let Some(kind) = self.type_ {
            convert(&mut edited, kind);
        }
        let Some(mailbox) = edited.mailbox_mut() else { return Ok(edited) };
        let (quotas, deleted) = (&mut mailbox.quotas, &mut mailbox.recoverable_items);
        for (given, quota) in [
            (self.issue_warning_quota, &mut quotas.warn),
            (self.prohibit_send_quota, &mut quotas.prohibit_send),
            (self.prohibit_send_receive_quota, &mut quotas.prohibit_send_receive),
            (self.recoverable_items_warning_quota, &mut deleted.warn),
            (self.recoverable_items_quota, &mut deleted.quota),
        ] {
            *quota = given.map_or(*quota, octets);
        }
        let own = mailbox.use_database_quota_defaults;
        mailbox.use_database_quota_defaults = self.use_database_quota_defaults.unwrap_or(own);
        retain(deleted, self.retain_deleted_items_for, self.single_item_recovery_enabled);
        let to = match self.forwarding_address {
            Setting::Keep => Setting::Keep,
            Setting::Clear => Setting::Clear,
            Setting::To(identity) => {
                Setting::To(ForwardTo::Recipient(session.recipient(&identity, "recipient")?.id))
            }
        };
        forward(mailbox, to, self.forwarding_smtp_address, self.deliver_to_mailbox_and_forward)?;
        Ok(edited)
    }
}

/// Type. Only a regular mailbox has an account; a new one has no password yet.
fn convert(recipient: &mut Recipient, to: MailboxType) {
    let Some(mailbox) = recipient.mailbox().cloned() else { return };
    recipient.kind = match to {
        MailboxType::Regular => {
            Kind::UserMailbox(recipient.account().cloned().unwrap_or_default(), mailbox)
        }
        MailboxType::Shared => Kind::SharedMailbox(mailbox),
        MailboxType::Room => Kind::RoomMailbox(mailbox),
        MailboxType::Equipment => Kind::EquipmentMailbox(mailbox),
    };
}

const NO_LOGIN: &str = "nobody logs in to a mailbox of this type: it has no password";

/// RetainDeletedItemsFor and SingleItemRecoveryEnabled.
fn retain(deleted: &mut RecoverableItems, time: Setting<TimeSpan>, recovery: Option<bool>) {
    match time {
        Setting::Keep => {}
        Setting::Clear => deleted.retention_secs = None,
        Setting::To(time) => deleted.retention_secs = Some(time.duration().as_secs()),
    }
    deleted.single_item_recovery = recovery.unwrap_or(deleted.single_item_recovery);
}

/// ForwardingAddress goes before ForwardingSmtpAddress, as in Exchange.
fn forward(
    mailbox: &mut Mailbox,
    recipient: Setting<ForwardTo>,
    address: Setting<Address>,
    keep_copy: Option<bool>,
) -> Result<(), VerbError> {
    let before = mailbox.forwarding.take();
    let kept = before.as_ref().is_some_and(|forwarding| forwarding.keep_copy);
    let mut to = before.map(|forwarding| forwarding.to);
    match address {
        Setting::Keep => {}
        Setting::Clear => to = to.filter(|to| !matches!(to, ForwardTo::Address(_))),
        Setting::To(address) => to = Some(ForwardTo::Address(address)),
    }
    match recipient {
        Setting::Keep => {}
        Setting::Clear => to = to.filter(|to| !matches!(to, ForwardTo::Recipient(_))),
        Setting::To(recipient) => to = Some(recipient),
    }
    let keep_copy = keep_copy.unwrap_or(kept);
    if to.is_none() && keep_copy {
        return Err(VerbError::Invalid("there is no address to forward to".to_owned()));
    }
    mailbox.forwarding = to.map(|to| Forwarding { to, keep_copy });
    Ok(())
}
