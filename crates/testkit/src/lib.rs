//! What tests of several crates share. Never a dependency of the server itself.
//!
//! * [`transcript`]: sessions written as text files, replayed whole and cut at every byte, and
//!   recorded from a session that runs.
//! * [`sockets`]: a server on the network as what a transcript drives.
//! * [`dialogue`]: when the answer of a server is whole.
//! * [`pst`]: files of Outlook, written.

pub mod dialogue;
pub mod pst;
pub mod sockets;
pub mod transcript;
