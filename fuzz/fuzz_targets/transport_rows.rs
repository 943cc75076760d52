//! See `fuzzing::targets::transport::rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::transport::rows(octets));
