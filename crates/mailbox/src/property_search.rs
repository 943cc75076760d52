//! Searching by any property: EWS' FindItem, MAPI's FindRow.
//!
//! Unlike [`crate::search`] it opens the content and the overlay of every item it decides, and
//! the message where a restriction asks for the body or for header fields; it uses no index.
//! The caller bounds it by UIDs and goes on in another snapshot. Items in an order are a
//! [`crate::Table`].

use std::ops::ControlFlow;

use content::property::Restriction;

use crate::fault::Fault;
use crate::id::FolderId;
use crate::key::List;
use crate::page::{Entry, PageRef};
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::{View, Visit};

/// Is shown entries until it breaks or fails.
type TryVisit<'v> = &'v mut dyn FnMut(&Entry) -> Result<ControlFlow<()>, Fault>;

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

    /// Visits items of a list until a break or a fault.
    pub(crate) fn try_each(
        &self,
        folder: FolderId,
        list: List,
        within: &UidSet,
        visit: TryVisit<'_>,
    ) -> Result<(), Fault> {
        self.require(folder, Rights::READ_ANY)?;
        let mut fault = None;
        let open = |page: &PageRef| within.touches(page.first, page.last);
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
