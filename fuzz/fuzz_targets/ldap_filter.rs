//! See `fuzzing::targets::ldap::filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::ldap::filter(octets));
