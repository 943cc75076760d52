//! Tables ([MS-OXCTABL]): the items of a folder that meet a restriction, in an order, held in
//! memory and brought up to date by what changed since.
//!
//! Rows are found by change numbers and tombstones, so a table that was left alone for long is
//! as right as one that is asked every second; when the tombstones do not reach back, or much
//! has changed, it is made again. It asks for rights each time it reads. Not a cursor and not
//! columns: those are a client's own, over the rows.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use content::property::{PropertyKey, Restriction, SortKey, Value, compare_column};
use types::limits::{SORT_KEYS_MAX, SORTED_ITEMS_MAX};

use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::{ChangeNumber, FolderId, Mid, Uid};
use crate::key::List;
use crate::page::Entry;
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::View;

/// Changed items up to which a table is repaired; with more, making it again is less work.
const REPAIRED_ITEMS_MAX: usize = 256;

/// What a table shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuery {
    /// Of which folder.
    pub folder: FolderId,
    /// Of which of its lists.
    pub list: List,
    /// Which items; all without one.
    pub restriction: Option<Restriction>,
    /// In which order; equal ones by UID.
    pub order: Vec<SortKey>,
}

/// One item in a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// Its UID.
    pub uid: Uid,
    /// Its MID.
    pub mid: Mid,
    /// Without `\Seen`.
    pub unread: bool,
    /// The properties it is sorted by, the long ones shortened.
    pub values: Vec<Option<Value>>,
}

/// The items of a folder as somebody asked for them.
#[derive(Clone, Debug)]
pub struct Table {
    query: TableQuery,
    rows: Vec<TableRow>,
    /// Everything up to this change is in the rows.
    seen: ChangeNumber,
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableEvent {
    /// A row is new, or stands elsewhere or shows something else than before.
    Placed {
        /// Which item.
        mid: Mid,
        /// The row above it.
        after: Option<Mid>,
        /// It was not in the table before.
        new: bool,
    },
    /// A row is gone.
    Deleted(Mid),
    /// It was made again: everything may be different.
    Reloaded,
}

/// What happened to a folder, when it was not much.
struct Changes {
    gone: UidSet,
    changed: Vec<Entry>,
}

/// Rows that agree in the first properties of the order ([MS-OXCTABL] header rows).
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// 0 for the outermost.
    pub depth: usize,
    /// The property that they agree in, at this depth.
    pub value: Option<Value>,
    /// Its first row.
    pub first: usize,
    /// How many rows.
    pub rows: usize,
    /// Those of them that are unread.
    pub unread: usize,
}

impl Table {
    /// Makes a table. Errors: NotFound, Denied; Limit when the query or the table is too large.
    pub fn open(view: &View<'_>, query: TableQuery) -> Result<Table, Fault> {
        if query.order.len() > SORT_KEYS_MAX {
            return Err(Fault::Limit("properties of a sort order"));
        }
        if !query.restriction.as_ref().is_none_or(Restriction::is_within_limits) {
            return Err(Fault::Limit("depth and conditions of a restriction"));
        }
        let mut table = Table { query, rows: Vec::new(), seen: ChangeNumber::default() };
        table.reload(view)?;
        Ok(table)
    }

    /// What it shows.
    pub fn query(&self) -> &TableQuery {
        &self.query
    }

    /// The rows in order.
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// Takes over what changed since the last time and tells it. Errors as [`Table::open`].
    pub fn refresh(&mut self, view: &View<'_>) -> Result<Vec<TableEvent>, Fault> {
        let TableQuery { folder, list, .. } = self.query;
        view.require(folder, Rights::READ_ANY)?;
        if view.counters_of(folder, list)?.content_cn <= self.seen {
            return Ok(Vec::new());
        }
        let Some(Changes { gone, changed }) = self.changes(view)? else {
            self.reload(view)?;
            return Ok(vec![TableEvent::Reloaded]);
        };
        let mut events = Vec::new();
        for uid in gone.iter() {
            events.extend(self.take(uid).map(|row| TableEvent::Deleted(row.mid)));
        }
        for entry in &changed {
            events.extend(self.place(view, entry)?);
        }
        self.seen = last_change(view)?;
        Ok(events)
    }

    /// The header rows when the first `depth` properties of the order are categories.
    pub fn categories(&self, depth: usize) -> Vec<Category> {
        let depth = depth.min(self.query.order.len());
        let mut categories: Vec<Category> = Vec::new();
        // Of each depth the category that rows go into now.
        let mut open: Vec<usize> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let above = at.checked_sub(1).map(|above| &self.rows[above]);
            open.truncate(above.map_or(0, |above| self.agreement(above, row, depth)));
            for depth in open.len()..depth {
                open.push(categories.len());
                let value = row.values[depth].clone();
                categories.push(Category { depth, value, first: at, rows: 0, unread: 0 });
            }
            for category in &open {
                categories[*category].rows += 1;
                categories[*category].unread += usize::from(row.unread);
            }
        }
        categories
    }

    /// How many of the first properties two rows have in common.
    fn agreement(&self, a: &TableRow, b: &TableRow, depth: usize) -> usize {
        let pairs = a.values.iter().zip(&b.values).take(depth);
        pairs.take_while(|(a, b)| compare_column(a.as_ref(), b.as_ref()).is_eq()).count()
    }

    /// What left and what is new or different; `None` when that is too much or not known.
    fn changes(&self, view: &View<'_>) -> Result<Option<Changes>, Fault> {
        let TableQuery { folder, list, .. } = self.query;
        if list == List::Associated {
            // They leave no tombstones, and are few.
            return Ok(None);
        }
        let vanished = view.vanished_since(folder, self.seen)?;
        if !vanished.complete || vanished.uids.len() > REPAIRED_ITEMS_MAX as u64 {
            return Ok(None);
        }
        let mut changed = Vec::new();
        view.changed_since(folder, self.seen, &mut |entry| {
            changed.push(entry.clone());
            match changed.len() > REPAIRED_ITEMS_MAX {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        let few = changed.len() <= REPAIRED_ITEMS_MAX;
        Ok(few.then_some(Changes { gone: vanished.uids, changed }))
    }

    fn reload(&mut self, view: &View<'_>) -> Result<(), Fault> {
        let TableQuery { folder, list, .. } = self.query;
        let mut rows = Vec::new();
        view.try_each(folder, list, &UidSet::all(), &mut |entry| {
            if rows.len() >= SORTED_ITEMS_MAX {
                return Err(Fault::Limit("rows of a table"));
            }
            rows.extend(self.row(view, entry)?);
            Ok(ControlFlow::Continue(()))
        })?;
        rows.sort_by(|a, b| self.compare(a, b));
        self.rows = rows;
        self.seen = last_change(view)?;
        Ok(())
    }

    /// Puts an item where it belongs now, or takes it out.
    fn place(&mut self, view: &View<'_>, entry: &Entry) -> Result<Option<TableEvent>, Fault> {
        let before = self.take(entry.uid);
        let Some(row) = self.row(view, entry)? else {
            return Ok(before.map(|row| TableEvent::Deleted(row.mid)));
        };
        let at = self.rows.partition_point(|other| self.compare(other, &row).is_lt());
        let after = at.checked_sub(1).map(|above| self.rows[above].mid);
        let event = TableEvent::Placed { mid: row.mid, after, new: before.is_none() };
        self.rows.insert(at, row);
        Ok(Some(event))
    }

    fn take(&mut self, uid: Uid) -> Option<TableRow> {
        let at = self.rows.iter().position(|row| row.uid == uid)?;
        Some(self.rows.remove(at))
    }

    /// The row of an item, if it meets the restriction.
    fn row(&self, view: &View<'_>, entry: &Entry) -> Result<Option<TableRow>, Fault> {
        let TableQuery { list, restriction, order, .. } = &self.query;
        let mut keys: Vec<&PropertyKey> = order.iter().map(|column| &column.key).collect();
        keys.extend(restriction.iter().flat_map(Restriction::keys));
        let mut item = view.properties(entry, *list)?;
        view.load_properties(entry, &keys, &mut item)?;
        if restriction.as_ref().is_some_and(|restriction| !restriction.holds(&item)) {
            return Ok(None);
        }
        let values = order.iter().map(|column| item.bag.get(column.key.clone()).cloned());
        let values = values.map(|value| value.map(shortened)).collect();
        let unread = !entry.flags.contains(Flags::SEEN);
        Ok(Some(TableRow { uid: entry.uid, mid: entry.mid, unread, values }))
    }

    fn compare(&self, a: &TableRow, b: &TableRow) -> Ordering {
        let columns = self.query.order.iter().zip(a.values.iter().zip(&b.values));
        let by_values = columns.fold(Ordering::Equal, |so_far, (column, (a, b))| {
            so_far.then_with(|| {
                let order = compare_column(a.as_ref(), b.as_ref());
                if column.descending { order.reverse() } else { order }
            })
        });
        by_values.then(a.uid.cmp(&b.uid))
    }
}

fn last_change(view: &View<'_>) -> Result<ChangeNumber, Fault> {
    Ok(ChangeNumber::new(view.counters()?.change))
}

/// The beginning of a value: more does not decide the place of an item in a list.
fn shortened(value: Value) -> Value {
    const CHARS_MAX: usize = 255;
    match value {
        Value::String(text) => Value::String(text.chars().take(CHARS_MAX).collect()),
        Value::Binary(mut octets) => {
            octets.truncate(CHARS_MAX);
            Value::Binary(octets)
        }
        other => other,
    }
}
