//! Group R. Third-party clients: DavMail, Thunderbird, Evolution.
//!
//! The server of the article is Exchange 2010 SP3 RU18, 14.03.0361.001.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("Services the server must offer"),
        editions: ROSA,
        notes: &[s("OWA, OAB, EWS; DNS holds the external address of the mail server")],
        ..row("R-01", Client)
    },
    Row {
        purpose: s("Authentication on OAB"),
        editions: ROSA,
        notes: &[s("Basic and Windows authentication enabled")],
        ..row("R-02", Client)
    },
    Row {
        purpose: s("Authentication on EWS"),
        editions: ROSA,
        notes: &[s("Anonymous, Basic and Windows authentication enabled")],
        ..row("R-03", Client)
    },
    Row {
        purpose: s(r#"A third row ("authentication has three components") is lost"#),
        editions: ROSA,
        notes: &[s("guess: Autodiscover, as for EWS")],
        ..row("R-04", Client)
    },
    Row {
        purpose: s("DavMail"),
        ports: &[tcp(1143, "IMAP4"), tcp(1025, "SMTP"), tcp(1080, "CalDAV"), tcp(1389, "LDAP")],
        editions: ROSA,
        notes: &[s(
            "gateway for clients without Exchange support; OWA/EWS address `https://<server>/EWS/Exchange.asmx` or `https://<server>/owa`; local IMAP 1143, SMTP 1025, CalDAV 1080, LDAP 1389; runs as a server without tray with `davmail.server=true`; started at login",
        )],
        ..row("R-05", Client)
    },
    Row {
        purpose: s("Thunderbird 52.2.1 mail"),
        ports: &[tcp(1143, "IMAP4"), tcp(1025, "SMTP")],
        editions: ROSA,
        notes: &[s(
            "account wizard first tries automatic discovery and fails; then host localhost, IMAP 1143, SMTP 1025; user name = UPN (user@domain); the server's certificate may have to be accepted",
        )],
        ..row("R-06", Client)
    },
    Row {
        purpose: s("Thunderbird + Lightning calendar"),
        ports: &[tcp(1080, "CalDAV")],
        editions: ROSA,
        notes: &[s("network calendar, CalDAV, `http://localhost:1080/users/<address>/calendar`")],
        ..row("R-07", Client)
    },
    Row {
        purpose: s("Thunderbird address book"),
        ports: &[tcp(1389, "LDAP")],
        editions: ROSA,
        notes: &[s(
            "no CardDAV in that version: LDAP localhost:1389, base DN `ou=people`, bind DN = UPN; used for completion when composing",
        )],
        ..row("R-08", Client)
    },
    Row {
        purpose: s("Evolution 3.16.4 with evolution-ews (Exchange 2007 and later)"),
        ports: &[tcp(443, "HTTPS")],
        editions: ROSA,
        notes: &[s(
            "account type Exchange Web Services; user UPN; host URL `https://<server>/EWS/Exchange.asmx`; OAB URL; authentication Basic; gives mail, address book and calendars",
        )],
        ..row("R-09", Client)
    },
    Row {
        purpose: s("Better than the article"),
        editions: ROSA,
        notes: &[s(
            "our server speaks IMAP, SMTP, CalDAV, CardDAV and LDAP itself and answers autodiscovery of Thunderbird, so R-06's failure must not happen, and DavMail must still work against us",
        )],
        ..row("R-10", Client)
    },
];
