//! See `fuzzing::targets::net::time`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::net::time(octets));
