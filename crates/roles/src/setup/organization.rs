//! The directory of a new server: its domain, its services, and the mailbox of its administrator.

use std::sync::Arc;

use auth::VerifierOptions;
use config::Settings;
use config::object::{ImapSettings, ObjectKind, document};
use directory::{ConfigurationObject, DirectoryError, MailboxKind, NewMailbox};

use super::{Plan, SetupError};
use crate::server::accept_domains;
use crate::storage::{MAILBOX_DATABASE, Storage};

/// Makes the databases and what is in them.
pub(super) async fn make(plan: &Plan) -> Result<(), SetupError> {
    let storage = Storage::open(&plan.directory, VerifierOptions::default()).await?;
    let made = populate(plan, &storage).await;
    storage.close().await;
    made
}

async fn populate(plan: &Plan, storage: &Storage) -> Result<(), SetupError> {
    let settings = plan.settings();
    accept_domains(&settings, storage).await?;
    put_services(&settings, storage).await?;
    let password = Some(plan.password.clone());
    let address = plan.administrator.clone();
    let mailbox = NewMailbox {
        // The address is what the default policy makes, and there is no other yet.
        policies: Some(Arc::default()),
        kind: MailboxKind::User { password, administrator: true },
        ..NewMailbox::user(address, &settings.short_name(), MAILBOX_DATABASE)
    };
    storage.directory.create_mailbox(mailbox).await?;
    Ok(())
}

/// IMAP4, which is off until switched on. Plan and settings were checked before.
async fn put_services(settings: &Settings, storage: &Storage) -> Result<(), DirectoryError> {
    let imap4 = document::write(&settings.imap4);
    let imap4 = ConfigurationObject::new(ImapSettings::NAME, "", imap4);
    storage.directory.put_object(imap4, |_| Ok(())).await
}
