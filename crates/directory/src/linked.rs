//! Passwords that another directory knows: what this one asks, and of whom.
//!
//! What it is not: it speaks to no network. Who does is given to [`Directory::link`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use auth::Password;
use types::{Address, Domain};

/// An answer under way. None: the other directory cannot be asked now.
pub type LinkedCheck<'a> = Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>>;

/// A directory that knows passwords of accounts here.
pub trait LinkedDirectory: Send + Sync {
    /// All that its answers depend on: what it is called and how it is asked.
    fn place(&self) -> &str;

    /// Whether that is the password of the account with this address.
    fn check<'a>(&'a self, account: &'a Address, password: &'a Password) -> LinkedCheck<'a>;
}

/// All of them.
pub trait LinkedDirectories: Send + Sync {
    /// The one that knows accounts with addresses in a domain which have no password here.
    fn of(&self, domain: &Domain) -> Option<Arc<dyn LinkedDirectory>>;

    /// There is none.
    fn is_empty(&self) -> bool;
}
