//! Our signatures, checked by the library's verifier with keys from memory instead of DNS.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use mail_auth::common::cache::NoCache;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, MX, MessageAuthenticator, Parameters, RecordSet,
    ResolverCache, Txt,
};
use transport::dkim::{Algorithm, SelectorKey, Signers};
use types::Domain;

const MESSAGE: &[u8] = b"From: Alice <alice@mail.example.test>\r\nTo: bob@far.test\r\n\
    Subject:  two  blanks\r\nReceived: x\r\n\r\nbody  \r\n\r\n\r\n";

/// TXT records in memory.
#[derive(Default)]
struct Records(Mutex<HashMap<Box<str>, Txt>>);

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, key: Box<str>, value: Txt, _: Instant) {
        self.0.lock().unwrap().insert(key, value);
    }
}

fn signers(records: &Records) -> Signers {
    let domain = Domain::parse("example.test").unwrap();
    let mut signers = Signers::default();
    for (selector, algorithm) in [("r1", Algorithm::Rsa), ("e1", Algorithm::Ed25519)] {
        let key = SelectorKey::generate(selector, algorithm).unwrap();
        let (name, record) = key.txt_record(&domain).unwrap();
        let record = DomainKey::parse(record.as_bytes()).unwrap();
        records.insert(name.into(), Txt::DomainKey(Arc::new(record)), Instant::now());
        signers.add(&domain, &key).unwrap();
    }
    signers
}

async fn verdicts(records: &Records, message: &[u8]) -> Vec<DkimResult> {
    let message = AuthenticatedMessage::parse(message).unwrap();
    let parameters = Parameters {
        params: &message,
        cache_txt: Some(records),
        cache_mx: None::<&NoCache<Box<str>, RecordSet<MX>>>,
        cache_ptr: None::<&NoCache<IpAddr, RecordSet<Box<str>>>>,
        cache_ipv4: None::<&NoCache<Box<str>, RecordSet<Ipv4Addr>>>,
        cache_ipv6: None::<&NoCache<Box<str>, RecordSet<Ipv6Addr>>>,
    };
    let verifier = MessageAuthenticator::new_cloudflare().unwrap();
    let outputs = verifier.verify_dkim(parameters).await;
    outputs.iter().map(|output| output.result().clone()).collect()
}

#[tokio::test]
async fn both_signatures_verify_and_notice_changes() {
    let records = Records::default();
    let signers = signers(&records);
    let fields = signers.sign(MESSAGE).unwrap();
    let text = String::from_utf8(fields.clone()).unwrap();
    assert_eq!(text.matches("DKIM-Signature:").count(), 2);
    assert!(text.contains("d=example.test"), "the parent domain's key: {text}");
    assert!(!text.to_lowercase().contains("received"), "{text}");

    let signed = [&fields[..], MESSAGE].concat();
    assert_eq!(verdicts(&records, &signed).await, [DkimResult::Pass, DkimResult::Pass]);
    let reformatted =
        String::from_utf8(signed.clone()).unwrap().replace("two  blanks", "two blanks");
    assert_eq!(
        verdicts(&records, reformatted.as_bytes()).await,
        [DkimResult::Pass, DkimResult::Pass]
    );
    for (from, to) in [
        ("body", "bodY"),
        ("To: bob@far.test\r\n", "To: eve@far.test\r\n"),
        ("Received: x\r\n", "Received: x\r\nSubject: second\r\n"),
        ("Received: x\r\n", "Cc: added@far.test\r\n"),
    ] {
        let changed = String::from_utf8(signed.clone()).unwrap().replace(from, to);
        let verdicts = verdicts(&records, changed.as_bytes()).await;
        assert!(
            verdicts.iter().all(|verdict| *verdict != DkimResult::Pass),
            "{from} -> {to}: {verdicts:?}"
        );
    }
}

#[tokio::test]
async fn signing_in_pieces_is_signing() {
    let records = Records::default();
    let signers = signers(&records);
    for size in [1, 7, 64] {
        let mut signing = signers.begin(MESSAGE).unwrap();
        MESSAGE.chunks(size).for_each(|chunk| signing.write(chunk));
        let signed = [&signing.finish().unwrap()[..], MESSAGE].concat();
        assert_eq!(
            verdicts(&records, &signed).await,
            [DkimResult::Pass, DkimResult::Pass],
            "{size}"
        );
    }
}

#[test]
fn foreign_authors_are_not_signed_for() {
    let signers = signers(&Records::default());
    for from in ["bob@far.test", "bob@notexample.test", "nobody", ""] {
        let message = format!("From: {from}\r\n\r\nx\r\n");
        assert_eq!(signers.sign(message.as_bytes()).unwrap(), b"", "{from}");
    }
}
