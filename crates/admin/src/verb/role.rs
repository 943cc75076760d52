//! Role based access control: which role groups hold which management roles, under Exchange's
//! names, and who calls.
//!
//! Every organization has the groups of [`RoleGroup::ALL`]; what administrators made of them, and
//! others, is in the directory (module `role_groups`).

use std::sync::Arc;

use auth::RecipientId;
use directory::{Recipient, Snapshot};
use filter::RecipientFilter;

use crate::role_groups;

macro_rules! roles {
    ($($role:ident = $name:literal,)*) => {
        /// A management role: a set of verbs that belong together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = $name] $role,)*
        }

        impl Role {
            /// All of them.
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// Their names.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// Exchange's name of it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Role::$role => $name,)*
                }
            }
        }
    };
}

roles! {
    AddressLists = "Address Lists",
    AuditLogs = "Audit Logs",
    Databases = "Databases",
    DistributionGroups = "Distribution Groups",
    EmailAddressPolicies = "E-Mail Address Policies",
    ExchangeServerCertificates = "Exchange Server Certificates",
    ExchangeServers = "Exchange Servers",
    MailboxImportExport = "Mailbox Import Export",
    MailRecipientCreation = "Mail Recipient Creation",
    MailRecipients = "Mail Recipients",
    MessageTracking = "Message Tracking",
    Migration = "Migration",
    Monitoring = "Monitoring",
    OrganizationConfiguration = "Organization Configuration",
    OrganizationTransportSettings = "Organization Transport Settings",
    Pop3AndImap4Protocols = "POP3 And IMAP4 Protocols",
    ReceiveConnectors = "Receive Connectors",
    RemoteAndAcceptedDomains = "Remote and Accepted Domains",
    ResetPassword = "Reset Password",
    RoleManagement = "Role Management",
    SecurityGroupCreationAndMembership = "Security Group Creation and Membership",
    SendConnectors = "Send Connectors",
    TransportQueues = "Transport Queues",
    UserOptions = "User Options",
    ViewOnlyAuditLogs = "View-Only Audit Logs",
    ViewOnlyConfiguration = "View-Only Configuration",
    ViewOnlyRecipients = "View-Only Recipients",
}

impl Role {
    /// Whether write scopes hold for its verbs: they change recipients, what is in mailboxes, or
    /// who may do that. The others change servers and the organization, of which a filter over
    /// recipients says nothing.
    pub const fn is_scoped(self) -> bool {
        use Role::*;
        match self {
            DistributionGroups
            | MailboxImportExport
            | MailRecipientCreation
            | MailRecipients
            | Migration
            | ResetPassword
            // Who is kept to a scope does not lift it.
            | RoleManagement
            | SecurityGroupCreationAndMembership
            | UserOptions => true,
            AddressLists
            | AuditLogs
            | Databases
            | EmailAddressPolicies
            | ExchangeServerCertificates
            | ExchangeServers
            | MessageTracking
            | Monitoring
            | OrganizationConfiguration
            | OrganizationTransportSettings
            | Pop3AndImap4Protocols
            | ReceiveConnectors
            | RemoteAndAcceptedDomains
            | SendConnectors
            | TransportQueues
            | ViewOnlyAuditLogs
            | ViewOnlyConfiguration
            | ViewOnlyRecipients => false,
        }
    }
}

/// A role group: whose members hold which roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleGroup {
    /// Everything.
    OrganizationManagement,
    /// Reads everything.
    ViewOnlyOrganizationManagement,
    /// Recipients.
    RecipientManagement,
    /// Sees recipients, changes users' options.
    HelpDesk,
    /// Servers, connectors, certificates, queues.
    ServerManagement,
    /// Audit logs and message tracking.
    RecordsManagement,
    /// One that administrators have made or changed.
    Own(Arc<OwnRoleGroup>),
}

/// A role group that administrators have made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRoleGroup {
    /// Its name.
    pub name: String,
    /// The roles it holds.
    pub roles: Vec<Role>,
    /// The recipients that its members may change; None: all.
    pub scope: Option<RecipientFilter>,
}

impl RoleGroup {
    /// All of them.
    pub const ALL: [RoleGroup; 6] = [
        RoleGroup::OrganizationManagement,
        RoleGroup::ViewOnlyOrganizationManagement,
        RoleGroup::RecipientManagement,
        RoleGroup::HelpDesk,
        RoleGroup::ServerManagement,
        RoleGroup::RecordsManagement,
    ];

    /// Exchange's name of it.
    pub fn name(&self) -> &str {
        match self {
            RoleGroup::OrganizationManagement => "Organization Management",
            RoleGroup::ViewOnlyOrganizationManagement => "View-Only Organization Management",
            RoleGroup::RecipientManagement => "Recipient Management",
            RoleGroup::HelpDesk => "Help Desk",
            RoleGroup::ServerManagement => "Server Management",
            RoleGroup::RecordsManagement => "Records Management",
            RoleGroup::Own(group) => &group.name,
        }
    }

    /// The roles it holds.
    pub fn roles(&self) -> &[Role] {
        use Role::*;
        match self {
            RoleGroup::OrganizationManagement => Role::ALL,
            RoleGroup::ViewOnlyOrganizationManagement => {
                &[ViewOnlyAuditLogs, ViewOnlyConfiguration, ViewOnlyRecipients, Monitoring]
            }
            RoleGroup::RecipientManagement => &[
                DistributionGroups,
                MailRecipientCreation,
                MailRecipients,
                MessageTracking,
                Migration,
                ResetPassword,
                // Exchange has the verbs of this role in Mail Recipients too; here a verb has one.
                UserOptions,
                ViewOnlyRecipients,
            ],
            RoleGroup::HelpDesk => &[UserOptions, ViewOnlyRecipients],
            RoleGroup::ServerManagement => &[
                Databases,
                ExchangeServerCertificates,
                ExchangeServers,
                Monitoring,
                Pop3AndImap4Protocols,
                ReceiveConnectors,
                SendConnectors,
                TransportQueues,
                ViewOnlyConfiguration,
            ],
            RoleGroup::RecordsManagement => &[AuditLogs, MessageTracking, ViewOnlyAuditLogs],
            RoleGroup::Own(group) => &group.roles,
        }
    }

    /// Whether its members may change a recipient by the verbs of a role.
    fn lets_change(&self, role: Role, snapshot: &Snapshot, recipient: &Recipient) -> bool {
        let scope = match self {
            RoleGroup::Own(group) => group.scope.as_ref(),
            _ => None,
        };
        let within = scope.is_none_or(|scope| snapshot.takes(scope, recipient));
        within && self.roles().contains(&role)
    }
}

/// Who runs a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Who may open the data directory or the server's own socket: the system's administrator.
    Local {
        /// The operating system's name of the user.
        user: String,
    },
    /// Somebody who logged in.
    User {
        /// Who.
        id: RecipientId,
        /// The address.
        name: String,
        /// The role groups that the user is in.
        groups: Vec<RoleGroup>,
    },
}

impl Caller {
    /// How logs name the caller.
    pub fn name(&self) -> &str {
        match self {
            Caller::Local { user } => user,
            Caller::User { name, .. } => name,
        }
    }

    /// Who has logged in, with the role groups of the moment. `name` is for logs.
    pub fn account(snapshot: &Snapshot, id: RecipientId, name: String) -> Self {
        Caller::User { id, name, groups: role_groups::of_member(snapshot, id) }
    }

    /// Whether the caller may change a recipient by the verbs of a role: one of the caller's
    /// groups that hold it takes the recipient into its scope.
    pub fn may_change(&self, role: Role, snapshot: &Snapshot, recipient: &Recipient) -> bool {
        match self {
            Caller::Local { .. } => true,
            Caller::User { groups, .. } => {
                groups.iter().any(|group| group.lets_change(role, snapshot, recipient))
            }
        }
    }

    /// Whether the caller holds a role for all recipients, also those that are yet to be made.
    pub fn holds_everywhere(&self, role: Role) -> bool {
        let everywhere = |group: &RoleGroup| match group {
            RoleGroup::Own(group) => group.scope.is_none() && group.roles.contains(&role),
            group => group.roles().contains(&role),
        };
        match self {
            Caller::Local { .. } => true,
            Caller::User { groups, .. } => groups.iter().any(everywhere),
        }
    }

    /// Whether the caller holds a role.
    pub fn holds(&self, role: Role) -> bool {
        match self {
            Caller::Local { .. } => true,
            Caller::User { groups, .. } => groups.iter().any(|group| group.roles().contains(&role)),
        }
    }
}
