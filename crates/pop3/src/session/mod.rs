//! The states of a session (RFC 1939 section 3): AUTHORIZATION, then TRANSACTION. UPDATE is
//! the answer to QUIT.

mod authorization;
mod retrieve;
mod transaction;

pub(crate) use authorization::{LoggedIn, authorize};
pub(crate) use transaction::transact;

use std::time::Duration;

use net::LineStream;
use net::line::LineError;
use tokio::time::Instant;
use types::limits::{POP3_COMMAND_ERRORS_MAX, POP3_COMMAND_OCTETS_MAX};

use crate::command::Command;
use crate::response;

/// Why a session ended other than by QUIT.
#[derive(Debug)]
pub(crate) enum End {
    /// The client said goodbye.
    Quit,
    /// The connection is of no more use.
    Broken,
}

impl From<LineError> for End {
    fn from(error: LineError) -> Self {
        tracing::debug!(%error, "session ends");
        End::Broken
    }
}

/// The next command that parses. Bad ones are answered here, and too many of them end the
/// session.
pub(crate) async fn next_command(
    stream: &mut LineStream,
    idle: Duration,
    errors: &mut u32,
) -> Result<Command, End> {
    loop {
        let line = match stream.line(POP3_COMMAND_OCTETS_MAX, Instant::now() + idle).await {
            Ok(line) => line,
            Err(LineError::TooLong) => {
                complain(stream, errors, "line too long").await?;
                continue;
            }
            Err(LineError::Timeout) => return Err(goodbye(stream, "idle for too long").await),
            Err(error) => return Err(error.into()),
        };
        match Command::parse(&line) {
            Ok(command) => return Ok(command),
            Err(bad) => complain(stream, errors, &bad.to_string()).await?,
        }
    }
}

/// Answers `-ERR`, and ends the session of a client that goes on like that.
pub(crate) async fn complain(
    stream: &mut LineStream,
    errors: &mut u32,
    text: &str,
) -> Result<(), End> {
    *errors += 1;
    response::err(stream.output(), None, text);
    match *errors {
        POP3_COMMAND_ERRORS_MAX.. => Err(goodbye(stream, "too many bad commands").await),
        _ => Ok(()),
    }
}

async fn goodbye(stream: &mut LineStream, text: &str) -> End {
    response::err(stream.output(), None, text);
    // The connection ends either way; whether the peer reads this is its own affair.
    let _ = stream.flush().await;
    End::Broken
}
