//! Contents and overlays that lost their last reference: found and deleted in slices, so that a
//! mailbox of any size can be swept.
//!
//! A search goes over the pages of all lists in passes, each over as many snapshots as it needs.
//! Later passes open only what changed since the one before had begun; the last one is over when
//! it fits into one snapshot. What is named there was seen: an entry comes into a list only under
//! a new change number, by which a later pass opens its page, or into an intent, which each pass
//! opens whole. So what no pass saw and was there before the first is dead, and stays dead: only
//! an entry can be copied, and a new content or item has a new number.

use std::collections::HashMap;
use std::ops::ControlFlow;

use store::{Direction, ReadExt, StoreError};

use crate::fault::Fault;
use crate::id::{ChangeNumber, FolderId, IntentNumber, Uid};
use crate::key::{self, Table};
use crate::mailbox::Mailbox;
use crate::page::{ListPlace, Page, PageRef};
use crate::record::{Counters, FolderCounters};
use crate::view::View;

/// Pages opened in one snapshot: with at most 128 entries each, well within a snapshot's time.
const PAGES_PER_SNAPSHOT: usize = 1024;
/// Rows looked at in one snapshot, for a page.
const ROWS_PER_PAGE: usize = 4;
/// Passes after which a mailbox that changes all the time is left to a later round.
const PASSES_MAX: u32 = 32;

/// Octets of a row's key.
type Key = Vec<u8>;

/// A search for what is dead in a mailbox; it goes on from one snapshot to the next.
pub struct ContentSweep {
    /// The counters at the beginning: what has a larger number is not looked at.
    born: Counters,
    live: Live,
    stage: Stage,
}

/// What a step of a [`ContentSweep`] has come to.
#[derive(Debug)]
pub enum Step {
    /// Nothing yet; there is more to look at.
    More,
    /// Keys of dead rows, to be deleted by [`crate::Change::delete_contents`] before the next step.
    Dead(Vec<Key>),
    /// All was looked at: [`crate::Change::end_sweep`].
    Done,
    /// The mailbox changes faster than it can be looked at.
    GaveUp,
}

enum Stage {
    /// Collects what entries name.
    Mark(Pass),
    /// Asks the rows from this key on.
    Sweep(Key),
}

/// One walk over all lists.
#[derive(Default)]
struct Pass {
    number: u32,
    /// Pages without a later change were seen by an earlier pass.
    since: ChangeNumber,
    /// The mailbox's change number when this pass began; none before that.
    began: Option<ChangeNumber>,
    /// The last page that was opened: its list, and the largest UID in it.
    at: Option<(FolderId, u8, Uid)>,
}

/// Numbers of the contents and items that entries name.
#[derive(Default)]
struct Live {
    contents: Numbers,
    items: Numbers,
}

/// A set of numbers that are dense in parts: 64 of them to a word.
#[derive(Default)]
struct Numbers(HashMap<u64, u64>);

impl Numbers {
    fn insert(&mut self, number: u64) {
        *self.0.entry(number / 64).or_default() |= 1 << (number % 64);
    }

    fn contains(&self, number: u64) -> bool {
        self.0.get(&(number / 64)).is_some_and(|word| word & 1 << (number % 64) != 0)
    }
}

/// A list of items somewhere in the mailbox.
struct AnyList {
    place: ListPlace,
    counters: FolderCounters,
    /// Its change numbers count from 1.
    is_intent: bool,
}

impl AnyList {
    fn pages(&self, view: &View<'_>) -> Result<Vec<PageRef>, Fault> {
        let chunks = self.place.chunks(view.read)?.into_iter();
        Ok(chunks.flat_map(|(_, chunk)| chunk.pages).chain(self.counters.tail).collect())
    }

    /// The position of a page among those of all lists.
    fn position(&self, page: &PageRef) -> (FolderId, u8, Uid) {
        (self.place.folder, self.place.list as u8, page.last)
    }
}

impl ContentSweep {
    /// References that were lost before it began.
    pub(crate) fn unreferenced(&self) -> u64 {
        self.born.unreferenced
    }

    /// Begins; `None` when nothing lost a reference since the last sweep.
    pub fn begin(view: &View<'_>) -> Result<Option<Self>, Fault> {
        let born = view.counters()?;
        let stage = Stage::Mark(Pass::default());
        Ok((born.unreferenced > 0).then(|| ContentSweep { born, live: Live::default(), stage }))
    }

    /// Goes on in a snapshot. It opens at most so many pages, or looks at so many rows in
    /// proportion.
    pub fn step(&mut self, view: &View<'_>, pages_max: usize) -> Result<Step, Fault> {
        match &mut self.stage {
            Stage::Mark(pass) if pass.number == PASSES_MAX => Ok(Step::GaveUp),
            Stage::Mark(pass) => {
                if pass.walk(view, &mut self.live, pages_max)? {
                    self.stage = Stage::Sweep(key::table(view.mailbox, Table::Content));
                }
                Ok(Step::More)
            }
            Stage::Sweep(from) => {
                let from = std::mem::take(from);
                let (dead, next) = self.dead_rows(view, &from, pages_max * ROWS_PER_PAGE)?;
                match next {
                    Some(next) => self.stage = Stage::Sweep(next),
                    None if dead.is_empty() => return Ok(Step::Done),
                    None => self.stage = Stage::Sweep(end_of_rows(view)),
                }
                Ok(if dead.is_empty() { Step::More } else { Step::Dead(dead) })
            }
        }
    }

    /// Dead rows among the next so many, and where to go on.
    fn dead_rows(
        &self,
        view: &View<'_>,
        from: &[u8],
        most: usize,
    ) -> Result<(Vec<Key>, Option<Key>), StoreError> {
        let (mut dead, mut seen, mut next) = (Vec::new(), 0, None);
        view.read.range(from, &end_of_rows(view), Direction::Forward, &mut |key, _| {
            if seen == most {
                next = Some(key.to_vec());
                return ControlFlow::Break(());
            }
            seen += 1;
            if self.is_dead(key) {
                dead.push(key.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        Ok((dead, next))
    }

    /// Of the rows of contents and overlays, which follow each other.
    fn is_dead(&self, key: &[u8]) -> bool {
        match key::is_of(key, Table::Content) {
            true => key::content_number(key).is_some_and(|content| {
                content.get() <= self.born.content && !self.live.contents.contains(content.get())
            }),
            false => key::overlay_item(key).is_some_and(|item| {
                item.get() <= self.born.id && !self.live.items.contains(item.get())
            }),
        }
    }
}

impl Pass {
    /// Goes on; true when nothing more has to be opened, in this or another pass.
    fn walk(&mut self, view: &View<'_>, live: &mut Live, pages_max: usize) -> Result<bool, Fault> {
        let in_one = self.began.is_none();
        let began = match self.began {
            Some(began) => began,
            None => ChangeNumber::new(view.counters()?.change),
        };
        self.began = Some(began);
        if !self.open_pages(view, live, pages_max)? {
            return Ok(false);
        }
        if !in_one {
            *self = Pass { number: self.number + 1, since: began, began: None, at: None };
        }
        Ok(in_one)
    }

    /// True at the end of the last list.
    fn open_pages(
        &mut self,
        view: &View<'_>,
        live: &mut Live,
        pages_max: usize,
    ) -> Result<bool, Fault> {
        let mut opened = 0;
        let mut lists = lists(view)?;
        lists.retain(|list| self.may_have(list));
        for list in lists {
            for page in list.pages(view)? {
                let position = list.position(&page);
                let changed = list.is_intent || page.max_cn > self.since;
                if !changed || self.at.is_some_and(|at| position <= at) {
                    continue;
                }
                if opened == pages_max {
                    return Ok(false);
                }
                opened += 1;
                live.add(&Page::load(view.read, &list.place, &page)?);
                self.at = Some(position);
            }
        }
        Ok(true)
    }

    /// Whether pages of a list are still to be opened.
    fn may_have(&self, list: &AnyList) -> bool {
        let id = (list.place.folder, list.place.list as u8);
        let changed = list.is_intent || list.counters.content_cn > self.since;
        changed && self.at.is_none_or(|(folder, list, _)| (folder, list) <= id)
    }
}

impl Live {
    fn add(&mut self, page: &Page) {
        for entry in &page.entries {
            self.contents.insert(entry.content.get());
            self.items.insert(entry.item.get());
        }
    }
}

/// The lists of folders, of intents, and of folders that are being emptied, by number.
fn lists(view: &View<'_>) -> Result<Vec<AnyList>, Fault> {
    let mut lists = Vec::new();
    for table in [Table::FolderCounters, Table::EmptiedFolder] {
        let from = key::table(view.mailbox, table);
        let visit = &mut |key: &[u8], counters: FolderCounters| {
            lists.extend(key::counted_list(key).map(|(folder, list)| AnyList {
                place: ListPlace { mailbox: view.mailbox, folder, list },
                counters,
                is_intent: false,
            }));
            ControlFlow::Continue(())
        };
        view.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
    }
    for list in &mut lists {
        let number = IntentNumber::new(list.place.folder.get());
        let intent = key::intent(view.mailbox, number);
        list.is_intent = view.read.get(&intent)?.is_some();
    }
    lists.sort_by_key(|list| (list.place.folder, list.place.list as u8));
    Ok(lists)
}

/// Behind the rows of contents and overlays.
fn end_of_rows(view: &View<'_>) -> Vec<u8> {
    key::after(&key::table(view.mailbox, Table::Overlay))
}

impl Mailbox {
    /// Deletes contents nobody refers to any more, in slices, while `go_on` says so. Gives how
    /// many rows went.
    pub async fn sweep_contents(&self, go_on: impl Fn() -> bool) -> Result<usize, Fault> {
        let Some(mut sweep) = self.read(ContentSweep::begin).await? else { return Ok(0) };
        let mut deleted = 0;
        while go_on() {
            let stepped = self.read(move |view| {
                let step = sweep.step(view, PAGES_PER_SNAPSHOT)?;
                Ok((sweep, step))
            });
            let (stepped, step) = stepped.await?;
            sweep = stepped;
            match step {
                Step::More => {}
                Step::Dead(rows) => deleted += self.delete_contents(rows).await?,
                Step::Done => {
                    self.write_slice(move |change| change.end_sweep(&sweep)).await?;
                    return Ok(deleted);
                }
                Step::GaveUp => {
                    tracing::info!("a mailbox changes too fast to be swept now");
                    return Ok(deleted);
                }
            }
        }
        Ok(deleted)
    }

    async fn delete_contents(&self, rows: Vec<Key>) -> Result<usize, Fault> {
        let (count, rows) = (rows.len(), std::sync::Arc::new(rows));
        let mut at = Some(0);
        while let Some(from) = at {
            let rows = rows.clone();
            at = self.write_slice(move |change| change.delete_contents(&rows, from)).await?;
        }
        Ok(count)
    }
}
