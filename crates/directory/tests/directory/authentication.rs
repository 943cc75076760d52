//! Logging in against the directory.

use std::sync::Arc;

use auth::{
    Attempt, AuthFailure, Authenticator, ChannelBinding, Client, ClientInfo, Dialogue, Mechanism,
    Principal, Protocol, Turn,
};
use directory::{Directory, NewContact, NewMailUser, Recipient, RecipientId, Vouched};

use crate::support::*;

const HERE: &str = "192.0.2.1";

struct World {
    directory: Directory,
    alice: RecipientId,
    bob: RecipientId,
    sales: RecipientId,
}

/// Alice administers and may open sales; Bob is Bob.
async fn world() -> World {
    let directory = empty().await;
    let alice = with_password("alice@here.test", "wonderland", true);
    let alice = directory.create_mailbox(alice).await.unwrap();
    let bob = with_password("bob@here.test", "builder", false);
    let bob = directory.create_mailbox(bob).await.unwrap();
    let sales = directory.create_mailbox(shared("sales@here.test")).await.unwrap();
    open_to(&directory, sales, alice).await;
    World { directory, alice, bob, sales }
}

fn client(protocol: Protocol) -> ClientInfo {
    ClientInfo { ip: HERE.parse().unwrap(), protocol }
}

async fn login(
    directory: &Directory,
    (authzid, user, text): (&str, &str, &str),
    protocol: Protocol,
) -> Result<Principal, AuthFailure> {
    let attempt = Attempt::password(Mechanism::Plain, authzid, user, text).unwrap();
    directory.verify(attempt, client(protocol)).await
}

#[tokio::test]
async fn who_gets_in_and_to_which_mailbox() {
    let World { directory, alice, bob, sales } = world().await;
    let wrong = Err(AuthFailure::Credentials);
    let no_access = Err(AuthFailure::MailboxAccess);
    for (attempt, expected) in [
        (("", "alice@here.test", "wonderland"), Ok((alice, alice))),
        (("", "HERE\\alice", "wonderland"), Ok((alice, alice))),
        (("", "alice", "Wonderland"), wrong),
        (("", "nobody", "wonderland"), wrong),
        (("", "sales", "wonderland"), wrong),
        (("", "alice/sales", "wonderland"), Ok((alice, sales))),
        (("sales", "alice", "wonderland"), Ok((alice, sales))),
        (("alice", "alice@here.test", "wonderland"), Ok((alice, alice))),
        (("", "alice/sales", "wrong"), wrong),
        (("", "bob", "builder"), Ok((bob, bob))),
        (("", "bob/sales", "builder"), no_access),
        (("alice", "bob", "builder"), no_access),
        (("", "alice/nobody", "wonderland"), no_access),
    ] {
        let found = login(&directory, attempt, Protocol::Imap4).await;
        let found = found.map(|principal| (principal.recipient, principal.mailbox));
        assert_eq!(found, expected, "{attempt:?}");
    }
}

#[tokio::test]
async fn services_switched_off() {
    let World { directory, bob, .. } = world().await;
    let off = |recipient: &mut Recipient| recipient.account_mut().unwrap().protocols.pop = false;
    directory.update(bob, off).await.unwrap();
    for (protocol, text, expected) in [
        (Protocol::Imap4, "builder", None),
        (Protocol::Smtp, "builder", None),
        (Protocol::Pop3, "builder", Some(AuthFailure::ProtocolDisabled(Protocol::Pop3))),
        (Protocol::Pop3, "wrong", Some(AuthFailure::Credentials)),
        (Protocol::Admin, "builder", Some(AuthFailure::ProtocolDisabled(Protocol::Admin))),
    ] {
        let found = login(&directory, ("", "bob", text), protocol).await.err();
        assert_eq!(found, expected, "{protocol} {text}");
    }
    let alice = login(&directory, ("", "alice", "wonderland"), Protocol::Admin).await.unwrap();
    assert!(alice.administrator);
}

#[tokio::test]
async fn another_server_vouches_for_credentials_and_nothing_else() {
    let World { directory, alice, bob, sales } = world().await;
    let off = |recipient: &mut Recipient| recipient.account_mut().unwrap().protocols.pop = false;
    directory.update(bob, off).await.unwrap();
    let no_access = Err(AuthFailure::MailboxAccess);
    for (account, mailbox, protocol, expected) in [
        ("alice@here.test", "alice@here.test", Protocol::Pop3, Ok((alice, alice))),
        ("alice@here.test", "sales@here.test", Protocol::Imap4, Ok((alice, sales))),
        ("bob@here.test", "bob@here.test", Protocol::Imap4, Ok((bob, bob))),
        (
            "bob@here.test",
            "bob@here.test",
            Protocol::Pop3,
            Err(AuthFailure::ProtocolDisabled(Protocol::Pop3)),
        ),
        ("bob@here.test", "sales@here.test", Protocol::Imap4, no_access),
        ("alice@here.test", "nobody@here.test", Protocol::Imap4, no_access),
        ("nobody@here.test", "nobody@here.test", Protocol::Imap4, no_access),
        (
            "sales@here.test",
            "sales@here.test",
            Protocol::Imap4,
            Err(AuthFailure::ProtocolDisabled(Protocol::Imap4)),
        ),
    ] {
        let vouched = Vouched {
            account: address(account),
            mailbox: address(mailbox),
            login: account.to_owned(),
            mechanism: Mechanism::Plain,
        };
        let found = directory.admit(vouched, protocol);
        let found = found.map(|principal| (principal.recipient, principal.mailbox));
        assert_eq!(found, expected, "{account} to {mailbox} by {protocol}");
    }
}

#[tokio::test]
async fn a_mail_user_submits_but_has_no_mailbox_to_read() {
    let World { directory, .. } = world().await;
    let primary = address("ursula@there.test");
    let contact = NewContact {
        policies: None,
        target: primary.clone(),
        primary,
        alias: None,
        display_name: String::new(),
    };
    let new = NewMailUser { contact, password: Some(password("sea")) };
    let ursula = directory.create_mail_user(new).await.unwrap();
    let attempt = ("", "ursula", "sea");
    let submitting = login(&directory, attempt, Protocol::Smtp).await.unwrap();
    assert_eq!(submitting.recipient, ursula);
    let reading = login(&directory, attempt, Protocol::Imap4).await;
    assert_eq!(reading, Err(AuthFailure::MailboxAccess));
}

#[tokio::test]
async fn a_new_password_counts_at_once() {
    let World { directory, alice, .. } = world().await;
    let imap = Protocol::Imap4;
    for _ in 0..2 {
        login(&directory, ("", "alice", "wonderland"), imap).await.unwrap();
    }
    directory.set_password(alice, password("looking-glass")).await.unwrap();
    let old = login(&directory, ("", "alice", "wonderland"), imap).await;
    assert_eq!(old, Err(AuthFailure::Credentials));
    login(&directory, ("", "alice", "looking-glass"), imap).await.unwrap();
    directory.remove(alice).await.unwrap();
    let gone = login(&directory, ("", "alice", "looking-glass"), imap).await;
    assert_eq!(gone, Err(AuthFailure::Credentials));
}

#[tokio::test]
async fn all_spellings_of_a_name_are_one_account_to_guess_at() {
    let World { directory, .. } = world().await;
    let names = ["alice", "ALICE", "alice@here.test", "HERE\\alice", "alice/sales"];
    for user in names {
        let guess = login(&directory, ("", user, "guess"), Protocol::Imap4).await;
        assert_eq!(guess, Err(AuthFailure::Credentials));
    }
    let right = login(&directory, ("", "alice", "wonderland"), Protocol::Imap4).await;
    assert!(matches!(right, Err(AuthFailure::Throttled { .. })), "{right:?}");
}

async fn dialogue(directory: &Directory, mechanism: Mechanism, first: &[u8]) -> Turn {
    let directory: Arc<dyn Authenticator> = Arc::new(directory.clone());
    let client = client(Protocol::Smtp);
    let mut dialogue = Dialogue::new(mechanism, ChannelBinding::Absent, directory, client).unwrap();
    dialogue.open(Some(first)).await
}

#[tokio::test]
async fn a_dialogue_ends_in_a_principal_or_a_failure() {
    let World { directory, bob, .. } = world().await;
    match dialogue(&directory, Mechanism::Plain, b"\0bob\0builder").await {
        Turn::Done(principal) => assert_eq!(principal.recipient, bob),
        other => panic!("{other:?}"),
    }
    let wrong = dialogue(&directory, Mechanism::Plain, b"\0bob\0wrong").await;
    assert_eq!(wrong, Turn::Failed(AuthFailure::Credentials));
}

/// The last turn of a whole exchange, and whether the client believes the server.
async fn whole(directory: &Directory, mechanism: Mechanism, text: &str) -> (Turn, bool) {
    let binding = match mechanism.needs_channel_binding() {
        true => ChannelBinding::TlsExporter(vec![5; 32]),
        false => ChannelBinding::Absent,
    };
    let authenticator: Arc<dyn Authenticator> = Arc::new(directory.clone());
    let info = client(Protocol::Imap4);
    let mut dialogue = Dialogue::new(mechanism, binding.clone(), authenticator, info).unwrap();
    let mut client = Client::new(mechanism, binding, "bob", text).unwrap();
    let mut turn = dialogue.open(client.initial().as_deref()).await;
    while let Turn::Challenge(challenge) = turn {
        turn = dialogue.respond(&client.respond(&challenge).unwrap()).await;
    }
    (turn, client.is_finished())
}

#[tokio::test]
async fn every_mechanism_logs_in_with_the_right_password_only() {
    let World { directory, bob, .. } = world().await;
    for mechanism in Mechanism::ALL {
        match whole(&directory, mechanism, "builder").await {
            (Turn::Done(principal), true) => {
                assert_eq!((principal.recipient, principal.mechanism), (bob, mechanism));
            }
            other => panic!("{mechanism}: {other:?}"),
        }
        let (wrong, _) = whole(&directory, mechanism, "wrong").await;
        assert_eq!(wrong, Turn::Failed(AuthFailure::Credentials), "{mechanism}");
    }
}

/// Salt and rounds of the first challenge.
async fn salt(directory: &Directory, user: &str) -> String {
    let first = format!("n,,n={user},r=abcdef");
    match dialogue(directory, Mechanism::ScramSha256, first.as_bytes()).await {
        Turn::Challenge(octets) => {
            let text = String::from_utf8(octets).unwrap();
            text.split_once(",s=").unwrap().1.to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn scram_challenges_do_not_tell_who_exists() {
    let World { directory, .. } = world().await;
    for user in ["alice", "nobody", "sales"] {
        let expected = salt(&directory, user).await;
        let (upper, address) = (user.to_uppercase(), format!("{user}@here.test"));
        let (domain, delegate) = (format!("HERE\\{user}"), format!("{user}@here.test/bob"));
        for spelling in [&upper, &address, &domain, &delegate] {
            assert_eq!(salt(&directory, spelling).await, expected, "{spelling}");
        }
    }
    let (known, unknown) = (salt(&directory, "alice").await, salt(&directory, "nobody").await);
    assert_ne!(known, unknown);
    let shape = |text: &str| (text.len(), text.split_once(",i=").unwrap().1.to_owned());
    assert_eq!(shape(&known), shape(&unknown));
}
