//! See `fuzzing::targets::config::document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::config::document(octets));
