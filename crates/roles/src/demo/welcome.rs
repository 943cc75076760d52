//! What a demonstration prints: services, users, and commands to try.

use std::fmt::Write as _;
use std::net::SocketAddr;

use ports::Listener;
use ports::listeners::{CLIENT_FRONTEND, DEFAULT_FRONTEND, IMAP4_TLS, POP3_TLS, SUBMISSION_TLS};

use super::environment::{FILE_NAME, quoted};
use super::{Demo, sink};
use crate::open_ports;

/// The whole text.
pub(super) fn text(demo: &Demo) -> String {
    let settings = demo.server.settings();
    let mut text = format!("{}\n\n", settings.server_name);
    text.push_str(&open_ports::lines(&demo.server.registry(), &settings.short_name()));
    users(&mut text, demo);
    commands(&mut text, demo);
    verbs(&mut text, &demo.options.directory);
    let data = &demo.options.directory;
    let _ = writeln!(text, "\nShell variables: . {}", quoted(&path(data.join(FILE_NAME))));
    let sink = path(data.join(sink::FOLDER_NAME));
    let _ = writeln!(text, "Mail to other domains ends in {sink}");
    text
}

fn users(text: &mut String, demo: &Demo) {
    let options = &demo.options;
    text.push_str("\nUsers\n");
    for address in demo.user_addresses() {
        let _ = writeln!(text, "  {address}  password {}", options.password);
    }
    if let Some(last) = options.numbered_users.checked_sub(1) {
        let domain = &options.domain;
        let _ = writeln!(text, "  u000@{domain} to u{last:03}@{domain}  the same password");
    }
}

/// Commands that work now: one whose listener is closed is left out.
fn commands(text: &mut String, demo: &Demo) {
    let reader = Reader::new(demo);
    text.push_str("\nTo try\n");
    for (listener, command) in [
        (&DEFAULT_FRONTEND, Reader::receive as fn(&Reader, SocketAddr) -> String),
        (&CLIENT_FRONTEND, Reader::submit),
        (&SUBMISSION_TLS, Reader::submit_tls),
        (&IMAP4_TLS, Reader::list),
        (&IMAP4_TLS, Reader::browse),
        (&POP3_TLS, Reader::retrieve),
    ] {
        if let Some(address) = reachable(demo, listener) {
            let _ = writeln!(text, "  {}", command(&reader, address));
        }
    }
}

/// What an administrator does beside it.
fn verbs(text: &mut String, data: &std::path::Path) {
    let data = quoted(&path(data));
    text.push_str("\nTo administer\n");
    let _ = writeln!(text, "  rialto new-mailbox Dora --password - --dir {data}");
    let _ = writeln!(text, "  rialto get-mailbox --dir {data}");
}

fn reachable(demo: &Demo, listener: &Listener) -> Option<SocketAddr> {
    let port = demo.server.registry().addresses(listener).first()?.port();
    Some(SocketAddr::new(demo.options.host(), port))
}

/// Whom the commands are for.
struct Reader {
    user: String,
    password: String,
    credentials: String,
    authority: String,
    authority_path: String,
}

impl Reader {
    fn new(demo: &Demo) -> Self {
        let user = demo.user_addresses().first().map(ToString::to_string).unwrap_or_default();
        let authority = demo.server.authority_file().map(path).unwrap_or_default();
        Reader {
            credentials: quoted(&format!("{user}:{}", demo.options.password)),
            password: quoted(&demo.options.password),
            authority: quoted(&authority),
            authority_path: authority,
            user,
        }
    }

    fn receive(&self, at: SocketAddr) -> String {
        format!("swaks --server {at} --from you@elsewhere.example --to {}", self.user)
    }

    fn submit(&self, at: SocketAddr) -> String {
        format!(
            "swaks --server {at} --tls --auth-user {0} --auth-password {1} --from {0} \
             --to you@elsewhere.example",
            self.user, self.password
        )
    }

    fn submit_tls(&self, at: SocketAddr) -> String {
        format!(
            "printf 'Subject: Hello\\r\\n\\r\\nHello\\r\\n' | curl --cacert {0} --user {1} \
             --mail-from {2} --mail-rcpt {2} --upload-file - smtps://{at}",
            self.authority, self.credentials, self.user
        )
    }

    fn list(&self, at: SocketAddr) -> String {
        format!("curl --cacert {} --user {} imaps://{at}/INBOX", self.authority, self.credentials)
    }

    fn browse(&self, at: SocketAddr) -> String {
        let trust = quoted(&format!("set ssl_ca_certificates_file=\"{}\"", self.authority_path));
        format!("mutt -e {trust} -f imaps://{}@{at}/INBOX", self.user.replace('@', "%40"))
    }

    fn retrieve(&self, at: SocketAddr) -> String {
        format!("curl --cacert {} --user {} pop3s://{at}/1", self.authority, self.credentials)
    }
}

fn path(path: impl AsRef<std::path::Path>) -> String {
    path.as_ref().display().to_string()
}
