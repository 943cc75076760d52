//! The states of a session (RFC 9051 section 3), each a type with what exists only in it.
//!
//! Not authenticated: nothing but the connection. Authenticated: an [`Account`]. Selected: an
//! authenticated session that has a [`Selected`]. Logged out: the session ends.

use std::sync::Arc;

use auth::{Principal, UserSession};
use mailbox::Mailbox;

use crate::codec::Command;
use crate::codec::fetch::Fetch;
use crate::codec::search::{Search, Sort, Thread};
use crate::codec::store::Store;
use crate::commands::{self, notify::Watched};
use crate::io::Io;
use crate::reply::{Outcome, Reply, Trouble};
use crate::selected::Selected;
use crate::server::Server;

/// Where a session stands.
pub enum State {
    /// Before login.
    NotAuthenticated,
    /// After login, with or without a selected mailbox.
    Authenticated(Box<Authenticated>),
}

/// What the client has switched on with ENABLE, or by using it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enabled {
    /// CONDSTORE: MODSEQ in untagged FETCH.
    pub condstore: bool,
    /// QRESYNC: VANISHED in place of EXPUNGE.
    pub qresync: bool,
    /// UTF8=ACCEPT: mailbox names in UTF-8.
    pub utf8: bool,
    /// IMAP4rev2.
    pub rev2: bool,
}

impl Enabled {
    /// Mailbox names are UTF-8.
    pub fn utf8_names(&self) -> bool {
        self.utf8 || self.rev2
    }
}

/// Whose session it is.
pub struct Account {
    /// Who logged in.
    pub principal: Principal,
    /// The mailbox that was opened.
    pub mailbox: Mailbox,
    /// Capabilities not listed for this account.
    pub hidden_capabilities: Vec<String>,
    /// The server's settings and services.
    pub server: Arc<Server>,
    /// This session's place among the user's.
    pub _place: UserSession,
}

/// A session after login.
pub struct Authenticated {
    /// Whose.
    pub account: Account,
    /// What is switched on.
    pub enabled: Enabled,
    /// The selected mailbox.
    pub selected: Option<Selected>,
    /// NOTIFY (RFC 5465).
    pub watched: Option<Box<Watched>>,
}

impl Authenticated {
    /// Right after login.
    pub fn new(account: Account) -> Self {
        Authenticated { account, enabled: Enabled::default(), selected: None, watched: None }
    }

    /// The selected mailbox. Errors: BAD when there is none.
    pub fn selected(&mut self) -> Result<&mut Selected, Reply> {
        self.selected.as_mut().ok_or_else(|| Reply::bad("No mailbox is selected"))
    }

    /// What happened since the client was last told, before a tagged answer.
    pub async fn sync(&mut self, io: &mut Io, expunge: bool) -> Result<(), Trouble> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let mut out = Vec::new();
        selected.sync(&mut out, expunge, &self.enabled).await?;
        Ok(io.put(&out).await?)
    }

    /// Runs a command that needs a login.
    pub async fn execute(&mut self, io: &mut Io, command: Command) -> Outcome {
        match command {
            Command::Fetch(fetch) => commands::fetch::fetch(self, io, fetch).await,
            Command::Store(store) => commands::store::store(self, io, store).await,
            Command::Search(search) => commands::search::search(self, io, search).await,
            Command::Sort(sort) => commands::sort::sort(self, io, sort).await,
            Command::Thread(thread) => commands::thread::thread(self, io, thread).await,
            Command::Copy(copy) => commands::copy::copy(self, io, copy).await,
            Command::Expunge(set) => commands::expunge::expunge(self, io, set).await,
            Command::Select(select) => commands::select::select(self, io, select).await,
            Command::Close => commands::close::close(self).await,
            Command::Unselect => commands::close::unselect(self),
            Command::Noop => Ok(Reply::ok("Done")),
            other => self.execute_on_account(io, other).await,
        }
    }

    /// Commands that need no selected mailbox.
    async fn execute_on_account(&mut self, io: &mut Io, command: Command) -> Outcome {
        match command {
            Command::List(list) => commands::list::list(self, io, list).await,
            Command::Status(name, items) => commands::status::status(self, io, name, items).await,
            Command::Create(name, uses) => commands::create::create(self, name, uses).await,
            Command::Delete(name) => commands::delete::delete(self, name).await,
            Command::Rename(from, to) => commands::rename::rename(self, from, to).await,
            Command::Subscribe(name, on) => commands::subscribe::subscribe(self, name, on).await,
            Command::Namespace => commands::namespace::namespace(io).await,
            Command::Enable(names) => commands::enable::enable(self, io, names).await,
            Command::Notify(notify) => commands::notify::notify(self, io, notify).await,
            other => self.execute_on_administration(io, other).await,
        }
    }

    /// Quotas, permissions, annotations.
    async fn execute_on_administration(&mut self, io: &mut Io, command: Command) -> Outcome {
        match command {
            Command::GetQuota(root) => commands::quota::get_quota(self, io, root).await,
            Command::GetQuotaRoot(name) => commands::quota::get_quota_root(self, io, name).await,
            Command::SetQuota(_) => Ok(Reply::no("Quotas are set elsewhere").code("NOPERM")),
            Command::GetAcl(name) => commands::acl::get_acl(self, io, name).await,
            Command::SetAcl(set) => commands::acl::set_acl(self, set).await,
            Command::DeleteAcl(name, who) => commands::acl::delete_acl(self, name, who).await,
            Command::ListRights(name, who) => commands::acl::list_rights(self, io, name, who).await,
            Command::MyRights(name) => commands::acl::my_rights(self, io, name).await,
            Command::GetMetadata(get) => commands::metadata::get_metadata(self, io, get).await,
            Command::SetMetadata(set) => commands::metadata::set_metadata(self, set).await,
            _ => Ok(Reply::bad("The command is not valid in this state")),
        }
    }
}

/// False for the commands during which message numbers must stay (RFC 9051 section 7.5.1).
pub fn allows_expunge(command: &Command) -> bool {
    !matches!(
        command,
        Command::Fetch(Fetch { uid: false, .. })
            | Command::Store(Store { uid: false, .. })
            | Command::Search(Search { uid: false, .. })
            | Command::Sort(Sort { search: Search { uid: false, .. }, .. })
            | Command::Thread(Thread { search: Search { uid: false, .. }, .. })
    )
}
