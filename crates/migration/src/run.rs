//! One run of a request.

use mailbox::Mailbox;

use crate::disk::{self, DiskSink, DiskSource};
use crate::error::MigrationError;
use crate::imap_source::{ImapSource, Network};
use crate::ledger::Ledger;
use crate::mailbox_sink::MailboxSink;
use crate::mailbox_source::MailboxSource;
use crate::recovery::RecoverySource;
use crate::request::{Kind, Place, Request};
use crate::transfer::{Source, transfer};

/// Works on a request until it is done, was stopped, or fails, and notes its end. `mailbox` is the
/// one of the request. Errors: only when the end cannot be noted.
pub async fn run(
    request: &Request,
    mailbox: &Mailbox,
    network: &Network,
) -> Result<(), MigrationError> {
    let outcome = match carried(request, mailbox, network).await {
        Err(MigrationError::Stopped) => return Ok(()),
        outcome => outcome.map_err(|error| error.to_string()),
    };
    if let Err(message) = &outcome {
        tracing::warn!(request = request.name, message, "a migration request failed");
    }
    Ledger::of(request).end(mailbox.database(), outcome).await
}

async fn carried(
    request: &Request,
    mailbox: &Mailbox,
    network: &Network,
) -> Result<(), MigrationError> {
    match (request.kind, &request.place) {
        (Kind::Import, Place::Disk { path, format }) => {
            import(request, mailbox, DiskSource::open(path, *format).await?).await
        }
        (Kind::Import, Place::Imap(endpoint)) => {
            import(request, mailbox, ImapSource::new(endpoint, network)).await
        }
        (Kind::Export, Place::Disk { path, format }) => {
            let database = mailbox.database();
            let begun = Ledger::of(request).has_begun(database).await?;
            let root = disk::target(path, begun).await?;
            let mut sink = DiskSink::new(root, *format, database, request)?;
            transfer(database, request, &mut MailboxSource::new(mailbox), &mut sink).await
        }
        (Kind::Restore, Place::Recovery(from)) => {
            import(request, mailbox, RecoverySource::open(from, mailbox.database(), request).await?)
                .await
        }
        _ => Err(MigrationError::WrongPlace),
    }
}

async fn import(
    request: &Request,
    mailbox: &Mailbox,
    mut source: impl Source,
) -> Result<(), MigrationError> {
    let mut sink = MailboxSink::new(mailbox, request);
    transfer(mailbox.database(), request, &mut source, &mut sink).await
}
