//! What servers of the organization say to each other.

/// What a front end sends before a session.
pub fn preface(octets: &[u8]) {
    roles::fuzzing::read_preface(octets);
}
