//! Which mailboxes of a database somebody was granted folders of: an index beside the access
//! control lists, so that nobody opens every mailbox to find out.
//!
//! A row stands for one grantee and one mailbox in which at least one folder is visible to it.
//! Rows are written in the transaction that changes a list. They say where to look, never who
//! may do what: that remains with the folders.

use std::ops::ControlFlow;

use store::{Corrupt, Database, Direction, Read, ReadExt, Record};
use types::wire::Reader;

use crate::change::Change;
use crate::fault::Fault;
use crate::id::Guid;
use crate::key::{self, Table};
use crate::record::Meta;
use crate::rights::{AclEntry, Grantee, Rights};

/// The mailbox that a row names, by the GUID that the directory knows it by.
struct Granted(Guid);

impl Record for Granted {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.0);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let guid = Reader::new(payload).array().map_err(|_| Corrupt("granted mailbox"))?;
        Ok(Granted(Guid(guid)))
    }
}

/// The mailboxes of a database that hold folders shown to this principal, itself or as anybody
/// (Default): at most `most` of each.
pub async fn granted(
    database: &Database,
    principal: Guid,
    most: usize,
) -> Result<Vec<Guid>, Fault> {
    database
        .read(move |snapshot| {
            let mut mailboxes = granted_to(snapshot, Grantee::Recipient(principal), most)?;
            mailboxes.extend(granted_to(snapshot, Grantee::Default, most)?);
            Ok(mailboxes)
        })
        .await
}

fn granted_to(read: &dyn Read, grantee: Grantee, most: usize) -> Result<Vec<Guid>, Fault> {
    let (from, mut found) = (key::grants(grantee), Vec::new());
    read.records::<Granted>(&from, &key::after(&from), Direction::Forward, &mut |_, granted| {
        if found.len() >= most {
            return ControlFlow::Break(());
        }
        found.push(granted.0);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

impl Change<'_, '_> {
    /// Brings the rows of these grantees in line with the folders there are.
    pub(crate) fn index_grants(
        &mut self,
        grantees: impl IntoIterator<Item = Grantee>,
    ) -> Result<(), Fault> {
        let folders = self.view()?.all_folders()?;
        for grantee in grantees {
            let shows = |entry: &AclEntry| {
                entry.grantee == grantee && entry.rights.contains(Rights::VISIBLE)
            };
            let shown = folders.iter().any(|folder| folder.acl.iter().any(shows));
            self.index_grant(grantee, shown)?;
        }
        Ok(())
    }

    fn index_grant(&mut self, grantee: Grantee, shown: bool) -> Result<(), Fault> {
        let row = key::grant(grantee, self.mailbox);
        if !shown {
            return Ok(self.txn.delete(&row)?);
        }
        let meta: Option<Meta> = self.txn.record(&key::table(self.mailbox, Table::Meta))?;
        let guid = meta.ok_or(Fault::NotFound("mailbox"))?.guid;
        Ok(self.txn.put_record(&row, &Granted(guid))?)
    }
}
