//! Folders on the server's disk that mail is exported to.
//!
//! Files are written and synced before the ledger says so. What is behind the ledger's cursor
//! after a kill is taken away when the folder is entered again, so that nothing is there twice.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use mailbox::Special;
use store::{Bulk, Database, Txn};

use super::eml;
use super::files::{KEYWORDS_FILE, keywords};
use super::flags::to_letters;
use super::mbox;
use super::names::{text, to_file, to_maildir};
use super::root::{Root, absolute};
use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::ledger::{FolderProgress, Gain, Ledger};
use crate::lines::to_lf;
use crate::mailbox_source::uid_of;
use crate::message::{Item, Message};
use crate::request::{DiskFormat, Request};
use crate::transfer::Sink;

/// A folder that mail is exported to.
pub struct DiskSink {
    root: Arc<Root>,
    format: Written,
    database: Database,
    ledger: Ledger,
}

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Mbox,
    Maildir,
    Eml,
}

impl Written {
    fn of(format: DiskFormat) -> Result<Self, MigrationError> {
        match format {
            DiskFormat::Mbox => Ok(Written::Mbox),
            DiskFormat::Maildir => Ok(Written::Maildir),
            DiskFormat::Eml => Ok(Written::Eml),
            DiskFormat::Pst => Err(MigrationError::NotWritten("Pst")),
        }
    }
}

/// Where an export goes.
pub struct ExportFolder(Root);

/// Opens the folder that an export goes to, and makes it if it is not there; unless the export has
/// `begun` before, nothing may be in it. Errors: NotEmpty, NotAbsolute, File.
pub async fn target(path: &Path, begun: bool) -> Result<ExportFolder, MigrationError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        absolute(&path)?;
        if let (Some(above), Some(name)) = (path.parent(), path.file_name())
            && !path.exists()
        {
            Root::open(above)?.make_folder(Path::new(name))?;
        }
        let root = Root::open(&path)?;
        let is_empty = std::fs::read_dir(&path)
            .map_err(|error| MigrationError::file(&path, error))?
            .next()
            .is_none();
        match begun || is_empty {
            true => Ok(ExportFolder(root)),
            false => Err(MigrationError::NotEmpty(path)),
        }
    })
    .await?
}

impl DiskSink {
    /// Writes for a request. Errors: NotWritten.
    pub fn new(
        ExportFolder(root): ExportFolder,
        format: DiskFormat,
        database: &Database,
        request: &Request,
    ) -> Result<Self, MigrationError> {
        let (database, ledger) = (database.clone(), Ledger::of(request));
        Ok(DiskSink { root: Arc::new(root), format: Written::of(format)?, database, ledger })
    }

    async fn record(
        &self,
        folder: &SourceFolder,
        progress: &FolderProgress,
        gain: Gain,
    ) -> Result<(), MigrationError> {
        let (ledger, place, progress) =
            (self.ledger.clone(), folder.place.clone(), progress.clone());
        let slice = move |txn: &mut Txn<'_>| {
            ledger.record(txn, &place, &progress, &gain)?;
            Ok(Bulk::Done(()))
        };
        self.database.write_bulk(slice).await
    }
}

impl Sink for DiskSink {
    async fn enter(
        &mut self,
        folder: &SourceFolder,
        path: &[String],
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        if progress.target.is_empty() {
            let is_inbox = folder.special == Some(Special::Inbox) && path.len() == 1;
            progress.target = target_path(self.format, path, is_inbox);
            progress.name = folder.path.join("/");
            self.record(folder, progress, Gain::default()).await?;
        }
        let (root, format, known) = (Arc::clone(&self.root), self.format, progress.clone());
        tokio::task::spawn_blocking(move || prepare(&root, format, &known)).await?
    }

    async fn put(
        &mut self,
        folder: &SourceFolder,
        items: Vec<Item>,
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        let (root, format) = (Arc::clone(&self.root), self.format);
        let (name, mut next) = (folder.path.join("/"), progress.clone());
        let written = tokio::task::spawn_blocking(move || {
            let mut gain = Gain::default();
            items.iter().for_each(|item| gain.add(&name, item));
            write(&root, format, items, &mut next)?;
            next.count(&gain);
            Ok::<_, MigrationError>((next, gain))
        });
        let (next, gain) = written.await??;
        self.record(folder, &next, gain).await?;
        *progress = next;
        Ok(())
    }
}

/// The file or folder that a folder is written to.
fn target_path(format: Written, path: &[String], is_inbox: bool) -> String {
    match format {
        Written::Maildir if is_inbox => String::from("."),
        Written::Maildir => path.iter().map(|name| format!(".{}", to_maildir(name))).collect(),
        Written::Eml => path.iter().map(|name| to_file(name, &[])).collect::<Vec<_>>().join("/"),
        Written::Mbox => {
            let (name, above) = match path.split_last() {
                Some((name, above)) => (name.as_str(), above),
                None => ("", path),
            };
            let above = above.iter().map(|name| format!("{}.sbd/", to_file(name, &[])));
            above.chain([format!("{}.mbox", to_file(name, &[]))]).collect()
        }
    }
}

/// The path below the root.
fn below(progress: &FolderProgress) -> PathBuf {
    Path::new(&progress.target).components().filter(|it| it.as_os_str() != ".").collect()
}

/// Makes what is missing, and takes away what is behind the progress.
fn prepare(root: &Root, format: Written, progress: &FolderProgress) -> Result<(), MigrationError> {
    let at = below(progress);
    for above in at.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
        make(root, above)?;
    }
    match format {
        Written::Mbox => open_at(root, &at, progress.length).map(drop),
        Written::Maildir => {
            make(root, &at)?;
            for sub in ["cur", "new", "tmp"] {
                make(root, &at.join(sub))?;
            }
            discard(root, &at.join("cur"), progress, maildir_number)
        }
        Written::Eml => {
            make(root, &at)?;
            discard(root, &at, progress, |name| eml::exported(name).map(|(number, _)| number))
        }
    }
}

fn make(root: &Root, at: &Path) -> Result<(), MigrationError> {
    match at.as_os_str().is_empty() {
        true => Ok(()),
        false => root.make_folder(at),
    }
}

/// Removes files with numbers behind the cursor.
fn discard(
    root: &Root,
    at: &Path,
    progress: &FolderProgress,
    number: fn(&str) -> Option<u32>,
) -> Result<(), MigrationError> {
    let last = progress.cursor.as_deref().and_then(uid_of).unwrap_or(0);
    for file in root.list(at)?.into_iter().filter(|it| !it.is_folder) {
        if number(&text(&file.name)).is_some_and(|number| number > last) {
            root.remove(&at.join(&file.name))?;
        }
    }
    Ok(())
}

/// Writes items and syncs them.
fn write(
    root: &Root,
    format: Written,
    items: Vec<Item>,
    progress: &mut FolderProgress,
) -> Result<(), MigrationError> {
    let at = below(progress);
    match format {
        Written::Mbox => append(root, &at, &items, progress)?,
        Written::Maildir | Written::Eml => put_files(root, format, &at, &items)?,
    }
    progress.cursor = items.into_iter().next_back().map(|item| item.cursor);
    Ok(())
}

fn append(
    root: &Root,
    at: &Path,
    items: &[Item],
    progress: &mut FolderProgress,
) -> Result<(), MigrationError> {
    let mut octets = Vec::new();
    for message in items.iter().filter_map(|item| item.body.as_ref().ok()) {
        mbox::write(message, &mut octets);
    }
    let mut file = open_at(root, at, progress.length)?;
    let written = file.write_all(&octets).and_then(|()| file.sync_all());
    written.map_err(|error| MigrationError::file(root.full(at), error))?;
    progress.length += octets.len() as u64;
    root.sync(at.parent().unwrap_or(Path::new("")))
}

/// Opens a file that ends at `length`, for writing there.
fn open_at(root: &Root, at: &Path, length: u64) -> Result<std::fs::File, MigrationError> {
    let mut file = root.write(at)?;
    let cut = file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
    cut.map_err(|error| MigrationError::file(root.full(at), error))?;
    Ok(file)
}

fn put_files(
    root: &Root,
    format: Written,
    at: &Path,
    items: &[Item],
) -> Result<(), MigrationError> {
    let mut letters = keywords(root, at);
    let before = letters.clone();
    let folder = match format {
        Written::Maildir => at.join("cur"),
        _ => at.to_owned(),
    };
    for item in items {
        let (Some(number), Ok(message)) = (uid_of(&item.cursor), &item.body) else { continue };
        let (flags, left_over) = to_letters(message.flags, &message.keywords, &mut letters);
        for keyword in left_over {
            tracing::warn!(keyword, folder = %at.display(), "no letter is left for a keyword");
        }
        let (name, octets) = match format {
            Written::Maildir => (maildir_name(number, message, &flags), to_lf(&message.octets)),
            _ => (eml::export_name(number, &flags), message.octets.as_slice().into()),
        };
        put_file(root, &folder.join(name), &octets, message.received)?;
    }
    if letters != before {
        put_file(root, &at.join(KEYWORDS_FILE), letters.text().as_bytes(), None)?;
        root.sync(at)?;
    }
    root.sync(&folder)
}

/// Writes a file; its time is when the message arrived.
fn put_file(
    root: &Root,
    at: &Path,
    octets: &[u8],
    received: Option<i64>,
) -> Result<(), MigrationError> {
    let mut file = root.create(at)?;
    let mut put = || -> io::Result<()> {
        file.write_all(octets)?;
        if let Some(seconds) = received.and_then(|seconds| u64::try_from(seconds).ok()) {
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))?;
        }
        file.sync_all()
    };
    put().map_err(|error| MigrationError::file(root.full(at), error))
}

/// `1793608200.R0000000012.rialto:2,FS`: other programs sort by the time in front.
fn maildir_name(number: u32, message: &Message, letters: &str) -> String {
    format!("{}.R{number:010}.rialto:2,{letters}", message.received.unwrap_or(0))
}

fn maildir_number(name: &str) -> Option<u32> {
    let mut parts = name.split('.');
    let number = parts.nth(1)?.strip_prefix('R')?;
    parts.next()?.starts_with("rialto:").then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_as_files() {
        let path = ["A.b".to_owned(), "c/d".to_owned()];
        for (format, is_inbox, target) in [
            (Written::Mbox, false, "A.b.sbd/c%2Fd.mbox"),
            (Written::Maildir, false, ".A%2Eb.c%2Fd"),
            (Written::Maildir, true, "."),
            (Written::Eml, false, "A.b/c%2Fd"),
        ] {
            assert_eq!(target_path(format, &path, is_inbox), target);
        }
    }

    #[test]
    fn numbers_of_maildir_files_come_back() {
        let message = Message { received: Some(1_793_608_200), ..Message::of(Vec::new()) };
        assert_eq!(maildir_number(&maildir_name(12, &message, "FS")), Some(12));
        assert_eq!(maildir_number("1793608200.M1.host:2,S"), None);
    }
}
