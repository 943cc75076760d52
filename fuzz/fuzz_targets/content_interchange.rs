//! See `fuzzing::targets::content::interchange`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::content::interchange(octets));
