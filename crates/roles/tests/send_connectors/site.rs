//! Servers on loopback addresses of their own, with a name server and a certificate authority.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use config::Settings;
use directory::NewMailbox;
use mailbox::{Access, Mailbox, MailboxNumber, Special, UidSet};
use net::CertificateStore;
use net::testing::{DnsServer, Zone};
use net::tls::Authority;
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tempfile::TempDir;
use transport::envelope::{NetworkMessageId, Origin, Source};
use transport::{Envelope, QueueInfo, Reply, Submission};
use types::{Address, ReversePath};

/// Longest wait for what must come; reached only when a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Where all servers of these tests take mail: row P-01 with the offset.
pub const PORT: u16 = PORT_OFFSET + 25;
const PORT_OFFSET: u16 = 20_000;

pub const ALICE: &str = "alice@example.test";
pub const BOB: &str = "bob@there.test";

/// A loopback address that nobody else uses.
pub fn own_address() -> IpAddr {
    static NEXT: AtomicU8 = AtomicU8::new(140);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, NEXT.fetch_add(1, Ordering::Relaxed), high, low).into()
}

/// Who vouches for the certificates of a test.
pub struct Trust {
    authority: Authority,
    folder: TempDir,
}

impl Trust {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Two of the same name would be taken for one, with a wrong signature.
        let name = format!("CA of {}", folder.path().display());
        let authority = Authority::open_or_create(&folder.path().join("ca"), &name).unwrap();
        Trust { authority, folder }
    }

    /// The folder of a host's certificate.
    pub fn folder_of(&self, host: &str) -> PathBuf {
        let folder = self.folder.path().join(host);
        self.certificates(host);
        folder
    }

    pub fn certificates(&self, host: &str) -> Arc<CertificateStore> {
        let (folder, names) = (self.folder.path().join(host), [host.to_owned()]);
        let store = CertificateStore::open_or_generate(&folder, &names, Some(&self.authority));
        Arc::new(store.unwrap())
    }

    /// Of a host that forgot to renew: nobody vouches for it either, but time counts first.
    pub fn expired(&self, host: &str) -> Arc<CertificateStore> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let folder = self.folder.path().join(format!("expired.{host}"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("own.crt"), certificate.pem()).unwrap();
        std::fs::write(folder.join("own.key"), key.serialize_pem()).unwrap();
        Arc::new(CertificateStore::open(&folder).unwrap())
    }

    pub fn roots(&self) -> PathBuf {
        self.authority.certificate_file()
    }
}

/// A running server with one user.
pub struct Site {
    pub server: MailboxServer,
    pub data: TempDir,
    _names: Option<DnsServer>,
}

impl Site {
    /// The server of alice@example.test. `settings` are further lines of its file; its name
    /// server is asked for the zone.
    pub async fn sender(zone: Zone, trust: &Trust, settings: &str) -> Self {
        let names = zone.serve().await.unwrap();
        let settings = format!(
            "{settings}\n[tls]\ntrusted_roots = \"{}\"\n[resolver]\nserver = \"{}\"\n\
             allow_loopback = true\n",
            trust.roots().display(),
            names.address()
        );
        let site = Site::start("mbx.example.test", own_address(), ALICE, &settings).await;
        Site { _names: Some(names), ..site }
    }

    /// The server of bob@there.test at this address, with a certificate of that name.
    pub async fn receiver(address: IpAddr, name: &str, trust: &Trust) -> Self {
        let settings = format!("[tls]\ndirectory = \"{}\"\n", trust.folder_of(name).display());
        Site::start(name, address, BOB, &settings).await
    }

    async fn start(name: &str, address: IpAddr, user: &str, settings: &str) -> Self {
        let (data, user) = (tempfile::tempdir().unwrap(), Address::parse(user).unwrap());
        let text = format!(
            "server_name = \"{name}\"\ndomains = [\"{}\"]\nport_offset = {PORT_OFFSET}\n\
             addresses = [\"{address}\"]\ndata_directory = \"{}\"\n{settings}",
            user.domain.as_str(),
            data.path().display(),
        );
        let settings: Settings = toml::from_str(&text).unwrap();
        settings.validate().unwrap();
        let short = settings.short_name();
        let server = MailboxServer::start(settings).await.unwrap();
        let new = NewMailbox::user(user, &short, MAILBOX_DATABASE);
        server.storage().directory.create_mailbox(new).await.unwrap();
        Site { server, data, _names: None }
    }

    /// A message of alice's to bob with this subject.
    pub async fn send(&self, subject: &str) {
        self.submit(subject, Envelope::new(from(ALICE), [Address::parse(BOB).unwrap()])).await;
    }

    /// The same with REQUIRETLS.
    pub async fn send_protected(&self, subject: &str) {
        let envelope = Envelope::new(from(ALICE), [Address::parse(BOB).unwrap()]);
        self.submit(subject, Envelope { require_tls: true, ..envelope }).await;
    }

    pub async fn submit(&self, subject: &str, envelope: Envelope) {
        let transport = self.server.transport();
        let text = format!("From: {ALICE}\r\nSubject: {subject}\r\n\r\nThe secret text.\r\n");
        let content = transport.content(text.into_bytes()).await.unwrap();
        let origin = Origin::own(Source::Smtp);
        let (id, network_id) = (transport.next_id(), NetworkMessageId::generate());
        let submission = Submission { id, network_id, envelope, origin, content };
        transport.submit(submission).await.unwrap();
    }

    /// The first message of the user's Inbox that has the text, once it is there.
    pub async fn received(&self, user: &str, text: &str) -> String {
        let found = async {
            loop {
                let inbox = self.inbox(user).await;
                match inbox.into_iter().find(|message| message.contains(text)) {
                    Some(message) => return message,
                    None => pause().await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {text}"))
    }

    async fn inbox(&self, user: &str) -> Vec<String> {
        let snapshot = self.server.storage().directory.snapshot();
        let recipient = snapshot.by_address(&Address::parse(user).unwrap()).unwrap();
        let number = MailboxNumber::new(recipient.mailbox().unwrap().location.number);
        let database = self.server.storage().mailboxes.clone();
        let read = |view: &mailbox::View<'_>| {
            let mut contents = Vec::new();
            view.entries(view.special(Special::Inbox)?.id, &UidSet::all(), &mut |entry| {
                contents.push(entry.content);
                ControlFlow::Continue(())
            })?;
            let text = |number| view.message(&view.content(number)?);
            contents.into_iter().map(text).collect::<Result<Vec<_>, _>>()
        };
        // Until its first message there is no mailbox.
        let found = Mailbox::open(database, number, Access::System).read(read).await;
        let messages = found.unwrap_or_default();
        messages.into_iter().map(|message| String::from_utf8(message).unwrap()).collect()
    }

    /// The queue to there.test.
    pub async fn queue(&self) -> QueueInfo {
        self.server.transport().queues().await.unwrap().remove(0)
    }

    /// Lets the server end, so that logs are whole, and reads one.
    pub async fn stop_and_read(self, folder: &str, prefix: &str) -> String {
        let [log] = self.stop_and_read_all([(folder, prefix)]).await;
        log
    }

    /// The same with several logs, each a folder and how its files begin.
    pub async fn stop_and_read_all<const N: usize>(self, logs: [(&str, &str); N]) -> [String; N] {
        self.server.stop().await;
        let data = self.data.path();
        logs.map(|(folder, prefix)| read_log(&data.join("logs").join(folder), prefix))
    }

    /// Why the queued message with this subject waits, once there is a reason.
    pub async fn waits_because(&self, subject: &str) -> Reply {
        let found = async {
            loop {
                match self.last_error(subject).await {
                    Some(reply) => return reply,
                    None => pause().await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{subject}"))
    }

    async fn last_error(&self, subject: &str) -> Option<Reply> {
        let transport = self.server.transport();
        for queue in transport.queues().await.unwrap() {
            let messages = transport.messages(queue.number, None).await.unwrap().messages;
            if let Some(message) = messages.into_iter().find(|message| message.subject == subject) {
                return message.last_error.or(queue.view.last_error);
            }
        }
        None
    }
}

fn read_log(folder: &Path, prefix: &str) -> String {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_log = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
    let mut files: Vec<_> = names.filter(is_log).collect();
    files.sort();
    files.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A Send connector by MX records to the port of these tests, with further properties.
pub fn by_mx(properties: &str) -> String {
    format!(
        "[[SendConnector]]\nName = \"Out\"\nAddressSpaces = [\"*\"]\nPort = {PORT}\n\
         {properties}\n"
    )
}

/// Hosts that there.test prefers in this order.
pub fn zone(hosts: &[(&str, IpAddr)]) -> Zone {
    let mut zone = Zone::new();
    for (at, (host, address)) in hosts.iter().enumerate() {
        let preference = u16::try_from(at).unwrap();
        zone = zone.mx("there.test", preference, host).a(host, &address.to_string());
    }
    zone
}

pub fn from(address: &str) -> ReversePath {
    ReversePath::Address(Address::parse(address).unwrap())
}

/// Waits until the condition holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            pause().await;
        }
    };
    tokio::time::timeout(PATIENCE, holds).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}
