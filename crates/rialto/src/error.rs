//! Errors as people read them.

use std::error::Error as StdError;
use std::io;

/// Why the program ends without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An administrator's command.
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// A server.
    #[error(transparent)]
    Start(#[from] roles::StartError),
    /// The demonstration.
    #[error(transparent)]
    Demo(#[from] roles::demo::DemoError),
    /// A new server.
    #[error(transparent)]
    Setup(#[from] roles::setup::SetupError),
    /// What a new server shall be.
    #[error(transparent)]
    SetupArgument(#[from] crate::commands::setup::SetupArgumentError),
    /// The configuration asks for a role that this program does not play.
    #[error("role {0} is not built")]
    Role(ports::Role),
    /// The settings name a collector, and this program has no spans for it.
    #[error("telemetry.endpoint: this program was built without the feature \"opentelemetry\"")]
    NoTelemetry,
    /// The settings name a collector that cannot be one.
    #[cfg(feature = "opentelemetry")]
    #[error("telemetry.endpoint: {0}")]
    Telemetry(#[source] Box<dyn StdError + Send + Sync>),
    /// The operating system does not let us listen to signals.
    #[error("signals: {0}")]
    Signals(#[source] io::Error),
    /// The output is gone or full.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// The operating system does not give us threads.
    #[error("threads: {0}")]
    Runtime(#[source] io::Error),
}

impl Error {
    /// Whether the reader of our output went away.
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Error::Admin(error) => error.is_broken_pipe(),
            Error::Output(error) => error.kind() == io::ErrorKind::BrokenPipe,
            _ => false,
        }
    }
}

/// The error and its causes, the outermost first. A cause that is told already is left out.
pub fn in_one_line(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !line.contains(&words) {
            line.push_str(": ");
            line.push_str(&words);
        }
        next = cause.source();
    }
    line.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("file: {0}")]
    struct Middle(#[source] io::Error);

    #[test]
    fn causes_are_told_once_and_in_one_line() {
        let error = Outer(Middle(io::Error::other("no\nspace")));
        assert_eq!(in_one_line(&error), "cannot start: file: no space");
    }
}
