//! The sample configuration file, written from the declarations of the settings: every key
//! with its comment and its default.

use toml::{Table, Value};

use crate::Settings;
use crate::acme::Acme;
use crate::file::in_directory;
use crate::log::Log;
use crate::section::{Section, Setting};
use crate::settings::{Location, Proxy, Resolver, Tls};
use crate::telemetry::Telemetry;

const HEAD: &str = "\
# Configuration of a Rialto server. All values below are the defaults; a file needs only
# what differs. Unknown keys are errors. Domains, connectors and settings of services are in
# the directory: verbs change them, and `rialto config apply` does from a document.
";

/// What can stand any number of times, and an example of it.
pub const EXAMPLES: [(&str, &str); 2] = [
    (
        "listener",
        "\
[[listener]]
row = \"P-05\"
enabled = true
addresses = [\"127.0.0.1\"]
port = 2525
",
    ),
    (
        "server",
        "\
[[server]]
name = \"mbx2.contoso.com\"
address = \"192.0.2.2\"
port_offset = 0
certificate = \"mbx2.contoso.com.crt\"
",
    ),
];

/// The sample file. Reads back as [`Settings::default`].
pub fn sample() -> String {
    let mut file = HEAD.to_owned();
    let defaults = table_of(&Settings::default());
    write_settings(&mut file, Settings::SETTINGS, &defaults, is_plain);
    write_section::<Tls>(&mut file, "tls");
    write_section::<Acme>(&mut file, "acme");
    write_section::<Resolver>(&mut file, "resolver");
    write_section::<Proxy>(&mut file, "proxy");
    write_section::<Location>(&mut file, "location");
    write_section::<Log>(&mut file, "log");
    write_section::<Telemetry>(&mut file, "telemetry");
    write_examples(&mut file);
    file
}

/// True for a key of the file's first part: no table, no list of tables, nothing that the
/// directory keeps.
fn is_plain(key: &str, value: Option<&Value>) -> bool {
    !value.is_some_and(Value::is_table)
        && EXAMPLES.iter().all(|(list, _)| *list != key)
        && in_directory(key).is_none()
}

fn write_section<T: Section>(file: &mut String, name: &str) {
    file.push('\n');
    write_comment(file, T::ABOUT);
    file.push_str(&format!("[{name}]\n"));
    write_settings(file, T::SETTINGS, &table_of(&T::default()), |_, _| true);
}

fn write_settings(
    file: &mut String,
    settings: &[Setting],
    defaults: &Table,
    wanted: fn(&str, Option<&Value>) -> bool,
) {
    for setting in settings {
        let (key, value) = match setting.entry(defaults) {
            Some((key, value)) => (key, Some(value)),
            None => (setting.key, None),
        };
        if wanted(setting.key, value) {
            file.push('\n');
            write_comment(file, setting.about);
            write_value(file, key, value);
        }
    }
}

/// A key without a default is shown as a comment.
pub(crate) fn write_value(file: &mut String, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => file.push_str(&format!("{key} = {value}\n")),
        None => file.push_str(&format!("# {key} =\n")),
    }
}

fn write_examples(file: &mut String) {
    for (key, example) in EXAMPLES {
        let about = Settings::SETTINGS.iter().find(|setting| setting.key == key);
        file.push('\n');
        write_comment(file, about.map(|setting| setting.about).unwrap_or_default());
        example.lines().for_each(|line| file.push_str(&format!("# {line}\n")));
    }
}

pub(crate) fn write_comment(file: &mut String, lines: &[&str]) {
    for line in lines {
        file.push_str(&format!("#{line}\n"));
    }
}

/// The defaults as a table. A default that TOML cannot express would show as missing, which
/// the tests below refuse.
pub(crate) fn table_of<T: Section>(section: &T) -> Table {
    Table::try_from(section).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_sample_reads_back_as_the_defaults() {
        assert_eq!(toml::from_str::<Settings>(&sample()).unwrap(), Settings::default());
    }

    #[test]
    fn every_setting_is_in_the_sample_and_explained() {
        let sample = sample();
        let read: Table = toml::from_str(&sample).unwrap();
        for (key, value) in &table_of(&Settings::default()) {
            if in_directory(key).is_some() {
                assert!(!read.contains_key(key), "{key}");
                continue;
            }
            let listed = value.as_array().is_some_and(Vec::is_empty);
            assert!(read.get(key) == Some(value) || listed, "{key}");
        }
        for settings in [
            Settings::SETTINGS,
            Tls::SETTINGS,
            Resolver::SETTINGS,
            Proxy::SETTINGS,
            Acme::SETTINGS,
            Location::SETTINGS,
            Log::SETTINGS,
        ] {
            for setting @ Setting { key, about, .. } in settings {
                assert!(!about.is_empty(), "{key}");
                let is_section = setting.entry(&read).is_some_and(|(_, value)| value.is_table());
                let is_elsewhere = in_directory(key).is_some();
                assert!(
                    is_elsewhere || is_section || about.iter().all(|line| sample.contains(line)),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn the_examples_are_valid() {
        let file: String = EXAMPLES.iter().map(|(_, example)| *example).collect();
        let settings: Settings = toml::from_str(&file).unwrap();
        assert_eq!(settings.validate(), Ok(()));
        let counts = [settings.listener.len(), settings.server.len()];
        assert_eq!(counts, [1, 1]);
    }
}
