#![allow(clippy::unwrap_used)]
//! Rows come back as they were written; damaged ones are found out.

use auth::{HashCost, Password};
use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn account() -> Account {
    let password = Password::new("secret").unwrap();
    Account {
        credentials: Some(Credentials {
            password: PasswordHash::new(&password, HashCost::LEAST).unwrap(),
            scram: ScramSecret::derive(&password, [3; 16], 4096),
        }),
        administrator: true,
        protocols: AccountProtocols { imap: true, pop: false, smtp: true },
        imap_capabilities_hidden: vec!["CONDSTORE".to_owned()],
    }
}

fn mailbox() -> Mailbox {
    let location = MailboxLocation { server: "ex1".into(), database: "DB 1".into(), number: 7 };
    let to = ForwardTo::Address(address("a@elsewhere.test"));
    Mailbox {
        location,
        quotas: Quotas {
            warn: Some(1),
            prohibit_send: None,
            prohibit_send_receive: Some(u64::MAX),
        },
        forwarding: Some(Forwarding { to, keep_copy: true }),
        full_access: vec![RecipientId([9; 16])],
        use_database_quota_defaults: true,
        recoverable_items: RecoverableItems {
            warn: Some(2),
            quota: None,
            retention_secs: Some(86_400),
            single_item_recovery: true,
        },
    }
}

fn recipients() -> Vec<Recipient> {
    let group = Group { members: vec![RecipientId([5; 16])], authenticated_senders_only: false };
    [
        Kind::UserMailbox(account(), mailbox()),
        Kind::SharedMailbox(mailbox()),
        Kind::MailContact(address("x@elsewhere.test")),
        Kind::MailUser(Account::default(), address("y@elsewhere.test")),
        Kind::Group(group),
    ]
    .into_iter()
    .map(|kind| Recipient {
        id: RecipientId([1; 16]),
        changed: ChangeNumber(1 << 40),
        alias: "alice".into(),
        display_name: "Alice Ängström".into(),
        primary: address("\"al ice\"@example.test"),
        proxies: vec![
            ProxyAddress::Smtp(address("é@例え.test")),
            ProxyAddress::X500("/o=Old/cn=alice".into()),
        ],
        send_as: vec![RecipientId([2; 16])],
        send_on_behalf: vec![],
        kind,
    })
    .collect()
}

fn encoded<T: Record>(record: &T) -> Vec<u8> {
    let mut out = Vec::new();
    record.encode(&mut out);
    out
}

#[test]
fn recipients_of_all_kinds_come_back() {
    for recipient in recipients() {
        assert_eq!(Recipient::decode(2, &encoded(&recipient)), Ok(recipient));
    }
}

#[test]
fn mailboxes_of_the_first_version_keep_their_quotas() {
    for mut recipient in recipients() {
        let added = recipient.mailbox_mut().map_or(0, |mailbox| {
            mailbox.use_database_quota_defaults = false;
            mailbox.recoverable_items = RecoverableItems::default();
            5
        });
        let row = encoded(&recipient);
        let first = &row[..row.len() - added];
        assert_eq!(Recipient::decode(1, first), Ok(recipient));
    }
}

#[test]
fn domains_and_settings_come_back() {
    for kind in [DomainKind::Authoritative, DomainKind::InternalRelay, DomainKind::ExternalRelay] {
        let name = Domain::parse("例え.test").unwrap();
        let catch_all = Some(RecipientId([4; 16]));
        let domain = AcceptedDomain { name, kind, match_sub_domains: true, catch_all };
        assert_eq!(AcceptedDomain::decode(1, &encoded(&domain)), Ok(domain));
    }
    let settings =
        Settings { postmaster: Some(RecipientId([6; 16])), ..Settings::fresh().unwrap() };
    assert_eq!(Settings::decode(1, &encoded(&settings)), Ok(settings));
}

#[test]
fn cut_and_lengthened_rows_are_found_out() {
    for recipient in recipients() {
        let whole = encoded(&recipient);
        for cut in 0..whole.len() {
            assert!(Recipient::decode(2, &whole[..cut]).is_err(), "{cut}");
        }
        assert!(Recipient::decode(2, &[&whole[..], &[0]].concat()).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(octets: Vec<u8>) {
        let _ = Recipient::decode(2, &octets);
        let _ = AcceptedDomain::decode(1, &octets);
        let _ = Settings::decode(1, &octets);
    }
}
