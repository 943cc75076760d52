//! COPY within a mailbox, and COPY and MOVE between two.
//!
//! Between mailboxes of one database a transaction touches both: what is copied shares the blob
//! and keeps what was derived from it, and a move leaves a message in exactly one of them. Between
//! databases the bytes are copied one message after the other, without what clients wrote over the
//! properties; a move is then two commits, and a failure in between leaves the copies.

use std::ops::ControlFlow;

use store::Txn;
use types::limits::INTERACTIVE_ITEMS_MAX;

use super::{Appending, Parcel, Partly, Portions, Staging};
use crate::change::{Change, NewItem, Source, UidPair};
use crate::fault::Fault;
use crate::id::{FolderId, IntentNumber, MailboxNumber, Uid};
use crate::mailbox::Mailbox;
use crate::rights::{Access, Rights};
use crate::uid_set::UidSet;

/// Items from another mailbox in one interactive transaction. Each has a content row to read and
/// one to write, so they are fewer than within a mailbox.
const IMPORT_ITEMS_MAX: u64 = 64;
/// Those of one portion.
const IMPORT_PORTION_ITEMS: u64 = 16;

impl Mailbox {
    /// Copies messages into a folder of this or another mailbox, all or none: all that were named
    /// if they are `required`, else all that are still there. Gives their UIDs here and there.
    /// Errors: NotFound, Denied, OverQuota, Limit.
    pub async fn copy_items(
        &self,
        from: FolderId,
        uids: UidSet,
        target: &Mailbox,
        to: FolderId,
        required: bool,
    ) -> Result<Vec<UidPair>, Fault> {
        self.check_copy(from, &uids, target, to).await?;
        let wanted = if required { uids.len() } else { 0 };
        if !self.shares_database(target) {
            return self.copy_to_database(from, &uids, target, to, wanted).await;
        }
        let (within, source) = (self.is_same(target), self.source(from));
        if within && uids.len() <= INTERACTIVE_ITEMS_MAX {
            return self.write(move |change| complete(change.copy(from, &uids, to)?, wanted)).await;
        }
        if !within && uids.len() <= IMPORT_ITEMS_MAX {
            let import = move |change: &mut Change<'_, '_>| {
                complete(change.import(&source, &uids, to)?, wanted)
            };
            return target.write(import).await;
        }
        let staging = Staging::begin(target, to, within.then_some(from)).await?;
        let staged = self.stage_for(target, from, uids, staging.intent()).await;
        match staged.and_then(|sources| complete(sources, wanted)) {
            Ok(sources) => {
                let targets = staging.publish().await?;
                Ok(sources.into_iter().zip(targets.iter()).collect())
            }
            Err(fault) => {
                staging.abandon().await;
                Err(fault)
            }
        }
    }

    /// Moves messages into a folder of this or another mailbox. Faults as of
    /// [`Mailbox::copy_items`].
    pub async fn move_items(
        &self,
        from: FolderId,
        uids: UidSet,
        target: &Mailbox,
        to: FolderId,
    ) -> Partly<Vec<UidPair>> {
        if self.is_same(target) {
            return self.move_within(from, uids, to).await;
        }
        if let Err(fault) = self.check_copy(from, &uids, target, to).await {
            return Partly { done: Vec::new(), fault: Some(fault) };
        }
        if self.shares_database(target) {
            return self.move_between(from, uids, target, to).await;
        }
        let pairs = match self.copy_items(from, uids, target, to, false).await {
            Ok(pairs) => pairs,
            Err(fault) => return Partly { done: Vec::new(), fault: Some(fault) },
        };
        let moved = pairs.iter().map(|(uid, _)| *uid).collect();
        Partly { done: pairs, fault: self.expunge(from, moved, false).await.err() }
    }

    /// Rights and quota, before any of the work; they are asked again in the transactions.
    async fn check_copy(
        &self,
        from: FolderId,
        uids: &UidSet,
        target: &Mailbox,
        to: FolderId,
    ) -> Result<(), Fault> {
        let uids = uids.clone();
        let octets = self.read(move |view| {
            let mut octets = 0;
            view.entries(from, &uids, &mut |entry| {
                octets += entry.octets();
                ControlFlow::Continue(())
            })?;
            Ok(octets)
        });
        let octets = octets.await?;
        let check = target.read(move |view| {
            view.require(to, Rights::CREATE)?;
            Ok(view.quota()?.prohibits_adding(octets))
        });
        if check.await? { Err(Fault::OverQuota) } else { Ok(()) }
    }

    /// Stages copies under an intent of `target`. Gives the UIDs of those that were there.
    async fn stage_for(
        &self,
        target: &Mailbox,
        from: FolderId,
        uids: UidSet,
        intent: IntentNumber,
    ) -> Result<Vec<Uid>, Fault> {
        let (within, source) = (self.is_same(target), self.source(from));
        let mut portions = if within { Portions::new(uids) } else { import_portions(uids) };
        let mut staged = Vec::new();
        while !portions.is_done() {
            let slice = target.write_some(&mut portions, move |change, portions| {
                let mut staged = Vec::new();
                while let Some(uids) = portions.next(change) {
                    staged.extend(match within {
                        true => change.stage_copies(intent, from, &uids)?,
                        false => change.stage_imports(intent, &source, &uids)?,
                    });
                }
                Ok(staged)
            });
            staged.extend(slice.await?);
        }
        Ok(staged)
    }

    /// Each slice is one transaction of both mailboxes.
    async fn move_between(
        &self,
        from: FolderId,
        uids: UidSet,
        target: &Mailbox,
        to: FolderId,
    ) -> Partly<Vec<UidPair>> {
        let (source, number, access) = (self.source(from), target.number(), target.access());
        let mut portions = import_portions(uids);
        let mut done = Vec::new();
        while !portions.is_done() {
            let slice = portions.write(self.database(), move |txn, portions| {
                move_slice(txn, portions, &source, (number, access, to))
            });
            match slice.await {
                Ok(pairs) => done.extend(pairs),
                Err(fault) => return Partly { done, fault: Some(fault) },
            }
        }
        Partly { done, fault: None }
    }

    async fn copy_to_database(
        &self,
        from: FolderId,
        uids: &UidSet,
        target: &Mailbox,
        to: FolderId,
        wanted: u64,
    ) -> Result<Vec<UidPair>, Fault> {
        let mut appending = Appending::new(target.clone(), to);
        let mut sources = Vec::new();
        for uid in uids.iter() {
            let added = match self.pack(from, uid, target).await {
                Ok(Some(parcel)) => appending.add(parcel).await,
                Ok(None) => continue,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = added {
                appending.abandon().await;
                return Err(fault);
            }
            sources.push(uid);
        }
        let sources = match complete(sources, wanted) {
            Ok(sources) => sources,
            Err(fault) => {
                appending.abandon().await;
                return Err(fault);
            }
        };
        let targets = appending.finish().await?;
        Ok(sources.into_iter().zip(targets.iter()).collect())
    }

    async fn pack(
        &self,
        from: FolderId,
        uid: Uid,
        target: &Mailbox,
    ) -> Result<Option<Parcel>, Fault> {
        let read = self.read(move |view| {
            let Some(entry) = view.entry(from, uid)? else { return Ok(None) };
            let names = view.keywords()?;
            let keywords = names.names_of(entry.keywords).map(str::to_owned).collect();
            Ok(Some((view.content(entry.content)?, keywords, entry)))
        });
        let Some((content, keywords, entry)) = read.await? else { return Ok(None) };
        let mut stager = target.stager();
        let mut body = self.body(&content).await?;
        while let Some(octets) = body.next().await? {
            stager.write(&octets).await?;
        }
        let item = NewItem {
            summary: content.encoded_summary().into(),
            prefix: content.prefix.clone(),
            flags: entry.flags,
            keywords: Default::default(),
            received: Some(entry.received),
            zone_minutes: entry.zone_minutes,
        };
        Ok(Some(Parcel { staged: stager.finish().await?, item, keywords }))
    }

    fn source(&self, folder: FolderId) -> Source {
        Source { mailbox: self.number(), access: self.access(), folder }
    }

    fn shares_database(&self, other: &Mailbox) -> bool {
        self.database().is_same(other.database())
    }

    fn is_same(&self, other: &Mailbox) -> bool {
        self.number() == other.number() && self.shares_database(other)
    }
}

/// What was copied, unless it is less than was wanted.
fn complete<T>(copied: Vec<T>, wanted: u64) -> Result<Vec<T>, Fault> {
    match (copied.len() as u64) < wanted {
        true => Err(Fault::NotFound("message")),
        false => Ok(copied),
    }
}

/// Copies as many messages as the slice takes, then deletes them where they were.
fn move_slice(
    txn: &mut Txn<'_>,
    portions: &mut Portions,
    source: &Source,
    (target, access, to): (MailboxNumber, Access, FolderId),
) -> Result<Vec<UidPair>, Fault> {
    let mut change = Change::begin(txn, target, access)?;
    let mut pairs = Vec::new();
    while let Some(uids) = portions.next(&change) {
        pairs.extend(change.import(source, &uids, to)?);
    }
    change.finish()?;
    let moved = pairs.iter().map(|(uid, _)| *uid).collect();
    let mut change = Change::begin(txn, source.mailbox, source.access)?;
    change.expunge(source.folder, &moved, false)?;
    change.finish()?;
    Ok(pairs)
}

fn import_portions(uids: UidSet) -> Portions {
    Portions::cut(uids, IMPORT_ITEMS_MAX, IMPORT_PORTION_ITEMS)
}
