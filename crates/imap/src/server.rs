//! What all sessions of a server share.
//!
//! After login a session learns from [`mailbox::Homes`] whether the mailbox is served here or by
//! another server, to which the caller then splices the connection
//! ([`crate::service::Handover`]). Nothing else here depends on where mailboxes are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use auth::{Authenticator, Principal, RecipientId, UserSessions};
use directory::{Directory, Recipient};
use mailbox::{Fault, Guid, Home, Homes, Mailbox};
use net::{Budget, ServerTls};
use types::limits::IMAP_OTHER_MAILBOXES_MAX;
use types::{Address, LoginType};

/// Settings and services of all sessions.
pub struct Server {
    /// The name in the greeting.
    pub name: String,
    /// Checks credentials.
    pub authenticator: Arc<dyn Authenticator>,
    /// Accounts: what they may use, whose mailboxes they share, whom ACLs name.
    pub directory: Directory,
    /// Finds mailboxes.
    pub homes: Arc<dyn Homes>,
    /// For STARTTLS; none: not offered.
    pub tls: Option<ServerTls>,
    /// What may be used to log in without TLS.
    pub login_type: LoginType,
    /// PreAuthenticatedConnectionTimeout: the longest silence before login.
    pub pre_authentication_timeout: Duration,
    /// AuthenticatedConnectionTimeout: the longest silence after login, and the longest IDLE.
    /// RFC 9051 section 5.4 asks for 30 minutes at least.
    pub idle_timeout: Duration,
    /// Open sessions of each user (MaxConnectionsPerUser).
    pub sessions: Arc<UserSessions>,
    /// Octets of the largest message: MaxReceiveSize, shown as APPENDLIMIT.
    pub message_octets_max: u64,
    /// Memory for messages being appended, shared with the other protocols.
    pub intake_memory: Arc<Budget>,
    /// Capabilities never listed.
    pub hidden_capabilities: Vec<String>,
    /// Who is told how long commands take.
    pub observer: Option<CommandObserver>,
}

/// Hears the name of a command, as the client wrote it, and how long it took. That is until its
/// answer was sent, and so depends on the client as well.
pub type CommandObserver = Arc<dyn Fn(&str, Duration) + Send + Sync>;

impl Server {
    /// Capabilities not listed for an account: some clients mishandle some.
    pub fn hidden_for(&self, principal: &Principal) -> Vec<String> {
        let snapshot = self.directory.snapshot();
        let account = snapshot.recipient(principal.recipient).and_then(|r| r.account());
        account.map(|account| account.imap_capabilities_hidden.clone()).unwrap_or_default()
    }

    /// The mailboxes of others that a principal has full access to, or was granted folders of:
    /// their addresses, in order. Some may hold nothing for it any more.
    pub async fn others(&self, principal: &Principal) -> Vec<String> {
        let granted = self.homes.granted(Guid(principal.recipient.0), IMAP_OTHER_MAILBOXES_MAX);
        let granted = granted.await.unwrap_or_else(|fault| {
            tracing::warn!(%fault, "granted folders");
            Vec::new()
        });
        let snapshot = self.directory.snapshot();
        let full = snapshot.recipients().filter(|r| snapshot.may_open(principal.recipient, r));
        let granted = granted.iter().filter_map(|guid| snapshot.recipient(RecipientId(guid.0)));
        let others = full.chain(granted).filter(|recipient| {
            recipient.id != principal.mailbox && recipient.id != principal.recipient
        });
        let others: BTreeSet<String> = others.map(|other| other.primary.to_string()).collect();
        others.into_iter().collect()
    }

    /// The mailbox of somebody else by its address, as this principal may see it. Errors:
    /// NotFound when there is none or it is served elsewhere.
    pub async fn open_other(&self, principal: &Principal, address: &str) -> Result<Mailbox, Fault> {
        let none = Fault::NotFound("mailbox");
        let Some(owner) = self.recipient(address) else { return Err(none) };
        match self.homes.home(Guid(owner.0), Guid(principal.recipient.0)).await? {
            Home::Local(mailbox) => Ok(mailbox),
            Home::Remote(_) => Err(none),
        }
    }

    /// Whom an ACL identifier means: the owner of an address.
    pub fn recipient(&self, identifier: &str) -> Option<RecipientId> {
        let address = Address::parse(identifier).ok()?;
        self.directory.snapshot().by_address(&address).map(|recipient| recipient.id)
    }

    /// The ACL identifier of somebody: the primary address.
    pub fn identifier(&self, recipient: RecipientId) -> Option<String> {
        let snapshot = self.directory.snapshot();
        let address = |recipient: &Arc<Recipient>| recipient.primary.to_string();
        snapshot.recipient(recipient).map(address)
    }
}
