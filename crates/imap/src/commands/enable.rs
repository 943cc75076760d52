//! ENABLE (RFC 5161, RFC 9051 section 6.3.1).

use crate::io::Io;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Switches extensions on; names unknown here are passed over, as the RFC wants.
pub async fn enable(session: &mut Authenticated, io: &mut Io, names: Vec<String>) -> Outcome {
    let mut enabled = Vec::new();
    for name in names {
        let name = switch_on(session, &name);
        enabled.extend(name.filter(|name| !enabled.contains(name)));
    }
    io.put(format!("* ENABLED {}", enabled.join(" ")).trim_end().as_bytes()).await?;
    io.put(b"\r\n").await?;
    Ok(Reply::ok("ENABLE completed"))
}

/// The name as it is listed.
fn switch_on(session: &mut Authenticated, name: &str) -> Option<&'static str> {
    let enabled = &mut session.enabled;
    match name {
        "CONDSTORE" => enabled.condstore = true,
        "QRESYNC" => (enabled.condstore, enabled.qresync) = (true, true),
        "UTF8=ACCEPT" => enabled.utf8 = true,
        "IMAP4REV2" => enabled.rev2 = true,
        _ => return None,
    }
    const LISTED: [&str; 4] = ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2"];
    LISTED.into_iter().find(|listed| listed.eq_ignore_ascii_case(name))
}
