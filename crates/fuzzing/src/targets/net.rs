//! The PROXY protocol's header, which comes before anybody is known, and answers of time servers.

use net::{proxy, time};
use types::Timestamp;

/// Both versions: a line of text, or command, family and the rest of a binary header.
pub fn proxy(octets: &[u8]) {
    let _ = proxy::parse_text(octets);
    if let [command, family, rest @ ..] = octets {
        let _ = proxy::parse_binary(*command, *family, rest);
    }
}

/// An answer of a time server: when it was asked and heard, the number it should repeat, its octets.
pub fn time(octets: &[u8]) {
    let Some(([sent, heard, nonce], answer)) = numbers(octets) else { return };
    let moment = |number: u64| Timestamp::from_micros(number as i64);
    let _ = time::read_answer(answer, nonce, moment(sent), moment(heard));
}

/// Three numbers of eight octets, and the rest.
fn numbers(octets: &[u8]) -> Option<([u64; 3], &[u8])> {
    let (head, rest) = octets.split_first_chunk::<24>()?;
    let at =
        |from: usize| head[from..from + 8].iter().fold(0, |all, it| (all << 8) | u64::from(*it));
    Some(([at(0), at(8), at(16)], rest))
}
