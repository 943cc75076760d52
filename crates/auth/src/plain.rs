//! PLAIN (RFC 4616): one message of three parts.

use crate::attempt::Attempt;
use crate::exchange::Failure;
use crate::mechanism::Mechanism;

/// `message = [authzid] UTF8NUL authcid UTF8NUL passwd`  (RFC 4616 section 2)
pub(crate) fn parse(message: &[u8]) -> Result<Attempt, Failure> {
    let text = std::str::from_utf8(message).map_err(|_| Failure::Malformed("not UTF-8"))?;
    let mut parts = text.split('\0');
    let (Some(authzid), Some(user), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failure::Malformed("PLAIN has three parts"));
    };
    Attempt::password(Mechanism::Plain, authzid, user, password)
}

/// The message of a client without an authorization identity.
pub(crate) fn message(user: &str, password: &str) -> Vec<u8> {
    format!("\0{user}\0{password}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::{Evidence, Password};

    #[test]
    fn messages_and_what_they_mean() {
        for (message, expected) in [
            ("\0tim\0tanstaaftanstaaf", Some(("tim", None, "tanstaaftanstaaf"))),
            ("Ursel\0Kurt\0xipj3plmq", Some(("Kurt", Some("Ursel"), "xipj3plmq"))),
            ("tim\0tim\0pw", Some(("tim", None, "pw"))),
            ("", None),
            ("\0\0", None),
            ("\0tim\0", None),
            ("\0\0pw", None),
            ("tim\0pw", None),
            ("\0tim\0pw\0", None),
            ("\0tim\0p\nw", None),
        ] {
            let parsed = parse(message.as_bytes()).ok().map(|a| (a.user, a.authzid, a.evidence));
            let wanted = expected.map(|(user, authzid, password)| {
                let password = Password::new(password).map(Evidence::Password);
                (user.to_owned(), authzid.map(str::to_owned), password.ok())
            });
            let parsed = parsed.map(|(user, authzid, evidence)| (user, authzid, Some(evidence)));
            assert_eq!(parsed, wanted, "{message:?}");
        }
    }

    #[test]
    fn octets_that_are_no_text_are_refused() {
        assert_eq!(parse(b"\0\xff\0pw"), Err(Failure::Malformed("not UTF-8")));
    }

    #[test]
    fn what_the_client_writes_the_server_reads() {
        let attempt = parse(&message("alice", "secret"));
        assert_eq!(attempt, Attempt::password(Mechanism::Plain, "", "alice", "secret"));
    }
}
