//! See `fuzzing::targets::types::address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::types::address(octets));
