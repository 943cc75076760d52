//! MailboxImportRequest: mail from the server's disk into a mailbox.

use migration::Kind;

use super::new::{BadItemLimit, Made};
use super::{
    Act, Format, MailboxRequestObject, MailboxRequestStatisticsObject, RequestIdentity, Status,
    act, listed, statistics,
};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, Switch, VerbError, verb};

const KIND: Kind = Kind::Import;

verb! {
    /// Imports mail from the server's disk into a mailbox. The running server does it in the
    /// background; while it is stopped, the request is only recorded.
    pub struct NewMailboxImportRequest = "New-MailboxImportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The mailbox.
        mailbox: Identity = first,
        /// Where the mail is: the absolute path of a file or a folder on the server, which the server's
        /// user can read. Links below it are not followed.
        file_path: String,
        /// How it is kept there. Without it the server looks: a file that begins with `From ` is an
        /// Mbox; a folder is what the first sign in it says, `cur` or `new`, a name in `.eml`, or a
        /// file that begins with `From `.
        source_format: Option<Format>,
        /// The name of the request; MailboxImport without it, with a number if that is taken.
        name: Option<String>,
        /// Only what is below this folder of the source, which counts as the top.
        source_root_folder: Option<String>,
        /// The folder of the target that everything goes below; without it folders of one purpose, such as
        /// Sent or Trash, go into those of the mailbox.
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
    /// Shows import requests.
    pub struct GetMailboxImportRequest = "Get-MailboxImportRequest" (Role::MailboxImportExport, Effect::Read) {
        /// Only this one: `alice\MailboxImport`, or its GUID.
        identity: Option<RequestIdentity> = first,
        /// Only those of this mailbox.
        mailbox: Option<Identity>,
        /// Only those of this status.
        status: Option<Status>,
    }
}

verb! {
    /// Shows how far an import request has come.
    pub struct GetMailboxImportRequestStatistics = "Get-MailboxImportRequestStatistics" (Role::MailboxImportExport, Effect::Read) {
        /// The request: `alice\MailboxImport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Stops an import request until it is resumed. What it has carried over stays.
    pub struct SuspendMailboxImportRequest = "Suspend-MailboxImportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxImport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Lets an import request go on that was suspended or has failed. One that is completed carries
    /// over what has come since.
    pub struct ResumeMailboxImportRequest = "Resume-MailboxImportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The request: `alice\MailboxImport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

verb! {
    /// Forgets an import request, and stops it if it is under way. What it has carried over stays.
    pub struct RemoveMailboxImportRequest = "Remove-MailboxImportRequest" (Role::MailboxImportExport, Effect::Destroy) {
        /// The request: `alice\MailboxImport`, or its GUID.
        identity: RequestIdentity = first,
    }
}

impl Cmdlet for NewMailboxImportRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let new = Made {
            kind: KIND,
            mailbox: self.mailbox,
            path: self.file_path,
            format: self.source_format,
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

impl Cmdlet for GetMailboxImportRequest {
    type Answer = Vec<MailboxRequestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let (identity, mailbox) = (self.identity.as_ref(), self.mailbox.as_ref());
        listed(session, KIND, identity, mailbox, self.status).await
    }
}

impl Cmdlet for GetMailboxImportRequestStatistics {
    type Answer = Vec<MailboxRequestStatisticsObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        statistics(session, KIND, &self.identity).await
    }
}

impl Cmdlet for SuspendMailboxImportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Suspend).await
    }
}

impl Cmdlet for ResumeMailboxImportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Resume).await
    }
}

impl Cmdlet for RemoveMailboxImportRequest {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, KIND, &self.identity, Act::Remove).await
    }
}
