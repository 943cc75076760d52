//! See `fuzzing::targets::admin::arguments`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::admin::arguments(octets));
