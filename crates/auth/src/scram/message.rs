//! The messages of SCRAM (RFC 5802 section 7). Pure: text to values.

use types::limits::SCRAM_NONCE_OCTETS_MAX;

use crate::exchange::Failure;

/// `gs2-cbind-flag`: what the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BindingFlag<'a> {
    /// `n`: the client cannot.
    Unsupported,
    /// `y`: it can, and believes that the server cannot.
    ServerLacksIt,
    /// `p=name`: it does, by this type.
    Used(&'a str),
}

/// `client-first-message`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFirst<'a> {
    pub flag: BindingFlag<'a>,
    /// Empty when absent.
    pub authzid: String,
    pub user: String,
    pub nonce: &'a str,
    /// `gs2-header`, which the final message repeats.
    pub gs2_header: &'a str,
    /// `client-first-message-bare`, which is signed.
    pub bare: &'a str,
}

/// `client-final-message`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFinal<'a> {
    /// Base64 of the header and the binding data.
    pub channel_binding: &'a str,
    pub nonce: &'a str,
    /// Base64.
    pub proof: &'a str,
    /// `client-final-message-without-proof`, which is signed.
    pub without_proof: &'a str,
}

/// `client-first-message = gs2-header client-first-message-bare`
pub(super) fn client_first(text: &str) -> Result<ClientFirst<'_>, Failure> {
    let mut parts = text.splitn(3, ',');
    let flag = gs2_cbind_flag(next(&mut parts)?)?;
    let authzid = optional_authzid(next(&mut parts)?)?;
    let bare = next(&mut parts)?;
    let gs2_header = text.strip_suffix(bare).ok_or(SHAPE)?;
    let mut attributes = bare.split(',');
    // `reserved-mext` ("m=") is refused with every other first attribute, as section 5.1 asks.
    let user = saslname(value(attributes.next(), "n=")?)?;
    let nonce = nonce(value(attributes.next(), "r=")?)?;
    Ok(ClientFirst { flag, authzid, user, nonce, gs2_header, bare })
}

/// `client-final-message = client-final-message-without-proof "," proof`
pub(super) fn client_final(text: &str) -> Result<ClientFinal<'_>, Failure> {
    let (without_proof, proof) = text.rsplit_once(',').ok_or(SHAPE)?;
    let mut attributes = without_proof.split(',');
    Ok(ClientFinal {
        channel_binding: value(attributes.next(), "c=")?,
        nonce: value(attributes.next(), "r=")?,
        proof: value(Some(proof), "p=")?,
        without_proof,
    })
}

/// `server-first-message`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst<'a> {
    /// Both halves.
    pub nonce: &'a str,
    /// Base64.
    pub salt: &'a str,
    pub iterations: u32,
}

/// `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count`
pub(super) fn server_first(text: &str) -> Result<ServerFirst<'_>, Failure> {
    let mut attributes = text.split(',');
    let nonce = nonce(value(attributes.next(), "r=")?)?;
    let salt = value(attributes.next(), "s=")?;
    let iterations = value(attributes.next(), "i=")?.parse().map_err(|_| SHAPE)?;
    Ok(ServerFirst { nonce, salt, iterations })
}

/// `verifier = "v=" base64` of the server's final message; `server-error` is none.
pub(super) fn verifier(text: &str) -> Result<&str, Failure> {
    value(text.split(',').next(), "v=")
}

/// A user name as [`saslname`] reads it.
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

const SHAPE: Failure = Failure::Malformed("not a SCRAM message");

fn next<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, Failure> {
    parts.next().ok_or(SHAPE)
}

fn value<'a>(attribute: Option<&'a str>, name: &str) -> Result<&'a str, Failure> {
    attribute.and_then(|text| text.strip_prefix(name)).ok_or(SHAPE)
}

/// `gs2-cbind-flag = ("p=" cb-name) / "n" / "y"`
fn gs2_cbind_flag(text: &str) -> Result<BindingFlag<'_>, Failure> {
    match text {
        "n" => Ok(BindingFlag::Unsupported),
        "y" => Ok(BindingFlag::ServerLacksIt),
        _ => value(Some(text), "p=").map(BindingFlag::Used),
    }
}

/// `[ authzid ]`, where `authzid = "a=" saslname`
fn optional_authzid(text: &str) -> Result<String, Failure> {
    if text.is_empty() { Ok(String::new()) } else { saslname(value(Some(text), "a=")?) }
}

/// `saslname = 1*(value-safe-char / "=2C" / "=3D")`
fn saslname(text: &str) -> Result<String, Failure> {
    let mut pieces = text.split('=');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (character, rest) = match (piece.strip_prefix("2C"), piece.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(Failure::Malformed("bad escape in a user name")),
        };
        name.push(character);
        name.push_str(rest);
    }
    if name.is_empty() { Err(SHAPE) } else { Ok(name) }
}

/// `nonce = "r=" c-nonce [s-nonce]`, printable without the comma.
fn nonce(text: &str) -> Result<&str, Failure> {
    let legal = (1..=SCRAM_NONCE_OCTETS_MAX).contains(&text.len())
        && text.bytes().all(|octet| octet.is_ascii_graphic());
    if legal { Ok(text) } else { Err(Failure::Malformed("bad nonce")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn first_messages() {
        let first = client_first("n,a=bob,n=al=2Cice=3D,r=abc,x=1").unwrap();
        assert_eq!(first.flag, BindingFlag::Unsupported);
        assert_eq!((first.authzid.as_str(), first.user.as_str()), ("bob", "al,ice="));
        assert_eq!((first.nonce, first.gs2_header), ("abc", "n,a=bob,"));
        assert_eq!(first.bare, "n=al=2Cice=3D,r=abc,x=1");
        for bad in [
            "",
            "n",
            "n,,",
            "n,,n=a",
            "n,,n=,r=a",
            "n,,n=a,r=",
            "n,,m=x,n=a,r=b",
            "n,,n=a=2c,r=b",
            "x,,n=a,r=b",
            "n,b,n=a,r=b",
            "n,a=,n=a,r=b",
            "n,,n=a,r=b c",
            "n,,r=b,n=a",
        ] {
            assert!(client_first(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_binding_flag() {
        for (text, flag) in [
            ("y,,n=a,r=b", BindingFlag::ServerLacksIt),
            ("p=tls-exporter,,n=a,r=b", BindingFlag::Used("tls-exporter")),
        ] {
            assert_eq!(client_first(text).unwrap().flag, flag);
        }
    }

    #[test]
    fn final_messages() {
        let last = client_final("c=biws,r=abc,x=1,p=AAAA").unwrap();
        assert_eq!((last.channel_binding, last.nonce, last.proof), ("biws", "abc", "AAAA"));
        assert_eq!(last.without_proof, "c=biws,r=abc,x=1");
        for bad in ["", "c=biws", "c=biws,r=abc", "r=abc,c=biws,p=AA", "c=biws,p=AA"] {
            assert!(client_final(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = client_first(&text);
            let _ = client_final(&text);
            let _ = server_first(&text);
            let _ = verifier(&text);
        }

        #[test]
        fn names_survive_escaping(name in "\\PC{1,20}") {
            prop_assert_eq!(saslname(&escape(&name)).unwrap(), name);
        }

        #[test]
        fn header_and_bare_make_the_message(text in "[nyp],(a=[a-z]{1,4})?,n=[a-z]{1,4},r=[a-z,]{1,9}") {
            if let Ok(first) = client_first(&text) {
                prop_assert_eq!(format!("{}{}", first.gs2_header, first.bare), text.clone());
            }
        }
    }

    #[test]
    fn a_nonce_has_a_limit() {
        for (octets, legal) in [(SCRAM_NONCE_OCTETS_MAX, true), (SCRAM_NONCE_OCTETS_MAX + 1, false)]
        {
            let nonce = "r".repeat(octets);
            assert_eq!(client_first(&format!("n,,n=a,r={nonce}")).is_ok(), legal, "{octets}");
        }
    }
}
