//! Annotations of folders and of the mailbox (RFC 5464).

use types::wire::put_bytes;

use super::Change;
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key;
use crate::rights::Rights;
use crate::view::View;

/// Entries of one folder (or of the mailbox), all principals together.
pub const ANNOTATIONS_MAX: usize = 500;
/// Octets of one value; IMAP METADATA tells clients so.
pub const ANNOTATION_OCTETS_MAX: usize = 8 * 1024;
/// Octets of all values of one folder: one row.
const ANNOTATION_ROW_OCTETS_MAX: usize = 90_000;

impl Change<'_, '_> {
    /// Sets an entry, or removes it. Names beginning with `/private` belong to the asker.
    /// Errors: Denied, Limit.
    pub fn annotate(
        &mut self,
        folder: Option<FolderId>,
        name: &str,
        value: Option<&[u8]>,
    ) -> Result<(), Fault> {
        if let Some(folder) = folder {
            self.require(folder, Rights::READ_ANY)?;
        }
        let view = View { read: &*self.txn, mailbox: self.mailbox, access: self.access };
        let mut stored = view.stored_annotations(folder)?;
        let name = name.to_ascii_lowercase();
        let name = match name.starts_with("/private") {
            true => format!("{name}\0{}", view.private_mark()),
            false => name,
        };
        match value {
            None => stored.remove(&name),
            Some(value) if value.len() > ANNOTATION_OCTETS_MAX => {
                return Err(Fault::Limit("octets of an annotation"));
            }
            Some(value) => stored.insert(name, value.to_vec()),
        };
        if stored.len() > ANNOTATIONS_MAX {
            return Err(Fault::Limit("annotations of a folder"));
        }
        let mut row = Vec::new();
        for (name, value) in &stored {
            put_bytes(&mut row, name.as_bytes());
            put_bytes(&mut row, value);
        }
        if row.len() > ANNOTATION_ROW_OCTETS_MAX {
            return Err(Fault::Limit("octets of a folder's annotations"));
        }
        Ok(self.txn.put(&key::annotations(self.mailbox, folder), 1, &row)?)
    }
}
