//! See `fuzzing::targets::ldap::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::targets::ldap::message(octets));
