//! Making a request.

use std::path::{Path, PathBuf};

use mailbox::Guid;
use migration::{
    DiskFormat, FolderPattern, ImapEndpoint, Kind, MigrationError, NewRequest, Place,
    RecoveryMailbox, disk,
};

use super::super::mailbox::{MAILBOX, open};
use super::{Format, MailboxRequestObject, shown, what};
use crate::verb::{Expected, Identity, Scalar, Session, Shape, VerbError};

/// BadItemLimit; None is Unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadItemLimit(pub(in crate::verbs) Option<u32>);

impl Default for BadItemLimit {
    fn default() -> Self {
        BadItemLimit(Some(0))
    }
}

impl Scalar for BadItemLimit {
    const SHAPE: Shape = Shape::NumberOrUnlimited;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.eq_ignore_ascii_case("unlimited") {
            true => Ok(BadItemLimit(None)),
            false => {
                let limit = text.parse().map_err(|_| Self::SHAPE.expected())?;
                Ok(BadItemLimit(Some(limit)))
            }
        }
    }
}

/// The other end of a request.
pub(super) enum End {
    Disk { path: String, format: Option<Format> },
    Imap(Box<ImapEndpoint>),
    Recovery(RecoveryMailbox),
}

/// What the New verbs were given.
pub(super) struct Made {
    pub kind: Kind,
    pub mailbox: Identity,
    pub end: End,
    pub name: Option<String>,
    pub source_root: String,
    pub target_root: String,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub bad_item_limit: BadItemLimit,
    pub suspended: bool,
}

impl Made {
    pub(super) async fn run(
        self,
        session: &Session<'_>,
    ) -> Result<Vec<MailboxRequestObject>, VerbError> {
        let owner = MAILBOX.find(session, &self.mailbox)?;
        session.may_change(&owner)?;
        check_patterns(&self.include)?;
        check_patterns(&self.exclude)?;
        check_name(self.name.as_deref())?;
        let place = self.place(session).await?;
        if !session.should_process(format!("Creating a {} for {}", what(self.kind), owner.primary))
        {
            return Ok(Vec::new());
        }
        // It has to be here, and comes into being if nobody has used it yet.
        open(session, &self.mailbox).await?;
        let BadItemLimit(bad_item_limit) = self.bad_item_limit;
        let new = NewRequest {
            kind: self.kind,
            name: self.name,
            mailbox: Guid(owner.id.0),
            place,
            source_root: self.source_root,
            target_root: self.target_root,
            include: self.include,
            exclude: self.exclude,
            bad_item_limit,
            suspended: self.suspended,
        };
        let requests = &session.organization.requests;
        let request = requests.create(new).await?;
        if session.organization.monitor.is_none() {
            session.warn("the server is not running: the request waits until it is started");
        }
        let all = requests.all().await?;
        let made = all.iter().filter(|(each, _)| each.id == request.id);
        let made: Vec<_> = made.map(|found| shown(session, found)).collect();
        if let Some(made) = made.first() {
            session.modified(made.identity.clone(), None, Some(&crate::verb::Object::of(made)?));
        }
        Ok(made)
    }

    async fn place(&self, session: &Session<'_>) -> Result<Place, VerbError> {
        match &self.end {
            End::Disk { path, format } => self.disk(session, path, *format).await,
            End::Imap(endpoint) => Ok(Place::Imap(ImapEndpoint::clone(endpoint))),
            End::Recovery(from) => Ok(Place::Recovery(from.clone())),
        }
    }

    /// The path and what is there. An import is looked at now, so that a wrong path is told at once.
    async fn disk(
        &self,
        session: &Session<'_>,
        path: &str,
        format: Option<Format>,
    ) -> Result<Place, VerbError> {
        let path = PathBuf::from(path);
        disk::check_path(&path)?;
        refuse_own_data(session, &path).await?;
        let format = match (self.kind, format) {
            (Kind::Export, Some(Format(DiskFormat::Pst))) => {
                return Err(MigrationError::NotWritten("Pst").into());
            }
            (_, Some(Format(format))) => format,
            (Kind::Import, None) => disk::detect(&path).await?,
            (_, None) => DiskFormat::Mbox,
        };
        if self.kind == Kind::Import {
            migration::DiskSource::open(&path, format).await?;
        }
        Ok(Place::Disk { path, format })
    }
}

/// The server's own files are neither read as mail nor written over.
pub(in crate::verbs) async fn refuse_own_data(
    session: &Session<'_>,
    path: &Path,
) -> Result<(), VerbError> {
    let data = &session.organization.settings.data_directory;
    let there = path.ancestors().find(|above| above.exists()).unwrap_or(path);
    let resolved = |path: PathBuf| async move {
        let file = |source| MigrationError::File { path: path.clone(), source };
        tokio::fs::canonicalize(&path).await.map_err(file)
    };
    let Ok(data) = resolved(data.clone()).await else { return Ok(()) };
    match resolved(there.to_owned()).await?.starts_with(&data) {
        true => Err(VerbError::Invalid(format!("{} is the server's own data", path.display()))),
        false => Ok(()),
    }
}

pub(in crate::verbs) fn check_patterns(patterns: &[String]) -> Result<(), VerbError> {
    match patterns.iter().find(|text| FolderPattern::parse(text).is_none()) {
        Some(text) => Err(VerbError::Invalid(format!("{text:?} names no folder"))),
        None => Ok(()),
    }
}

/// The backslash ends the mailbox in an identity.
fn check_name(name: Option<&str>) -> Result<(), VerbError> {
    const NAME_CHARS_MAX: usize = 255;
    match name {
        Some(name) if name.trim().is_empty() || name.contains('\\') => {
            Err(VerbError::Invalid("a name of a request has letters, and no backslash".to_owned()))
        }
        Some(name) if name.chars().count() > NAME_CHARS_MAX => {
            Err(VerbError::TooLong("Name".to_owned()))
        }
        _ => Ok(()),
    }
}
