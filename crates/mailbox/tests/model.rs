//! Random work against a model: what every folder holds, what a client that synchronizes after
//! each step knows, and what the counters must say.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use mailbox::{
    ChangeNumber, ContentNumber, Entry, FlagChange, FlagOp, Flags, FolderId, IntentNumber,
    Keywords, Special, Uid, UidSet,
};
use support::{Fixture, fixture};

const STEPS: usize = 700;
const FOLDERS_MAX: usize = 5;
const MESSAGES_MAX: usize = 2500;

type Messages = BTreeMap<Uid, (ContentNumber, Flags)>;

/// A xorshift generator: the same work for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// A run of at most so many somewhere in a folder, or about half of it.
    fn some(&mut self, messages: &Messages, most: usize) -> UidSet {
        let count = 1 + self.below(most);
        let skipped = self.below(messages.len());
        let run = messages.keys().skip(skipped).take(count);
        let dense = self.below(2) == 0;
        run.filter(|_| dense || self.below(2) == 0).copied().collect()
    }
}

/// A copy on its way.
struct Staged {
    intent: IntentNumber,
    to: FolderId,
    messages: Vec<(ContentNumber, Flags)>,
}

/// What a client has been told of a folder.
#[derive(Default)]
struct Replica {
    told: ChangeNumber,
    flags: BTreeMap<Uid, Flags>,
}

struct Model {
    f: Fixture,
    dice: Dice,
    folders: BTreeMap<FolderId, Messages>,
    replicas: BTreeMap<FolderId, Replica>,
    staged: Vec<Staged>,
    made: usize,
}

fn plain(entry: &Entry) -> (ContentNumber, Flags) {
    (entry.content, entry.flags)
}

impl Model {
    async fn new(seed: u64) -> Self {
        let f = fixture().await;
        let inbox = f.inbox().await;
        let folders = BTreeMap::from([(inbox, Messages::new())]);
        let (replicas, staged) = (BTreeMap::new(), Vec::new());
        Model { f, dice: Dice(seed), folders, replicas, staged, made: 0 }
    }

    fn any_folder(&mut self) -> FolderId {
        let at = self.dice.below(self.folders.len());
        *self.folders.keys().nth(at).unwrap()
    }

    fn messages(&mut self, folder: FolderId) -> &mut Messages {
        self.folders.entry(folder).or_default()
    }

    async fn step(&mut self) {
        let crowded = self.folders.values().map(BTreeMap::len).sum::<usize>() > MESSAGES_MAX;
        match self.dice.below(20) {
            _ if crowded => self.expunge(MESSAGES_MAX).await,
            0..=2 => self.append().await,
            3 if self.folders.len() < FOLDERS_MAX => self.create().await,
            4..=5 => self.copy().await,
            6..=7 => self.begin().await,
            8..=11 => self.stage().await,
            12..=13 => self.publish().await,
            14 => self.abandon().await,
            15..=16 => self.transfer().await,
            17 => self.store().await,
            18 => self.expunge(200).await,
            _ => self.delete_or_restore().await,
        }
    }

    async fn append(&mut self) {
        let folder = self.any_folder();
        let text = "x".repeat(1 + self.dice.below(40));
        let count = 1 + self.dice.below(3);
        let entries = self.f.append_many(folder, &text, count).await;
        let arrived = entries.iter().map(|entry| (entry.uid, plain(entry)));
        self.messages(folder).extend(arrived);
    }

    async fn create(&mut self) {
        self.made += 1;
        let name = format!("Folder {}", self.made);
        let folder = self.f.write(move |c| c.create_path(&[name.as_str()])).await.id;
        self.messages(folder);
    }

    async fn copy(&mut self) {
        let (from, to) = (self.any_folder(), self.any_folder());
        let uids = self.dice.some(&self.folders[&from], 200);
        let pairs =
            self.f.mailbox.copy_items(from, uids, &self.f.mailbox, to, false).await.unwrap();
        for (source, target) in pairs {
            let message = self.folders[&from][&source];
            assert_eq!(self.messages(to).insert(target, message), None);
        }
    }

    async fn begin(&mut self) {
        let to = self.any_folder();
        let intent = self.f.write(move |c| c.begin_intent(to, None)).await;
        self.staged.push(Staged { intent, to, messages: Vec::new() });
    }

    async fn stage(&mut self) {
        let from = self.any_folder();
        let most = [3, 200][self.dice.below(2)];
        let uids = self.dice.some(&self.folders[&from], most);
        let at = self.dice.below(self.staged.len());
        let Some(staged) = self.staged.get_mut(at) else { return };
        let intent = staged.intent;
        let found = self.f.write(move |c| c.stage_copies(intent, from, &uids)).await;
        staged.messages.extend(found.iter().map(|uid| self.folders[&from][uid]));
    }

    async fn publish(&mut self) {
        if self.staged.is_empty() {
            return;
        }
        let at = self.dice.below(self.staged.len());
        let Staged { intent, to, messages } = self.staged.swap_remove(at);
        let published = self.f.mailbox.write(move |c| c.publish(intent)).await;
        if !self.folders.contains_key(&to) {
            assert!(published.is_err());
            return self.f.write(move |c| c.abandon(intent).map(|_| ())).await;
        }
        let uids = published.unwrap();
        assert_eq!(uids.len() as usize, messages.len());
        let arrived = uids.iter().zip(messages);
        self.messages(to).extend(arrived);
    }

    async fn abandon(&mut self) {
        if let Some(Staged { intent, .. }) = self.staged.pop() {
            while !self.f.write(move |c| c.abandon(intent)).await {}
        }
    }

    async fn transfer(&mut self) {
        let (from, to) = (self.any_folder(), self.any_folder());
        let uids = self.dice.some(&self.folders[&from], 700);
        let moved = self.f.mailbox.move_items(from, uids.clone(), &self.f.mailbox, to).await;
        assert!(moved.fault.is_none());
        assert_eq!(moved.done.len() as u64, uids.len());
        for (source, target) in moved.done {
            let message = self.messages(from).remove(&source).unwrap();
            assert_eq!(self.messages(to).insert(target, message), None);
        }
    }

    async fn store(&mut self) {
        let folder = self.any_folder();
        let uids = self.dice.some(&self.folders[&folder], 300);
        let flags = [Flags::SEEN, Flags::DELETED, Flags::FLAGGED][self.dice.below(3)];
        let op = [FlagOp::Add, FlagOp::Remove, FlagOp::Set][self.dice.below(3)];
        let change = FlagChange { op, flags, keywords: Keywords::NONE };
        let named = uids.clone();
        self.f.write(move |c| c.store_flags(folder, &uids, &change, None)).await;
        let change = FlagChange { op, flags, keywords: Keywords::NONE };
        for uid in named.iter() {
            let flags = &mut self.messages(folder).get_mut(&uid).unwrap().1;
            *flags = change.apply(*flags, Keywords::NONE).0;
        }
    }

    async fn expunge(&mut self, most: usize) {
        let folder = self.any_folder();
        let uids = self.dice.some(&self.folders[&folder], most);
        let deleted_only = self.dice.below(4) == 0;
        let gone = self.f.mailbox.expunge(folder, uids.clone(), deleted_only).await.unwrap();
        let goes = |(_, flags): &(_, Flags)| !deleted_only || flags.contains(Flags::DELETED);
        let expected: UidSet =
            uids.iter().filter(|uid| goes(&self.folders[&folder][uid])).collect();
        assert_eq!(gone, expected);
        self.messages(folder).retain(|uid, _| !gone.contains(*uid));
    }

    async fn delete_or_restore(&mut self) {
        let inbox = self.f.inbox().await;
        let folder = self.any_folder();
        if folder != inbox && self.dice.below(3) == 0 {
            self.f.write(move |c| c.delete_folder(folder)).await;
            while !self.f.write(|c| c.empty_deleted_folders()).await {}
            self.folders.remove(&folder);
            self.replicas.remove(&folder);
            return;
        }
        let deletions = self.f.special(Special::Deletions).await;
        let entries = self.f.entries(deletions).await;
        let deleted: Messages = entries.iter().map(|e| (e.uid, plain(e))).collect();
        let uids = self.dice.some(&deleted, 100);
        let restored = self.f.write(move |c| c.restore(deletions, &uids)).await;
        for back in restored {
            let message = deleted[&back.from];
            assert_eq!(self.messages(back.folder).insert(back.uid, message), None);
        }
    }

    /// What a client does that knows the folder up to a change number.
    async fn synchronize(&mut self, folder: FolderId) {
        let replica = self.replicas.entry(folder).or_default();
        let told = replica.told;
        let (gone, changed, now) = self
            .f
            .read(move |view| {
                let mut changed = Vec::new();
                view.changed_since(folder, told, &mut |entry| {
                    changed.push((entry.uid, entry.flags));
                    ControlFlow::Continue(())
                })?;
                let gone = view.vanished_since(folder, told)?;
                Ok((gone, changed, view.status(folder)?.content_cn))
            })
            .await;
        assert!(gone.complete && now >= told);
        replica.flags.retain(|uid, _| !gone.uids.contains(*uid));
        replica.flags.extend(changed);
        replica.told = now;
        let expected = self.folders[&folder].iter().map(|(uid, (_, flags))| (*uid, *flags));
        assert_eq!(replica.flags, expected.collect());
    }

    async fn check(&mut self) {
        let (mut items, mut octets) = (0, 0);
        for folder in self.folders.keys().copied().collect::<Vec<_>>() {
            let count = self.folders[&folder].len();
            self.f.check_folder(folder, count).await;
            self.synchronize(folder).await;
            let entries = self.f.entries(folder).await;
            self.check_entries(folder, &entries).await;
            items += entries.len() as u64;
            octets += entries.iter().map(Entry::octets).sum::<u64>();
        }
        let counters = self.f.read(|view| view.counters()).await;
        assert_eq!((counters.items, counters.octets), (items, octets));
        let deletions = self.f.special(Special::Deletions).await;
        let recoverable = self.f.entries(deletions).await;
        assert_eq!(counters.recoverable_octets, recoverable.iter().map(Entry::octets).sum::<u64>());
    }

    async fn check_entries(&mut self, folder: FolderId, entries: &[Entry]) {
        let messages: Messages = entries.iter().map(|entry| (entry.uid, plain(entry))).collect();
        assert_eq!(messages, self.folders[&folder]);
        let numbers: BTreeSet<_> = entries.iter().map(Entry::modseq).collect();
        assert_eq!(numbers.len(), entries.len());
        let status = self.f.read(move |view| view.status(folder)).await;
        let count = |wanted: &dyn Fn(Flags) -> bool| {
            entries.iter().filter(|entry| wanted(entry.flags)).count() as u32
        };
        assert_eq!(status.unseen, count(&|flags| !flags.contains(Flags::SEEN)));
        assert_eq!(status.deleted, count(&|flags| flags.contains(Flags::DELETED)));
        let at = self.dice.below(entries.len());
        if let Some(entry) = entries.get(at).cloned() {
            let mid = entry.mid;
            let found = self.f.read(move |view| view.entry_by_mid(folder, mid)).await;
            assert_eq!(found, Some(entry));
        }
    }

    /// Without folders, intents and deleted items no page, content or overlay is left.
    async fn check_nothing_leaks(mut self) {
        while !self.staged.is_empty() {
            self.abandon().await;
        }
        for folder in self.folders.keys().copied().collect::<Vec<_>>() {
            self.f.mailbox.expunge(folder, UidSet::all(), false).await.unwrap();
        }
        let deletions = self.f.special(Special::Deletions).await;
        self.f.mailbox.expunge(deletions, UidSet::all(), false).await.unwrap();
        self.f.sweep_contents().await;
        let kept = self.f.rows().await.into_keys();
        let left: Vec<_> =
            kept.filter(|key| [0x12, 0x13, 0x20, 0x21, 0x40].contains(&key[5])).collect();
        assert_eq!(left, Vec::<Vec<u8>>::new());
    }
}

#[tokio::test]
async fn random_work_leaves_what_the_model_says() {
    for seed in [1, 0x9e37_79b9] {
        let mut model = Model::new(seed).await;
        for step in 0..STEPS {
            model.step().await;
            if step % 5 == 0 {
                model.check().await;
            }
        }
        model.check().await;
        model.check_nothing_leaks().await;
    }
}
