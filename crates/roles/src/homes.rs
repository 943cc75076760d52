//! Where mailboxes are: the directory's location of each, opened in this server's databases.

use std::collections::HashMap;
use std::sync::Arc;

use auth::RecipientId;
use directory::Directory;
use mailbox::{
    Access, Change, Fault, FindGranted, FindHome, Guid, Home, Homes, Mailbox, MailboxNumber,
};
use store::{Database, Txn};

use crate::locations::Locations;
use crate::policy::{DatabaseDefaults, MailboxPolicy};

/// The mailbox databases of this server, by name, and the directory that says which mailbox
/// is in which.
pub struct ServerHomes {
    locations: Arc<Locations>,
    directory: Directory,
    databases: HashMap<String, Database>,
    defaults: DatabaseDefaults,
}

impl ServerHomes {
    /// `locations` says which mailboxes are on other servers.
    pub(crate) fn new(
        locations: Arc<Locations>,
        directory: Directory,
        databases: HashMap<String, Database>,
        defaults: DatabaseDefaults,
    ) -> Arc<Self> {
        Arc::new(ServerHomes { locations, directory, databases, defaults })
    }

    async fn find(&self, mailbox: Guid, principal: Guid) -> Result<Home, Fault> {
        let snapshot = self.directory.snapshot();
        let owner = snapshot.recipient(RecipientId(mailbox.0)).ok_or(Fault::NotFound("mailbox"))?;
        let settings = owner.mailbox().ok_or(Fault::NotFound("mailbox"))?;
        if let Some(server) = self.locations.elsewhere(owner, settings) {
            return Ok(Home::Remote(server.to_owned()));
        }
        let location = &settings.location;
        let database = self.databases.get(&location.database).ok_or(Fault::Moved)?;
        let full_access =
            mailbox == principal || snapshot.may_open(RecipientId(principal.0), owner);
        let access =
            if full_access { Access::Owner(principal) } else { Access::Delegate(principal) };
        let number = MailboxNumber::new(location.number);
        let opened = Mailbox::open(database.clone(), number, access);
        if full_access {
            ensure(database, number, mailbox, self.defaults.policy(settings)).await?;
        } else if opened.read(|view| view.folders()).await?.is_empty() {
            // Nothing is granted, or there are no rows yet: the asker is not told which, and
            // makes nobody write.
            return Err(Fault::NotFound("mailbox"));
        }
        Ok(Home::Local(opened))
    }
}

impl Homes for ServerHomes {
    fn home(&self, mailbox: Guid, principal: Guid) -> FindHome<'_> {
        Box::pin(self.find(mailbox, principal))
    }

    fn granted(&self, principal: Guid, most: usize) -> FindGranted<'_> {
        Box::pin(async move {
            let mut mailboxes = Vec::new();
            for database in self.databases.values() {
                mailboxes.extend(mailbox::granted(database, principal, most).await?);
            }
            Ok(mailboxes)
        })
    }
}

/// A mailbox comes into being at its first logon, of its owner or of somebody with full access,
/// or at its first delivery, as in Exchange: the directory
/// entry and the rows of the mailbox need no common transaction.
async fn ensure(
    database: &Database,
    number: MailboxNumber,
    guid: Guid,
    policy: MailboxPolicy,
) -> Result<(), Fault> {
    let probe = Mailbox::open(database.clone(), number, Access::System);
    match probe.read(|view| view.meta()).await {
        Err(Fault::NotFound(_)) => {}
        other => return other.map(|_| ()),
    }
    let made = database.write(move |txn| create(txn, number, guid, policy)).await;
    match made {
        // Somebody else was faster.
        Err(Fault::Exists) => Ok(()),
        other => other,
    }
}

/// Makes the mailbox inside a running transaction.
pub(crate) fn create(
    txn: &mut Txn<'_>,
    number: MailboxNumber,
    guid: Guid,
    policy: MailboxPolicy,
) -> Result<(), Fault> {
    Change::create_mailbox(txn, number, guid)?;
    let mut change = Change::begin(txn, number, Access::System)?;
    policy.set(&mut change)?;
    change.finish()
}
