//! See `fuzzing::targets::auth::line`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::auth::line(octets));
