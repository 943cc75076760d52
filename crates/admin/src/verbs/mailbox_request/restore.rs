//! MailboxRestoreRequest: a mailbox out of a recovery database, which is a data folder that a
//! backup was restored into.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use auth::VerifierOptions;
use backup::RESTORED;
use directory::Directory;
use mailbox::{Guid, MailboxNumber};
use migration::{Kind, RecoveryMailbox, recovery_folder};
use store::{Database, Options, StoreError};

use super::super::mailbox::MAILBOX;
use super::new::{BadItemLimit, End, Made, refuse_own_data};
use super::{
    Act, MailboxRequestObject, MailboxRequestStatisticsObject, RequestIdentity, Status, act,
    listed, statistics,
};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, Switch, VerbError, guid_text, verb};

const KIND: Kind = Kind::Restore;

/// The folder of the directory's database in a data folder.
const DIRECTORY: &str = "directory";

/// Octets of a backup's name that are looked at.
const BACKUP_ID_OCTETS_MAX: u64 = 64;

verb! {
    /// Brings the mail of a mailbox back as it was at a backup, out of a data folder that the backup
    /// was restored into. Nothing is written over, and a message whose octets are in the target folder is not
    /// brought again. The running server does it in the background; while it is stopped, the request is
    /// only recorded.
    pub struct NewMailboxRestoreRequest = "New-MailboxRestoreRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The data folder that `rialto restore` has made: an absolute path on the server, which
        /// the server's user can write.
        source_database: String,
        /// The mailbox there, by the alias, an address or the GUID that its owner had.
        source_store_mailbox: Identity,
        /// The mailbox that the mail goes into; without it, that of the same owner, who must still
        /// have one.
        target_mailbox: Option<Identity>,
        /// The name of the request; MailboxRestore without it, with a number if that is taken.
        name: Option<String>,
        /// Only what is below this folder of the source, which counts as the top.
        source_root_folder: Option<String>,
        /// The folder of the target that everything goes below; without it, `Recovered` with the name of
        /// the backup, and the alias of the source where that is another mailbox. `/`: each message into the folder it was in.
        target_root_folder: Option<String>,
        /// Only these folders: `Projects/2024`, `Projects/*` with what is below, `#Inbox#` by purpose.
        include_folders: Vec<String>,
        /// Without these folders, written in the same way.
        exclude_folders: Vec<String>,
        /// Messages that may be left out because they cannot be carried over: a number (0 without
        /// it), or Unlimited.
        bad_item_limit: Option<BadItemLimit>,
        /// Not begun before it is resumed.
        suspend: Switch,
    }
}

verb! {
    /// Shows restore requests.
    pub struct GetMailboxRestoreRequest = "Get-MailboxRestoreRequest" (Role::MailboxImportExport, Effect::Read) {
        /// Only this one: `alice\MailboxRestore`, or its GUID.
        identity: Option<RequestIdentity> = first,
        /// Only those of this mailbox.
        mailbox: Option<Identity>,
        /// Only those of this status.
        status: Option<Status>,
    }
}

verb! {
    /// Shows how far a restore request has come.
    pub struct GetMailboxRestoreRequestStatistics = "Get-MailboxRestoreRequestStatistics" (Role::MailboxImportExport, Effect::Read) {
        /// The request: `alice\MailboxRestore`, or its GUID.
        identity: RequestIdentity = first,
        /// With what was done of each folder.
        include_report: Switch,
    }
}

verb! {
    /// Stops a restore request until it is resumed. What it has carried over stays.
    pub struct SuspendMailboxRestoreRequest = "Suspend-MailboxRestoreRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxRestore`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Lets a restore request go on that was suspended or has failed. One that is completed has
    /// nothing more to do.
    pub struct ResumeMailboxRestoreRequest = "Resume-MailboxRestoreRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxRestore`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Forgets a restore request, and stops it if it is under way. What it has carried over stays.
    pub struct RemoveMailboxRestoreRequest = "Remove-MailboxRestoreRequest" (Role::MailboxImportExport, Effect::Destroy) {
        /// The request: `alice\MailboxRestore`, or its GUID.
        identity: RequestIdentity = first,
    }
}

impl Cmdlet for NewMailboxRestoreRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let path = PathBuf::from(&self.source_database);
        let folder = recovery_folder(&path, DIRECTORY)?;
        refuse_own_data(session, &path).await?;
        let found = find(&folder, &self.source_store_mailbox).await?;
        let own = Identity(guid_text(&found.owner.0));
        let target = self.target_mailbox.unwrap_or(own);
        let root = match self.target_root_folder {
            Some(root) => root,
            None => {
                let owner = Guid(MAILBOX.find(session, &target)?.id.0);
                root(&path, (owner != found.owner).then_some(&*found.alias))
            }
        };
        let Found { owner, number, address, .. } = found;
        let new = Made {
            kind: KIND,
            mailbox: target,
            end: End::Recovery(RecoveryMailbox::new(path, number, owner, address)),
            name: self.name,
            source_root: self.source_root_folder.unwrap_or_default(),
            target_root: root,
            include: self.include_folders,
            exclude: self.exclude_folders,
            bad_item_limit: self.bad_item_limit.unwrap_or_default(),
            suspended: self.suspend.0,
        };
        new.run(session).await
    }
}

/// A mailbox in a recovery database.
struct Found {
    owner: Guid,
    number: MailboxNumber,
    alias: String,
    address: String,
}

/// The mailbox, as the directory of the backup knows it. Errors: NotFound; Ambiguous; Unavailable,
/// while a server or another verb has that directory open.
async fn find(folder: &Path, identity: &Identity) -> Result<Found, VerbError> {
    const WHAT: &str = "mailbox of the backup";
    let path = folder.to_owned();
    let opened = tokio::task::spawn_blocking(|| Database::open(Options::sqlite(path)));
    let opened = opened.await.map_err(|error| VerbError::Unavailable(error.to_string()))?;
    let unavailable = |error: StoreError| VerbError::Unavailable(error.to_string());
    let database = opened.map_err(unavailable)?;
    let directory = Directory::open(database.clone(), VerifierOptions::default()).await?;
    let recipient = identity.recipient(&directory.snapshot(), WHAT);
    database.close().await;
    let recipient = recipient?;
    let not_found = || VerbError::NotFound { what: WHAT, identity: identity.0.clone() };
    let settings = recipient.mailbox().ok_or_else(not_found)?;
    Ok(Found {
        owner: Guid(recipient.id.0),
        number: MailboxNumber::new(settings.location.number),
        alias: recipient.alias.clone(),
        address: recipient.primary.to_string(),
    })
}

/// The folder for what comes from there: the same one each time.
fn root(data: &Path, source: Option<&str>) -> String {
    let mut id = String::new();
    let read = File::open(data.join(RESTORED))
        .and_then(|file| file.take(BACKUP_ID_OCTETS_MAX).read_to_string(&mut id));
    // A server has run on the data and removed the file; the name is a help only.
    if read.is_err()
        || !id.trim().bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    {
        id.clear();
    }
    let words = ["Recovered", id.trim(), source.unwrap_or_default()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Cmdlet for GetMailboxRestoreRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let (identity, mailbox) = (self.identity.as_ref(), self.mailbox.as_ref());
        listed(session, KIND, identity, mailbox, self.status).await
    }
}

impl Cmdlet for GetMailboxRestoreRequestStatistics {
    type Answer = Vec<MailboxRequestStatisticsObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        statistics(session, KIND, &self.identity, self.include_report).await
    }
}

impl Cmdlet for SuspendMailboxRestoreRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Suspend).await
    }
}

impl Cmdlet for ResumeMailboxRestoreRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Resume).await
    }
}

impl Cmdlet for RemoveMailboxRestoreRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Remove).await
    }
}
