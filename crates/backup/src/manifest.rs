//! What a backup is made of: files, and which chunks make each.
//!
//! A manifest is JSON with its own SHA-256 beside it, taken over the inner object as it is
//! written without spaces.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version that this program writes, and the newest that it reads.
pub(crate) const VERSION: u32 = 1;

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this form.
    pub version: u32,
    /// The backup's name: when it was begun, as `20261123T183000Z`.
    pub id: String,
    /// When it was begun, as RFC 3339 has it.
    pub time: String,
    /// The folder with the data of the server.
    pub data_directory: String,
    /// The files in it and beside it.
    pub files: Vec<BackupFile>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Where it is in the data folder, with `/` between the names.
    pub path: String,
    /// Octets.
    pub octets: u64,
    /// SHA-256 of each chunk, in hexadecimal digits. All but the last are of one length, at most
    /// `BACKUP_CHUNK_OCTETS`.
    pub chunks: Vec<String>,
}

/// How a manifest stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    manifest: Manifest,
    sha256: String,
}

/// The part that every version has.
#[derive(Deserialize)]
struct Versioned {
    manifest: Version,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Why a manifest cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    TooNew(u32),
    Damaged(String),
}

impl Manifest {
    /// Octets of all files.
    pub fn octets(&self) -> u64 {
        self.files.iter().map(|file| file.octets).sum()
    }

    pub(crate) fn seal(self) -> serde_json::Result<Vec<u8>> {
        let sha256 = self.sha256()?;
        serde_json::to_vec(&Sealed { manifest: self, sha256 })
    }

    /// Reads what [`Manifest::seal`] has written.
    pub(crate) fn open(octets: &[u8]) -> Result<Manifest, Unreadable> {
        let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
        let Versioned { manifest: Version { version } } =
            serde_json::from_slice(octets).map_err(damaged)?;
        if version > VERSION {
            return Err(Unreadable::TooNew(version));
        }
        let Sealed { manifest, sha256 } = serde_json::from_slice(octets).map_err(damaged)?;
        if manifest.sha256().map_err(damaged)? != sha256 {
            return Err(Unreadable::Damaged("its hash does not match".into()));
        }
        match manifest.files.iter().find(|file| !file.is_well_formed()) {
            Some(file) => Err(Unreadable::Damaged(format!("{:?} is no file of ours", file.path))),
            None => Ok(manifest),
        }
    }

    fn sha256(&self) -> serde_json::Result<String> {
        Ok(sha256(&serde_json::to_vec(self)?))
    }
}

impl BackupFile {
    /// Whether it leads nowhere but into the folder it is restored to, and names chunks.
    fn is_well_formed(&self) -> bool {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        let is_hash = |chunk: &String| {
            chunk.len() == 64 && chunk.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        };
        !self.path.is_empty()
            && Path::new(&self.path).components().all(inside)
            && self.chunks.iter().all(is_hash)
    }
}

/// The SHA-256 of octets, in hexadecimal digits.
pub(crate) fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(path: &str, chunk: &str) -> Manifest {
        let file = BackupFile { path: path.into(), octets: 3, chunks: vec![chunk.into()] };
        Manifest {
            version: VERSION,
            id: "20261123T183000Z".into(),
            time: "2026-11-23T18:30:00Z".into(),
            data_directory: "/data".into(),
            files: vec![file],
        }
    }

    #[test]
    fn a_manifest_comes_back() {
        let written = manifest("mailboxes/store.sqlite", &sha256(b"abc"));
        assert_eq!(Manifest::open(&written.clone().seal().unwrap()), Ok(written));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let written = manifest("a", &sha256(b"abc")).seal().unwrap();
        for at in 0..written.len() {
            let mut damaged = written.clone();
            damaged[at] ^= 1;
            assert!(Manifest::open(&damaged).is_err(), "octet {at}");
        }
        assert!(Manifest::open(&written[..written.len() - 1]).is_err());
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let chunk = sha256(b"abc");
        for path in ["../a", "a/../../b", "/etc/passwd", "", "."] {
            let sealed = manifest(path, &chunk).seal().unwrap();
            assert!(matches!(Manifest::open(&sealed), Err(Unreadable::Damaged(_))), "{path:?}");
        }
        for chunk in ["../../etc/passwd", &chunk[1..], &chunk.to_uppercase()] {
            let sealed = manifest("a", chunk).seal().unwrap();
            assert!(matches!(Manifest::open(&sealed), Err(Unreadable::Damaged(_))), "{chunk}");
        }
    }

    #[test]
    fn a_later_version_is_named() {
        let later = br#"{"manifest":{"version":2,"more":[]},"seal":1}"#;
        assert_eq!(Manifest::open(later), Err(Unreadable::TooNew(2)));
    }
}
