//! Bringing mail in and out: what MailboxImportRequest, MailboxExportRequest and
//! MailboxRestoreRequest share.
//!
//! The verbs only write and list requests. The running server works on them; while it is stopped
//! they wait.

mod export;
mod import;
mod new;
mod restore;
mod source;

pub(super) use new::{BadItemLimit, check_patterns, refuse_own_data};
pub(super) use source::{SecurityWord, SourceServer};

use auth::RecipientId;
use mailbox::Guid;
use migration::{DiskFormat, Kind, Ledger, Place, Request, RequestState, RequestStatus};
use types::Timestamp;

use crate::verb::{
    Bytes, Expected, Identity, Moment, Scalar, Session, Shape, Switch, Verb, VerbError, guid_text,
    object,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<import::GetMailboxImportRequest>(),
    Verb::of::<import::GetMailboxImportRequestStatistics>(),
    Verb::of::<import::NewMailboxImportRequest>(),
    Verb::of::<import::RemoveMailboxImportRequest>(),
    Verb::of::<import::ResumeMailboxImportRequest>(),
    Verb::of::<import::SuspendMailboxImportRequest>(),
    Verb::of::<export::GetMailboxExportRequest>(),
    Verb::of::<export::GetMailboxExportRequestStatistics>(),
    Verb::of::<export::NewMailboxExportRequest>(),
    Verb::of::<export::RemoveMailboxExportRequest>(),
    Verb::of::<export::ResumeMailboxExportRequest>(),
    Verb::of::<export::SuspendMailboxExportRequest>(),
    Verb::of::<restore::GetMailboxRestoreRequest>(),
    Verb::of::<restore::GetMailboxRestoreRequestStatistics>(),
    Verb::of::<restore::NewMailboxRestoreRequest>(),
    Verb::of::<restore::RemoveMailboxRestoreRequest>(),
    Verb::of::<restore::ResumeMailboxRestoreRequest>(),
    Verb::of::<restore::SuspendMailboxRestoreRequest>(),
];

object! {
    /// A request to import into a mailbox or to export from it.
    pub struct MailboxRequestObject = "MailboxRequest" [name, mailbox, status] {
        /// `alice\MailboxImport`.
        identity: String,
        /// For good.
        request_guid: String,
        /// Its name; no other of its kind for the mailbox has it.
        name: String,
        /// The mailbox, by the owner's address.
        mailbox: String,
        /// Queued, InProgress, Suspended, Completed, CompletedWithWarning or Failed.
        status: &'static str,
        /// The path on the server.
        file_path: String,
        /// The data folder that a backup was restored into.
        source_database: String,
        /// The address that the owner of the mailbox had there.
        source_store_mailbox: String,
        /// Mbox, Maildir, Eml or Pst: what was said or seen; or Imap.
        format: &'static str,
        /// The other server, with its port.
        source_server: String,
        /// Who logs in there.
        source_user: String,
        /// The folder of the source that counts as its top.
        source_root_folder: String,
        /// The folder of the target that everything goes below.
        target_root_folder: String,
        /// Only these folders.
        include_folders: Vec<String>,
        /// Without these folders.
        exclude_folders: Vec<String>,
        /// The migration batch that it is one of.
        batch_name: Option<String>,
        /// When it was made.
        when_created: Moment,
    }
}

object! {
    /// How far a request has come.
    pub struct MailboxRequestStatisticsObject = "MailboxRequestStatistics" [name, status, target_alias, percent_complete] {
        /// `alice\MailboxImport`.
        identity: String,
        /// Its name.
        name: String,
        /// Queued, InProgress, Suspended, Completed, CompletedWithWarning or Failed.
        status: &'static str,
        /// The mailbox's alias.
        target_alias: String,
        /// 100 only when it is done.
        percent_complete: u32,
        /// Messages carried over.
        items_transferred: u64,
        /// Octets of those.
        bytes_transferred: Bytes,
        /// Messages that could not be carried over.
        bad_items_encountered: u32,
        /// With more bad items it gives up; nothing: there is no limit.
        bad_item_limit: Option<u32>,
        /// Why it failed, or what was wrong with the last bad item.
        message: String,
        /// When it was made.
        queued_timestamp: Moment,
        /// When it was first worked on.
        start_timestamp: Option<Moment>,
        /// When it was done or given up.
        completion_timestamp: Option<Moment>,
        /// When it last got on.
        last_update_timestamp: Moment,
        /// With IncludeReport: how many messages of which folder were carried over, and the first
        /// that could not be.
        report: Vec<String>,
    }
}

/// How mail is kept on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format(DiskFormat);

const FORMATS: [(&str, DiskFormat); 4] = [
    ("Mbox", DiskFormat::Mbox),
    ("Maildir", DiskFormat::Maildir),
    ("Eml", DiskFormat::Eml),
    ("Pst", DiskFormat::Pst),
];

impl Scalar for Format {
    const SHAPE: Shape = Shape::OneOf(&["Mbox", "Maildir", "Eml", "Pst"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = FORMATS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, format)| Format(*format)).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// A status that a listing wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(RequestStatus);

impl Scalar for Status {
    const SHAPE: Shape = Shape::OneOf(&[
        "Queued",
        "InProgress",
        "Suspended",
        "Completed",
        "CompletedWithWarning",
        "Failed",
    ]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let mut all = RequestStatus::ALL.into_iter();
        let found = all.find(|status| status.name().eq_ignore_ascii_case(text));
        found.map(Status).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// A request: `alice\MailboxImport`, or its GUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestIdentity(String);

impl Scalar for RequestIdentity {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.trim() {
            "" => Err(Expected("a request such as alice\\MailboxImport, or its GUID".to_owned())),
            text => Ok(RequestIdentity(text.to_owned())),
        }
    }
}

/// A request with its state.
type Found = (Request, RequestState);

/// The one that is meant. Errors: NotFound.
async fn find(
    session: &Session<'_>,
    kind: Kind,
    identity: &RequestIdentity,
) -> Result<Found, VerbError> {
    let RequestIdentity(text) = identity;
    let named = match text.rsplit_once('\\') {
        Some((mailbox, name)) => {
            let owner = session.recipient(&Identity(mailbox.to_owned()), "mailbox")?;
            Some((Guid(owner.id.0), name))
        }
        None => None,
    };
    let is_it = |(request, _): &Found| match named {
        Some((owner, name)) => {
            request.mailbox() == owner && request.name.eq_ignore_ascii_case(name)
        }
        None => guid_text(&request.id.0).eq_ignore_ascii_case(text),
    };
    let found = all(session, kind).await?.into_iter().find(is_it);
    found.ok_or_else(|| VerbError::NotFound { what: what(kind), identity: text.clone() })
}

/// Those that a listing wants: one, or those of a mailbox, or of a status.
async fn listed(
    session: &Session<'_>,
    kind: Kind,
    identity: Option<&RequestIdentity>,
    mailbox: Option<&Identity>,
    status: Option<Status>,
) -> Result<Vec<MailboxRequestObject>, VerbError> {
    let mut found = match identity {
        Some(identity) => vec![find(session, kind, identity).await?],
        None => all(session, kind).await?,
    };
    if let Some(mailbox) = mailbox {
        let owner = Guid(session.recipient(mailbox, "mailbox")?.id.0);
        found.retain(|(request, _)| request.mailbox() == owner);
    }
    if let Some(Status(status)) = status {
        found.retain(|(_, state)| state.status == status);
    }
    Ok(found.iter().map(|found| shown(session, found)).collect())
}

async fn statistics(
    session: &Session<'_>,
    kind: Kind,
    identity: &RequestIdentity,
    include_report: Switch,
) -> Result<Vec<MailboxRequestStatisticsObject>, VerbError> {
    let (request, state) = find(session, kind, identity).await?;
    let report = match include_report {
        Switch(true) => report(session, &request).await?,
        Switch(false) => Vec::new(),
    };
    let owner = Owner::of(session, &request);
    let moment = |secs: i64| Moment(Timestamp::from_secs(secs));
    Ok(vec![MailboxRequestStatisticsObject {
        identity: owner.identity(&request),
        name: request.name.clone(),
        status: state.status.name(),
        target_alias: owner.alias,
        percent_complete: state.percent(),
        items_transferred: state.items,
        bytes_transferred: Bytes(state.octets),
        bad_items_encountered: state.bad_items,
        bad_item_limit: request.bad_item_limit,
        message: state.message,
        queued_timestamp: moment(request.created),
        start_timestamp: state.started.map(moment),
        completion_timestamp: state.ended.map(moment),
        last_update_timestamp: moment(state.updated),
        report,
    }])
}

/// A line for each folder, and below it its bad items.
async fn report(session: &Session<'_>, request: &Request) -> Result<Vec<String>, VerbError> {
    let database = session.organization.requests.database();
    let folders = Ledger::of(request).folders(database).await?;
    let lines = folders.into_values().flat_map(|folder| {
        let mut about =
            format!("{}: {} items, {} bad", folder.name, folder.items, folder.bad_items);
        if folder.left_out > 0 {
            about += &format!(", {} properties or attachments left out", folder.left_out);
        }
        std::iter::once(about).chain(folder.bad)
    });
    Ok(lines.collect())
}

/// Suspends, resumes or removes a request.
#[derive(Clone, Copy)]
enum Act {
    Suspend,
    Resume,
    Remove,
}

async fn act(
    session: &Session<'_>,
    kind: Kind,
    identity: &RequestIdentity,
    act: Act,
) -> Result<(), VerbError> {
    let (request, _) = find(session, kind, identity).await?;
    let name = Owner::of(session, &request).identity(&request);
    may_change_owner(session, &request, &name)?;
    let doing = match act {
        Act::Suspend => "Suspending",
        Act::Resume => "Resuming",
        Act::Remove => "Removing",
    };
    if !session.should_process(format!("{doing} {} {name}", what(kind))) {
        return Ok(());
    }
    let requests = &session.organization.requests;
    match act {
        Act::Suspend => requests.suspend(request.id).await?,
        Act::Resume => requests.resume(request.id).await?,
        Act::Remove => requests.remove(request.id).await?,
    }
    session.modified(name, None, None);
    Ok(())
}

/// Whether the caller may change the mailbox of a request. One whose owner is gone is in nobody's
/// scope.
pub(super) fn may_change_owner(
    session: &Session<'_>,
    request: &Request,
    name: &str,
) -> Result<(), VerbError> {
    match session.snapshot().recipient(RecipientId(request.mailbox().0)) {
        Some(owner) => session.may_change(owner),
        None => session.may_make(name),
    }
}

async fn all(session: &Session<'_>, kind: Kind) -> Result<Vec<Found>, VerbError> {
    let mut all = session.organization.requests.all().await?;
    all.retain(|(request, _)| request.kind == kind);
    Ok(all)
}

const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Import => "mailbox import request",
        Kind::Export => "mailbox export request",
        Kind::Restore => "mailbox restore request",
    }
}

fn shown(session: &Session<'_>, (request, state): &Found) -> MailboxRequestObject {
    let owner = Owner::of(session, request);
    let place = ShownPlace::of(&request.place);
    MailboxRequestObject {
        identity: owner.identity(request),
        request_guid: guid_text(&request.id.0),
        name: request.name.clone(),
        mailbox: owner.address,
        status: state.status.name(),
        file_path: place.file_path,
        source_database: place.source_database,
        source_store_mailbox: place.source_store_mailbox,
        format: place.format,
        source_server: place.source_server,
        source_user: place.source_user,
        source_root_folder: request.source_root.clone(),
        target_root_folder: request.target_root.clone(),
        include_folders: request.include.clone(),
        exclude_folders: request.exclude.clone(),
        batch_name: request.batch.as_ref().map(|tag| tag.batch.clone()),
        when_created: Moment(Timestamp::from_secs(request.created)),
    }
}

/// The other end of a request; a password is not shown.
#[derive(Default)]
struct ShownPlace {
    file_path: String,
    source_database: String,
    source_store_mailbox: String,
    format: &'static str,
    source_server: String,
    source_user: String,
}

impl ShownPlace {
    fn of(place: &Place) -> Self {
        match place {
            Place::Disk { path, format } => {
                let known = FORMATS.iter().find(|(_, known)| known == format);
                let format = known.map_or("", |(name, _)| name);
                ShownPlace { file_path: path.display().to_string(), format, ..Self::default() }
            }
            Place::Imap(endpoint) => ShownPlace {
                format: "Imap",
                source_server: source::written(endpoint),
                source_user: endpoint.user.clone(),
                ..Self::default()
            },
            Place::Recovery(from) => ShownPlace {
                source_database: from.path.display().to_string(),
                source_store_mailbox: from.address.clone(),
                ..Self::default()
            },
        }
    }
}

/// Whose mailbox a request is about. Of somebody who is gone the GUID is left.
struct Owner {
    alias: String,
    address: String,
}

impl Owner {
    fn of(session: &Session<'_>, request: &Request) -> Self {
        let guid = request.mailbox().0;
        match session.snapshot().recipient(RecipientId(guid)) {
            Some(owner) => Owner { alias: owner.alias.clone(), address: owner.primary.to_string() },
            None => Owner { alias: guid_text(&guid), address: guid_text(&guid) },
        }
    }

    fn identity(&self, request: &Request) -> String {
        format!("{}\\{}", self.alias, request.name)
    }
}
