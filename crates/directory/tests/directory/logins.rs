//! The forms of user names.

use directory::{DomainKind, NewContact, NewMailUser, Opens};

use crate::support::*;

#[tokio::test]
async fn every_form() {
    let directory = empty().await;
    directory.add_domain(domain("corp.example", DomainKind::Authoritative)).await.unwrap();
    for new in [mailbox("alice@here.test"), mailbox("bob@corp.example"), shared("sales@here.test")]
    {
        directory.create_mailbox(new).await.unwrap();
    }
    directory.create_mailbox(mailbox("alice/sales@corp.example")).await.unwrap_err();
    let target = address("ursula@there.test");
    let contact = NewContact {
        policies: None,
        primary: target.clone(),
        alias: None,
        display_name: "Ursula".into(),
        target,
    };
    directory.create_mail_user(NewMailUser { contact, password: None }).await.unwrap();
    let snapshot = directory.snapshot();
    for (user, expected) in [
        ("alice@here.test", Some("alice own")),
        ("ALICE@HERE.TEST", Some("alice own")),
        ("alice", Some("alice own")),
        ("Alice", Some("alice own")),
        ("here.test\\alice", Some("alice own")),
        ("HERE\\alice", Some("alice own")),
        ("CORP\\bob", Some("bob own")),
        ("THERE\\alice", None),
        ("\\alice", None),
        ("ursula@there.test", Some("ursula own")),
        ("alice@here.test/sales", Some("alice sales")),
        ("alice@here.test/sales@here.test", Some("alice sales")),
        ("alice/sales", Some("alice sales")),
        ("HERE/alice/sales", Some("alice sales")),
        ("HERE\\alice\\sales", Some("alice sales")),
        ("HERE\\alice/bob@corp.example", Some("alice bob")),
        ("alice/nobody", Some("alice nothing")),
        ("alice/ursula", Some("alice nothing")),
        ("alice/", Some("alice nothing")),
        ("sales@here.test", None),
        ("sales/alice", None),
        ("nobody", None),
        ("nobody/sales", None),
        ("", None),
        ("/", None),
        ("a/b/c/d", None),
    ] {
        let found = snapshot.by_login(user).map(|login| match login.opens {
            Opens::Own => format!("{} own", login.account.alias),
            Opens::Other(owner) => format!("{} {}", login.account.alias, owner.alias),
            Opens::Nothing => format!("{} nothing", login.account.alias),
        });
        assert_eq!(found.as_deref(), expected, "{user}");
    }
}
