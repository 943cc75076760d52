//! Recipients: everything that has a mail address here.

use auth::{PasswordHash, Protocol, RecipientId, ScramSecret};
use filter::RecipientFilter;
use types::Address;

use crate::attributes::Attributes;

/// Counts the changes of a directory, upwards. The other servers follow by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeNumber(pub u64);

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its GUID, for good.
    pub id: RecipientId,
    /// The change that wrote it last. Set by the directory.
    pub changed: ChangeNumber,
    /// Short name, unique (mailNickname); a login name for who has an account.
    pub alias: String,
    /// The name people see.
    pub display_name: String,
    /// The address it sends from.
    pub primary: Address,
    /// Its other addresses.
    pub proxies: Vec<ProxyAddress>,
    /// Who may send in its name as if it did itself.
    pub send_as: Vec<RecipientId>,
    /// Who may send on its behalf, visibly.
    pub send_on_behalf: Vec<RecipientId>,
    /// What it is.
    pub kind: Kind,
    /// No address list shows it (HiddenFromAddressListsEnabled).
    pub hidden_from_address_lists: bool,
    /// What mail it takes.
    pub restrictions: Restrictions,
    /// Names, department, telephone and so on.
    pub attributes: Attributes,
    /// Whom it reports to.
    pub manager: Option<RecipientId>,
    /// Its addresses follow the e-mail address policy (EmailAddressPolicyEnabled).
    pub email_address_policy_enabled: bool,
    /// The throttling policy that it was given.
    pub throttling_policy: Option<String>,
}

/// What mail a recipient takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// MaxReceiveSize, in octets. None: what the server takes.
    pub max_receive_octets: Option<u64>,
    /// Only from these and from members of these groups
    /// (AcceptMessagesOnlyFromSendersOrMembers). Empty: from anybody.
    pub accept_only_from: Vec<RecipientId>,
    /// Not from these nor from members of these groups (RejectMessagesFromSendersOrMembers).
    pub reject_from: Vec<RecipientId>,
}

/// What a recipient is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person's mailbox.
    UserMailbox(Account, Mailbox),
    /// A mailbox nobody logs in to; opened by those with full access.
    SharedMailbox(Mailbox),
    /// The mailbox of a room, which nobody logs in to either.
    RoomMailbox(Mailbox),
    /// The mailbox of a car, a projector and the like.
    EquipmentMailbox(Mailbox),
    /// An address elsewhere under a name of ours.
    MailContact(Address),
    /// Somebody who logs in here and has the mail elsewhere.
    MailUser(Account, Address),
    /// A distribution group.
    Group(Group),
    /// A distribution group of those whom a filter takes; its list of members stays empty.
    DynamicGroup(Group, RecipientFilter),
    /// Somebody who logs in here and has no mail: its address is a login name only.
    User(Account),
}

impl Kind {
    /// RecipientTypeDetails: all that can be told apart.
    pub const TYPE_DETAILS: &'static [&'static str] = &[
        "UserMailbox",
        "SharedMailbox",
        "RoomMailbox",
        "EquipmentMailbox",
        "MailContact",
        "MailUser",
        "MailUniversalDistributionGroup",
        "DynamicDistributionGroup",
        "User",
    ];

    /// RecipientTypeDetails.
    pub fn type_details(&self) -> &'static str {
        match self {
            Kind::UserMailbox(..) => "UserMailbox",
            Kind::SharedMailbox(..) => "SharedMailbox",
            Kind::RoomMailbox(..) => "RoomMailbox",
            Kind::EquipmentMailbox(..) => "EquipmentMailbox",
            Kind::MailContact(..) => "MailContact",
            Kind::MailUser(..) => "MailUser",
            Kind::Group(..) => "MailUniversalDistributionGroup",
            Kind::DynamicGroup(..) => "DynamicDistributionGroup",
            Kind::User(..) => "User",
        }
    }

    /// RecipientType: whatever has a mailbox is a UserMailbox.
    pub fn recipient_type(&self) -> &'static str {
        match self {
            Kind::SharedMailbox(..) | Kind::RoomMailbox(..) | Kind::EquipmentMailbox(..) => {
                "UserMailbox"
            }
            kind => kind.type_details(),
        }
    }
}

impl Recipient {
    /// The account, if it can log in.
    pub fn account(&self) -> Option<&Account> {
        match &self.kind {
            Kind::UserMailbox(account, _) | Kind::MailUser(account, _) | Kind::User(account) => {
                Some(account)
            }
            _ => None,
        }
    }

    /// The account, to be changed.
    pub fn account_mut(&mut self) -> Option<&mut Account> {
        match &mut self.kind {
            Kind::UserMailbox(account, _) | Kind::MailUser(account, _) | Kind::User(account) => {
                Some(account)
            }
            _ => None,
        }
    }

    /// The mailbox, if it has one here.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.kind {
            Kind::UserMailbox(_, mailbox)
            | Kind::SharedMailbox(mailbox)
            | Kind::RoomMailbox(mailbox)
            | Kind::EquipmentMailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// The mailbox, to be changed.
    pub fn mailbox_mut(&mut self) -> Option<&mut Mailbox> {
        match &mut self.kind {
            Kind::UserMailbox(_, mailbox)
            | Kind::SharedMailbox(mailbox)
            | Kind::RoomMailbox(mailbox)
            | Kind::EquipmentMailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// The group, if it is one.
    pub fn group(&self) -> Option<&Group> {
        match &self.kind {
            Kind::Group(group) | Kind::DynamicGroup(group, _) => Some(group),
            _ => None,
        }
    }

    /// The group, to be changed.
    pub fn group_mut(&mut self) -> Option<&mut Group> {
        match &mut self.kind {
            Kind::Group(group) | Kind::DynamicGroup(group, _) => Some(group),
            _ => None,
        }
    }

    /// The primary and all proxy addresses.
    pub fn addresses(&self) -> impl Iterator<Item = ProxyAddress> + '_ {
        std::iter::once(ProxyAddress::Smtp(self.primary.clone()))
            .chain(self.proxies.iter().cloned())
    }

    /// The SMTP ones among [`Recipient::addresses`].
    pub fn smtp_addresses(&self) -> impl Iterator<Item = &Address> {
        let secondary = self.proxies.iter().filter_map(|proxy| match proxy {
            ProxyAddress::Smtp(address) => Some(address),
            ProxyAddress::X500(_) => None,
        });
        std::iter::once(&self.primary).chain(secondary)
    }

    /// EmailAddresses: `SMTP:` is the primary one, `smtp:` and `X500:` the others.
    pub fn email_addresses(&self) -> Vec<String> {
        let primary = format!("SMTP:{}", self.primary);
        let others = self.proxies.iter().map(|proxy| match proxy {
            ProxyAddress::Smtp(address) => format!("smtp:{address}"),
            ProxyAddress::X500(name) => format!("X500:{name}"),
        });
        std::iter::once(primary).chain(others).collect()
    }

    /// Removes every mention of another recipient. True when there was one.
    pub(crate) fn forget(&mut self, other: RecipientId) -> bool {
        let Restrictions { accept_only_from, reject_from, .. } = &mut self.restrictions;
        let mut found = strike(&mut self.send_as, other)
            | strike(&mut self.send_on_behalf, other)
            | strike(accept_only_from, other)
            | strike(reject_from, other)
            | self.manager.take_if(|manager| *manager == other).is_some();
        if let Some(group) = self.group_mut() {
            found |= strike(&mut group.members, other) | strike(&mut group.managed_by, other);
        }
        if let Some(mailbox) = self.mailbox_mut() {
            found |= strike(&mut mailbox.full_access, other);
            let forwards =
                |forwarding: &mut Forwarding| forwarding.to == ForwardTo::Recipient(other);
            found |= mailbox.forwarding.take_if(forwards).is_some();
        }
        found
    }
}

fn strike(list: &mut Vec<RecipientId>, id: RecipientId) -> bool {
    let before = list.len();
    list.retain(|entry| *entry != id);
    list.len() != before
}

/// An address other than the primary one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyAddress {
    /// `smtp:`
    Smtp(Address),
    /// `X500:`, an old legacyExchangeDN that replies still go to.
    X500(String),
}

impl ProxyAddress {
    /// What two proxy addresses are compared by.
    pub fn folded(&self) -> String {
        match self {
            ProxyAddress::Smtp(address) => smtp_key(address),
            ProxyAddress::X500(name) => x500_key(name),
        }
    }
}

pub(crate) fn smtp_key(address: &Address) -> String {
    format!("smtp:{}", address.folded())
}

pub(crate) fn x500_key(name: &str) -> String {
    format!("x500:{}", name.to_lowercase())
}

/// Somebody who can log in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Without them nobody gets in.
    pub credentials: Option<Credentials>,
    /// May use the administrative verbs.
    pub administrator: bool,
    /// The services it may come to.
    pub protocols: AccountProtocols,
    /// IMAP capabilities not to be offered to it.
    pub imap_capabilities_hidden: Vec<String>,
}

/// One password in the forms that the mechanisms need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// For mechanisms that show the password.
    pub password: PasswordHash,
    /// For SCRAM-SHA-256.
    pub scram: ScramSecret,
}

/// The services switched on for an account (Set-CASMailbox).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountProtocols {
    /// ImapEnabled.
    pub imap: bool,
    /// PopEnabled.
    pub pop: bool,
    /// Client submission (SmtpClientAuthenticationDisabled is its opposite).
    pub smtp: bool,
}

impl Default for AccountProtocols {
    /// All, as Exchange has it; what listens at all is the server's setting.
    fn default() -> Self {
        AccountProtocols { imap: true, pop: true, smtp: true }
    }
}

impl Account {
    /// True when the account may come to that service.
    pub fn may_use(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Imap4 => self.protocols.imap,
            Protocol::Pop3 => self.protocols.pop,
            Protocol::Smtp => self.protocols.smtp,
            Protocol::Admin => self.administrator,
        }
    }
}

/// What has a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Where it is.
    pub location: MailboxLocation,
    /// How much it may hold.
    pub quotas: Quotas,
    /// Where its mail goes on to.
    pub forwarding: Option<Forwarding>,
    /// Who may open it, besides its owner.
    pub full_access: Vec<RecipientId>,
    /// The database's quotas hold in place of its own (UseDatabaseQuotaDefaults).
    pub use_database_quota_defaults: bool,
    /// What becomes of deleted items.
    pub recoverable_items: RecoverableItems,
}

/// Where a mailbox is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxLocation {
    /// Name of the server.
    pub server: String,
    /// Name of the mailbox database there.
    pub database: String,
    /// Number of the mailbox in it. The directory hands it out.
    pub number: u32,
}

/// Limits on a mailbox, in octets. None: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// IssueWarningQuota.
    pub warn: Option<u64>,
    /// ProhibitSendQuota.
    pub prohibit_send: Option<u64>,
    /// ProhibitSendReceiveQuota.
    pub prohibit_send_receive: Option<u64>,
}

/// What becomes of deleted items. Quotas in octets; None: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoverableItems {
    /// RecoverableItemsWarningQuota.
    pub warn: Option<u64>,
    /// RecoverableItemsQuota.
    pub quota: Option<u64>,
    /// RetainDeletedItemsFor, in seconds. None: as long as the database says
    /// (UseDatabaseRetentionDefaults).
    pub retention_secs: Option<u64>,
    /// SingleItemRecoveryEnabled.
    pub single_item_recovery: bool,
}

/// Mail that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// Where to.
    pub to: ForwardTo,
    /// A copy stays (DeliverToMailboxAndForward).
    pub keep_copy: bool,
}

/// Where mail goes on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTo {
    /// Another recipient (ForwardingAddress).
    Recipient(RecipientId),
    /// Any address (ForwardingSmtpAddress).
    Address(Address),
}

/// A distribution group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its members, groups among them.
    pub members: Vec<RecipientId>,
    /// Takes mail only from authenticated senders (RequireSenderAuthenticationEnabled).
    pub authenticated_senders_only: bool,
    /// Who is in charge of it (ManagedBy).
    pub managed_by: Vec<RecipientId>,
    /// Who hears of members that cannot be reached.
    pub reports: GroupReports,
    /// Whether members' automatic replies go to who wrote to the group
    /// (SendOofMessageToOriginatorEnabled).
    pub automatic_replies: bool,
}

/// Who gets the reports about a group's members (ReportToOriginatorEnabled,
/// ReportToManagerEnabled).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupReports {
    /// The sender.
    #[default]
    Originator,
    /// The first of those in charge.
    Manager,
    /// Nobody.
    Nobody,
}

impl Default for Group {
    /// Empty, and closed to the outside, as Exchange makes them.
    fn default() -> Self {
        Group {
            members: Vec::new(),
            authenticated_senders_only: true,
            managed_by: Vec::new(),
            reports: GroupReports::default(),
            automatic_replies: false,
        }
    }
}
