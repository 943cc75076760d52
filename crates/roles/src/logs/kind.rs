//! Which logs there are: folder, name, header, and how long and how large.

use std::path::{Path, PathBuf};

use config::receive::TransportRole;
use config::{ByteQuantity, TimeSpan, TransportService, Unlimited};
use transport::tracking;
use types::Timestamp;

/// A log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// What happened to messages.
    Tracking,
    /// Connections to next hops.
    Connectivity,
    /// Conversations with clients of Receive connectors.
    Receive(Tree),
    /// Conversations with next hops.
    Send,
}

/// The service a protocol log belongs to: a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tree {
    FrontEnd,
    Hub,
    Mailbox,
}

impl Tree {
    pub(super) fn of(role: TransportRole) -> Self {
        match role {
            TransportRole::FrontendTransport => Tree::FrontEnd,
            TransportRole::HubTransport => Tree::Hub,
            TransportRole::MailboxTransport => Tree::Mailbox,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Tree::FrontEnd => "FrontEnd",
            Tree::Hub => "Hub",
            Tree::Mailbox => "Mailbox",
        }
    }
}

const CONNECTIVITY_FIELDS: &str = "date-time,session,source,destination,direction,description";
const PROTOCOL_FIELDS: &str = "date-time,connector-id,session-id,sequence-number,\
    local-endpoint,remote-endpoint,event,data,context";

impl Kind {
    /// Where its files are, below the folder of all logs.
    pub(super) fn folder(self, root: &Path) -> PathBuf {
        match self {
            Kind::Tracking => root.join("MessageTracking"),
            Kind::Connectivity => root.join("Hub/Connectivity"),
            Kind::Receive(tree) => root.join(tree.name()).join("ProtocolLog/SmtpReceive"),
            Kind::Send => root.join("Hub/ProtocolLog/SmtpSend"),
        }
    }

    /// What its files' names begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Kind::Tracking => "MSGTRK",
            Kind::Connectivity => "CONNECTLOG",
            Kind::Receive(_) => "RECV",
            Kind::Send => "SEND",
        }
    }

    /// The part of a file's name that says when: `yyyymmdd`, of message tracking with the hour.
    pub(super) fn period(self, at: Timestamp) -> String {
        let format = if self == Kind::Tracking { "%Y%m%d%H" } else { "%Y%m%d" };
        super::row::formatted(format, at)
    }

    /// The `#` lines at the head of a file begun at this moment.
    pub(super) fn head(self, at: Timestamp) -> String {
        let (log_type, fields) = match self {
            Kind::Tracking => ("Message Tracking Log", &*tracking::FIELDS.join(",")),
            Kind::Connectivity => ("Transport Connectivity Log", CONNECTIVITY_FIELDS),
            Kind::Receive(_) => ("SMTP Receive Protocol Log", PROTOCOL_FIELDS),
            Kind::Send => ("SMTP Send Protocol Log", PROTOCOL_FIELDS),
        };
        let (version, date) = (env!("CARGO_PKG_VERSION"), super::row::date_time(at));
        format!(
            "#Software: Rialto\r\n#Version: {version}\r\n#Log-type: {log_type}\r\n\
             #Date: {date}\r\n#Fields: {fields}\r\n"
        )
    }
}

/// How long and how large a log may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Older files go; zero keeps all.
    pub(super) age: TimeSpan,
    /// Octets of all files.
    pub(super) folder_octets: u64,
    /// Octets of one file, beyond which another is begun.
    pub(super) file_octets: u64,
}

impl Limits {
    pub(super) fn of(kind: Kind, settings: &TransportService) -> Self {
        let (age, folder, file) = match kind {
            Kind::Tracking => (
                settings.message_tracking_log_max_age,
                settings.message_tracking_log_max_directory_size,
                settings.message_tracking_log_max_file_size,
            ),
            Kind::Connectivity => (
                settings.connectivity_log_max_age,
                settings.connectivity_log_max_directory_size,
                settings.connectivity_log_max_file_size,
            ),
            Kind::Receive(_) => (
                settings.receive_protocol_log_max_age,
                settings.receive_protocol_log_max_directory_size,
                settings.receive_protocol_log_max_file_size,
            ),
            Kind::Send => (
                settings.send_protocol_log_max_age,
                settings.send_protocol_log_max_directory_size,
                settings.send_protocol_log_max_file_size,
            ),
        };
        let octets =
            |limit: Unlimited<ByteQuantity>| limit.limit().map_or(u64::MAX, ByteQuantity::bytes);
        Limits { age, folder_octets: octets(folder), file_octets: octets(file) }
    }
}
