//! MailboxExportRequest: a mailbox to the server's disk.

use migration::Kind;

use super::new::{BadItemLimit, End, Made};
use super::{
    Act, Format, MailboxRequestObject, MailboxRequestStatisticsObject, RequestIdentity, Status,
    act, listed, statistics,
};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, Switch, VerbError, verb};

const KIND: Kind = Kind::Export;

verb! {
    /// Exports a mailbox to the server's disk. The running server does it in the
    /// background; while it is stopped, the request is only recorded.
    pub struct NewMailboxExportRequest = "New-MailboxExportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The mailbox.
        mailbox: Identity = first,
        /// Where the mail goes: the absolute path of a folder on the server that is empty or not there
        /// yet, which the server's user can write.
        file_path: String,
        /// How it is kept there; Mbox without it.
        target_format: Option<Format>,
        /// The name of the request; MailboxExport without it, with a number if that is taken.
        name: Option<String>,
        /// Only what is below this folder of the source, which counts as the top.
        source_root_folder: Option<String>,
        /// The folder of the target that everything goes below.
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
    /// Shows export requests.
    pub struct GetMailboxExportRequest = "Get-MailboxExportRequest" (Role::MailboxImportExport, Effect::Read) {
        /// Only this one: `alice\MailboxExport`, or its GUID.
        identity: Option<RequestIdentity> = first,
        /// Only those of this mailbox.
        mailbox: Option<Identity>,
        /// Only those of this status.
        status: Option<Status>,
    }
}

verb! {
    /// Shows how far an export request has come.
    pub struct GetMailboxExportRequestStatistics = "Get-MailboxExportRequestStatistics" (Role::MailboxImportExport, Effect::Read) {
        /// The request: `alice\MailboxExport`, or its GUID.
        identity: RequestIdentity = first,
        /// With what was done of each folder.
        include_report: Switch,
    }
}

verb! {
    /// Stops an export request until it is resumed. What it has carried over stays.
    pub struct SuspendMailboxExportRequest = "Suspend-MailboxExportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxExport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Lets an export request go on that was suspended or has failed. One that is completed carries
    /// over what has come since.
    pub struct ResumeMailboxExportRequest = "Resume-MailboxExportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxExport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Forgets an export request, and stops it if it is under way. What it has carried over stays.
    pub struct RemoveMailboxExportRequest = "Remove-MailboxExportRequest" (Role::MailboxImportExport, Effect::Destroy) {
        /// The request: `alice\MailboxExport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

impl Cmdlet for NewMailboxExportRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let new = Made {
            kind: KIND,
            mailbox: self.mailbox,
            end: End::Disk { path: self.file_path, format: self.target_format },
            name: self.name,
            source_root: self.source_root_folder.unwrap_or_default(),
            target_root: self.target_root_folder.unwrap_or_default(),
            include: self.include_folders,
            exclude: self.exclude_folders,
            bad_item_limit: self.bad_item_limit.unwrap_or_default(),
            suspended: self.suspend.0,
        };
        new.run(session).await
    }
}

impl Cmdlet for GetMailboxExportRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let (identity, mailbox) = (self.identity.as_ref(), self.mailbox.as_ref());
        listed(session, KIND, identity, mailbox, self.status).await
    }
}

impl Cmdlet for GetMailboxExportRequestStatistics {
    type Answer = Vec<MailboxRequestStatisticsObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        statistics(session, KIND, &self.identity, self.include_report).await
    }
}

impl Cmdlet for SuspendMailboxExportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Suspend).await
    }
}

impl Cmdlet for ResumeMailboxExportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Resume).await
    }
}

impl Cmdlet for RemoveMailboxExportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Remove).await
    }
}
