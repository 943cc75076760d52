//! A running server as it sees itself. Crate `roles` implements it.

use std::pin::Pin;
use std::time::Duration;

use directory::ChangeNumber;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::verb::VerbName;

/// An answer that is being put together.
pub type Observing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What can be seen of a running server.
pub trait Monitor: Send + Sync {
    /// What it counts, in Prometheus' text format (version 0.0.4).
    fn metrics(&self) -> Observing<'_, String>;

    /// Whether it should be sent clients: it has started, is not stopping, and takes mail.
    fn is_ready(&self) -> bool;

    /// How its parts are.
    fn components(&self) -> Vec<Component>;

    /// What took longer than `SLOW_OPERATION_MS_MIN`, the newest first.
    fn slow_operations(&self) -> Vec<SlowOperation>;

    /// Reads the certificates again, if they have changed. Errors: why those from before stay.
    fn reload_certificates(&self) -> Result<(), String>;

    /// The change of the directory whose configuration the server goes by.
    fn configuration(&self) -> watch::Receiver<ChangeNumber>;

    /// A verb took so long.
    fn verb_took(&self, verb: VerbName, took: Duration);
}

/// Something that took long. Whose it was is in the log only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SlowOperation {
    /// When it ended, RFC 3339.
    pub ended: String,
    /// The service of the port table.
    pub service: String,
    /// A command of the protocol, or a verb.
    pub operation: String,
    /// How long it took.
    pub seconds: f64,
}

/// What a part of a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ComponentKind {
    /// A database.
    Store,
    /// A socket that takes connections.
    Listener,
    /// The queues and what empties them.
    Transport,
    /// The name service that is asked.
    Dns,
    /// Import and export requests.
    Migration,
    /// Maintenance of mailboxes.
    Janitor,
    /// Following the directory's configuration.
    Configuration,
    /// A certificate that clients are shown.
    Certificate,
}

/// How a part is, in the words of Exchange's health reports; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ComponentState {
    /// As it should be.
    Healthy,
    /// Works, and somebody should look.
    Degraded,
    /// Does not work.
    Unhealthy,
}

/// A part of a running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// Which of its kind.
    pub name: String,
    /// How it is.
    pub state: ComponentState,
    /// Why it is not healthy.
    pub reason: Option<String>,
    /// The service that it is, or a part of.
    pub service: Option<Service>,
}

impl Component {
    /// One that is as it should be.
    pub fn healthy(kind: ComponentKind, name: impl Into<String>) -> Self {
        let (state, reason, service) = (ComponentState::Healthy, None, None);
        Component { kind, name: name.into(), state, reason, service }
    }

    /// The same in this state, for this reason.
    #[must_use]
    pub fn but(mut self, state: ComponentState, reason: impl Into<String>) -> Self {
        (self.state, self.reason) = (state, Some(reason.into()));
        self
    }

    /// The same as a part of a service.
    #[must_use]
    pub fn of(mut self, service: Option<Service>) -> Self {
        self.service = service;
        self
    }
}

macro_rules! services {
    ($($(#[doc = $about:literal])* $service:ident = $name:literal of $role:ident,)*) => {
        /// The services of Exchange that this server stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum Service {
            $($(#[doc = $about])* #[serde(rename = $name)] $service,)*
        }

        impl Service {
            /// All of them.
            pub const ALL: &'static [Service] = &[$(Service::$service,)*];

            /// Exchange's name of it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Service::$service => $name,)*
                }
            }

            /// The server role that it belongs to.
            pub const fn role(self) -> ServerRole {
                match self {
                    $(Service::$service => ServerRole::$role,)*
                }
            }
        }
    };
}

services! {
    /// The directory.
    Directory = "MSExchangeADTopology" of Mailbox,
    /// The mailbox database.
    InformationStore = "MSExchangeIS" of Mailbox,
    /// Maintenance of mailboxes.
    MailboxAssistants = "MSExchangeMailboxAssistants" of Mailbox,
    /// Import and export.
    MailboxReplication = "MSExchangeMailboxReplication" of Mailbox,
    /// IMAP4 for clients.
    Imap4 = "MSExchangeIMAP4" of ClientAccess,
    /// IMAP4 for other servers.
    Imap4BackEnd = "MSExchangeIMAP4BE" of ClientAccess,
    /// POP3 for clients.
    Pop3 = "MSExchangePOP3" of ClientAccess,
    /// POP3 for other servers.
    Pop3BackEnd = "MSExchangePOP3BE" of ClientAccess,
    /// The queues.
    Transport = "MSExchangeTransport" of HubTransport,
    /// What mailboxes send of themselves.
    MailboxSubmission = "MSExchangeSubmission" of Mailbox,
    /// SMTP in.
    FrontEndTransport = "MSExchangeFrontEndTransport" of HubTransport,
}

impl Service {
    /// Whether a server lacks something without it. The others run where they are switched on.
    pub const fn is_always_there(self) -> bool {
        !matches!(self.role(), ServerRole::ClientAccess)
    }
}

/// Exchange's server roles, as Test-ServiceHealth has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRole {
    /// Mailboxes.
    Mailbox,
    /// Protocols of clients.
    ClientAccess,
    /// Mail on its way.
    HubTransport,
}

impl ServerRole {
    /// All of them.
    pub const ALL: [ServerRole; 3] =
        [ServerRole::Mailbox, ServerRole::ClientAccess, ServerRole::HubTransport];

    /// Exchange's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            ServerRole::Mailbox => "Mailbox Server Role",
            ServerRole::ClientAccess => "Client Access Server Role",
            ServerRole::HubTransport => "Hub Transport Server Role",
        }
    }
}
