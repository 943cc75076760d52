//! MailboxImportRequest: mail from the server's disk, or from another server, into a mailbox.

use config::ByteQuantity;
use migration::Kind;

use super::new::{BadItemLimit, End, Made};
use super::source::{Given, SecurityWord, SourcePassword, SourceServer};
use super::{
    Act, Format, MailboxRequestObject, MailboxRequestStatisticsObject, RequestIdentity, Status,
    act, listed, statistics,
};
use crate::verb::{Arguments, Cmdlet, Effect, Identity, Role, Session, Switch, VerbError, verb};

const KIND: Kind = Kind::Import;

verb! {
    /// Imports mail from the server's disk, or by IMAP from another server, into a mailbox. The running server does it in the
    /// background; while it is stopped, the request is only recorded.
    pub struct NewMailboxImportRequest = "New-MailboxImportRequest" (Role::MailboxImportExport, Effect::Change) {
        /// The mailbox.
        mailbox: Identity = first,
        /// Where the mail is: the absolute path of a file or a folder on the server, which the server's
        /// user can read. Links below it are not followed. Without it there is a SourceServer.
        file_path: Option<String>,
        /// How it is kept there. Without it the server looks: a file that begins with `From ` is an
        /// Mbox, with `!BDN` a Pst; a folder is what the first sign in it says, `cur` or `new`, a name in `.eml`, or a
        /// file that begins with `From `.
        source_format: Option<Format>,
        /// Another server that has IMAP: `mail.example.org`, with `:PORT` behind it unless that is
        /// 993 (143 without Tls).
        source_server: Option<SourceServer>,
        /// Tls (without it), StartTls, or None: the password too goes in the clear.
        security: Option<SecurityWord>,
        /// Takes any certificate of the other server: whoever is in between reads the password.
        accept_untrusted_certificates: Switch,
        /// Who logs in to the other server.
        source_user: Option<String>,
        /// The password there. It is kept until the request is removed, and never shown.
        source_password: Option<SourcePassword>,
        /// Octets asked for in a second; without it as many as the other server gives.
        source_bytes_per_second: Option<ByteQuantity>,
        /// Messages asked for in a second; without it as many as the other server gives.
        source_messages_per_second: Option<u32>,
        /// With messages that are marked `\Deleted`.
        include_deleted: Switch,
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
        /// With what was done of each folder.
        include_report: Switch,
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

    /// Somebody logs in to the other server.
    fn missing_secret(arguments: &Arguments) -> Option<&'static str> {
        let wants = arguments.has("source_server") && !arguments.has("source_password");
        wants.then_some("source_password")
    }

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let new = Made {
            kind: KIND,
            end: self.end()?,
            mailbox: self.mailbox,
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

impl NewMailboxImportRequest {
    /// One of both: a path, or another server with what belongs to it.
    fn end(&self) -> Result<End, VerbError> {
        let given = Given {
            security: self.security,
            any_certificate: self.accept_untrusted_certificates.0,
            user: self.source_user.clone(),
            password: self.source_password.clone(),
            deleted: self.include_deleted.0,
            octets: self.source_bytes_per_second,
            messages: self.source_messages_per_second,
        };
        match (&self.file_path, &self.source_server) {
            (Some(path), None) => {
                given.refuse()?;
                Ok(End::Disk { path: path.clone(), format: self.source_format })
            }
            (None, Some(_)) if self.source_format.is_some() => {
                Err(VerbError::Invalid("SourceFormat goes with FilePath".to_owned()))
            }
            (None, Some(server)) => Ok(End::Imap(Box::new(given.endpoint(server)?))),
            _ => Err(VerbError::Invalid("one of FilePath and SourceServer is needed".to_owned())),
        }
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
        statistics(session, KIND, &self.identity, self.include_report).await
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
