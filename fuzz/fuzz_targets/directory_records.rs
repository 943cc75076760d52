//! See `fuzzing::targets::directory::records`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::directory::records(octets));
