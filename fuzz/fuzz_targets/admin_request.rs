//! See `fuzzing::targets::admin::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::admin::request(octets));
