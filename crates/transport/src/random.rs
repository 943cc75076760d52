//! Randomness for identifiers: never for keys, so a failing source degrades to the clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Sixteen octets shaped as a GUID of version 4 (RFC 9562 section 5.4).
pub(crate) fn guid() -> [u8; 16] {
    let mut octets = octets();
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    octets
}

/// Lower-case hexadecimal of sixteen octets: boundaries and Message-IDs.
pub(crate) fn token() -> String {
    octets().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn octets() -> [u8; 16] {
    let mut octets = [0; 16];
    if getrandom::fill(&mut octets).is_err() {
        octets = fallback();
    }
    octets
}

/// Unique on this host, though guessable: time and a counter.
fn fallback() -> [u8; 16] {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let count = u128::from(COUNTER.fetch_add(1, Ordering::Relaxed));
    (nanos << 24 | count & 0x00ff_ffff).to_be_bytes()
}
