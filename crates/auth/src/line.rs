//! SASL on a line protocol: base64, the empty initial response, cancelling.
//!
//! SMTP (RFC 4954), IMAP (RFC 9051 section 6.2.2) and POP3 (RFC 5034) agree on this part.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use types::limits::SASL_RESPONSE_OCTETS_MAX;

use crate::exchange::Failure;

/// A line of the client after a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientLine {
    /// `*`: the client gives up.
    Cancel,
    /// A response, decoded.
    Response(Vec<u8>),
}

/// Reads a line without its end. Over-long lines, blanks and bad base64 are faults.
pub fn decode_line(line: &[u8]) -> Result<ClientLine, Failure> {
    match line {
        b"*" => Ok(ClientLine::Cancel),
        _ => decode(line).map(ClientLine::Response),
    }
}

/// Reads the initial response given with the command; `=` stands for an empty one.
pub fn decode_initial(argument: &[u8]) -> Result<Vec<u8>, Failure> {
    match argument {
        b"=" => Ok(Vec::new()),
        _ => decode(argument),
    }
}

/// Writes a challenge or a client's response.
pub fn encode(challenge: &[u8]) -> String {
    STANDARD.encode(challenge)
}

fn decode(text: &[u8]) -> Result<Vec<u8>, Failure> {
    if text.len() > SASL_RESPONSE_OCTETS_MAX {
        return Err(Failure::TooLong);
    }
    STANDARD.decode(text).map_err(|_| Failure::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let response = |bytes: &[u8]| Ok(ClientLine::Response(bytes.to_vec()));
        for (line, expected) in [
            (&b"*"[..], Ok(ClientLine::Cancel)),
            (b"", response(b"")),
            (b"AHRpbQ==", response(b"\0tim")),
            (b"=", Err(Failure::Encoding)),
            (b"AHRpbQ", Err(Failure::Encoding)),
            (b" AHRpbQ==", Err(Failure::Encoding)),
            (b"AHRp bQ==", Err(Failure::Encoding)),
        ] {
            assert_eq!(decode_line(line), expected, "{line:?}");
        }
        let long = vec![b'A'; SASL_RESPONSE_OCTETS_MAX + 1];
        assert_eq!(decode_line(&long), Err(Failure::TooLong));
    }

    #[test]
    fn an_initial_response_can_be_empty_but_not_cancel() {
        assert_eq!(decode_initial(b"="), Ok(Vec::new()));
        assert_eq!(decode_initial(b"*"), Err(Failure::Encoding));
    }
}
