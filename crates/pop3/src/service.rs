//! A session from greeting to end, over one connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::{Authenticator, ClientInfo, Principal, Protocol, UserSessions};
use mailbox::{Fault, Guid, Home, Homes};
use net::{LineStream, ServerTls, Stream};
use types::LoginType;

use crate::drop::Maildrop;
use crate::response::{self, Code};
use crate::session::{self, End, LoggedIn};

/// What all sessions share.
pub struct Server {
    /// Who can log in.
    pub authenticator: Arc<dyn Authenticator>,
    /// Where mailboxes are.
    pub homes: Arc<dyn Homes>,
    /// Open sessions of each user (MaxConnectionsPerUser).
    pub sessions: Arc<UserSessions>,
    /// For STLS; `None` where the listener begins with TLS.
    pub tls: Option<ServerTls>,
    /// What may be used to log in without TLS.
    pub login_type: LoginType,
    /// PreAuthenticatedConnectionTimeout; Exchange's default is a minute.
    pub pre_authentication_timeout: Duration,
    /// AuthenticatedConnectionTimeout; Exchange's default is half an hour.
    pub idle_timeout: Duration,
}

/// Where a session begins.
#[derive(Debug)]
pub enum Start {
    /// With a greeting.
    Greeting,
    /// Behind a front end, which has seen to the login: with the answer to it.
    LoggedIn(Box<Principal>),
}

/// How a session ended.
pub enum Outcome {
    /// It is over.
    Done,
    /// The mailbox is served by another server: the login is done, its answer not yet sent.
    /// The caller splices the connection to that server's back end.
    Remote {
        /// The connection with whatever input was not taken.
        stream: Box<LineStream>,
        /// Who logged in.
        principal: Box<Principal>,
        /// The server's name.
        server: String,
    },
}

/// Serves a connection.
pub async fn run(stream: Stream, peer: IpAddr, server: &Server, start: Start) -> Outcome {
    let mut stream = LineStream::new(stream);
    let client = ClientInfo { ip: peer, protocol: Protocol::Pop3 };
    let logged_in = match start {
        Start::LoggedIn(principal) => Ok(LoggedIn { principal: *principal, utf8: false }),
        Start::Greeting => {
            response::ok(stream.output(), "Rialto POP3 service is ready");
            session::authorize(&mut stream, server, client).await
        }
    };
    let Ok(logged_in) = logged_in else { return end(stream).await };
    let principal = logged_in.principal;
    tracing::info!(user = %principal.login, utf8 = logged_in.utf8, "logged in");
    let Some(_place) = server.sessions.enter(principal.recipient) else {
        let text = "too many connections of this user";
        response::err(stream.output(), Some(Code::SysTemp), text);
        return end(stream).await;
    };
    let home = server.homes.home(Guid(principal.mailbox.0), Guid(principal.recipient.0)).await;
    match home {
        Ok(Home::Remote(server)) => {
            // Answers to commands before the login are still ours to give.
            if stream.flush().await.is_err() {
                return end(stream).await;
            }
            let principal = Box::new(principal);
            return Outcome::Remote { stream: Box::new(stream), principal, server };
        }
        Ok(Home::Local(mailbox)) => serve(&mut stream, server, Maildrop::open(mailbox).await).await,
        Err(fault) => refuse(&mut stream, &fault),
    }
    end(stream).await
}

async fn serve(stream: &mut LineStream, server: &Server, opened: Result<Maildrop, Fault>) {
    let maildrop = match opened {
        Ok(maildrop) => maildrop,
        Err(fault) => return refuse(stream, &fault),
    };
    let (count, octets) = maildrop.totals();
    response::ok(stream.output(), &format!("{count} messages ({octets} octets)"));
    if let Err(End::Broken) = session::transact(stream, server, maildrop).await {
        tracing::debug!("ended without QUIT");
    }
}

fn refuse(stream: &mut LineStream, fault: &Fault) {
    tracing::warn!(%fault, "mailbox cannot be opened");
    let code = match fault {
        Fault::NotFound(_) | Fault::Denied => Code::SysPerm,
        _ => Code::SysTemp,
    };
    response::err(stream.output(), Some(code), "mailbox cannot be opened");
}

async fn end(stream: LineStream) -> Outcome {
    // A peer that is already gone has nothing to lose by this.
    let _ = stream.close().await;
    Outcome::Done
}

/// Capabilities of both states (RFC 2449 section 6).
pub(crate) fn common_capabilities(out: &mut impl Extend<u8>) {
    for capability in [
        "TOP",
        "UIDL",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        "PIPELINING",
        "EXPIRE NEVER",
        "UTF8 USER",
        "IMPLEMENTATION Rialto",
    ] {
        response::line(out, format_args!("{capability}"));
    }
}
