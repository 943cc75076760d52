//! How long deleted items stay, and what is remembered of deleted folders meanwhile.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_bytes, put_uint};

use crate::id::FolderId;

const DAY_SECS: u64 = 86_400;

/// What becomes of deleted items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// DeletedItemRetention (RetainDeletedItemsFor of a mailbox), in seconds.
    pub deleted_item_secs: u64,
    /// SingleItemRecoveryEnabled: what is removed from Deletions stays in Purges.
    pub single_item_recovery: bool,
}

impl Retention {
    /// Calendar items stay at least this long: 120 days.
    pub const CALENDAR_ITEM_SECS: u64 = 120 * DAY_SECS;

    /// How long an item of that message class stays, in seconds.
    pub fn of_class(&self, class: &str) -> u64 {
        match is_calendar(class) {
            true => self.deleted_item_secs.max(Self::CALENDAR_ITEM_SECS),
            false => self.deleted_item_secs,
        }
    }

    /// How long anything can stay, in seconds.
    pub fn longest(&self) -> u64 {
        self.deleted_item_secs.max(Self::CALENDAR_ITEM_SECS)
    }
}

fn is_calendar(class: &str) -> bool {
    ["ipm.appointment", "ipm.schedule.meeting"].iter().any(|calendar| {
        let class = class.as_bytes();
        let (same, after) = class.split_at(calendar.len().min(class.len()));
        same.eq_ignore_ascii_case(calendar.as_bytes()) && matches!(after.first(), None | Some(b'.'))
    })
}

impl Default for Retention {
    /// 14 days, without single item recovery.
    fn default() -> Self {
        Retention { deleted_item_secs: 14 * DAY_SECS, single_item_recovery: false }
    }
}

impl Record for Retention {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.deleted_item_secs);
        out.push(u8::from(self.single_item_recovery));
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut read = || -> Result<Self, Truncated> {
            let deleted_item_secs = reader.uint()?;
            Ok(Retention { deleted_item_secs, single_item_recovery: reader.octet()? != 0 })
        };
        read().map_err(|_| Corrupt("retention"))
    }
}

/// What a deleted folder was: items that come back make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedFolder {
    /// The folder it lay in.
    pub parent: FolderId,
    /// Its name there.
    pub name: String,
    /// Its class.
    pub class: String,
    /// When it was deleted, seconds since 1970.
    pub time: u64,
}

impl Record for DeletedFolder {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.parent.get());
        put_bytes(out, self.name.as_bytes());
        put_bytes(out, self.class.as_bytes());
        put_uint(out, self.time);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut read = || -> Result<Self, Truncated> {
            Ok(DeletedFolder {
                parent: FolderId::new(reader.uint()?),
                name: reader.text()?.to_owned(),
                class: reader.text()?.to_owned(),
                time: reader.uint()?,
            })
        };
        read().map_err(|_| Corrupt("deleted folder"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_items_stay_longer() {
        let short = Retention { deleted_item_secs: 5, ..Retention::default() };
        let long = Retention { deleted_item_secs: 1000 * DAY_SECS, ..Retention::default() };
        for (class, calendar) in [
            ("IPM.Appointment", true),
            ("ipm.appointment.Team", true),
            ("IPM.Schedule.Meeting.Request", true),
            ("IPM.Appointments", false),
            ("IPM.Note", false),
            ("IPM", false),
            ("", false),
        ] {
            let expected = if calendar { Retention::CALENDAR_ITEM_SECS } else { 5 };
            assert_eq!(short.of_class(class), expected, "{class}");
            assert_eq!(long.of_class(class), 1000 * DAY_SECS, "{class}");
        }
    }
}
