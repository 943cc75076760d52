//! One run of a request.

use mailbox::Mailbox;

use crate::disk::{self, DiskSink, DiskSource};
use crate::error::MigrationError;
use crate::ledger::Ledger;
use crate::mailbox_sink::MailboxSink;
use crate::mailbox_source::MailboxSource;
use crate::request::{Kind, Place, Request};
use crate::transfer::transfer;

/// Works on a request until it is done, was stopped, or fails, and notes its end. `mailbox` is the
/// one of the request. Errors: only when the end cannot be noted.
pub async fn run(request: &Request, mailbox: &Mailbox) -> Result<(), MigrationError> {
    let outcome = match carried(request, mailbox).await {
        Err(MigrationError::Stopped) => return Ok(()),
        outcome => outcome.map_err(|error| error.to_string()),
    };
    if let Err(message) = &outcome {
        tracing::warn!(request = request.name, message, "a migration request failed");
    }
    Ledger::of(request).end(mailbox.database(), outcome).await
}

async fn carried(request: &Request, mailbox: &Mailbox) -> Result<(), MigrationError> {
    let database = mailbox.database();
    let Place::Disk { path, format } = &request.place;
    match request.kind {
        Kind::Import => {
            let mut source = DiskSource::open(path, *format).await?;
            let mut sink = MailboxSink::new(mailbox, request);
            transfer(database, request, &mut source, &mut sink).await
        }
        Kind::Export => {
            let begun = Ledger::of(request).has_begun(database).await?;
            let root = disk::target(path, begun).await?;
            let mut sink = DiskSink::new(root, *format, database, request);
            transfer(database, request, &mut MailboxSource::new(mailbox), &mut sink).await
        }
    }
}
