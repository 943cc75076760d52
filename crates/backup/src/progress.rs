//! How far a backup or a restoration is.

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The rows of a database are copied.
    CopyRows,
    /// Files are put into the repository.
    PutAway,
    /// Chunks are read and compared with their names.
    Check,
    /// Files are written from the repository.
    Restore,
}

/// Is told how far it is.
pub trait Progress {
    /// `done` of `all` octets of a step are done.
    fn tell(&mut self, step: Step, done: u64, all: u64);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn tell(&mut self, _: Step, _: u64, _: u64) {}
}
