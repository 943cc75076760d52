//! See `fuzzing::targets::imap::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::imap::command(octets));
