//! What the server can do, by state of the connection (RFC 9051 section 6.1.1).

use auth::Mechanism;

use crate::server::Server;

/// Listed in every state.
const ALWAYS: &str = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID";

/// Listed after login. LITERAL+ includes all that LITERAL- promises, and RFC 7888 forbids to
/// list both.
const AFTER_LOGIN: &str = "IDLE NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE UNAUTHENTICATE \
    CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN PARTIAL SORT SORT=DISPLAY ESORT \
    THREAD=REFERENCES THREAD=ORDEREDSUBJECT LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS \
    LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE MULTIAPPEND REPLACE BINARY \
    UTF8=ACCEPT PREVIEW SAVEDATE OBJECTID NOTIFY METADATA ACL RIGHTS=texk QUOTA \
    QUOTA=RES-STORAGE QUOTA=RES-MESSAGE";

/// What matters of the connection below.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// Inside TLS.
    pub tls: bool,
    /// SCRAM can be bound to it.
    pub binding: bool,
    /// Compressed.
    pub deflate: bool,
}

/// `capability-data` before login, without the word CAPABILITY.
pub fn before_login(server: &Server, channel: Channel) -> String {
    let mut names: Vec<String> = ALWAYS.split_ascii_whitespace().map(str::to_owned).collect();
    if !channel.tls && server.tls.is_some() {
        names.push("STARTTLS".into());
    }
    if !may_send_password(server, channel) {
        names.push("LOGINDISABLED".into());
    }
    let offered = Mechanism::ALL.into_iter().filter(|m| offers(server, channel, *m));
    names.extend(offered.map(|mechanism| format!("AUTH={mechanism}")));
    join(names, &[&server.hidden_capabilities])
}

/// `capability-data` after login.
pub fn after_login(server: &Server, channel: Channel, hidden: &[String]) -> String {
    let words = ALWAYS.split_ascii_whitespace().chain(AFTER_LOGIN.split_ascii_whitespace());
    let mut names: Vec<String> = words.map(str::to_owned).collect();
    names.push(format!("APPENDLIMIT={}", server.message_octets_max));
    if !channel.deflate {
        names.push("COMPRESS=DEFLATE".into());
    }
    join(names, &[&server.hidden_capabilities, hidden])
}

/// True when a password may cross this connection.
pub fn may_send_password(server: &Server, channel: Channel) -> bool {
    server.login_type.allows_password(channel.tls)
}

/// True when this mechanism can be used now.
pub fn offers(server: &Server, channel: Channel, mechanism: Mechanism) -> bool {
    server.authenticator.offers(mechanism)
        && mechanism.is_allowed(server.login_type, channel.tls)
        && (!mechanism.needs_channel_binding() || channel.binding)
}

fn join(names: Vec<String>, hidden: &[&[String]]) -> String {
    let is_hidden = |name: &String| {
        hidden.iter().any(|list| list.iter().any(|other| other.eq_ignore_ascii_case(name)))
    };
    let listed: Vec<String> = names.into_iter().filter(|name| !is_hidden(name)).collect();
    listed.join(" ")
}
