//! What tests of several crates share. Never a dependency of the server itself.
//!
//! * [`transcript`]: sessions written as text files, replayed whole and cut at every byte.

pub mod transcript;
