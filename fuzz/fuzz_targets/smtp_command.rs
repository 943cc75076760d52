//! See `fuzzing::targets::smtp::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::smtp::command(octets));
