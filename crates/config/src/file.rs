//! Reading the configuration file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use types::limits::CONFIG_FILE_OCTETS_MAX;

use crate::{Invalid, Settings, object};

/// Why a configuration file cannot be used. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// It is larger than [`CONFIG_FILE_OCTETS_MAX`].
    #[error("{0} is too large for a configuration file")]
    TooLarge(PathBuf),
    /// It is no TOML, or has a key or value that is not known. The text shows the place.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// It says what the directory keeps.
    #[error(
        "{path}: {key} is no setting of the file: it is kept in the directory, where verbs change it, \
         and `rialto config apply` takes it as {kind}"
    )]
    InDirectory {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What a document calls it.
        kind: &'static str,
    },
    /// Its values contradict each other.
    #[error("{path}: {fault}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What contradicts what.
        #[source]
        fault: Invalid,
    },
}

impl Settings {
    /// Reads and checks a file: what a server needs to start. Domains, connectors and settings of
    /// services are in the directory only.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let syntax = |error: toml::de::Error| {
            let message = error.to_string();
            ConfigError::Syntax { path: path.to_owned(), message }
        };
        let table: toml::Table = toml::from_str(&text).map_err(syntax)?;
        if let Some((key, kind)) = table.keys().find_map(|key| Some((key, in_directory(key)?))) {
            let (path, key) = (path.to_owned(), key.clone());
            return Err(ConfigError::InDirectory { path, key, kind });
        }
        let settings: Settings = toml::from_str(&text).map_err(syntax)?;
        let invalid = |fault| ConfigError::Invalid { path: path.to_owned(), fault };
        settings.validate().map_err(invalid)?;
        Ok(settings)
    }
}

/// What a document calls a setting that the directory keeps.
pub(crate) fn in_directory(key: &str) -> Option<&'static str> {
    match key {
        "domains" => Some("AcceptedDomain"),
        key => object::kind_of_key(key),
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let io = |source| ConfigError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mut text = String::new();
    file.take(CONFIG_FILE_OCTETS_MAX + 1).read_to_string(&mut text).map_err(io)?;
    match text.len() as u64 > CONFIG_FILE_OCTETS_MAX {
        true => Err(ConfigError::TooLarge(path.to_owned())),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn load(text: &str) -> Result<Settings, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rialto.toml");
        std::fs::write(&path, text).unwrap();
        Settings::load(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        assert_eq!(load(""), Ok(Settings::default()));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("sever_name = \"a\"", "sever_name"),
            ("[tls]\nnmaes = []", "nmaes"),
            ("server_name = \"a b\"", "no domain name"),
            ("domains = [\"a.test\"]", "AcceptedDomain"),
            ("addresses = []", "addresses is empty"),
            ("imap4.enabled = true", "ImapSettings"),
            ("[TransportConfig]", "TransportConfig"),
            ("[mailbox_database]", "MailboxDatabase"),
            ("location.users = { \"u@a.test\" = \"mbx2\" }", "no known server"),
            ("location.users = { \"u\" = \"mbx2\" }", "no address"),
            (
                "server_name = \"mbx1.a.test\"\n\
                 [[server]]\nname = \"MBX1.b.test\"\naddress = \"10.0.0.2\"",
                "short name",
            ),
            ("proxy.trusted = [\"10.0.0.0/99\"]", "prefix"),
            ("[[ReceiveConnector]]\nName = \"C\"", "as ReceiveConnector"),
            ("[[SendConnector]]\nName = \"C\"", "as SendConnector"),
            ("server_name = ", "line 1"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(expected) && error.contains("rialto.toml"), "{text}: {error}");
        }
        let large = format!("# {}", "x".repeat(CONFIG_FILE_OCTETS_MAX as usize));
        assert!(load(&large).unwrap_err().contains("too large"));
        assert!(Settings::load(Path::new("/nonexistent")).is_err());
    }

    #[test]
    fn users_are_found_on_their_servers() {
        let settings = load(
            "location.users = { \"Ann@a.test\" = \"MBX2.a.test\" }\n\
             [[server]]\nname = \"mbx2.a.test\"\naddress = \"10.0.0.2\"\nport_offset = 20000\n",
        )
        .unwrap();
        let server = settings.location_of("ann@A.test").unwrap();
        let endpoint = server.endpoint(&ports::listeners::IMAP4_BACK_END).unwrap();
        assert_eq!(endpoint.to_string(), "10.0.0.2:21993");
        assert!(settings.location_of("bob@a.test").is_none());
        assert_eq!(settings.other_server("MBX2"), Some(server));
        assert!(settings.other_server("MBX3").is_none());
    }

    #[test]
    fn other_servers_are_trusted_by_files() {
        let settings = load(
            "data_directory = \"/data\"\n\
             [[server]]\nname = \"MBX2.a.test\"\naddress = \"10.0.0.2\"\n\
             [[server]]\nname = \"mbx3.a.test\"\naddress = \"10.0.0.3\"\ncertificate = \"b.pem\"\n\
             [[server]]\nname = \"mbx4.a.test\"\naddress = \"10.0.0.4\"\ncertificate = \"/c.pem\"",
        )
        .unwrap();
        let files: Vec<_> =
            settings.server.iter().map(|s| settings.trusted_certificate(s)).collect();
        let expected = ["/data/trusted/mbx2.a.test.crt", "/data/trusted/b.pem", "/c.pem"];
        assert_eq!(files, expected.map(PathBuf::from));
    }
}
