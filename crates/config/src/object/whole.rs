//! All objects as one document, for `rialto config export` and `apply`: tables under the names
//! of the kinds, settings under the names that verbs have, and only what differs from the
//! defaults of the server.
//!
//! ```toml
//! [ImapSettings]
//! Enabled = true
//!
//! [[SendConnector]]
//! Name = "Internet"
//! AddressSpaces = ["SMTP:*;1"]
//! ```
//!
//! Invariant: a plan of what was exported has no changes.

use toml::{Table, Value};

use super::{KINDS, ObjectError, ObjectKind, Stored, document};
use crate::section::Section;
use crate::{Invalid, Settings};

/// A change of one object that a document asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// [`ObjectKind::NAME`].
    pub kind: String,
    /// The object's name; empty where there is one of the kind.
    pub name: String,
    /// What the directory is to keep of it; None: nothing, so that an object of the server
    /// itself or of its file is again what it was, and any other is gone.
    pub document: Option<String>,
    /// Whether there is no such object yet.
    pub is_new: bool,
    /// Its settings that change.
    pub settings: Vec<SettingChange>,
}

/// A change of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The setting's name, as verbs have it.
    pub name: String,
    /// Its values before; none, where nothing was set.
    pub before: Vec<String>,
    /// Its values afterwards.
    pub after: Vec<String>,
}

/// [`written`] of a kind.
pub(super) type Written = fn(&Settings, &Settings, Extent) -> Result<Option<Value>, Invalid>;
/// [`planned`] of a kind.
pub(super) type Planned = fn(&Settings, &Settings, &Value) -> Result<Vec<Change>, ObjectError>;

/// How much of the configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What differs from the defaults of the server.
    Changed,
    /// Everything.
    All,
}

/// The document of all objects, those of the file among them. `now` is the file as the
/// directory changes it.
pub fn export(file: &Settings, now: &Settings, extent: Extent) -> Result<Table, Invalid> {
    let defaults = file.without_objects();
    let mut all = Table::new();
    for kind in &KINDS {
        if let Some(value) = (kind.written)(&defaults, now, extent)? {
            all.insert(kind.name.to_owned(), value);
        }
    }
    Ok(all)
}

/// What would have to change for everything to be as a document says. What the document does
/// not name stays; with `prune`, the directory forgets it.
pub fn plan(
    file: &Settings,
    stored: &[Stored<'_>],
    wanted: &Table,
    prune: bool,
) -> Result<Vec<Change>, ObjectError> {
    let unknown = wanted.keys().find(|name| KINDS.iter().all(|kind| kind.name != name.as_str()));
    if let Some(name) = unknown {
        return Err(ObjectError::UnknownKind(name.clone()));
    }
    let defaults = file.without_objects();
    let now = file.with_objects_unchecked(stored.iter().copied())?;
    let mut changes = Vec::new();
    for kind in &KINDS {
        if let Some(value) = wanted.get(kind.name) {
            changes.extend((kind.planned)(&defaults, &now, value)?);
        }
    }
    if prune {
        changes.extend(stored.iter().filter(|object| !names(wanted, object)).map(forgotten));
    }
    Ok(changes)
}

impl Settings {
    /// These settings of a file with its objects as the server has them that exported them all
    /// ([`Extent::All`]). What is no object in the document is passed over.
    pub fn as_exported(&self, document: &str) -> Result<Settings, ObjectError> {
        let table: Result<Table, _> = document.parse();
        let mut table = table.map_err(|error: toml::de::Error| ObjectError::Document {
            object: "the configuration".to_owned(),
            message: error.message().to_owned(),
        })?;
        table.retain(|name, _| KINDS.iter().any(|kind| kind.name == name));
        let changes = plan(self, &[], &table, false)?;
        self.with_objects(changes.iter().filter_map(|Change { kind, name, document, .. }| {
            Some(Stored { kind, name, document: document.as_deref()? })
        }))
    }

    /// What is no object, as the file would have it.
    pub fn to_start_with(&self, extent: Extent) -> Table {
        let (start, defaults) = (self.without_objects(), Settings::default());
        let mut table = Table::try_from(&start).unwrap_or_default();
        let defaults = Table::try_from(&defaults).unwrap_or_default();
        table.retain(|key, value| {
            super::kind_of_key(key).is_none() && is_told(value, defaults.get(key), extent)
        });
        table
    }

    /// These settings with every object as the server itself has it.
    fn without_objects(&self) -> Settings {
        let defaults = Settings::default();
        Settings {
            receive_connector: defaults.receive_connector,
            send_connector: defaults.send_connector,
            transport_config: defaults.transport_config,
            transport_service: defaults.transport_service,
            imap4: defaults.imap4,
            pop3: defaults.pop3,
            mailbox_database: defaults.mailbox_database,
            server_component_state: defaults.server_component_state,
            throttling_policy: defaults.throttling_policy,
            email_address_policy: defaults.email_address_policy,
            address_list: defaults.address_list,
            global_address_list: defaults.global_address_list,
            ..self.clone()
        }
    }
}

fn is_told(value: &Value, default: Option<&Value>, extent: Extent) -> bool {
    extent == Extent::All || Some(value) != default
}

/// The objects of a kind as a document has them; None, where all are as the server has them.
pub(super) fn written<K: ObjectKind>(
    defaults: &Settings,
    now: &Settings,
    extent: Extent,
) -> Result<Option<Value>, Invalid> {
    let defaults = K::all(defaults)?;
    let mut tables = Vec::new();
    for (name, value) in K::all(now)? {
        let default = named::<K>(&defaults, &name);
        let table = match extent {
            Extent::Changed => document::differing(&value, &default.cloned().unwrap_or_default()),
            Extent::All => document::whole(&value),
        };
        if name.is_empty() {
            return Ok((!table.is_empty()).then_some(Value::Table(table)));
        }
        if default.is_none() || !table.is_empty() {
            tables.push(Value::Table(with_name(name, table)));
        }
    }
    Ok((!tables.is_empty()).then_some(Value::Array(tables)))
}

fn with_name(name: String, mut rest: Table) -> Table {
    let mut table = Table::from_iter([(NAME.to_owned(), Value::String(name))]);
    rest.remove(NAME);
    table.extend(rest);
    table
}

const NAME: &str = "Name";

fn named<'a, K: ObjectKind>(all: &'a [(String, K::Value)], name: &str) -> Option<&'a K::Value> {
    all.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The changes that make the objects of a kind what a document says.
pub(super) fn planned<K: ObjectKind>(
    defaults: &Settings,
    now: &Settings,
    wanted: &Value,
) -> Result<Vec<Change>, ObjectError> {
    let (defaults, now) = (K::all(defaults)?, K::all(now)?);
    let mut changes = Vec::new();
    for (name, table) in tables::<K>(wanted)? {
        let default = named::<K>(&defaults, &name).cloned().unwrap_or_default();
        let value = document::with_table(&default, table);
        let value = value.map_err(|message| unreadable::<K>(&name, message))?;
        changes.extend(change::<K>(name, named::<K>(&now, &name_in(table)), &value));
    }
    Ok(changes)
}

/// Objects of a kind in a document, with their names.
fn tables<K: ObjectKind>(wanted: &Value) -> Result<Vec<(String, &Table)>, ObjectError> {
    let has_names = K::Value::SETTINGS.iter().any(|setting| setting.property() == NAME);
    match wanted {
        Value::Table(table) if !has_names => Ok(vec![(String::new(), table)]),
        Value::Array(values) if has_names => values.iter().map(named_table::<K>).collect(),
        _ if has_names => Err(unreadable::<K>("", "write [[…]] before each".to_owned())),
        _ => Err(unreadable::<K>("", "there is one; write […] before it".to_owned())),
    }
}

fn named_table<K: ObjectKind>(value: &Value) -> Result<(String, &Table), ObjectError> {
    let table = value.as_table().filter(|table| !name_in(table).is_empty());
    let table = table.ok_or_else(|| unreadable::<K>("", "one has no Name".to_owned()))?;
    Ok((name_in(table), table))
}

fn name_in(table: &Table) -> String {
    table.get(NAME).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn unreadable<K: ObjectKind>(name: &str, message: String) -> ObjectError {
    let object = format!("{} {name}", K::NAME).trim_end().to_owned();
    ObjectError::Document { object, message }
}

/// The change from what an object is to what it is to be; None, where it is that already.
fn change<K: ObjectKind>(
    name: String,
    now: Option<&K::Value>,
    wanted: &K::Value,
) -> Option<Change> {
    let before = now.cloned().unwrap_or_default();
    let changed = |setting: &&crate::section::Setting| {
        let texts = |value: &K::Value| document::texts(value, setting);
        let (before, after) = (texts(&before), texts(wanted));
        let name = setting.property();
        (before != after).then_some(SettingChange { name, before, after })
    };
    let settings: Vec<SettingChange> =
        K::Value::SETTINGS.iter().filter_map(|setting| changed(&setting)).collect();
    let is_new = now.is_none();
    (is_new || !settings.is_empty()).then(|| Change {
        kind: K::NAME.to_owned(),
        name,
        document: Some(document::write(wanted)),
        is_new,
        settings,
    })
}

/// Whether a document names an object of the directory.
fn names(wanted: &Table, object: &Stored<'_>) -> bool {
    match wanted.get(object.kind) {
        Some(Value::Array(tables)) => tables.iter().any(|table| {
            table.as_table().is_some_and(|table| name_in(table).eq_ignore_ascii_case(object.name))
        }),
        other => other.is_some(),
    }
}

fn forgotten(object: &Stored<'_>) -> Change {
    Change {
        kind: object.kind.to_owned(),
        name: object.name.to_owned(),
        document: None,
        is_new: false,
        settings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file() -> Settings {
        toml::from_str(
            "server_name = \"mbx1.a.test\"\n[imap4]\nenabled = true\n[[ReceiveConnector]]\n\
             Name = \"Printers\"\nBindings = [\"127.0.0.1:2525\"]\nMaxMessageSize = \"10 MB\"",
        )
        .unwrap()
    }

    #[test]
    fn what_a_server_exports_is_what_it_has() {
        let stored = [
            OUT,
            Stored { kind: "ImapSettings", name: "", document: "enabled = false" },
            Stored { kind: "PopSettings", name: "", document: "enabled = true" },
            Stored { kind: "ReceiveConnector", name: "Printers", document: PRINTERS },
        ];
        let now = file().with_objects(stored).unwrap();
        assert!(now.pop3.enabled && !now.imap4.enabled && now != file());
        for (has, expected) in [(&now, &now), (&file(), &file())] {
            let exported = export(&file(), has, Extent::All).unwrap().to_string();
            let whole = format!("{exported}\n[[AcceptedDomain]]\nDomainName = \"a.test\"\n");
            assert_eq!(&file().as_exported(&whole).unwrap(), expected);
        }
        let unreadable = file().as_exported("[").unwrap_err().to_string();
        assert!(unreadable.starts_with("the configuration: "), "{unreadable}");
    }

    const PRINTERS: &str =
        "Name = \"Printers\"\nBindings = [\"127.0.0.1:2526\"]\nFqdn = \"printers.a.test\"";

    const OUT: Stored<'static> = Stored {
        kind: "SendConnector",
        name: "Out",
        document: "Name = \"Out\"\nAddressSpaces = [\"SMTP:*;1\"]\nDNSRoutingEnabled = true",
    };

    fn planned(text: &str, prune: bool) -> Result<Vec<String>, String> {
        let changes = plan(&file(), &[OUT], &text.parse().unwrap(), prune);
        let changes = changes.map_err(|error| error.to_string())?;
        Ok(changes.iter().map(told).collect())
    }

    fn told(change: &Change) -> String {
        let settings = change.settings.iter().map(|setting| {
            format!(" {}:{}>{}", setting.name, setting.before.join(","), setting.after.join(","))
        });
        let sign = match (&change.document, change.is_new) {
            (None, _) => "-",
            (_, true) => "+",
            (_, false) => "~",
        };
        format!("{sign}{} {}{}", change.kind, change.name, settings.collect::<String>())
    }

    #[test]
    fn what_was_exported_is_what_there_is() {
        let now = file().with_objects([OUT]).unwrap();
        let document = export(&file(), &now, Extent::Changed).unwrap();
        let text = document.to_string();
        for part in ["[ImapSettings]\nEnabled = true", "MaxMessageSize = \"10 MB\"", "\"Out\""] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Default Frontend"), "{text}");
        assert_eq!(planned(&text, true), Ok(vec![]));
        assert_eq!(
            export(&Settings::default(), &Settings::default(), Extent::Changed),
            Ok(Table::new())
        );
    }

    #[test]
    fn everything_is_a_document_too() {
        let now = file().with_objects([OUT]).unwrap();
        let all = export(&file(), &now, Extent::All).unwrap().to_string();
        assert!(all.contains("\"Default Frontend MBX1\"") && all.contains("MaxHopCount"), "{all}");
        let again = plan(&now, &[], &all.parse().unwrap(), false).unwrap();
        assert_eq!(again, []);
    }

    #[test]
    fn the_rest_of_the_file_is_no_object() {
        let changed = file().to_start_with(Extent::Changed).to_string();
        assert_eq!(changed, "server_name = \"mbx1.a.test\"\n");
        let all = file().to_start_with(Extent::All);
        assert!(all.contains_key("tls") && !all.contains_key("imap4"), "{all}");
        for kind in &KINDS {
            let of_kind = Settings::SETTINGS.iter().filter(|setting| setting.key == kind.field);
            assert_eq!(of_kind.count(), 1, "{}", kind.name);
        }
    }

    #[test]
    fn a_plan_says_what_changes() {
        for (text, expected) in [
            ("[ImapSettings]\nEnabled = true", &[][..]),
            (
                "[ImapSettings]\nMaxConnections = 7",
                &["~ImapSettings  Enabled:true>false MaxConnections:2147483647>7"],
            ),
            (
                "[[SendConnector]]\nName = \"out\"\nAddressSpaces = [\"SMTP:*;1\"]\nDNSRoutingEnabled = true",
                &["~SendConnector out Name:Out>out"],
            ),
            (
                "[[SendConnector]]\nName = \"B\"\nSmartHosts = [\"h.test\"]",
                &["+SendConnector B Name:>B SmartHosts:>h.test"],
            ),
            (
                "[[ReceiveConnector]]\nName = \"Printers\"\nBindings = [\"127.0.0.1:2525\"]",
                &["~ReceiveConnector Printers MaxMessageSize:10 MB>36 MB"],
            ),
            (
                "[[ReceiveConnector]]\nName = \"Default Frontend MBX1\"\nRequireTLS = true",
                &["~ReceiveConnector Default Frontend MBX1 RequireTLS:false>true"],
            ),
        ] {
            assert_eq!(planned(text, false).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn pruning_forgets_what_the_document_does_not_name() {
        assert_eq!(planned("", true), Ok(vec!["-SendConnector Out".to_owned()]));
        assert_eq!(planned("", false), Ok(vec![]));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, expected) in [
            ("[Gizmo]", "Gizmo"),
            ("[[ImapSettings]]", "there is one"),
            ("[SendConnector]\nName = \"x\"", "[[…]]"),
            ("[[SendConnector]]\nEnabled = true", "no Name"),
            ("[ImapSettings]\nEnabeld = true", "Enabeld"),
            ("[ImapSettings]\nEnabled = 3", "ImapSettings"),
        ] {
            let refused = planned(text, false).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
    }
}
