//! Set-Mailbox.

use config::{ByteQuantity, TimeSpan, Unlimited};
use directory::{
    ForwardTo, Forwarding, Mailbox, ProxyAddress, Recipient, RecipientId, RecoverableItems,
};
use types::Address;

use super::{current, mailbox_of};
use crate::verb::{
    Cmdlet, Edit, Effect, Expected, Identity, Object, Password, Role, Scalar, Session, Setting,
    Shape, VerbError, verb,
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
        /// The recipient its mail goes on to.
        forwarding_address: Setting<Identity>,
        /// The address its mail goes on to.
        forwarding_smtp_address: Setting<Address>,
        /// A copy of what goes on stays.
        deliver_to_mailbox_and_forward: Option<bool>,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Edit<Identity>,
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
    }
}

/// An entry of EmailAddresses.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailAddress {
    primary: bool,
    proxy: ProxyAddress,
}

impl Scalar for EmailAddress {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let wrong = || Expected("SMTP:address, smtp:address or X500:name".to_owned());
        let (kind, value) = text.split_once(':').unwrap_or(("smtp", text));
        let proxy = match kind.to_ascii_lowercase().as_str() {
            "smtp" => ProxyAddress::Smtp(value.parse().map_err(|_| wrong())?),
            "x500" => ProxyAddress::X500(value.to_owned()),
            _ => return Err(wrong()),
        };
        Ok(EmailAddress { primary: kind == "SMTP", proxy })
    }
}

impl Cmdlet for SetMailbox {
    type Answer = ();

    async fn run(mut self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = session.recipient(&self.identity, "mailbox")?;
        mailbox_of(&recipient, &self.identity.0)?;
        let before = current(session, recipient.id).map(|mailbox| Object::of(&mailbox));
        let password = self.password.take();
        let change = self.change(session, &recipient)?;
        if !session.should_process(format!("Changing mailbox {}", recipient.primary)) {
            return Ok(());
        }
        session.directory().update(recipient.id, move |edited| *edited = change).await?;
        if let Some(Password(password)) = password {
            session.directory().set_password(recipient.id, password).await?;
        }
        let after = current(session, recipient.id).map(|mailbox| Object::of(&mailbox));
        session.modified(
            recipient.primary.to_string(),
            before.transpose()?.as_ref(),
            after.transpose()?.as_ref(),
        );
        Ok(())
    }
}

impl SetMailbox {
    /// The recipient as it is to be.
    fn change(self, session: &Session<'_>, recipient: &Recipient) -> Result<Recipient, VerbError> {
        let mut edited = recipient.clone();
        let id =
            |identity: Identity| Ok::<_, VerbError>(session.recipient(&identity, "recipient")?.id);
        let granted: Edit<RecipientId> = self.grant_send_on_behalf_to.try_map(id)?;
        granted.apply(&mut edited.send_on_behalf);
        edited.alias = self.alias.unwrap_or(edited.alias);
        edited.display_name = self.display_name.unwrap_or(edited.display_name);
        addresses(&mut edited, self.email_addresses)?;
        if let Some(primary) = self.primary_smtp_address {
            make_primary(&mut edited, primary);
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
            *quota = given.map_or(*quota, |given| given.limit().map(ByteQuantity::bytes));
        }
        let own = mailbox.use_database_quota_defaults;
        mailbox.use_database_quota_defaults = self.use_database_quota_defaults.unwrap_or(own);
        retain(deleted, self.retain_deleted_items_for, self.single_item_recovery_enabled);
        let to = match self.forwarding_address {
            Setting::Keep => Setting::Keep,
            Setting::Clear => Setting::Clear,
            Setting::To(identity) => Setting::To(ForwardTo::Recipient(id(identity)?)),
        };
        forward(mailbox, to, self.forwarding_smtp_address, self.deliver_to_mailbox_and_forward)?;
        Ok(edited)
    }
}

/// RetainDeletedItemsFor and SingleItemRecoveryEnabled.
fn retain(deleted: &mut RecoverableItems, time: Setting<TimeSpan>, recovery: Option<bool>) {
    match time {
        Setting::Keep => {}
        Setting::Clear => deleted.retention_secs = None,
        Setting::To(time) => deleted.retention_secs = Some(time.duration().as_secs()),
    }
    deleted.single_item_recovery = recovery.unwrap_or(deleted.single_item_recovery);
}

/// Replaces or edits the addresses; one of them must be the primary one.
fn addresses(recipient: &mut Recipient, edit: Edit<EmailAddress>) -> Result<(), VerbError> {
    let entry = |primary| move |proxy| EmailAddress { primary, proxy };
    let others = recipient.proxies.iter().cloned().map(entry(false));
    let mut entries: Vec<_> =
        others.chain([ProxyAddress::Smtp(recipient.primary.clone())].map(entry(true))).collect();
    let replaced = matches!(edit, Edit::Replace(_));
    match edit {
        Edit::Keep => return Ok(()),
        Edit::AddRemove { add, remove } => {
            let gone = |entry: &EmailAddress| remove.iter().any(|each| each.proxy == entry.proxy);
            entries.retain(|entry| !gone(entry));
            for new in add {
                entries.retain(|entry| entry.proxy != new.proxy);
                entries.iter_mut().for_each(|entry| entry.primary &= !new.primary);
                entries.push(new);
            }
        }
        Edit::Replace(new) => entries = new,
    }
    let several = entries.iter().filter(|entry| entry.primary).count() > 1;
    let primary = entries.iter().position(|entry| entry.primary).or(replaced.then_some(0));
    let primary = primary.filter(|at| !several && *at < entries.len()).map(|at| entries.remove(at));
    let Some(EmailAddress { proxy: ProxyAddress::Smtp(primary), .. }) = primary else {
        return Err(VerbError::Invalid("one SMTP address must be the primary one".to_owned()));
    };
    recipient.primary = primary;
    recipient.proxies = entries.into_iter().map(|entry| entry.proxy).collect();
    Ok(())
}

/// Makes an address the primary one; the one before stays.
fn make_primary(recipient: &mut Recipient, primary: Address) {
    let before = std::mem::replace(&mut recipient.primary, primary.clone());
    let taken = ProxyAddress::Smtp(primary).folded();
    recipient.proxies.retain(|proxy| proxy.folded() != taken);
    let before = ProxyAddress::Smtp(before);
    if before.folded() != taken {
        recipient.proxies.push(before);
    }
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
