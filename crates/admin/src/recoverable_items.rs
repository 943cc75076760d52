//! `rialto get-recoverable-items`, `rialto restore-recoverable-items`: what was deleted from a
//! mailbox, and its way back. The data of a stopped server; one that runs has them locked.

mod get;
mod restore;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use auth::VerifierOptions;
use clap::Args;
use directory::{Directory, Recipient, Resolution};
use mailbox::{Access, Mailbox, MailboxNumber, Mid, RecoverableItem};
use store::{Database, Options};
use types::Address;

use crate::{AdminError, Program};

pub use get::GetRecoverableItems;
pub use restore::RestoreRecoverableItems;

/// Whose items, and which of them.
#[derive(Debug, Args)]
struct Selection {
    /// Data directory of the server, which must not be running
    #[arg(long = "dir", value_name = "DIR")]
    directory: PathBuf,
    /// Address or alias of the mailbox's owner
    #[arg(long, value_name = "USER")]
    mailbox: String,
    /// Only items with this text in their subject
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Only the item with this EntryID
    #[arg(long, value_name = "ID", value_parser = entry_id)]
    id: Option<Mid>,
}

/// An EntryID as it is printed.
fn text_of(id: Mid) -> String {
    format!("{:012x}", id.get())
}

fn entry_id(text: &str) -> Result<Mid, String> {
    let number = u64::from_str_radix(text, 16);
    number.map(Mid::new).map_err(|_| "not an EntryID".to_owned())
}

impl Selection {
    /// Opens the mailbox.
    async fn open(&self, program: &Program) -> Result<Opened, AdminError> {
        let folders = (program.data_folders)(&self.directory);
        let directory = self.number(&folders.directory).await?;
        let database = open(&folders.mailboxes).await?;
        let mailbox = Mailbox::open(database.clone(), directory, Access::System);
        Ok(Opened { mailbox, database, user: self.mailbox.clone() })
    }

    /// The number of the mailbox, from the directory.
    async fn number(&self, folder: &Path) -> Result<MailboxNumber, AdminError> {
        let database = open(folder).await?;
        let directory = Directory::open(database.clone(), VerifierOptions::default()).await?;
        let number = self.owner(&directory);
        database.close().await;
        number.ok_or_else(|| AdminError::NoMailbox(self.mailbox.clone()))
    }

    fn owner(&self, directory: &Directory) -> Option<MailboxNumber> {
        let snapshot = directory.snapshot();
        let number = |owner: &Recipient| Some(MailboxNumber::new(owner.mailbox()?.location.number));
        match Address::parse(&self.mailbox).map(|address| snapshot.resolve(&address)) {
            Ok(Resolution::Mailbox(owner)) => number(&owner),
            Ok(_) => None,
            Err(_) => number(snapshot.by_alias(&self.mailbox)?),
        }
    }

    /// The items asked for.
    async fn items(&self, opened: &Opened) -> Result<Vec<RecoverableItem>, AdminError> {
        let (subject, id) = (self.subject.as_ref().map(|text| text.to_lowercase()), self.id);
        let wanted = move |item: &RecoverableItem| {
            id.is_none_or(|id| item.entry.mid == id)
                && subject.as_ref().is_none_or(|text| item.subject.to_lowercase().contains(text))
        };
        let read = opened.mailbox.read(move |view| {
            let mut items = Vec::new();
            view.recoverable_items(&mut |item| {
                if wanted(&item) {
                    items.push(item);
                }
                ControlFlow::Continue(())
            })?;
            Ok(items)
        });
        read.await.map_err(|fault| opened.error(fault))
    }
}

/// A mailbox of a stopped server.
struct Opened {
    mailbox: Mailbox,
    database: Database,
    user: String,
}

impl Opened {
    fn error(&self, fault: mailbox::Fault) -> AdminError {
        AdminError::Mailbox { user: self.user.clone(), fault }
    }

    async fn close(self) {
        self.database.close().await;
    }
}

/// Opens a database that is there: none is made for a directory misspelt.
async fn open(folder: &Path) -> Result<Database, AdminError> {
    let path = folder.to_owned();
    std::fs::metadata(folder).map_err(|source| AdminError::File { path, source })?;
    let shared: std::sync::Arc<Path> = folder.into();
    let opened = tokio::task::spawn_blocking(move || Database::open(Options::sqlite(&*shared)));
    opened.await?.map_err(|source| AdminError::Store { path: folder.to_owned(), source })
}
