//! See `fuzzing::targets::pop3::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::pop3::command(octets));
