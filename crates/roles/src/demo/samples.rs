//! The sample mail: what a mail program should be able to show.
//!
//! The messages are files beside this one. In them `{domain}` stands for the users' domain
//! and `{date}` for the time of sending, some hours before the first start.

use std::time::Duration;

use types::{Address, Domain, Timestamp};

use super::DemoError;
use crate::date::rfc5322;

/// A message to be.
pub struct Sample {
    text: &'static str,
    from: &'static str,
    to: &'static [&'static str],
    age_hours: u64,
}

const EVERYBODY: &[&str] = &["alice", "bob", "carol"];

/// In the order of delivery, the oldest first. New ones go to the end: users of a directory
/// that exists have had the first ones already.
pub const SAMPLES: &[Sample] = &[
    Sample {
        text: include_str!("samples/welcome.eml"),
        from: "postmaster@{domain}",
        to: EVERYBODY,
        age_hours: 74,
    },
    Sample {
        text: include_str!("samples/newsletter.eml"),
        from: "bounces@gazette.example",
        to: &["alice", "bob"],
        age_hours: 51,
    },
    Sample {
        text: include_str!("samples/offsite_1.eml"),
        from: "bob@{domain}",
        to: &["alice", "carol"],
        age_hours: 29,
    },
    Sample {
        text: include_str!("samples/offsite_2.eml"),
        from: "carol@{domain}",
        to: &["alice", "bob"],
        age_hours: 27,
    },
    Sample {
        text: include_str!("samples/offsite_3.eml"),
        from: "alice@{domain}",
        to: &["bob", "carol"],
        age_hours: 26,
    },
    Sample {
        text: include_str!("samples/figures.eml"),
        from: "jo.weiss@supplier.example",
        to: &["alice"],
        age_hours: 8,
    },
    Sample {
        text: include_str!("samples/greetings.eml"),
        from: "sakura@xn--r8jz45g.example",
        to: EVERYBODY,
        age_hours: 5,
    },
    Sample {
        text: include_str!("samples/forwarded.eml"),
        from: "alice@{domain}",
        to: &["carol"],
        age_hours: 2,
    },
];

impl Sample {
    /// Who gets it.
    pub fn recipients(&self, domain: &Domain) -> impl Iterator<Item = Address> {
        self.to.iter().filter_map(move |local| Address::parse(&format!("{local}@{domain}")).ok())
    }

    /// The reverse path.
    pub(super) fn sender(&self, domain: &Domain) -> Result<Address, DemoError> {
        let text = self.from.replace("{domain}", &domain.to_ascii());
        Address::parse(&text).map_err(|error| DemoError::Address(text, error))
    }

    /// The message as it would come over the wire, lines ending in CRLF.
    pub fn message(&self, domain: &Domain, now: Timestamp) -> Vec<u8> {
        let sent = now.minus(Duration::from_secs(self.age_hours * 3600));
        let text =
            self.text.replace("{domain}", &domain.to_ascii()).replace("{date}", &rfc5322(sent));
        text.replace('\n', "\r\n").into_bytes()
    }
}
