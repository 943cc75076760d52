//! Role based access control: which role groups hold which management roles, under Exchange's
//! names, and who calls.

use auth::RecipientId;

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

/// A role group: whose members hold which roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    pub const fn name(self) -> &'static str {
        match self {
            RoleGroup::OrganizationManagement => "Organization Management",
            RoleGroup::ViewOnlyOrganizationManagement => "View-Only Organization Management",
            RoleGroup::RecipientManagement => "Recipient Management",
            RoleGroup::HelpDesk => "Help Desk",
            RoleGroup::ServerManagement => "Server Management",
            RoleGroup::RecordsManagement => "Records Management",
        }
    }

    /// The roles it holds.
    pub const fn roles(self) -> &'static [Role] {
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
        }
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

    /// Whether the caller holds a role.
    pub fn holds(&self, role: Role) -> bool {
        match self {
            Caller::Local { .. } => true,
            Caller::User { groups, .. } => groups.iter().any(|group| group.roles().contains(&role)),
        }
    }
}
