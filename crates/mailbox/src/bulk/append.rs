//! New items that become visible together: MULTIAPPEND, and copies from another database.

use store::Staged;
use types::limits::BULK_SLICE_OCTETS;

use super::Staging;
use crate::change::{Change, NewItem};
use crate::fault::Fault;
use crate::id::FolderId;
use crate::mailbox::Mailbox;
use crate::uid_set::UidSet;

/// A new item whose bytes are staged.
#[derive(Clone)]
pub struct Parcel {
    /// The bytes.
    pub staged: Staged,
    /// What comes with them; its keywords are ignored.
    pub item: NewItem,
    /// Keywords by name: their bits are the mailbox's.
    pub keywords: Vec<String>,
}

/// Items for one folder, all or none. What has come is written as soon as it is much, so that
/// neither memory nor a transaction has to hold all of it.
pub struct Appending {
    mailbox: Mailbox,
    folder: FolderId,
    waiting: Vec<Parcel>,
    /// Octets of the rows that those waiting will be.
    octets: usize,
    staging: Option<Staging>,
}

impl Parcel {
    /// Octets that it adds to a transaction, beside a few.
    pub fn row_octets(&self) -> usize {
        self.item.summary.len() + self.item.prefix.len() + self.staged.row_octets()
    }

    /// What comes with the bytes, with the keywords' bits in this mailbox.
    fn item(&self, change: &mut Change<'_, '_>) -> Result<NewItem, Fault> {
        let mut item = NewItem { keywords: Default::default(), ..self.item.clone() };
        for name in &self.keywords {
            item.keywords = item.keywords | change.keyword(name)?;
        }
        Ok(item)
    }

    /// Puts it into a folder. Errors as of [`Change::append`].
    pub fn append(
        &self,
        change: &mut Change<'_, '_>,
        folder: FolderId,
    ) -> Result<crate::Entry, Fault> {
        let item = self.item(change)?;
        change.append(folder, &self.staged, &item)
    }

    /// Puts it in another item's place. Errors as of [`Change::replace`].
    pub fn replace(
        &self,
        change: &mut Change<'_, '_>,
        folder: FolderId,
        uid: crate::Uid,
    ) -> Result<crate::Entry, Fault> {
        let item = self.item(change)?;
        change.replace(folder, uid, &self.staged, &item)
    }
}

impl Appending {
    /// Nothing yet.
    pub fn new(mailbox: Mailbox, folder: FolderId) -> Self {
        Appending { mailbox, folder, waiting: Vec::new(), octets: 0, staging: None }
    }

    /// Takes an item. Errors: NotFound, Denied, OverQuota, Limit; the caller then abandons the
    /// rest.
    pub async fn add(&mut self, parcel: Parcel) -> Result<(), Fault> {
        if self.octets >= BULK_SLICE_OCTETS {
            self.stage().await?;
        }
        self.octets += parcel.row_octets();
        self.waiting.push(parcel);
        Ok(())
    }

    /// Makes all items visible: in one transaction, or by publishing what was staged. Gives their
    /// UIDs, in order. After a fault nothing is left of them.
    pub async fn finish(mut self) -> Result<UidSet, Fault> {
        if self.staging.is_none() {
            return self.append_all().await;
        }
        if let Err(fault) = self.stage().await {
            self.abandon().await;
            return Err(fault);
        }
        match self.staging {
            Some(staging) => staging.publish().await,
            None => Ok(UidSet::new()),
        }
    }

    /// Deletes what was written.
    pub async fn abandon(self) {
        if let Some(staging) = self.staging {
            staging.abandon().await;
        }
    }

    /// How many items were not written yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The items that were not written yet: all of them, if they are few.
    pub fn into_waiting(self) -> Vec<Parcel> {
        self.waiting
    }

    async fn append_all(self) -> Result<UidSet, Fault> {
        let (folder, parcels) = (self.folder, self.waiting);
        let append = move |change: &mut Change<'_, '_>| {
            let appended = parcels.iter().map(|parcel| parcel.append(change, folder));
            appended.map(|entry| entry.map(|entry| entry.uid)).collect()
        };
        self.mailbox.write(append).await
    }

    async fn stage(&mut self) -> Result<(), Fault> {
        let intent = match &self.staging {
            Some(staging) => staging.intent(),
            None => {
                let staging = Staging::begin(&self.mailbox, self.folder, None).await?;
                self.staging.insert(staging).intent()
            }
        };
        let parcels = std::mem::take(&mut self.waiting);
        self.octets = 0;
        let stage = move |change: &mut Change<'_, '_>| {
            let mut items = Vec::with_capacity(parcels.len());
            for parcel in &parcels {
                items.push((parcel.staged.clone(), parcel.item(change)?));
            }
            change.stage_items(intent, &items)
        };
        self.mailbox.write_slice(stage).await
    }
}
