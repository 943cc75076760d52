//! See `fuzzing::targets::roles::preface`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::roles::preface(octets));
