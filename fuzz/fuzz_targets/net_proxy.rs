//! See `fuzzing::targets::net::proxy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::net::proxy(octets));
