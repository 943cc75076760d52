//! What a row may need besides an open port: outgoing connections, web services, agents.

use crate::id::row_ids;
use crate::{Role, RowId};

/// One thing the product can do that no listener alone shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name in `ports.json`.
    pub id: &'static str,
    /// Its name for an administrator.
    pub title: &'static str,
    /// The roles that have it.
    pub roles: &'static [Role],
    /// Every row that needs it.
    pub rows: &'static [RowId],
}

const MAILBOX: &[Role] = &[Role::Mailbox];
const EDGE: &[Role] = &[Role::Edge];
const BOTH: &[Role] = &[Role::Mailbox, Role::Edge];

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident = $id:literal $title:literal $roles:ident [$($row:literal)*];)*) => {
        $($(#[$doc])* pub static $name: Capability =
            Capability { id: $id, title: $title, roles: $roles, rows: row_ids![$($row)*] };)*

        /// Every capability.
        pub static CAPABILITIES: &[&Capability] = &[$(&$name),*];
    };
}

capabilities! {
    /// A Send connector to the Internet exists.
    INTERNET_SEND_CONNECTOR = "internet-send-connector" "Send connector to the Internet" MAILBOX
        ["M-03"];
    /// A Send connector goes through the front end.
    OUTBOUND_PROXY = "outbound-proxy" "Outbound mail proxied through the front end" MAILBOX
        ["M-04"];
    /// The implicit Send connector between servers of the organization.
    INTRA_ORGANIZATION = "intra-organization-send-connector"
        "Implicit intra-organization Send connector" MAILBOX ["M-02" "T-01"];
    /// Names of next hops are resolved.
    RESOLVER = "resolver" "Name resolution of the next hop" BOTH ["M-05" "M-17"];
    /// Mail to the subscribed Edge server.
    SEND_TO_EDGE = "send-to-edge" "Mail to the subscribed Edge server" MAILBOX ["M-14" "T-02"];
    /// Mail from the Edge server to the organization.
    EDGESYNC_INBOUND = "edgesync-inbound" "EdgeSync - Inbound to <AD site name>" EDGE
        ["M-13" "T-03"];
    /// Mail from the Edge server to the Internet.
    EDGESYNC_TO_INTERNET = "edgesync-to-internet" "EdgeSync - <AD site name> to Internet" EDGE
        ["M-15"];
    /// Replication of recipients and configuration to the Edge server.
    EDGESYNC = "edgesync" "EdgeSync service" MAILBOX ["M-16" "T-08"];
    /// Certificate authentication between Edge servers of two organizations.
    EDGE_TO_EDGE = "edge-to-edge" "Certificate authentication between Edge servers" EDGE
        ["T-04"];
    /// Open-proxy detection of the Protocol Analysis agent.
    OPEN_PROXY_DETECTION = "open-proxy-detection" "Open-proxy detection" EDGE
        ["M-18" "M-19" "M-20"];
    /// Sender reputation through the organization's proxy.
    SENDER_REPUTATION_PROXY = "sender-reputation-proxy" "Outbound proxy of sender reputation" EDGE
        ["M-21"];
    /// Directory, Kerberos and name services of Active Directory.
    ACTIVE_DIRECTORY = "active-directory" "Access to Active Directory" MAILBOX
        ["T-09" "B-01" "B-14" "B-16" "B-17" "B-18" "A-01" "U-01"];
    /// Access to a rights-management server.
    RIGHTS_MANAGEMENT = "rights-management" "Access to AD RMS" MAILBOX ["T-10"];
    /// The Autodiscover web service.
    AUTODISCOVER = "autodiscover" "Autodiscover" MAILBOX ["C-01" "C-10" "A-02" "H-03"];
    /// The ActiveSync web service.
    ACTIVESYNC = "activesync" "Exchange ActiveSync" MAILBOX ["C-02" "A-10"];
    /// Exchange Web Services.
    EWS = "ews" "Exchange Web Services" MAILBOX ["C-03"];
    /// Free/busy, MailTips and message tracking for clients and other organizations.
    AVAILABILITY = "availability" "Availability service" MAILBOX ["A-03" "H-04"];
    /// Distribution of the offline address book.
    OAB = "oab" "Offline address book" MAILBOX ["C-04" "A-05"];
    /// RPC over HTTP.
    OUTLOOK_ANYWHERE = "outlook-anywhere" "Outlook Anywhere" MAILBOX ["C-05" "A-09"];
    /// MAPI over HTTP.
    MAPI_HTTP = "mapi-http" "MAPI over HTTP" MAILBOX ["C-06"];
    /// Outlook on the web.
    OWA = "owa" "Outlook on the web" MAILBOX ["C-07" "C-09" "A-06" "X-13"];
    /// Published calendars.
    CALENDAR_PUBLISHING = "calendar-publishing" "Internet calendar publishing" MAILBOX ["C-08"];
    /// One front end passes a client on to another site's.
    CLIENT_PROXYING = "client-proxying" "Proxying between sites" MAILBOX
        ["A-13" "A-14" "A-15" "A-16" "A-17"];
    /// Telephony: voice mail and its paths to the other services.
    UNIFIED_MESSAGING = "unified-messaging" "Unified Messaging" MAILBOX
        ["T-07" "A-11" "A-18" "U-02" "U-03" "U-04" "U-05" "U-06" "U-07"];
    /// Mail between the organization and Exchange Online.
    HYBRID_MAIL = "hybrid-mail" "Mail with Exchange Online" BOTH ["H-01" "H-02"];
    /// Search over many mailboxes for Exchange Online.
    MULTI_MAILBOX_SEARCH = "multi-mailbox-search" "Multi-mailbox search" MAILBOX ["H-05"];
    /// Mailbox moves to and from Exchange Online.
    MRS_PROXY = "mrs-proxy" "MRS proxy" MAILBOX ["H-06"];
    /// OAuth between organizations.
    OAUTH = "oauth" "OAuth for Autodiscover and EWS" MAILBOX ["H-07"];
    /// Federation and directory synchronization.
    FEDERATION = "federation" "AD FS and directory synchronization" MAILBOX ["H-08"];
    /// The RPC data paths between the roles of Exchange 2010.
    RPC_DATA_PATHS = "rpc-data-paths" "RPC between server roles" MAILBOX
        ["T-05" "T-06" "B-02" "B-04" "B-05" "B-06" "B-10" "B-11" "B-12" "B-13" "B-15" "A-12"
         "U-05" "U-07" "X-22"];
    /// Copies of a database on several servers.
    DATABASE_COPIES = "database-copies" "Log shipping and seeding" MAILBOX ["B-07" "B-08"];
}

/// The capability with this id.
pub fn capability(id: &str) -> Option<&'static Capability> {
    CAPABILITIES.iter().copied().find(|capability| capability.id == id)
}
