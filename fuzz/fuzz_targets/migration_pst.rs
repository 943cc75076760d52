//! See `fuzzing::targets::migration::pst`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::migration::pst(octets));
