//! Searching and sorting by any property: MAPI's tables and EWS' FindItem.
//!
//! Unlike [`crate::search`] it opens the content and the overlay of every item it decides, and
//! the message where a restriction asks for the body or for header fields; it uses no index.
//! The caller bounds it by UIDs and goes on in another snapshot.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use content::property::{PropertyKey, Restriction, SortKey, Value, compare_column};
use types::limits::{SORT_KEYS_MAX, SORTED_ITEMS_MAX};

use crate::fault::Fault;
use crate::id::{FolderId, Uid};
use crate::key::List;
use crate::page::Entry;
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::{View, Visit};

impl View<'_> {
    /// Visits the items of a list that meet a restriction, in UID order, up to the first break.
    /// Errors: NotFound, Denied; Limit when the restriction is too complex.
    pub fn search_properties(
        &self,
        folder: FolderId,
        list: List,
        restriction: &Restriction,
        within: &UidSet,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        if !restriction.is_within_limits() {
            return Err(Fault::Limit("depth and conditions of a restriction"));
        }
        let keys = restriction.keys();
        self.try_each(folder, list, within, &mut |entry| {
            let mut item = self.properties(entry, list)?;
            self.load_properties(entry, &keys, &mut item)?;
            Ok(match restriction.holds(&item) {
                true => visit(entry),
                false => ControlFlow::Continue(()),
            })
        })
    }

    /// Puts items of a list in the order of properties; equal ones stay in UID order. Errors:
    /// NotFound, Denied; Limit for more than `SORT_KEYS_MAX` properties or `SORTED_ITEMS_MAX`
    /// items.
    pub fn sort_properties(
        &self,
        folder: FolderId,
        list: List,
        uids: &UidSet,
        order: &[SortKey],
    ) -> Result<Vec<Uid>, Fault> {
        if order.len() > SORT_KEYS_MAX {
            return Err(Fault::Limit("properties of a sort order"));
        }
        let keys: Vec<&PropertyKey> = order.iter().map(|column| &column.key).collect();
        let mut rows: Vec<(Vec<Option<Value>>, Uid)> = Vec::new();
        self.try_each(folder, list, uids, &mut |entry| {
            if rows.len() >= SORTED_ITEMS_MAX {
                return Err(Fault::Limit("items to sort"));
            }
            let mut item = self.properties(entry, list)?;
            self.load_properties(entry, &keys, &mut item)?;
            let values = keys.iter().map(|key| item.bag.remove((*key).clone()).map(shortened));
            rows.push((values.collect(), entry.uid));
            Ok(ControlFlow::Continue(()))
        })?;
        rows.sort_by(|(a, _), (b, _)| compare_rows(order, a, b));
        Ok(rows.into_iter().map(|(_, uid)| uid).collect())
    }

    /// Visits items of a list until a break or a fault.
    fn try_each(
        &self,
        folder: FolderId,
        list: List,
        within: &UidSet,
        visit: &mut dyn FnMut(&Entry) -> Result<ControlFlow<()>, Fault>,
    ) -> Result<(), Fault> {
        self.require(folder, Rights::READ_ANY)?;
        let mut fault = None;
        let open = |page: &crate::page::PageRef| within.touches(page.first, page.last);
        let wanted = |entry: &Entry| within.contains(entry.uid);
        self.walk_list(folder, list, open, wanted, &mut |entry| match visit(entry) {
            Ok(flow) => flow,
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        })?;
        fault.map_or(Ok(()), Err)
    }
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

fn compare_rows(order: &[SortKey], a: &[Option<Value>], b: &[Option<Value>]) -> Ordering {
    let columns = order.iter().zip(a.iter().zip(b));
    columns.fold(Ordering::Equal, |so_far, (column, (a, b))| {
        so_far.then_with(|| {
            let order = compare_column(a.as_ref(), b.as_ref());
            if column.descending { order.reverse() } else { order }
        })
    })
}
