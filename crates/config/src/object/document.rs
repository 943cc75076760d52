//! Documents: a section as TOML, and single settings of it as the texts of a command line.

use toml::{Table, Value};

use crate::kind::Kind;
use crate::section::{Section, Setting};

/// The document of a value: what differs from the defaults.
pub fn write<V: Section>(value: &V) -> String {
    let (mut table, defaults) = (table(value), table(&V::default()));
    table.retain(|key, value| defaults.get(key) != Some(value));
    table.to_string()
}

/// The value of a document. Errors: what is wrong with it.
pub fn read<V: Section>(document: &str) -> Result<V, String> {
    toml::from_str(document).map_err(|error| error.message().to_owned())
}

/// The value with one setting changed to these texts: one, or any number of a list; none clears
/// what can be missing. Errors: what is wrong with them.
pub fn with<V: Section>(value: &V, setting: &Setting, texts: &[String]) -> Result<V, String> {
    let mut table = table(value);
    let name = setting.name();
    match (setting.many, texts) {
        (true, texts) => {
            let values = texts.iter().map(|text| scalar(setting.kind, text));
            table.insert(name, Value::Array(values.collect::<Result<_, _>>()?));
        }
        (false, []) => {
            table.remove(&name);
        }
        (false, [text]) => {
            table.insert(name, scalar(setting.kind, text)?);
        }
        (false, _) => return Err("one value is expected".to_owned()),
    }
    table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// The value with what a table says; its keys in either spelling. Errors: what is wrong with it.
pub fn with_table<V: Section>(value: &V, said: &Table) -> Result<V, String> {
    let mut table = table(value);
    for (key, value) in said {
        let setting = V::SETTINGS.iter().find(|setting| setting.is(key));
        let setting = setting.ok_or_else(|| format!("{key} is no setting"))?;
        table.insert(setting.name(), value.clone());
    }
    table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// All settings of a value, under the names that verbs have.
pub fn whole<V: Section>(value: &V) -> Table {
    let mut table = table(value);
    let of = |setting: &Setting| Some((setting.property(), table.remove(&setting.name())?));
    V::SETTINGS.iter().filter_map(of).collect()
}

/// The settings that two values do not share, as a table of the first one's.
pub fn differing<V: Section>(value: &V, other: &V) -> Table {
    let (mut all, other) = (whole(value), whole(other));
    all.retain(|name, said| other.get(name) != Some(said));
    all
}

/// A setting of a value as texts: one, or any number of a list; none where nothing is set.
pub fn texts<V: Section>(value: &V, setting: &Setting) -> Vec<String> {
    match table(value).get(&setting.name()) {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    }
}

/// A section as a table. What TOML cannot express would be missing; no section has such.
fn table<V: Section>(value: &V) -> Table {
    Table::try_from(value).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn scalar(kind: Kind, text: &str) -> Result<Value, String> {
    let number = || text.parse().map(Value::Integer).map_err(|_| "a whole number".to_owned());
    match kind {
        Kind::Flag => flag(text).map(Value::Boolean),
        Kind::Number => number(),
        Kind::NumberOrUnlimited if text.eq_ignore_ascii_case("unlimited") => {
            Ok(Value::String("Unlimited".to_owned()))
        }
        Kind::NumberOrUnlimited => number(),
        Kind::OneOf(words) => {
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
            let word = word.ok_or_else(|| format!("one of {}", words.join(", ")))?;
            Ok(Value::String((*word).to_owned()))
        }
        Kind::Bytes | Kind::BytesOrUnlimited | Kind::Span | Kind::Text => {
            Ok(Value::String(text.to_owned()))
        }
        Kind::Section => Err("it has settings of its own".to_owned()),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().trim_start_matches('$') {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("$true or $false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ReceiveConnector, SendConnector};

    fn changed<V: Section>(key: &str, texts: &[&str]) -> Result<V, String> {
        let setting = V::SETTINGS.iter().find(|setting| setting.is(key)).unwrap();
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        with(&V::default(), setting, &texts)
    }

    #[test]
    fn settings_are_read_by_what_they_hold() {
        let set = |key: &str, texts: &[&str]| {
            changed::<ReceiveConnector>(key, texts).map(|value| {
                let setting = ReceiveConnector::SETTINGS.iter().find(|one| one.is(key)).unwrap();
                super::texts(&value, setting).join(" ")
            })
        };
        for (key, given, expected) in [
            ("RequireTLS", &["$true"][..], "true"),
            ("MaxMessageSize", &["20MB"], "20 MB"),
            ("MaxInboundConnection", &["unlimited"], "Unlimited"),
            ("MaxInboundConnection", &["7"], "7"),
            ("AuthMechanism", &["tls", "basicauth"], "Tls BasicAuth"),
            (
                "AnonymousRights",
                &["ms-exch-smtp-accept-any-recipient"],
                "ms-Exch-SMTP-Accept-Any-Recipient",
            ),
            ("RemoteIPRanges", &["192.0.2.0/24"], "192.0.2.0-192.0.2.255"),
            ("Bindings", &[], ""),
        ] {
            assert_eq!(set(key, given).as_deref(), Ok(expected), "{key}");
        }
        for (key, given) in [
            ("RequireTLS", &["perhaps"][..]),
            ("RequireTLS", &["$true", "$false"]),
            ("RequireTLS", &[]),
            ("MaxMessageSize", &["big"]),
            ("MaxLogonFailures", &["300"]),
            ("AuthMechanism", &["Magic"]),
            ("RemoteIPRanges", &["x"]),
        ] {
            // What must be there falls back to its default when it is cleared.
            let cleared = given.is_empty();
            assert_eq!(set(key, given).is_err(), !cleared, "{key}");
        }
        let cleared = changed::<SendConnector>("TlsDomain", &[]).unwrap();
        assert_eq!(cleared.tls_domain, None);
    }

    #[test]
    fn every_name_is_the_one_in_the_file() {
        fn check<V: Section>(value: &V) {
            for key in table(value).keys() {
                assert!(V::SETTINGS.iter().any(|setting| setting.name() == *key), "{key}");
            }
        }
        let mut send = SendConnector::default();
        for (key, text) in [
            ("SourceIPAddress", "192.0.2.1"),
            ("TlsAuthLevel", "EncryptionOnly"),
            ("TlsDomain", "a.test"),
            ("AuthenticationPasswordFile", "/p"),
        ] {
            let setting = SendConnector::SETTINGS.iter().find(|one| one.is(key)).unwrap();
            send = with(&send, setting, &[text.to_owned()]).unwrap();
        }
        check(&send);
        check(&ReceiveConnector::default());
        check(&crate::TransportService::default());
        check(&crate::Settings::default());
    }
}
