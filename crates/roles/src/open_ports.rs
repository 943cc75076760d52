//! Listeners as people read them: one line an open address.

use std::fmt::Write as _;

use ports::{Encryption, Registry};

/// Every open address of a server with this short name.
pub(crate) fn lines(registry: &Registry, server: &str) -> String {
    let mut text = String::new();
    for open in registry.open() {
        let listener = open.listener;
        let _ = writeln!(
            text,
            "  {:<23}{:<7}{:<10}{}",
            open.address.to_string(),
            listener.protocol().split(' ').next().unwrap_or_default(),
            encryption(listener.encryption),
            listener.display_name(server),
        );
    }
    text
}

/// As mail programs call it.
pub(crate) fn encryption(encryption: Encryption) -> &'static str {
    match encryption {
        Encryption::Plain => "",
        Encryption::StartTls => "STARTTLS",
        Encryption::Tls => "TLS",
    }
}
