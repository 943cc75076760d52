//! See `fuzzing::targets::content::bag`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::content::bag(octets));
