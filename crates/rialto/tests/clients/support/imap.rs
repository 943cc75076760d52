//! Eyes of our own: a mailbox as IMAP over TLS shows it. Knows just enough of RFC 9051 to
//! look, and to change what a mail program shall notice.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::patience::{PATIENCE, wait_for};
use super::server::{Demo, PASSWORD};

type Stream = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A session of one user.
pub struct Imap {
    stream: Stream,
}

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub uid: u32,
    /// Without `\Recent`, in order.
    pub flags: Vec<String>,
    pub message: String,
}

impl Imap {
    /// Logs a user of the demonstration in.
    pub fn of(demo: &Demo<'_>, user: &str) -> Self {
        Imap::login(&demo.address("IMAPS_PORT"), demo.authority(), &demo.user(user))
    }

    /// Logs in to a server whose certificate is for this host.
    pub fn login(address: &str, authority: &Path, user: &str) -> Self {
        Imap::login_to("localhost", address, authority, user)
    }

    /// Logs in to a server of this name.
    pub fn login_to(name: &str, address: &str, authority: &Path, user: &str) -> Self {
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let tls = ClientConnection::new(Arc::new(trusting(authority)), name).unwrap();
        let mut imap = Imap { stream: BufReader::new(StreamOwned::new(tls, tcp)) };
        let greeting = imap.response();
        assert!(greeting.starts_with("* OK"), "{greeting}");
        imap.send(&format!("a LOGIN {user} {{{}+}}\r\n{PASSWORD}", PASSWORD.len()));
        imap.until_tagged("LOGIN");
        imap
    }

    /// Does a command; the untagged responses.
    ///
    /// # Panics
    /// When the server does not say OK.
    pub fn command(&mut self, line: &str) -> Vec<String> {
        self.send(&format!("a {line}"));
        self.until_tagged(line)
    }

    /// All messages of a folder.
    pub fn folder(&mut self, name: &str) -> Vec<Kept> {
        self.command(&format!("EXAMINE \"{name}\""));
        let fetched = self.command("UID FETCH 1:* (FLAGS BODY.PEEK[])");
        let kept = fetched.iter().filter(|it| it.contains("BODY[]")).map(|it| Kept::of(it));
        kept.collect()
    }

    /// The messages of a folder with a subject, once there is one.
    pub fn with_subject(&mut self, folder: &str, subject: &str) -> Vec<Kept> {
        let line = format!("\nSubject: {subject}\r\n");
        wait_for(subject, || {
            let mut found = self.folder(folder);
            found.retain(|kept| kept.message.contains(&line));
            (!found.is_empty()).then_some(found)
        })
    }

    /// The one message of the Inbox with a subject, once it is there.
    ///
    /// # Panics
    /// When there are several.
    pub fn only(&mut self, subject: &str) -> Kept {
        let mut found = self.with_subject("INBOX", subject);
        assert_eq!(found.len(), 1, "{subject}");
        found.remove(0)
    }

    fn send(&mut self, line: &str) {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    fn until_tagged(&mut self, line: &str) -> Vec<String> {
        let mut untagged = Vec::new();
        loop {
            let response = self.response();
            match response.strip_prefix("a ") {
                Some(status) if status.starts_with("OK") => return untagged,
                Some(status) => panic!("{line}: {status}"),
                None => untagged.push(response),
            }
        }
    }

    /// One response with its literals.
    fn response(&mut self) -> String {
        let mut response = Vec::new();
        loop {
            let length = self.stream.read_until(b'\n', &mut response).unwrap();
            assert!(length > 0, "the server closed the connection");
            let Some(octets) = literal(&response) else { break };
            let begin = response.len();
            response.resize(begin + octets, 0);
            self.stream.read_exact(&mut response[begin..]).unwrap();
        }
        String::from_utf8(response).expect("messages of these tests are UTF-8")
    }
}

impl Kept {
    fn of(response: &str) -> Self {
        let (attributes, rest) = response.split_once("BODY[] {").expect("a literal");
        let (octets, rest) = rest.split_once("}\r\n").expect("the length of a literal");
        let message = rest[..octets.parse().unwrap()].to_owned();
        let flags = between(attributes, "FLAGS (", ")").split(' ').map(str::to_owned);
        let mut flags: Vec<String> =
            flags.filter(|flag| !flag.is_empty() && flag != r"\Recent").collect();
        flags.sort();
        Kept { uid: between(attributes, "UID ", " ").parse().unwrap(), flags, message }
    }
}

/// The length of the literal that begins after this line.
fn literal(response: &[u8]) -> Option<usize> {
    let line = response.strip_suffix(b"}\r\n")?;
    let brace = line.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&line[brace + 1..]).ok()?.parse().ok()
}

fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).expect(begin);
    rest.split_once(end).map_or(rest, |(inside, _)| inside)
}

fn trusting(authority: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let file = File::open(authority).unwrap();
    for certificate in CertificateDer::pem_reader_iter(file) {
        roots.add(certificate.unwrap()).unwrap();
    }
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}
