//! `rialto ports`: the rows and their state on this server, as a table or as JSON.

use serde::Serialize;

use crate::{Cell, Group, OpenListener, Registry, Role, Row, State, listeners, rows};

/// Which rows to print; what is `None` does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Rows that concern this role.
    pub role: Option<Role>,
    /// Rows of this group.
    pub group: Option<Group>,
    /// Rows in this state.
    pub state: Option<State>,
}

impl Filter {
    fn passes(&self, entry: &Entry) -> bool {
        self.role.is_none_or(|role| entry.row.roles.contains(&role))
            && self.group.is_none_or(|group| entry.row.id.group() == group)
            && self.state.is_none_or(|state| entry.state == state)
    }
}

/// A row as it stands on one server.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The row.
    pub row: &'static Row,
    /// Whether it is true there.
    pub state: State,
    /// The addresses that serve it.
    pub open: Vec<OpenListener>,
    /// The service: the row's word, else that of the listener that serves it.
    pub service: String,
    /// The connector: with the server's name where the listener has one, else the row's words.
    pub connector: String,
}

impl Entry {
    fn new(row: &'static Row, registry: &Registry) -> Entry {
        Entry {
            row,
            state: registry.state(row),
            open: registry.addresses_of(row).collect(),
            service: service(row),
            connector: connector(row, registry),
        }
    }

    /// The addresses, each once.
    pub fn addresses(&self) -> Vec<String> {
        self.open.iter().map(|open| open.address.to_string()).collect()
    }
}

fn service(row: &Row) -> String {
    let serving = listeners::serving(row).map(|listener| listener.service);
    let words = Some(row.service.text).filter(|words| !words.is_empty());
    words.or_else(|| unanimous(serving)).unwrap_or_default().to_owned()
}

/// The connector of a row: its name on this server, or the row's words.
pub(crate) fn connector(row: &Row, registry: &Registry) -> String {
    let mut receiving = listeners::serving(row).filter(|listener| listener.connector.is_some());
    let words = row.connector.text;
    let ours = if words.is_empty() {
        receiving.next().filter(|first| receiving.all(|other| other.connector == first.connector))
    } else {
        receiving.find(|listener| listener.connector.map(stem) == Some(stem(words)))
    };
    let name = ours.and_then(|listener| registry.connector_name(listener));
    name.unwrap_or_else(|| words.to_owned())
}

/// What all of them say, if they say the same.
fn unanimous<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words.next().filter(|first| words.all(|other| other == *first))
}

/// A connector's name before the placeholder.
fn stem(template: &str) -> String {
    template.split('<').next().unwrap_or_default().to_lowercase()
}

/// The rows that pass the filter, in the documents' order.
pub fn entries(registry: &Registry, filter: &Filter) -> Vec<Entry> {
    rows::all().map(|row| Entry::new(row, registry)).filter(|entry| filter.passes(entry)).collect()
}

/// Columns of the table, and the characters of the widest cell in each; longer text is cut,
/// JSON has it whole. Addresses are never cut.
const COLUMNS: [(&str, usize); 7] = [
    ("ID", 4),
    ("STATE", 9),
    ("PURPOSE", 48),
    ("PORT", 36),
    ("SERVICE", 26),
    ("CONNECTOR", 40),
    ("ADDRESS", usize::MAX),
];

/// A table with aligned columns and a heading, one row a line, and a count of the states below.
pub fn table(entries: &[Entry]) -> String {
    let mut lines = vec![COLUMNS.map(|(heading, _)| heading.to_owned())];
    lines.extend(entries.iter().map(columns));
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text: String = lines.iter().map(|line| aligned(line, &widths)).collect();
    text.push_str(&summary(entries));
    text
}

fn columns(entry: &Entry) -> [String; 7] {
    let cells = [
        entry.row.id.to_string(),
        entry.state.to_string(),
        entry.row.purpose.to_string(),
        ports_and_protocols(entry.row),
        entry.service.clone(),
        entry.connector.clone(),
        entry.addresses().join(" "),
    ];
    let mut limits = COLUMNS.iter().map(|&(_, chars_max)| chars_max);
    cells.map(|cell| cut(&cell, limits.next().unwrap_or(usize::MAX)))
}

/// `143/TCP IMAP4, 993/TCP IMAP4 over TLS`.
fn ports_and_protocols(row: &Row) -> String {
    let parts = row.ports.iter().map(|spec| format!("{spec} {}", spec.protocol));
    parts.collect::<Vec<_>>().join(", ")
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max - 1).collect();
    format!("{}…", kept.trim_end())
}

fn aligned(line: &[String; 7], widths: &[usize]) -> String {
    let cells = line.iter().zip(widths).map(|(cell, &width)| format!("{cell:width$}"));
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}

fn summary(entries: &[Entry]) -> String {
    let count = |state| entries.iter().filter(|entry| entry.state == state).count();
    let [working, off, not_built] = [State::Working, State::Off, State::NotBuilt].map(count);
    format!("{} rows: {working} working, {off} off, {not_built} not-built\n", entries.len())
}

/// A list of objects, every field of the row in each; absent cells are empty strings.
pub fn json(entries: &[Entry]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&entries.iter().map(Object::from).collect::<Vec<_>>())
}

/// One row in JSON. Text carries its mark as the documents print it: ` [P]`, ` [R]`.
#[derive(Serialize)]
struct Object {
    id: String,
    state: String,
    purpose: String,
    port: String,
    protocol: String,
    service: String,
    connector: String,
    address: Vec<String>,
    group: &'static str,
    roles: &'static [Role],
    source: String,
    destination: String,
    default_authentication: String,
    supported_authentication: String,
    encryption: String,
    encrypted_by_default: String,
    default: String,
    permission_groups: String,
    protocol_log: String,
    firewall_roles: String,
    program: String,
    editions: String,
    notes: Vec<String>,
    shown_by: Option<&'static str>,
}

impl From<&Entry> for Object {
    fn from(entry: &Entry) -> Object {
        let row = entry.row;
        Object {
            id: row.id.to_string(),
            state: entry.state.to_string(),
            purpose: row.purpose.to_string(),
            port: row.ports_text(),
            protocol: row.protocols_text(),
            service: entry.service.clone(),
            connector: entry.connector.clone(),
            address: entry.addresses(),
            group: row.id.group().title(),
            roles: row.roles,
            source: row.source.to_string(),
            destination: row.destination.to_string(),
            default_authentication: row.default_auth.to_string(),
            supported_authentication: row.supported_auth.to_string(),
            encryption: row.encryption.to_string(),
            encrypted_by_default: row.encrypted_by_default.to_string(),
            default: row.default.to_string(),
            permission_groups: row.permission_groups.to_string(),
            protocol_log: row.protocol_log.to_string(),
            firewall_roles: row.firewall_roles.to_string(),
            program: row.program.to_string(),
            editions: row.editions_text(),
            notes: row.notes.iter().map(Cell::to_string).collect(),
            shown_by: row.shown_by,
        }
    }
}
