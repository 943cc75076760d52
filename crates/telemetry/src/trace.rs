//! Ids of traces and spans (W3C Trace Context: 16 and 8 octets, not all zero).

use sha2::{Digest, Sha256};

/// Which trace a span is of, and which span it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
}

impl Ids {
    /// A span in a trace of its own.
    pub(crate) fn random() -> Self {
        Ids { trace: random(), span: random() }
    }

    /// A further span of the trace.
    pub(crate) fn another(self) -> Self {
        Ids { span: random(), ..self }
    }

    /// A message's trace, and the span in it that stands for the message: the same whenever and
    /// wherever it is asked for. Internal message ids are a server's own.
    pub(crate) fn of_message(server: &str, internal_message_id: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(server.to_ascii_lowercase());
        hash.update([0]);
        hash.update(internal_message_id.to_be_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&hash[..16]);
        span.copy_from_slice(&hash[16..24]);
        Ids { trace, span }
    }
}

/// An id that nobody can use to guess anything; without a source of randomness, all the same one.
fn random<const OCTETS: usize>() -> [u8; OCTETS] {
    let mut id = [1; OCTETS];
    if getrandom::fill(&mut id).is_err() {
        id = [1; OCTETS];
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_trace_on_its_server() {
        let ids = Ids::of_message("mail.example.test", 7);
        assert_eq!(ids, Ids::of_message("MAIL.example.test", 7));
        for other in [Ids::of_message("mail.example.test", 8), Ids::of_message("b.test", 7)] {
            assert_ne!((ids.trace, ids.span), (other.trace, other.span));
        }
        let hop = ids.another();
        assert_eq!(hop.trace, ids.trace);
        assert_ne!(hop.span, ids.span);
        assert_ne!(Ids::random().trace, Ids::random().trace);
    }
}
