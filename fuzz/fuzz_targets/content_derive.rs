//! See `fuzzing::targets::content::derive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::content::derive(octets));
