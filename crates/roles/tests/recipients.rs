//! What verbs of recipients do to mail: on a running server, whose administration socket is
//! asked, and on the data of a stopped one.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use admin::api::{Client as Socket, SOCKET_NAME};
use admin::shell::{Executor, Line};
use admin::verb::{Call, Caller, Reply, invoke};
use admin::{AdminError, Console};
use config::Settings;
use config::settings::{ClientAccess, LoginType};
use net::connect::Rules;
use net::{Connector, LineStream, Purpose};
use ports::Listener;
use ports::listeners::{DEFAULT_FRONTEND, IMAP4};
use roles::MailboxServer;
use roles::organization::Stopped;
use tokio::time::Instant;

const PASSWORD: &str = "wonderland";
/// Longest wait for an answer; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LINE_OCTETS_MAX: usize = 8192;

/// Asks a running server.
struct Running(PathBuf);

impl Executor for Running {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        let socket = Socket::connect(&self.0).await.unwrap().unwrap();
        Ok(socket.execute(call).await?)
    }
}

/// Works on the data of a stopped one.
struct Data(Stopped);

impl Executor for Data {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        let caller = Caller::Local { user: "root".to_owned() };
        Ok(invoke(self.0.organization(), &caller, call).await?)
    }
}

/// Runs verbs, one a line; what the last one prints.
async fn verbs(executor: &impl Executor, lines: &str) -> String {
    let mut output = Vec::new();
    for line in lines.lines() {
        let words = line.split_whitespace().map(str::to_owned).collect();
        let mut notices = Vec::new();
        output.clear();
        let mut console = Console { output: &mut output, notices: &mut notices };
        Line::parse(words).unwrap().run(executor, &mut console).await.unwrap();
    }
    String::from_utf8(output).unwrap()
}

struct Site {
    data: tempfile::TempDir,
    settings: Settings,
    server: MailboxServer,
}

impl Site {
    /// A server on a loopback address of its own, after these verbs.
    async fn new(lines: &str) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let [.., high, low] = std::process::id().to_be_bytes();
        let own = 130 + NEXT.fetch_add(1, Ordering::Relaxed);
        let address: IpAddr = Ipv4Addr::new(127, own, high, low).into();
        let data = tempfile::tempdir().unwrap();
        let settings = settings(data.path(), address);
        let server = MailboxServer::start(settings.clone()).await.unwrap();
        let site = Site { data, settings, server };
        site.run(lines).await;
        site
    }

    async fn run(&self, lines: &str) -> String {
        verbs(&Running(self.data.path().join(SOCKET_NAME)), lines).await
    }

    /// Stops the server, does something to its data, starts it again.
    async fn while_stopped(self, lines: &str) -> Self {
        let Site { data, settings, server } = self;
        server.stop().await;
        let stopped = Data(Stopped::open(&settings).await.unwrap());
        verbs(&stopped, lines).await;
        stopped.0.close().await;
        drop(stopped);
        let server = MailboxServer::start(settings.clone()).await.unwrap();
        Site { data, settings, server }
    }

    /// The answer to RCPT from a stranger, and to the end of the message if it was taken.
    async fn mail(&self, from: &str, to: &str) -> String {
        let mut smtp = Client::connect(&self.server, &DEFAULT_FRONTEND).await;
        smtp.smtp("EHLO far.test").await;
        smtp.smtp(&format!("MAIL FROM:<{from}> SIZE=5000")).await;
        let answer = smtp.smtp(&format!("RCPT TO:<{to}>")).await;
        if !answer.starts_with("250 ") {
            return answer;
        }
        smtp.smtp("DATA").await;
        smtp.smtp("Subject: s\r\n\r\nhello\r\n.").await
    }

    /// How many messages a user finds in the Inbox.
    async fn inbox(&self, user: &str) -> String {
        let mut imap = Client::connect(&self.server, &IMAP4).await;
        imap.ask(&format!("a LOGIN {user} {PASSWORD}"), &["a "]).await;
        imap.ask("b STATUS INBOX (MESSAGES)", &["* STATUS", "b "]).await
    }
}

fn settings(data: &Path, address: IpAddr) -> Settings {
    let login_type = LoginType::PlainTextLogin;
    let settings = Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        imap4: ClientAccess { enabled: true, login_type, ..ClientAccess::default() },
        ..Settings::default()
    };
    settings.validate().unwrap();
    settings
}

struct Client(LineStream);

impl Client {
    async fn connect(server: &MailboxServer, listener: &Listener) -> Self {
        let address = server.registry().addresses(listener)[0];
        let connector = Connector::new(Rules::default());
        let stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
        let mut client = Client(LineStream::new(stream));
        client.line().await;
        client
    }

    async fn line(&mut self) -> String {
        let line = self.0.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await.unwrap();
        String::from_utf8(line.to_vec()).unwrap()
    }

    /// Sends a line, and returns the answer's last one.
    async fn ask(&mut self, text: &str, last: &[&str]) -> String {
        self.0.put(format!("{text}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        loop {
            let line = self.line().await;
            if last.iter().any(|last| line.starts_with(last)) {
                return line;
            }
        }
    }

    async fn smtp(&mut self, text: &str) -> String {
        self.ask(text, &["250 ", "354 ", "4", "5"]).await
    }
}

/// `STATUS` of an Inbox with so many messages.
fn messages(count: usize) -> String {
    format!("* STATUS INBOX (MESSAGES {count})")
}

const PEOPLE: &str = "New-Mailbox alice -Password wonderland\nNew-Mailbox bob -Password wonderland\n\
    New-MailContact Frida -ExternalEmailAddress f@far.test\n\
    New-DistributionGroup staff -Members alice -Members bob\n\
    New-DistributionGroup all -Members staff -Members alice -RequireSenderAuthenticationEnabled $false";

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_groups_is_expanded_and_its_restrictions_hold() {
    let site = Site::new(PEOPLE).await;
    let closed = site.mail("f@far.test", "staff@example.test").await;
    assert!(closed.starts_with("550 5.7.1 RESOLVER.RST.AuthRequired"), "{closed}");
    site.run("Set-DistributionGroup staff -RequireSenderAuthenticationEnabled $false").await;
    assert!(site.mail("f@far.test", "all@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("alice").await, messages(1));
    assert_eq!(site.inbox("bob").await, messages(1));
    let only = "Set-DistributionGroup all -AcceptMessagesOnlyFromSendersOrMembers";
    site.run(&format!("{only} frida -AcceptMessagesOnlyFromSendersOrMembers alice")).await;
    let refused = "550 5.7.1 RESOLVER.RST.NotAuthorized";
    assert!(site.mail("g@far.test", "all@example.test").await.starts_with(refused));
    // Nobody has shown to be alice.
    assert!(site.mail("alice@example.test", "all@example.test").await.starts_with("550 5.7."));
    assert!(site.mail("f@far.test", "all@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("bob").await, messages(2));
    let site = site.while_stopped("Set-DistributionGroup all -MaxReceiveSize 4KB").await;
    let large = site.mail("f@far.test", "all@example.test").await;
    assert!(large.starts_with("550 5.2.3 "), "{large}");
    let open = "Set-DistributionGroup all -MaxReceiveSize Unlimited \
        -AcceptMessagesOnlyFromSendersOrMembers $null \
        -RejectMessagesFromSendersOrMembers frida";
    site.run(open).await;
    assert!(site.mail("f@far.test", "all@example.test").await.starts_with(refused));
    assert!(site.mail("g@far.test", "all@example.test").await.starts_with("250 2.6.0"));
    site.run("Remove-DistributionGroup all -Confirm:$false").await;
    assert!(site.mail("g@far.test", "all@example.test").await.starts_with("550 5.1.1 "));
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_does_not_take_the_mail_gets_none_and_the_others_do() {
    let site = Site::new(PEOPLE).await;
    site.run("Set-DistributionGroup staff -RequireSenderAuthenticationEnabled $false").await;
    site.run("Set-Mailbox bob -RejectMessagesFromSendersOrMembers frida").await;
    assert!(site.mail("f@far.test", "bob@example.test").await.starts_with("550 5.7.1 "));
    assert!(site.mail("f@far.test", "staff@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("alice").await, messages(1));
    assert_eq!(site.inbox("bob").await, messages(0));
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_follows_addresses_forwarding_and_types() {
    let site = Site::new(PEOPLE).await;
    site.run("Set-Mailbox alice -EmailAddresses @{Add=\"old@example.test\",\"X500:/o=Old/cn=a\"}")
        .await;
    assert!(site.mail("g@far.test", "old@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("alice").await, messages(1));
    let shown = site.run("Get-Recipient /o=Old/cn=a --json").await;
    assert!(shown.contains("alice@example.test"), "{shown}");
    site.run("Set-Mailbox alice -ForwardingAddress bob -DeliverToMailboxAndForward $true").await;
    site.mail("g@far.test", "alice@example.test").await;
    assert_eq!(site.inbox("alice").await, messages(2));
    assert_eq!(site.inbox("bob").await, messages(1));
    site.run("Set-Mailbox alice -Type Room").await;
    assert!(site.inbox("alice").await.starts_with("b BAD"), "nobody logs in to a room");
    assert!(site.mail("g@far.test", "alice@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("bob").await, messages(2));
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_open_mailboxes_and_folders() {
    let site = Site::new(PEOPLE).await;
    site.run("New-Mailbox sales -Shared").await;
    site.mail("g@far.test", "sales@example.test").await;
    assert!(site.inbox("bob@example.test/sales").await.starts_with("b BAD"));
    let grant = "Add-MailboxPermission sales -User staff -AccessRights FullAccess";
    let site = site.while_stopped(grant).await;
    assert_eq!(site.inbox("bob@example.test/sales").await, messages(1));
    site.run("Remove-MailboxPermission sales -User staff -AccessRights FullAccess").await;
    assert!(site.inbox("bob@example.test/sales").await.starts_with("b BAD"));
    site.mail("g@far.test", "alice@example.test").await;
    let mut imap = Client::connect(&site.server, &IMAP4).await;
    imap.ask(&format!("a LOGIN bob {PASSWORD}"), &["a "]).await;
    let examine = "b EXAMINE \"Other Users/alice@example.test/INBOX\"";
    assert!(imap.ask(examine, &["b "]).await.starts_with("b NO"));
    site.run("Add-MailboxFolderPermission alice:\\Inbox -User bob -AccessRights Reviewer").await;
    let examined = imap.ask(examine, &["b "]).await;
    assert!(examined.starts_with("b OK"), "{examined}");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamic_group_reaches_who_fulfils_its_filter_when_the_message_comes() {
    let site = Site::new(PEOPLE).await;
    let new = "New-DynamicDistributionGroup sales -IncludedRecipients MailboxUsers \
        -ConditionalDepartment Sales -RequireSenderAuthenticationEnabled $false";
    site.run(new).await;
    assert!(site.mail("g@far.test", "sales@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("bob").await, messages(0), "nobody is in it yet");
    site.run("Set-User bob -Department Sales").await;
    assert!(site.mail("g@far.test", "sales@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("bob").await, messages(1));
    assert_eq!(site.inbox("alice").await, messages(0));
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_mailbox_gets_no_mail_and_does_not_log_in_until_there_is_a_new_one() {
    let site = Site::new(PEOPLE).await;
    assert!(site.mail("g@far.test", "bob@example.test").await.starts_with("250 2.6.0"));
    site.run("Disable-Mailbox bob -Confirm:$false").await;
    assert!(site.mail("g@far.test", "bob@example.test").await.starts_with("550 5.1.1 "));
    assert!(site.inbox("bob").await.starts_with("b BAD"), "logged in");
    site.run("Set-DistributionGroup staff -RequireSenderAuthenticationEnabled $false").await;
    assert!(site.mail("g@far.test", "staff@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("alice").await, messages(1), "the other member has it");
    site.run("Enable-Mailbox bob").await;
    assert!(site.mail("g@far.test", "bob@example.test").await.starts_with("250 2.6.0"));
    assert_eq!(site.inbox("bob").await, messages(1), "the new mailbox was empty");
    site.server.stop().await;
}
