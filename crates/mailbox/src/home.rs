//! Where a mailbox is served: the seam between a front end and a back end.

use std::future::Future;
use std::pin::Pin;

use crate::fault::Fault;
use crate::id::Guid;
use crate::mailbox::Mailbox;

/// Where a mailbox is served.
#[derive(Clone)]
pub enum Home {
    /// By this process.
    Local(Mailbox),
    /// By the back end of the server with this name.
    Remote(String),
}

/// A look-up of [`Homes`] under way.
pub type FindHome<'a> = Pin<Box<dyn Future<Output = Result<Home, Fault>> + Send + 'a>>;

/// A list of [`Homes`] under way.
pub type FindGranted<'a> = Pin<Box<dyn Future<Output = Result<Vec<Guid>, Fault>> + Send + 'a>>;

/// Finds the home of a mailbox for a principal who is already authenticated; the handle that
/// comes back carries that principal's rights.
pub trait Homes: Send + Sync {
    /// Errors: NotFound, also when the principal has no right to anything in the mailbox.
    fn home(&self, mailbox: Guid, principal: Guid) -> FindHome<'_>;

    /// Mailboxes of which the principal was granted folders, at most so many; some may hold
    /// nothing for it any more. The default knows of none.
    fn granted(&self, _principal: Guid, _most: usize) -> FindGranted<'_> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
