//! See `fuzzing::targets::migration::csv`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::migration::csv(octets));
