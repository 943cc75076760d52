//! See `fuzzing::targets::mailbox::pages`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::mailbox::pages(octets));
