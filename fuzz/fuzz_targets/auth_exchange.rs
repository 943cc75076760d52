//! See `fuzzing::targets::auth::exchange`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::auth::exchange(octets));
