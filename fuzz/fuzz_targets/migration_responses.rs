//! See `fuzzing::targets::migration::responses`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::migration::responses(octets));
