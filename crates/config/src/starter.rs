//! The first configuration file of a server, as setup writes it: what differs from the
//! defaults, each with the comment of its declaration.
//!
//! What it is not: domains, connectors and settings of services are in the directory; other
//! lists of sections are not written, and a new server has none.

use toml::{Table, Value};

use crate::Settings;
use crate::file::in_directory;
use crate::sample::{table_of, write_comment, write_value};
use crate::section::{Section, Setting};

const HEAD: &str = "\
# Configuration of a Rialto server: what differs from the defaults. `rialto config sample`
# prints every setting, `rialto config check FILE` says whether a server starts with the file.
";

/// The file for these settings. Reads back as them, when they differ from the defaults in
/// `[tls]`, `[acme]` and values outside of sections only.
pub fn starter(settings: &Settings) -> String {
    let mut file = HEAD.to_owned();
    write_differing(&mut file, settings);
    write_section(&mut file, "tls", &settings.tls);
    write_section(&mut file, "acme", &settings.acme);
    file
}

fn write_section<T: Section + PartialEq>(file: &mut String, name: &str, section: &T) {
    if *section != T::default() {
        file.push('\n');
        write_comment(file, T::ABOUT);
        file.push_str(&format!("[{name}]\n"));
        write_differing(file, section);
    }
}

fn write_differing<T: Section>(file: &mut String, section: &T) {
    let (values, defaults) = (table_of(section), table_of(&T::default()));
    for setting in T::SETTINGS {
        if let Some((key, value)) = differing(setting, &values, &defaults) {
            file.push('\n');
            write_comment(file, setting.about);
            write_value(file, key, Some(value));
        }
    }
}

/// A single value that is not its default; sections and lists of them are none, and what the
/// directory keeps is not the file's.
fn differing<'t>(
    setting: &Setting,
    values: &'t Table,
    defaults: &'t Table,
) -> Option<(&'t str, &'t Value)> {
    let (key, value) = setting.entry(values)?;
    let lists = value.as_array().is_some_and(|list| list.iter().any(Value::is_table));
    let is_default = setting.entry(defaults).is_some_and(|(_, default)| default == value);
    let is_elsewhere = in_directory(setting.key).is_some();
    (!value.is_table() && !lists && !is_default && !is_elsewhere).then_some((key, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::acme::{Acme, AcmeChallenge};
    use crate::settings::Tls;
    use std::net::IpAddr;
    use std::path::PathBuf;

    fn first() -> Settings {
        Settings {
            server_name: "mail.contoso.com".to_owned(),
            data_directory: PathBuf::from("/srv/it's \"mail\""),
            addresses: vec!["192.0.2.25".parse::<IpAddr>().unwrap()],
            port_offset: 20_000,
            acme: Acme {
                enabled: true,
                terms_of_service_agreed: true,
                challenge: AcmeChallenge::TlsAlpn01,
                ..Acme::default()
            },
            tls: Tls { names: vec!["imap.contoso.com".to_owned()], ..Tls::default() },
            ..Settings::default()
        }
    }

    #[test]
    fn the_first_file_reads_back_as_its_settings() {
        for settings in [first(), Settings::default()] {
            assert_eq!(toml::from_str::<Settings>(&starter(&settings)).unwrap(), settings);
        }
    }

    #[test]
    fn only_what_differs_is_written_and_explained() {
        let file = starter(&first());
        assert!(file.contains("# Where everything is kept that must survive a restart."), "{file}");
        assert!(file.contains("\nenabled = true\n") && !file.contains("unthrottled"), "{file}");
        assert!(!file.contains("[log]"), "{file}");
    }

    #[test]
    fn what_the_directory_keeps_is_not_written() {
        let mut settings = Settings { domains: vec!["contoso.com".to_owned()], ..first() };
        settings.imap4.enabled = true;
        assert_eq!(starter(&settings), starter(&first()));
    }
}
