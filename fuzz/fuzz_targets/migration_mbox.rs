//! See `fuzzing::targets::migration::mbox`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::migration::mbox(octets));
