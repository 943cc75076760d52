//! See `fuzzing::targets::smtp::reply`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::smtp::reply(octets));
