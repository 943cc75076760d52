//! The handle protocols hold: a mailbox, and who is asking.

use store::{BlobReader, Database, Staged, Stager, Watch};

use crate::change::Change;
use crate::fault::Fault;
use crate::id::{Guid, MailboxNumber};
use crate::record::Content;
use crate::rights::Access;
use crate::view::View;

/// A mailbox of one database as one principal sees it. Cloning is cheap.
#[derive(Clone)]
pub struct Mailbox {
    database: Database,
    number: MailboxNumber,
    access: Access,
}

impl Mailbox {
    /// Opens a mailbox; whether it is there shows at the first read.
    pub fn open(database: Database, number: MailboxNumber, access: Access) -> Self {
        Mailbox { database, number, access }
    }

    /// Makes a mailbox with its default folders. Errors: Exists.
    pub async fn create(
        database: &Database,
        number: MailboxNumber,
        guid: Guid,
    ) -> Result<(), Fault> {
        database.write(move |txn| Change::create_mailbox(txn, number, guid)).await
    }

    /// Number within the database.
    pub fn number(&self) -> MailboxNumber {
        self.number
    }

    /// Who is asking.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The database it lives in.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Runs a function over one snapshot on the read pool.
    #[track_caller]
    pub fn read<T: Send + 'static>(
        &self,
        function: impl FnOnce(&View<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> impl Future<Output = Result<T, Fault>> + Send {
        let (number, access) = (self.number, self.access);
        self.database.read(move |snapshot| function(&View::new(snapshot, number, access)))
    }

    /// Runs a function as one transaction; the answer comes after the sync.
    pub async fn write<T: Send + 'static>(
        &self,
        mut function: impl FnMut(&mut Change<'_, '_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (number, access) = (self.number, self.access);
        self.database
            .write(move |txn| {
                let mut change = Change::begin(txn, number, access)?;
                let value = function(&mut change)?;
                change.finish()?;
                Ok(value)
            })
            .await
    }

    /// Wakes after every commit that changed this mailbox.
    pub fn watch(&self) -> Watch {
        self.database.watch(u64::from(self.number.get()))
    }

    /// Stages message bytes before a write.
    pub async fn stage(&self, bytes: Vec<u8>) -> Result<Staged, Fault> {
        Ok(self.database.stage(bytes).await?)
    }

    /// Stages message bytes as they come in.
    pub fn stager(&self) -> Stager {
        self.database.stager()
    }

    /// The bytes after [`Content::prefix`], in pieces.
    pub async fn body(&self, content: &Content) -> Result<BlobReader, Fault> {
        Ok(self.database.open_blob(content.blob).await?)
    }
}
