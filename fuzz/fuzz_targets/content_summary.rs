//! See `fuzzing::targets::content::summary`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::content::summary(octets));
