//! One user with one mailbox in memory.

use std::sync::Arc;
use std::time::Duration;

use auth::{
    Attempt, AuthFailure, Authenticator, ClientInfo, Evidence, Mechanism, Password, Principal,
    RecipientId, ScramSecret, UserSessions, Verification,
};
use mailbox::{Access, FindHome, Guid, Home, Homes, Mailbox, MailboxNumber, NewItem, Special};
use pop3::Server;
use store::{Database, Options};
use types::LoginType;

pub const ALICE: Guid = Guid([7; 16]);

/// Knows one user and one password.
pub struct Alice;

impl Authenticator for Alice {
    fn verify(&self, attempt: Attempt, _: ClientInfo) -> Verification<'_> {
        let right = Evidence::Password(Password::new("secret").unwrap());
        let known = attempt.user == "alice@example.test" && attempt.evidence == right;
        let principal = Principal {
            recipient: RecipientId(ALICE.0),
            mailbox: RecipientId(ALICE.0),
            login: attempt.user,
            primary: "alice@example.test".parse().unwrap(),
            mechanism: attempt.mechanism,
            administrator: false,
        };
        let verdict = if known { Ok(principal) } else { Err(AuthFailure::Credentials) };
        Box::pin(async move { verdict })
    }

    fn scram_secret(&self, user: &str) -> ScramSecret {
        ScramSecret::fake(b"tests", user)
    }

    fn offers(&self, _: Mechanism) -> bool {
        true
    }
}

struct OneMailbox(Mailbox);

impl Homes for OneMailbox {
    fn home(&self, _: Guid, _: Guid) -> FindHome<'_> {
        Box::pin(async { Ok(Home::Local(self.0.clone())) })
    }
}

/// A server for alice's mailbox.
pub struct Fixture {
    pub mailbox: Mailbox,
    pub server: Arc<Server>,
}

impl Fixture {
    /// One with these messages in the Inbox.
    pub async fn new(messages: &[&str]) -> Fixture {
        let open = tokio::task::spawn_blocking(|| Database::open(Options::memory()));
        let database = open.await.unwrap().unwrap();
        let number = MailboxNumber::new(1);
        Mailbox::create(&database, number, ALICE).await.unwrap();
        let mailbox = Mailbox::open(database, number, Access::Owner(ALICE));
        for text in messages {
            append(&mailbox, text).await;
        }
        let server = Server {
            authenticator: Arc::new(Alice),
            homes: Arc::new(OneMailbox(mailbox.clone())),
            sessions: UserSessions::new(16),
            tls: None,
            login_type: LoginType::PlainTextLogin,
            pre_authentication_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
        };
        Fixture { mailbox, server: Arc::new(server) }
    }
}

/// Puts a message into the Inbox.
pub async fn append(mailbox: &Mailbox, text: &str) {
    let bytes = text.as_bytes().to_vec();
    let item = NewItem {
        summary: content::derive(&bytes).encode().into(),
        prefix: Vec::new(),
        flags: Default::default(),
        keywords: Default::default(),
        received: None,
        zone_minutes: 0,
    };
    let staged = mailbox.stage(bytes).await.unwrap();
    mailbox
        .write(move |change| {
            let inbox = change.special_id(Special::Inbox);
            change.append(inbox, &staged, &item)
        })
        .await
        .unwrap();
}
