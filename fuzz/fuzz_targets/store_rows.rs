//! See `fuzzing::targets::store::rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::store::rows(octets));
