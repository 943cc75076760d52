//! HMAC-SHA-256 (RFC 2104), which cannot fail.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Octets of a tag.
pub(crate) const TAG_OCTETS: usize = 32;
/// Octets of a block of SHA-256.
const BLOCK_OCTETS: usize = 64;

/// The tag of `data` under `key`.
pub(crate) fn hmac(key: &[u8], data: &[u8]) -> [u8; TAG_OCTETS] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block(key).into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// A key as HMAC uses it: hashed when longer than a block, else padded with zeros.
fn block(key: &[u8]) -> [u8; BLOCK_OCTETS] {
    let mut block = [0; BLOCK_OCTETS];
    match block.get_mut(..key.len()) {
        Some(head) => head.copy_from_slice(key),
        None => block[..TAG_OCTETS].copy_from_slice(&Sha256::digest(key)),
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn vectors_of_rfc_4231() {
        let tag = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
