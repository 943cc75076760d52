//! What Maildir and folders of `*.eml` have in common: a file for each message, in the order of
//! their names.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use types::limits::{
    MESSAGE_OCTETS_CEILING, MIGRATION_BATCH_ITEMS, MIGRATION_BATCH_OCTETS,
    MIGRATION_SIDE_FILE_OCTETS_MAX,
};

use super::flags::{KeywordLetters, from_letters};
use super::root::Root;
use crate::error::MigrationError;
use crate::lines::to_crlf;
use crate::message::{Item, Message};

/// The file that says what the letters of keywords mean.
pub(crate) const KEYWORDS_FILE: &str = "dovecot-keywords";

/// A file with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageFile {
    /// What the messages of a folder are ordered by, and known by again.
    pub name: Vec<u8>,
    /// Where it is.
    pub path: PathBuf,
    /// Letters of its flags.
    pub letters: Vec<u8>,
    /// The time of the file is that of the message's arrival.
    pub keeps_time: bool,
}

/// The messages of one folder.
pub(crate) struct MessageFiles {
    files: Vec<MessageFile>,
    keywords: KeywordLetters,
}

impl MessageFiles {
    /// Files in any order, with the keywords of their folder.
    pub(crate) fn new(mut files: Vec<MessageFile>, keywords: KeywordLetters) -> Self {
        files.sort_by(|one, other| one.name.cmp(&other.name));
        MessageFiles { files, keywords }
    }

    /// The next messages. None: a file has gone since it was listed, by another name perhaps.
    pub(crate) fn batch(
        &self,
        root: &Root,
        after: Option<&[u8]>,
    ) -> Result<Option<Vec<Item>>, MigrationError> {
        let begin = after
            .map_or(0, |after| self.files.partition_point(|file| file.name.as_slice() <= after));
        let (mut items, mut octets) = (Vec::new(), 0);
        for file in &self.files[begin..] {
            if items.len() >= MIGRATION_BATCH_ITEMS || octets >= MIGRATION_BATCH_OCTETS {
                break;
            }
            let body = match self.message(root, file) {
                Err(MigrationError::File { source, .. })
                    if source.kind() == io::ErrorKind::NotFound =>
                {
                    return Ok(Some(items).filter(|items| !items.is_empty()));
                }
                Err(error) if is_of_file(&error) => Err(error.to_string()),
                Err(error) => return Err(error),
                Ok(body) => body,
            };
            octets += body.as_ref().map_or(0, |message| message.octets.len());
            items.push(Item { cursor: file.name.clone(), units: 1, again: false, body });
        }
        Ok(Some(items))
    }

    fn message(
        &self,
        root: &Root,
        file: &MessageFile,
    ) -> Result<Result<Message, String>, MigrationError> {
        let wrong = |error| MigrationError::file(root.full(&file.path), error);
        let mut opened = root.read(&file.path)?;
        let metadata = opened.metadata().map_err(wrong)?;
        if metadata.len() > MESSAGE_OCTETS_CEILING as u64 || metadata.len() == 0 {
            let what = if metadata.len() == 0 { "empty" } else { "too large" };
            return Ok(Err(format!("{} is {what}", file.path.display())));
        }
        let mut octets = Vec::with_capacity(metadata.len() as usize);
        let ceiling = MESSAGE_OCTETS_CEILING as u64;
        opened.by_ref().take(ceiling).read_to_end(&mut octets).map_err(wrong)?;
        let (flags, keywords) = from_letters(&file.letters, &self.keywords);
        let octets = to_crlf(octets);
        let (received, zone_minutes) = match file.keeps_time {
            true => (metadata.modified().ok().and_then(seconds), 0),
            false => arrival(&octets, metadata.modified().ok()),
        };
        Ok(Ok(Message { flags, keywords, received, zone_minutes, ..Message::of(octets) }))
    }
}

/// Whether it is one file that is at fault, and not the moment.
fn is_of_file(error: &MigrationError) -> bool {
    match error {
        MigrationError::NotRegular(_) => true,
        MigrationError::File { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
        _ => false,
    }
}

/// The letters of keywords in a folder; none without the file.
pub(crate) fn keywords(root: &Root, folder: &Path) -> KeywordLetters {
    let mut text = Vec::new();
    let read = root
        .read(&folder.join(KEYWORDS_FILE))
        .is_ok_and(|file| file.take(MIGRATION_SIDE_FILE_OCTETS_MAX).read_to_end(&mut text).is_ok());
    match read {
        true => KeywordLetters::parse(&String::from_utf8_lossy(&text)),
        false => KeywordLetters::default(),
    }
}

fn seconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// When a message arrived that nobody has noted it of: what the last server wrote into Received,
/// else its Date, else the time of the file.
fn arrival(octets: &[u8], modified: Option<SystemTime>) -> (Option<i64>, i16) {
    let received = content::field_text(octets, "Received");
    let received = received.as_deref().and_then(|field| Some(field.rsplit_once(';')?.1));
    let date = content::field_text(octets, "Date");
    let told = [received, date.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|it| content::date::parse(it.trim()));
    match told {
        Some(sent) => (Some(sent.seconds), sent.zone_minutes),
        None => (modified.and_then(seconds), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_up_to_migration_side_file_octets_max() {
        let folder = tempfile::tempdir().unwrap();
        let padding = "\n".repeat(MIGRATION_SIDE_FILE_OCTETS_MAX as usize);
        std::fs::write(folder.path().join(KEYWORDS_FILE), format!("0 near\n{padding}1 far\n"))
            .unwrap();
        let read = keywords(&Root::open(folder.path()).unwrap(), Path::new(""));
        assert_eq!(read.text(), "0 near\n");
    }

    #[test]
    fn arrival_is_what_the_last_server_said_else_the_date() {
        let at = |header: &str| arrival(format!("{header}\r\n\r\nx").as_bytes(), None).0;
        let received =
            "Received: by b; Mon, 02 Nov 2026 09:30:00 +0100\r\nReceived: by a; nonsense";
        let date = "Date: Mon, 02 Nov 2026 09:00:00 +0100";
        assert_eq!(at(&format!("{received}\r\n{date}")), Some(1_793_608_200));
        assert_eq!(at(date), Some(1_793_606_400));
        assert_eq!(at("A: b"), None);
    }
}
