//! Annotations of folders and of the mailbox (RFC 5464).

use types::wire::put_bytes;

use super::Change;
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key;
use crate::rights::{Access, Rights};
use crate::view::View;

/// Entries of one folder (or of the mailbox) that all see, and as many of each principal's own.
pub const ANNOTATIONS_MAX: usize = 500;
/// Octets of one value; IMAP METADATA tells clients so.
pub const ANNOTATION_OCTETS_MAX: usize = 8 * 1024;
/// Octets of those values together: one row.
const ANNOTATION_ROW_OCTETS_MAX: usize = 90_000;

impl Change<'_, '_> {
    /// Sets an entry, or removes it. Names beginning with `/private` belong to the asker, and
    /// what is kept under them counts for the asker alone; what all see is for those who may
    /// change items. Errors: Denied, Limit.
    pub fn annotate(
        &mut self,
        folder: Option<FolderId>,
        name: &str,
        value: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let name = name.to_ascii_lowercase();
        let key = self.annotations_key(folder, &name)?;
        let view = View { read: &*self.txn, mailbox: self.mailbox, access: self.access };
        let mut stored = view.stored_annotations(&key)?;
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
        Ok(self.txn.put(&key, 1, &row)?)
    }

    /// The row of an entry that the asker may set.
    fn annotations_key(&mut self, folder: Option<FolderId>, name: &str) -> Result<Vec<u8>, Fault> {
        let private = name.starts_with("/private");
        let needed = if private { Rights::READ_ANY } else { Rights::READ_ANY | Rights::EDIT_ANY };
        match (folder, self.access) {
            (Some(folder), _) => self.require(folder, needed)?,
            (None, Access::Delegate(_)) => return Err(Fault::Denied),
            (None, _) => {}
        }
        Ok(match self.access.principal().filter(|_| private) {
            Some(principal) => key::private_annotations(self.mailbox, folder, principal),
            None => key::annotations(self.mailbox, folder),
        })
    }
}
