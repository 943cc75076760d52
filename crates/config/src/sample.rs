//! The sample configuration file, written from the declarations of the settings: every key
//! with its comment and its default.

use toml::{Table, Value};

use crate::Settings;
use crate::acme::Acme;
use crate::log::Log;
use crate::section::{Section, Setting};
use crate::settings::{ClientAccess, Location, MailboxDatabase, Proxy, Resolver, Tls};
use crate::transport_config::TransportConfig;
use crate::transport_service::TransportService;

const HEAD: &str = "\
# Configuration of a Rialto server. All values below are the defaults; a file needs only
# what differs. Unknown keys are errors. Connectors have Exchange's names and values.
";

/// What can stand any number of times, and an example of it.
pub const EXAMPLES: [(&str, &str); 8] = [
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
    (
        "receive_connector",
        "\
[[ReceiveConnector]]
Name = \"Printers\"
Bindings = [\"0.0.0.0:25\"]
RemoteIPRanges = [\"192.0.2.10-192.0.2.19\"]
AuthMechanism = [\"Tls\"]
PermissionGroups = [\"AnonymousUsers\"]
",
    ),
    (
        "send_connector",
        "\
[[SendConnector]]
Name = \"Internet\"
AddressSpaces = [\"SMTP:*;1\"]
DNSRoutingEnabled = true
",
    ),
    (
        "server_component_state",
        "\
[[ServerComponentState]]
Name = \"ImapProxy\"
Requests = [\"Maintenance:Inactive\"]
",
    ),
    (
        "email_address_policy",
        "\
[[EmailAddressPolicy]]
Name = \"Sales\"
Priority = 1
RecipientFilter = \"Department -eq 'Sales'\"
EnabledEmailAddressTemplates = [\"SMTP:%g.%s@contoso.com\", \"smtp:@contoso.com\"]
",
    ),
    (
        "address_list",
        "\
[[AddressList]]
Name = '\\Sales'
RecipientFilter = \"Department -eq 'Sales'\"
",
    ),
    (
        "global_address_list",
        "\
[[GlobalAddressList]]
Name = \"Bern\"
RecipientFilter = \"City -eq 'Bern'\"
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
    write_section::<ClientAccess>(&mut file, "imap4");
    write_section::<ClientAccess>(&mut file, "pop3");
    write_section::<MailboxDatabase>(&mut file, "mailbox_database");
    write_section::<Location>(&mut file, "location");
    write_section::<TransportConfig>(&mut file, "TransportConfig");
    write_section::<TransportService>(&mut file, "TransportService");
    write_section::<Log>(&mut file, "log");
    write_examples(&mut file);
    file
}

/// True for a key of the file's first part: no table and no list of tables.
fn is_plain(key: &str, value: Option<&Value>) -> bool {
    !value.is_some_and(Value::is_table) && EXAMPLES.iter().all(|(list, _)| *list != key)
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
    EXAMPLES.into_iter().for_each(|(key, _)| write_example(file, key));
}

/// An example as a comment, below that of its key.
pub(crate) fn write_example(file: &mut String, wanted: &str) {
    let about = Settings::SETTINGS.iter().find(|setting| setting.key == wanted);
    file.push('\n');
    write_comment(file, about.map(|setting| setting.about).unwrap_or_default());
    let example = EXAMPLES.iter().find(|(key, _)| *key == wanted);
    for line in example.map(|(_, example)| *example).unwrap_or_default().lines() {
        file.push_str(&format!("# {line}\n"));
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
            let listed = value.as_array().is_some_and(Vec::is_empty);
            assert!(read.get(key) == Some(value) || listed, "{key}");
        }
        for settings in [
            Settings::SETTINGS,
            Tls::SETTINGS,
            Resolver::SETTINGS,
            Proxy::SETTINGS,
            ClientAccess::SETTINGS,
            MailboxDatabase::SETTINGS,
            Location::SETTINGS,
            TransportConfig::SETTINGS,
            TransportService::SETTINGS,
            Log::SETTINGS,
        ] {
            for setting @ Setting { key, about, .. } in settings {
                assert!(!about.is_empty(), "{key}");
                let is_section = setting.entry(&read).is_some_and(|(_, value)| value.is_table());
                assert!(is_section || about.iter().all(|line| sample.contains(line)), "{key}");
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
        let connectors = [settings.receive_connector.len(), settings.send_connector.len()];
        assert_eq!(connectors, [1, 1]);
    }
}
