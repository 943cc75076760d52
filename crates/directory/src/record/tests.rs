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
    let group = Group {
        members: vec![RecipientId([5; 16])],
        authenticated_senders_only: false,
        managed_by: vec![RecipientId([6; 16])],
        reports: GroupReports::Manager,
        automatic_replies: true,
    };
    [
        Kind::UserMailbox(account(), mailbox()),
        Kind::SharedMailbox(mailbox()),
        Kind::MailContact(address("x@elsewhere.test")),
        Kind::MailUser(Account::default(), address("y@elsewhere.test")),
        Kind::Group(group),
        Kind::RoomMailbox(mailbox()),
        Kind::EquipmentMailbox(mailbox()),
        Kind::DynamicGroup(Group::default(), RecipientFilter::parse("City -eq 'Bern'").unwrap()),
        Kind::User(account()),
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
        hidden_from_address_lists: true,
        restrictions: Restrictions {
            max_receive_octets: Some(1 << 20),
            accept_only_from: vec![RecipientId([7; 16])],
            reject_from: vec![RecipientId([8; 16])],
        },
        attributes: {
            let mut attributes = Attributes::default();
            attributes.set("Department", "Sales");
            attributes.set("CustomAttribute15", "x");
            attributes
        },
        manager: Some(RecipientId([4; 16])),
        email_address_policy_enabled: true,
        throttling_policy: Some("Machines".to_owned()),
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
        assert_eq!(Recipient::decode(5, &encoded(&recipient)), Ok(recipient));
    }
}

#[test]
fn rows_of_older_versions_are_read() {
    let is_new = |kind: &Kind| matches!(kind, Kind::DynamicGroup(..) | Kind::User(_));
    for mut recipient in recipients().into_iter().filter(|recipient| !is_new(&recipient.kind)) {
        recipient.throttling_policy = None;
        let row = encoded(&recipient);
        assert_eq!(Recipient::decode(4, &row[..row.len() - 1]), Ok(recipient.clone()));
        recipient.attributes = Attributes::default();
        (recipient.manager, recipient.email_address_policy_enabled) = (None, false);
        let row = encoded(&recipient);
        assert_eq!(Recipient::decode(3, &row[..row.len() - 4]), Ok(recipient.clone()));
        recipient.hidden_from_address_lists = false;
        recipient.restrictions = Restrictions::default();
        let added = recipient.group_mut().map_or(4, |group| {
            (group.managed_by, group.reports) = (Vec::new(), GroupReports::Originator);
            group.automatic_replies = false;
            6
        });
        let row = encoded(&recipient);
        assert_eq!(Recipient::decode(2, &row[..row.len() - added - 4]), Ok(recipient.clone()));
        let before = recipient.mailbox_mut().map_or(0, |mailbox| {
            mailbox.use_database_quota_defaults = false;
            mailbox.recoverable_items = RecoverableItems::default();
            5
        });
        let row = encoded(&recipient);
        assert_eq!(Recipient::decode(1, &row[..row.len() - added - before - 4]), Ok(recipient));
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
            assert!(Recipient::decode(5, &whole[..cut]).is_err(), "{cut}");
        }
        assert!(Recipient::decode(5, &[&whole[..], &[0]].concat()).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(octets: Vec<u8>) {
        for version in 1..=5 {
            let _ = Recipient::decode(version, &octets);
        }
        let _ = AcceptedDomain::decode(1, &octets);
        let _ = Settings::decode(1, &octets);
    }
}
