//! See `fuzzing::targets::content::rtf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::content::rtf(octets));
