//! See `fuzzing::targets::mailbox::records`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::mailbox::records(octets));
