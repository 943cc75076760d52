//! Sockets for programs on this host: a file instead of an address (AF_UNIX).
//!
//! Invariants: only root and the user that this process runs as are let in, whatever the
//! file's permissions; the file is there only while somebody listens, a killed process apart.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{Instrument, error_span, warn};

use crate::listener::{drain, pause, report};
use crate::session_id::SessionId;
use crate::shutdown::Shutdown;
use crate::stream::Stream;

/// A bound socket of this host. Its file goes when it is dropped.
#[derive(Debug)]
pub struct LocalListener {
    socket: UnixListener,
    path: PathBuf,
}

/// A connection from this host.
#[derive(Debug)]
pub struct LocalConnection {
    /// The bytes.
    pub stream: Stream,
    /// The number of the user whose process connected, as the system says (SO_PEERCRED).
    pub user: u32,
    /// Goes up when the session should end at its next good moment.
    pub shutdown: Shutdown,
}

impl LocalListener {
    /// Binds, in place of a file that a killed process left. The caller holds the lock that
    /// keeps a second process from listening there.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(path)?;
        let listener = LocalListener { socket, path: path.to_owned() };
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    /// The next connection, and whose it is.
    async fn accept(&self) -> io::Result<(UnixStream, u32)> {
        let (socket, _) = self.socket.accept().await?;
        let user = socket.peer_cred()?.uid();
        Ok((socket, user))
    }
}

impl Drop for LocalListener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            warn!(path = %self.path.display(), %error, "the socket's file stays");
        }
    }
}

/// Serves at most `connections_max` connections at a time until shutdown is asked for, then
/// waits for the sessions, at most `drain_limit`. More connections wait in the system's queue.
pub async fn serve_local<R>(
    listener: LocalListener,
    connections_max: usize,
    drain_limit: Duration,
    shutdown: Shutdown,
    handle: impl Fn(LocalConnection) -> R,
) where
    R: Future<Output = ()> + Send + 'static,
{
    let mut sessions = JoinSet::new();
    loop {
        let has_room = sessions.len() < connections_max;
        tokio::select! {
            biased;
            () = shutdown.requested() => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept(), if has_room => match accepted {
                Ok((_, user)) if !may_connect(user) => warn!(user, "local connection refused"),
                Ok((socket, user)) => {
                    let stream = Stream::from_local(socket);
                    let shutdown = shutdown.clone();
                    let session = SessionId::next();
                    let span = error_span!("connection", service = "local", %session, user);
                    let connection = LocalConnection { stream, user, shutdown };
                    sessions.spawn(handle(connection).instrument(span));
                }
                Err(error) => pause("local socket", &error).await,
            },
        }
    }
    drop(listener);
    drain(sessions, drain_limit).await;
}

/// Connects to a socket of this host. Errors: NotFound and ConnectionRefused when nobody
/// listens there.
pub async fn connect_local(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await.map(Stream::from_local)
}

/// The number of the user that this process runs as.
pub fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn may_connect(user: u32) -> bool {
    user == rustix::process::Uid::ROOT.as_raw() || user == own_user()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn echo_user(mut connection: LocalConnection) {
        let text = connection.user.to_string();
        connection.stream.write_all(text.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn the_system_says_who_connects_and_the_file_goes_with_the_listener() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        fs::write(&path, "left over").unwrap();
        let listener = LocalListener::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (trigger, shutdown) = Shutdown::new();
        let limit = Duration::from_secs(5);
        let served = tokio::spawn(serve_local(listener, 1, limit, shutdown, echo_user));
        for _ in 0..2 {
            let mut stream = connect_local(&path).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, own_user().to_string());
        }
        trigger.shut_down();
        served.await.unwrap();
        assert!(!path.exists());
        let error = connect_local(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn strangers_are_kept_out() {
        assert!(may_connect(own_user()) && may_connect(0));
        assert!(!may_connect(own_user() ^ 0x4000));
    }
}
