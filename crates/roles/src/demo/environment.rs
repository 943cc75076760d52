//! `env.sh`: what programs need to know of a demonstration, as shell exports.

use std::fmt::Write as _;
use std::path::{self, Path};

use ports::listeners::{
    CLIENT_FRONTEND, DEFAULT, DEFAULT_FRONTEND, DEMO_SINK, GLOBAL_CATALOG, GLOBAL_CATALOG_TLS,
    HTTP, HTTPS, IMAP4, IMAP4_TLS, LDAP, LDAP_TLS, NNTP, NNTP_TLS, POP3, POP3_TLS,
    RPC_ENDPOINT_MAPPER, SUBMISSION_TLS,
};
use ports::{Listener, Registry};

use super::{Demo, DemoError};
use crate::whole_file::{self, FileError};

/// The file in the data directory.
pub const FILE_NAME: &str = "env.sh";

/// The variable that tells each listener's port; empty while it is closed.
const PORTS: [(&str, &Listener); 18] = [
    ("SMTP_PORT", &DEFAULT_FRONTEND),
    ("SUBMISSION_PORT", &CLIENT_FRONTEND),
    ("SMTPS_PORT", &SUBMISSION_TLS),
    ("TRANSPORT_PORT", &DEFAULT),
    ("IMAP_PORT", &IMAP4),
    ("IMAPS_PORT", &IMAP4_TLS),
    ("POP3_PORT", &POP3),
    ("POP3S_PORT", &POP3_TLS),
    ("HTTP_PORT", &HTTP),
    ("HTTPS_PORT", &HTTPS),
    ("LDAP_PORT", &LDAP),
    ("LDAPS_PORT", &LDAP_TLS),
    ("GC_PORT", &GLOBAL_CATALOG),
    ("GCS_PORT", &GLOBAL_CATALOG_TLS),
    ("RPC_PORT", &RPC_ENDPOINT_MAPPER),
    ("NNTP_PORT", &NNTP),
    ("NNTPS_PORT", &NNTP_TLS),
    ("SINK_PORT", &DEMO_SINK),
];

/// Writes the file of a running demonstration.
pub(super) fn write(demo: &Demo) -> Result<(), DemoError> {
    let path = demo.options.directory.join(FILE_NAME);
    Ok(whole_file::write(&path, script(demo)?.as_bytes())?)
}

fn script(demo: &Demo) -> Result<String, FileError> {
    let (options, server) = (&demo.options, &demo.server);
    let authority = server.authority_file().map(|file| from_anywhere(file)).transpose()?;
    let mut script = String::from("# The running demonstration. Written at each start.\n");
    export(&mut script, "HOST", &options.host().to_string());
    export(&mut script, "DOMAIN", &options.domain.to_ascii());
    export(&mut script, "CA_FILE", &authority.unwrap_or_default());
    export(&mut script, "SERVER_NAME", &server.settings().server_name);
    export(&mut script, "SERVER_PID", &std::process::id().to_string());
    for (number, address) in (1..).zip(demo.user_addresses()) {
        export(&mut script, &format!("USER{number}"), &address.to_string());
        export(&mut script, &format!("PASS{number}"), &options.password);
    }
    let registry = server.registry();
    for (name, listener) in PORTS {
        export(&mut script, name, &port(&registry, listener));
    }
    Ok(script)
}

/// A path that also means the file in a shell with another working directory.
fn from_anywhere(file: &Path) -> Result<String, FileError> {
    let absolute =
        path::absolute(file).map_err(|source| FileError { path: file.to_owned(), source })?;
    Ok(absolute.display().to_string())
}

fn port(registry: &Registry, listener: &Listener) -> String {
    let first = registry.addresses(listener).first();
    first.map(|address| address.port().to_string()).unwrap_or_default()
}

fn export(script: &mut String, name: &str, value: &str) {
    let _ = writeln!(script, "export {name}={}", quoted(value));
}

/// A word of the shell that is `value` literally.
pub(super) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    match value.chars().all(plain) && !value.is_empty() {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_one_literal_word() {
        for (value, word) in [
            ("", "''"),
            ("alice@example.test", "alice@example.test"),
            ("two words", "'two words'"),
            ("it's $HOME", r"'it'\''s $HOME'"),
        ] {
            assert_eq!(quoted(value), word);
        }
    }

    #[test]
    fn a_path_means_the_same_in_another_working_directory() {
        let here = std::env::current_dir().unwrap();
        let expected = here.join("demo/ca.crt").display().to_string();
        assert_eq!(from_anywhere(Path::new("demo/ca.crt")).unwrap(), expected);
        assert_eq!(from_anywhere(Path::new("/demo/ca.crt")).unwrap(), "/demo/ca.crt");
    }
}
