//! The configuration file, and documents of configuration objects.

use std::fmt::Debug;

use config::object::document;
use config::section::Section;
use config::settings::{ClientAccess, MailboxDatabase};
use config::{ReceiveConnector, SendConnector, Settings, TransportService};

use super::choice;

/// A text; the first octet chooses what it is read as.
pub fn document(octets: &[u8]) {
    let (chosen, text) = choice(octets);
    let Ok(text) = std::str::from_utf8(text) else { return };
    let kinds = [
        settings,
        object::<ReceiveConnector>,
        object::<SendConnector>,
        object::<TransportService>,
        object::<ClientAccess>,
        object::<MailboxDatabase>,
    ];
    kinds[chosen % kinds.len()](text);
}

/// Whatever a file says, it is taken or refused.
fn settings(text: &str) {
    if let Ok(settings) = document::read::<Settings>(text) {
        let _verdict = settings.validate();
    }
}

/// What is read is written and read as the same.
fn object<V: Section + PartialEq + Debug>(text: &str) {
    if let Ok(value) = document::read::<V>(text) {
        assert_eq!(document::read(&document::write(&value)), Ok(value));
    }
}
