//! Sessions that are recorded from a demonstration play against it, whole and cut at every byte.

use testkit::dialogue::Protocol;
use testkit::sockets::Sockets;
use testkit::transcript::{Transcript, check, record};

use crate::support::server::Data;

/// A message that nobody gets, and one that somebody does.
const SMTP: &str = "\
1> EHLO client.test
1> MAIL FROM:<bob@elsewhere.example>
1> RCPT TO:<alice@example.test>
1> RSET
1>> MAIL FROM:<>\\r\\nRCPT TO:<bob@example.test>\\r\\n
1> BDAT 5 LAST
1>> x: y\\n
1> NOPE
1> QUIT
";

/// A literal of the client, one of the server, and a command that waits.
const IMAP: &str = "\
1> a LOGIN alice {13}
1> it's 100% /ok
1> b EXAMINE INBOX
1> c FETCH 1 (EMAILID BODY.PEEK[1]<0.9>)
1> d IDLE
1> DONE
1> e LOGOUT
";

/// Answers of one line and of many.
const POP3: &str = "\
1> CAPA
1> USER alice@example.test
1> PASS it's 100% /ok
1> UIDL
1> TOP 1 0
1> QUIT
";

#[test]
fn what_is_recorded_plays() {
    let data = Data::new();
    let demo = data.unthrottled_demo();
    for (protocol, port, script, shows) in [
        (Protocol::Smtp, "SMTP_PORT", SMTP, "1< 220 * ready at *\n"),
        (Protocol::Imap, "IMAP_PORT", IMAP, "(EMAILID (M*) BODY[1]<0> {9}\n"),
        (Protocol::Pop3, "POP3_PORT", POP3, "1> UIDL\n1< +OK list follows\n1< 1 *\n"),
    ] {
        let server = || Sockets::new(demo.address(port).parse().unwrap(), protocol);
        let mut recorded = server();
        let text = record(script, &mut recorded).unwrap();
        assert_eq!(recorded.trouble(), None);
        let plain = text.replace("Rialto ESMTP MAIL Service ", "");
        assert!(plain.contains(shows) && text.ends_with("1= close\n"), "{text}");
        let played = check(&Transcript::parse(&text).unwrap(), |_| server());
        assert!(played.is_ok(), "{text}{}", played.unwrap_err());
    }
}
