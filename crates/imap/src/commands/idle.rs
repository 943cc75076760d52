//! IDLE (RFC 2177): the client waits, the server tells.

use net::line::LineError;
use tokio::time::Instant;
use types::limits;

use crate::codec::Frame;
use crate::commands::notify;
use crate::io::{Io, after_secs};
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// Tells what happens until DONE. Nothing is held while waiting but the session itself.
pub async fn idle(session: &mut Authenticated, io: &mut Io) -> Outcome {
    io.put(b"+ idling\r\n").await?;
    let deadline = Instant::now() + session.account.server.idle_timeout;
    loop {
        session.sync(io, true).await?;
        Box::pin(notify::tell(session, io)).await?;
        let heartbeat = after_secs(limits::IMAP_HEARTBEAT_SECS).min(deadline);
        let frame = tokio::select! {
            frame = io.frame(heartbeat) => frame,
            () = wake(session) => continue,
        };
        match frame {
            Ok(Frame::Command) => return Ok(done(&io.framer().take_text())),
            Ok(_) => return Err(Trouble::Bye("Expected DONE")),
            Err(LineError::Timeout) if heartbeat < deadline => {
                io.put(b"* OK Still here\r\n").await?;
            }
            Err(LineError::Timeout) => return Err(Trouble::Bye("IDLE for too long")),
            Err(error) => return Err(error.into()),
        }
    }
}

fn done(text: &[u8]) -> Reply {
    if text.eq_ignore_ascii_case(b"DONE") {
        Reply::ok("IDLE completed")
    } else {
        Reply::bad("Expected DONE")
    }
}

/// Returns when the selected mailbox, or one that NOTIFY watches, has changed.
pub async fn wake(session: &mut Authenticated) {
    match (&mut session.selected, &mut session.watched) {
        (Some(selected), Some(watched)) => tokio::select! {
            () = selected.changed() => {}
            () = watched.changed() => {}
        },
        (Some(selected), None) => selected.changed().await,
        (None, Some(watched)) => watched.changed().await,
        (None, None) => std::future::pending().await,
    }
}
