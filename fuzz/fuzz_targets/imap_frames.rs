//! See `fuzzing::targets::imap::frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::imap::frames(octets));
