//! See `fuzzing::targets::smtp::data`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::smtp::data(octets));
