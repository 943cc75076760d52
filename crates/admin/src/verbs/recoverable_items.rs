//! What was deleted from a mailbox, and its way back: Get- and Restore-RecoverableItems.

mod get;
mod restore;

use std::ops::ControlFlow;

use mailbox::{Fault, Mailbox, Mid, RecoverableItem};

use super::mailbox::open;
use crate::verb::{Expected, Scalar, Shape, Verb};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<get::GetRecoverableItems>(), Verb::of::<restore::RestoreRecoverableItems>()];

/// An item's MID in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryId(Mid);

impl EntryId {
    fn text(self) -> String {
        format!("{:012x}", self.0.get())
    }
}

impl Scalar for EntryId {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let number = u64::from_str_radix(text, 16);
        let wrong = |_| Expected("an EntryID that Get-RecoverableItems shows".to_owned());
        number.map(Mid::new).map(EntryId).map_err(wrong)
    }
}

/// Which items.
struct Selection {
    subject_contains: Option<String>,
    entry_id: Option<EntryId>,
}

impl Selection {
    fn wants(&self, item: &RecoverableItem) -> bool {
        let within = |text: &String| item.subject.to_lowercase().contains(&text.to_lowercase());
        self.entry_id.is_none_or(|EntryId(id)| item.entry.mid == id)
            && self.subject_contains.as_ref().is_none_or(within)
    }

    /// The items of a mailbox, at most `limit`.
    async fn items(self, mailbox: &Mailbox, limit: usize) -> Result<Vec<RecoverableItem>, Fault> {
        let read = mailbox.read(move |view| {
            let mut items = Vec::new();
            view.recoverable_items(&mut |item| {
                if self.wants(&item) {
                    items.push(item);
                }
                match items.len() < limit {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            })?;
            Ok(items)
        });
        read.await
    }
}
