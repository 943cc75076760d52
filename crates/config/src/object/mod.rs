//! Objects: the parts of the settings that verbs change while the server runs, as the
//! directory keeps them: a kind, a name, and a document.
//!
//! A document is TOML and says only what differs from the defaults: a later version may have
//! better ones. The configuration file has none of them (`Settings::load` refuses them there):
//! settings that are given with objects come from who puts a server together in memory, and the
//! directory counts more.
//!
//! Invariant: [`Settings::with_objects`] gives settings that passed [`Settings::validate`], or
//! an error that names the object at fault, where one alone is.

pub mod document;
mod kinds;
mod whole;

use std::fmt;

pub use kinds::{
    AddressLists, EmailAddressPolicies, GlobalAddressLists, ImapSettings, LinkedDirectories,
    MailboxDatabases, PopSettings, ReceiveConnectors, SendConnectors, ServerComponentStates,
    ThrottlingPolicies, TransportConfigs, TransportServices,
};

pub use whole::{Change, Extent, SettingChange, export, plan};

use crate::section::Section;
use crate::{Invalid, Settings};

/// A kind of object: where its objects stand in the settings.
pub trait ObjectKind: 'static {
    /// What an object says.
    type Value: Section + Clone + PartialEq + Send + Sync;
    /// Exchange's name of the kind: `ReceiveConnector`.
    const NAME: &'static str;
    /// The field of [`Settings`] that has them.
    const FIELD: &'static str;

    /// The objects there are, with their names. Of a kind with one object it has none.
    fn all(settings: &Settings) -> Result<Vec<(String, Self::Value)>, Invalid>;

    /// Sets the object of that name, or adds it.
    fn put(settings: &mut Settings, name: &str, value: Self::Value);
}

/// An object as the directory keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// [`ObjectKind::NAME`].
    pub kind: &'a str,
    /// Its name; compared without case.
    pub name: &'a str,
    /// What it says.
    pub document: &'a str,
}

/// Why the directory's objects make no settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// A kind that this version does not know.
    #[error("{0} is no kind of object")]
    UnknownKind(String),
    /// A document that cannot be read.
    #[error("{object}: {message}")]
    Document {
        /// Kind and name.
        object: String,
        /// What is wrong with it.
        message: String,
    },
    /// Together they contradict each other, or the file.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// What is done to a kind by whoever has only its name.
struct Erased {
    name: &'static str,
    field: &'static str,
    put: fn(&mut Settings, Stored<'_>) -> Result<(), ObjectError>,
    written: whole::Written,
    planned: whole::Planned,
}

impl Erased {
    const fn of<K: ObjectKind>() -> Self {
        Erased {
            name: K::NAME,
            field: K::FIELD,
            put: put::<K>,
            written: whole::written::<K>,
            planned: whole::planned::<K>,
        }
    }
}

const KINDS: [Erased; 13] = [
    Erased::of::<ReceiveConnectors>(),
    Erased::of::<SendConnectors>(),
    Erased::of::<TransportConfigs>(),
    Erased::of::<TransportServices>(),
    Erased::of::<ImapSettings>(),
    Erased::of::<PopSettings>(),
    Erased::of::<MailboxDatabases>(),
    Erased::of::<ServerComponentStates>(),
    Erased::of::<ThrottlingPolicies>(),
    Erased::of::<LinkedDirectories>(),
    Erased::of::<EmailAddressPolicies>(),
    Erased::of::<AddressLists>(),
    Erased::of::<GlobalAddressLists>(),
];

/// The kind whose objects a key of the settings has: `ImapSettings` of `imap4`.
pub fn kind_of_key(key: &str) -> Option<&'static str> {
    let setting = Settings::SETTINGS.iter().find(|setting| setting.is(key))?;
    KINDS.iter().find(|kind| kind.field == setting.key).map(|kind| kind.name)
}

fn put<K: ObjectKind>(settings: &mut Settings, stored: Stored<'_>) -> Result<(), ObjectError> {
    let unreadable = |message| ObjectError::Document { object: stored.to_string(), message };
    let value = document::read(stored.document).map_err(unreadable)?;
    K::put(settings, stored.name, value);
    Ok(())
}

impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl Settings {
    /// These settings as the directory's objects change them.
    pub fn with_objects<'a>(
        &self,
        objects: impl IntoIterator<Item = Stored<'a>>,
    ) -> Result<Settings, ObjectError> {
        let settings = self.with_objects_unchecked(objects)?;
        settings.validate()?;
        Ok(settings)
    }

    /// The same without asking whether they hold together: for who is about to mend them.
    pub fn with_objects_unchecked<'a>(
        &self,
        objects: impl IntoIterator<Item = Stored<'a>>,
    ) -> Result<Settings, ObjectError> {
        let mut settings = self.clone();
        for object in objects {
            let kind = KINDS.iter().find(|kind| kind.name == object.kind);
            let unknown = || ObjectError::UnknownKind(object.kind.to_owned());
            (kind.ok_or_else(unknown)?.put)(&mut settings, object)?;
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ByteQuantity, ReceiveConnector, TimeSpan};

    fn stored<'a>(kind: &'a str, name: &'a str, document: &'a str) -> Stored<'a> {
        Stored { kind, name, document }
    }

    fn file() -> Settings {
        toml::from_str(
            "server_name = \"mbx1.a.test\"\n[[ReceiveConnector]]\nName = \"Printers\"\n\
             Bindings = [\"127.0.0.1:2525\"]\nMaxMessageSize = \"10 MB\"",
        )
        .unwrap()
    }

    #[test]
    fn the_directory_counts_more_than_the_file() {
        let objects = [
            stored(
                "ReceiveConnector",
                "printers",
                "Name = \"Printers\"\nBindings = [\"127.0.0.1:2525\"]\nMaxMessageSize = \"20 MB\"",
            ),
            stored("ReceiveConnector", "x", "Name = \"X\"\nBindings = [\"127.0.0.1:2526\"]"),
            stored("ImapSettings", "", "max_connections = 7"),
        ];
        let settings = file().with_objects(objects).unwrap();
        let names: Vec<_> =
            settings.receive_connector.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Printers", "X"]);
        assert_eq!(settings.receive_connector[0].max_message_size, ByteQuantity::from_mb(20));
        assert_eq!(settings.imap4.max_connections, 7);
        assert_eq!(settings.pop3, file().pop3);
    }

    #[test]
    fn the_object_at_fault_is_named() {
        let error = |object| file().with_objects([object]).unwrap_err().to_string();
        assert!(error(stored("Gizmo", "x", "")).contains("Gizmo"));
        let unknown = error(stored("SendConnector", "Out", "Gizmo = 1"));
        assert!(unknown.starts_with("SendConnector Out: ") && unknown.contains("Gizmo"));
        let empty = error(stored("SendConnector", "Out", "Name = \"Out\""));
        assert!(empty.contains("AddressSpaces is empty"), "{empty}");
    }

    #[test]
    fn a_document_says_what_differs() {
        let connector = ReceiveConnector {
            name: "X".to_owned(),
            tarpit_interval: TimeSpan::from_secs(0),
            require_tls: true,
            ..ReceiveConnector::default()
        };
        let text = document::write(&connector);
        assert_eq!(text, "Name = \"X\"\nRequireTLS = true\nTarpitInterval = \"00:00:00\"\n");
        assert_eq!(document::read(&text), Ok(connector));
    }

    #[test]
    fn every_kind_gives_back_what_it_was_given() {
        fn round_trip<K: ObjectKind<Value: std::fmt::Debug>>() {
            let mut settings = file();
            settings.send_connector.push(crate::SendConnector {
                name: "Out".to_owned(),
                ..crate::SendConnector::default()
            });
            let before = K::all(&settings).unwrap();
            assert!(!before.is_empty(), "{}", K::NAME);
            for (name, value) in before.clone() {
                K::put(&mut settings, &name, value);
            }
            let mut after = K::all(&settings).unwrap();
            assert_eq!(after.len(), before.len());
            after.sort_by(|one, other| one.0.cmp(&other.0));
            for (name, value) in before {
                assert!(after.contains(&(name, value)), "{}", K::NAME);
            }
        }
        round_trip::<ReceiveConnectors>();
        round_trip::<SendConnectors>();
        round_trip::<TransportConfigs>();
        round_trip::<TransportServices>();
        round_trip::<ImapSettings>();
        round_trip::<PopSettings>();
        round_trip::<MailboxDatabases>();
        round_trip::<ThrottlingPolicies>();
    }
}
