//! The loop of a session over its connection.
//!
//! Login is apart from everything else: when the mailbox is served by another server, the loop
//! ends with a [`Handover`] and the caller splices both connections.

use std::net::SocketAddr;
use std::sync::Arc;

use auth::{ClientInfo, Principal, Protocol};
use bytes::Bytes;
use mailbox::{Fault, Guid, Home};
use net::line::LineError;
use net::{Shutdown, Stream};
use tokio::time::Instant;
use tracing::{Instrument, debug_span};
use types::limits;

use crate::capability;
use crate::codec::append::{Append, append_at_message};
use crate::codec::command::{name_of, tag_of};
use crate::codec::{Command, Frame, Literal, parse};
use crate::commands::authenticate::Login;
use crate::commands::idle::wake;
use crate::commands::{append, id, idle, notify};
use crate::io::{Io, after_secs};
use crate::reply::{Condition, Outcome, Reply, Trouble};
use crate::server::Server;
use crate::session::{Account, Authenticated, State, allows_expunge};

/// How a session ended.
pub enum End {
    /// The connection is closed.
    Closed,
    /// The client has logged in, and its mailbox is served by another server.
    Handover(Box<Handover>),
}

/// A logged-in client to be spliced to another server. That server's own tagged answer to the
/// login, under [`Handover::tag`], is the next thing the client expects.
pub struct Handover {
    /// The client's connection.
    pub stream: Stream,
    /// What it has sent after the login.
    pub early: Bytes,
    /// The server that serves its mailbox.
    pub server: String,
    /// Who logged in.
    pub principal: Principal,
    /// The tag of the login.
    pub tag: String,
}

/// The counterpart of a [`Handover`]: a client that has logged in at another server.
pub struct LoggedIn {
    /// Who it is, by this server's directory.
    pub principal: Principal,
    /// The tag of the login, which is answered first.
    pub tag: String,
}

/// Serves one connection to its end.
pub async fn run(stream: Stream, peer: SocketAddr, shutdown: Shutdown, server: Arc<Server>) -> End {
    let mut service = Service::new(stream, peer, shutdown, server);
    match service.serve().await {
        Ok(Some(remote)) => return End::Handover(Box::new(remote.with(service.io))),
        Ok(None) => service.close(Ok(())).await,
        Err(trouble) => service.close(Err(trouble)).await,
    }
    End::Closed
}

/// Serves the connection of a front end that has seen to the login, to its end. `peer` is the
/// client. Such a session is never handed over again.
pub async fn run_logged_in(
    stream: Stream,
    peer: SocketAddr,
    shutdown: Shutdown,
    server: Arc<Server>,
    login: LoggedIn,
) {
    let mut service = Service::new(stream, peer, shutdown, server);
    let ended = service.serve_logged_in(login).await;
    service.close(ended).await;
}

/// A login that leads elsewhere.
struct Remote {
    server: String,
    principal: Principal,
    tag: String,
}

impl Remote {
    fn with(self, io: Io) -> Handover {
        let (stream, early) = io.into_parts();
        Handover { stream, early, server: self.server, principal: self.principal, tag: self.tag }
    }
}

struct Service {
    io: Io,
    server: Arc<Server>,
    client: ClientInfo,
    shutdown: Shutdown,
    state: State,
    bad: u32,
    /// When a client that has not logged in has to go, however much it says.
    login_by: Instant,
    /// A front end has seen to the login. There is no way back before it: the front end knows
    /// whether this client may send a password, this server does not.
    behind_front_end: bool,
}

/// What the client has sent.
enum Request {
    /// A whole command.
    Text(Vec<u8>),
    /// APPEND or REPLACE at its first message.
    Append(Append, Literal),
    /// A command of which a literal is not wanted.
    Refused(Reply),
}

/// What comes after a command.
enum Next {
    Continue,
    /// IDLE begins. It runs apart, so that a waiting session does not keep the room that the
    /// largest command needs.
    Idle,
    Logout,
    Elsewhere(Box<Remote>),
}

impl Service {
    fn new(stream: Stream, peer: SocketAddr, shutdown: Shutdown, server: Arc<Server>) -> Self {
        let client = ClientInfo { ip: peer.ip(), protocol: Protocol::Imap4 };
        let (io, state) = (Io::new(stream), State::NotAuthenticated);
        let login_by = after_secs(limits::LOGIN_SECS_MAX);
        Service { io, server, client, shutdown, state, bad: 0, login_by, behind_front_end: false }
    }

    /// Says goodbye where there is reason to, and closes.
    async fn close(mut self, ended: Result<(), Trouble>) {
        let farewell = match ended {
            Ok(()) | Err(Trouble::Reply(_)) => Ok(()),
            Err(Trouble::Bye(why)) => self.bye(why).await,
            Err(Trouble::Gone(LineError::Timeout)) => self.bye("Idle for too long").await,
            Err(Trouble::Gone(error)) => Err(error),
        };
        let closed = match farewell {
            Ok(()) => self.io.close().await,
            Err(error) => Err(error),
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "connection ended");
        }
    }

    async fn serve(&mut self) -> Result<Option<Remote>, Trouble> {
        let capabilities = capability::before_login(&self.server, self.io.channel());
        let name = &self.server.name;
        let greeting =
            format!("* OK [CAPABILITY {capabilities}] {name} IMAP4 service is ready\r\n");
        self.io.put(greeting.as_bytes()).await?;
        self.commands().await
    }

    /// Answers the login and goes on from there. Who is not let in begins again at the front
    /// end, with a new connection.
    async fn serve_logged_in(&mut self, login: LoggedIn) -> Result<(), Trouble> {
        self.behind_front_end = true;
        self.io.set_tag(&login.tag);
        if let Next::Elsewhere(_) = self.logged_in(Ok(login.principal)).await? {
            self.answer(&Fault::Moved.into()).await?;
        }
        match self.state {
            State::Authenticated(_) => self.commands().await.map(|_| ()),
            State::NotAuthenticated => Err(Trouble::Bye("Not logged in")),
        }
    }

    async fn commands(&mut self) -> Result<Option<Remote>, Trouble> {
        loop {
            let request = self.request().await?;
            match Box::pin(self.handle(request)).await? {
                Next::Continue => {}
                Next::Idle => Box::pin(self.idle()).await?,
                Next::Logout => return Ok(None),
                Next::Elsewhere(remote) => return Ok(Some(*remote)),
            }
            if self.bad > limits::IMAP_BAD_COMMANDS_MAX {
                return Err(Trouble::Bye("Too many bad commands"));
            }
        }
    }

    async fn idle(&mut self) -> Result<(), Trouble> {
        let State::Authenticated(session) = &mut self.state else { return Ok(()) };
        let outcome = idle::idle(session, &mut self.io).await;
        Box::pin(self.finish(outcome, true)).await.map(|_| ())
    }

    async fn bye(&mut self, why: &str) -> Result<(), LineError> {
        self.io.put(format!("* BYE {why}\r\n").as_bytes()).await
    }

    /// Waits for a command. What NOTIFY watches is told meanwhile.
    async fn request(&mut self) -> Result<Request, Trouble> {
        loop {
            match self.frame().await? {
                Frame::Command => return Ok(Request::Text(self.io.framer().take_text())),
                Frame::Literal(literal) => {
                    if let Some(request) = Box::pin(self.literal(literal)).await? {
                        return Ok(request);
                    }
                }
                Frame::LineTooLong => return Err(Trouble::Bye("The command line is too long")),
                Frame::More | Frame::Refused => {}
            }
        }
    }

    /// Until when the client may be silent, or in the middle of a command.
    fn deadline(&mut self) -> Instant {
        let between = self.io.framer().is_empty();
        match (&self.state, between) {
            (State::NotAuthenticated, _) => {
                (Instant::now() + self.server.pre_authentication_timeout).min(self.login_by)
            }
            (State::Authenticated(_), true) => Instant::now() + self.server.idle_timeout,
            (State::Authenticated(_), false) => after_secs(limits::IMAP_COMMAND_STALL_SECS),
        }
    }

    async fn frame(&mut self) -> Result<Frame, Trouble> {
        if matches!(self.state, State::NotAuthenticated) && Instant::now() >= self.login_by {
            return Err(Trouble::Bye("Too long without a login"));
        }
        loop {
            let between = self.io.framer().is_empty();
            let deadline = self.deadline();
            let woken = woken(&mut self.state, between);
            tokio::select! {
                biased;
                frame = self.io.frame_or_more(deadline) => return Ok(frame?),
                () = woken => {}
                () = self.shutdown.requested(), if between => {
                    return Err(Trouble::Bye("The server is shutting down"));
                }
            }
            if let State::Authenticated(session) = &mut self.state {
                Box::pin(notify::tell(session, &mut self.io)).await?;
            }
        }
    }

    /// A literal of a command: part of its text, a message, or too much.
    async fn literal(&mut self, literal: Literal) -> Result<Option<Request>, Trouble> {
        let max = match &self.state {
            State::NotAuthenticated => limits::IMAP_PREAUTH_LITERAL_OCTETS_MAX,
            State::Authenticated(session) => {
                let utf8 = session.enabled.utf8_names();
                if let Some((tag, append)) = append_at_message(self.io.framer().text(), utf8) {
                    let tag = tag.to_owned();
                    self.io.set_tag(&tag);
                    return Ok(Some(Request::Append(append, literal)));
                }
                limits::IMAP_LITERAL_OCTETS_MAX
            }
        };
        let text = self.io.framer().text();
        if literal.size <= max && literal.size + text.len() as u64 <= max + LINE_MAX {
            self.io.framer().take_inline(literal);
            self.io.invite(literal).await?;
            return Ok(None);
        }
        let tag = tag_of_partial(text);
        self.io.set_tag(&tag);
        if literal.size > limits::IMAP_SKIPPED_LITERAL_OCTETS_MAX && !literal.synchronizing {
            return Err(Trouble::Bye("The literal is too large"));
        }
        self.io.refuse(literal, after_secs(limits::IMAP_COMMAND_STALL_SECS)).await?;
        Ok(Some(Request::Refused(Reply::bad("The literal is too large").code("TOOBIG"))))
    }

    async fn handle(&mut self, request: Request) -> Result<Next, Trouble> {
        match request {
            Request::Text(text) => self.text(&text).await,
            Request::Refused(reply) => self.finish(Ok(reply), true).await,
            Request::Append(append, literal) => {
                let outcome = match &mut self.state {
                    State::Authenticated(session) => {
                        let append = append::append(session, &mut self.io, append, literal);
                        append.instrument(debug_span!("command", command = "APPEND")).await
                    }
                    State::NotAuthenticated => Ok(Reply::bad("Log in first")),
                };
                self.finish(outcome, true).await
            }
        }
    }

    async fn text(&mut self, text: &[u8]) -> Result<Next, Trouble> {
        let utf8 = match &self.state {
            State::Authenticated(session) => session.enabled.utf8_names(),
            State::NotAuthenticated => false,
        };
        let (tag, command) = parse(text, utf8);
        self.io.set_tag(tag.unwrap_or("*"));
        match command {
            Ok(command) if matches!(self.state, State::Authenticated(_)) => {
                let begun = Instant::now();
                let span = debug_span!("command", command = name_of(text));
                let next = self.command(command).instrument(span).await;
                if let Some(observer) = &self.server.observer {
                    observer(name_of(text), begun.elapsed());
                }
                next
            }
            // A login takes as long as the client's answers.
            Ok(command) => {
                let span = debug_span!("command", command = name_of(text));
                self.command(command).instrument(span).await
            }
            Err(bad) => self.finish(Ok(bad.into()), true).await,
        }
    }

    async fn command(&mut self, command: Command) -> Result<Next, Trouble> {
        let expunge = allows_expunge(&command);
        let outcome = match command {
            Command::Capability => self.capability().await,
            Command::Id(fields) => id::id(&mut self.io, fields).await,
            Command::Logout => return self.logout().await,
            Command::StartTls => return self.start_tls().await,
            Command::Compress(name) => return self.compress(&name).await,
            Command::Login(user, password) => {
                if matches!(self.state, State::Authenticated(_)) {
                    return self.finish(Ok(already_logged_in()), true).await;
                }
                let login = self.login_parts().login(&user, &password).await;
                return self.logged_in(login).await;
            }
            Command::Authenticate(mechanism, initial) => {
                if matches!(self.state, State::Authenticated(_)) {
                    return self.finish(Ok(already_logged_in()), true).await;
                }
                let login = self.login_parts().authenticate(&mechanism, initial).await;
                return self.logged_in(login).await;
            }
            Command::Unauthenticate => self.unauthenticate(),
            Command::Idle if matches!(self.state, State::Authenticated(_)) => {
                return Ok(Next::Idle);
            }
            command => match &mut self.state {
                State::Authenticated(session) => session.execute(&mut self.io, command).await,
                State::NotAuthenticated if command == Command::Noop => Ok(Reply::ok("Done")),
                State::NotAuthenticated => Ok(Reply::bad("Log in first")),
            },
        };
        self.finish(outcome, expunge).await
    }

    /// Brings the client up to date, then answers.
    async fn finish(&mut self, outcome: Outcome, expunge: bool) -> Result<Next, Trouble> {
        let reply = match outcome {
            Ok(reply) | Err(Trouble::Reply(reply)) => reply,
            Err(trouble) => return Err(trouble),
        };
        if let State::Authenticated(session) = &mut self.state {
            match session.sync(&mut self.io, expunge).await {
                Ok(()) => {}
                Err(Trouble::Reply(reply)) => tracing::warn!(?reply, "no update"),
                Err(trouble) => return Err(trouble),
            }
        }
        self.answer(&reply).await?;
        Ok(Next::Continue)
    }

    async fn answer(&mut self, reply: &Reply) -> Result<(), LineError> {
        self.bad = if reply.condition == Condition::Bad { self.bad + 1 } else { 0 };
        let mut out = Vec::new();
        reply.write(&mut out, self.io.tag());
        self.io.put(&out).await
    }

    fn capabilities(&self) -> String {
        let channel = self.io.channel();
        match &self.state {
            State::NotAuthenticated => capability::before_login(&self.server, channel),
            State::Authenticated(session) => {
                let hidden = &session.account.hidden_capabilities;
                capability::after_login(&self.server, channel, hidden)
            }
        }
    }

    async fn capability(&mut self) -> Outcome {
        let line = format!("* CAPABILITY {}\r\n", self.capabilities());
        self.io.put(line.as_bytes()).await?;
        Ok(Reply::ok("CAPABILITY completed"))
    }

    async fn logout(&mut self) -> Result<Next, Trouble> {
        self.bye("Until next time").await?;
        self.answer(&Reply::ok("LOGOUT completed")).await?;
        Ok(Next::Logout)
    }

    /// What the client sent together with STARTTLS is not protected: `LineStream` refuses to
    /// go on when there is any.
    async fn start_tls(&mut self) -> Result<Next, Trouble> {
        let tls = match (&self.state, &self.server.tls) {
            (State::NotAuthenticated, Some(tls)) if !self.io.channel().tls => tls.clone(),
            (State::NotAuthenticated, None) => {
                return self
                    .finish(Ok(Reply::no("TLS is not available").code("CANNOT")), true)
                    .await;
            }
            _ => return self.finish(Ok(Reply::bad("Too late for STARTTLS")), true).await,
        };
        self.answer(&Reply::ok("Begin TLS")).await?;
        match self.io.line().start_tls_server(&tls).await {
            Ok(()) => Ok(Next::Continue),
            Err(error) => {
                tracing::debug!(%error, "STARTTLS");
                Err(Trouble::Gone(LineError::Closed))
            }
        }
    }

    async fn compress(&mut self, algorithm: &str) -> Result<Next, Trouble> {
        let refusal = match (&self.state, algorithm) {
            (State::NotAuthenticated, _) => Some(Reply::bad("Log in first")),
            (_, name) if name != "DEFLATE" => Some(Reply::no("Unknown algorithm").code("CANNOT")),
            _ if self.io.channel().deflate => {
                Some(Reply::no("Compressed already").code("COMPRESSIONACTIVE"))
            }
            _ => None,
        };
        if let Some(reply) = refusal {
            return self.finish(Ok(reply), true).await;
        }
        self.answer(&Reply::ok("Compressed from here on")).await?;
        match self.io.line().start_deflate().await {
            Ok(()) => Ok(Next::Continue),
            Err(error) => {
                tracing::debug!(%error, "COMPRESS");
                Err(Trouble::Gone(LineError::Closed))
            }
        }
    }

    fn unauthenticate(&mut self) -> Outcome {
        match self.state {
            State::NotAuthenticated => Ok(Reply::bad("Nobody is logged in")),
            State::Authenticated(_) if self.behind_front_end => {
                Ok(Reply::no("Open a new connection").code("CANNOT"))
            }
            State::Authenticated(_) => {
                self.state = State::NotAuthenticated;
                self.login_by = after_secs(limits::LOGIN_SECS_MAX);
                Ok(Reply::ok("UNAUTHENTICATE completed"))
            }
        }
    }

    fn login_parts(&mut self) -> Login<'_> {
        Login { server: &self.server, io: &mut self.io, client: self.client }
    }

    async fn logged_in(&mut self, login: Result<Principal, Trouble>) -> Result<Next, Trouble> {
        let principal = match login {
            Ok(principal) => principal,
            Err(trouble) => return self.finish(Err(trouble), true).await,
        };
        let (owner, asker) = (Guid(principal.mailbox.0), Guid(principal.recipient.0));
        match self.server.homes.home(owner, asker).await {
            Ok(Home::Local(mailbox)) => self.at_home(principal, mailbox).await,
            Ok(Home::Remote(server)) => {
                // Answers to commands before the login are still ours to give.
                self.io.line().flush().await?;
                let tag = self.io.tag().to_owned();
                Ok(Next::Elsewhere(Box::new(Remote { server, principal, tag })))
            }
            Err(Fault::NotFound(_)) => {
                let reply = Reply::no("No mailbox for this account").code("AUTHORIZATIONFAILED");
                self.finish(Ok(reply), true).await
            }
            Err(fault) => self.finish(Err(fault.into()), true).await,
        }
    }

    async fn at_home(
        &mut self,
        principal: Principal,
        mailbox: mailbox::Mailbox,
    ) -> Result<Next, Trouble> {
        let Some(place) = self.server.sessions.enter(principal.recipient) else {
            let reply = Reply::no("Too many connections of this user").code("LIMIT");
            return self.finish(Ok(reply), true).await;
        };
        let mut hidden_capabilities = self.server.hidden_for(&principal);
        if self.behind_front_end {
            hidden_capabilities.push("UNAUTHENTICATE".to_owned());
        }
        let server = Arc::clone(&self.server);
        let account = Account { principal, mailbox, hidden_capabilities, server, _place: place };
        self.state = State::Authenticated(Box::new(Authenticated::new(account)));
        let code = format!("CAPABILITY {}", self.capabilities());
        self.answer(&Reply::ok("Logged in").code(code)).await?;
        Ok(Next::Continue)
    }
}

fn already_logged_in() -> Reply {
    Reply::bad("Already logged in")
}

/// Text that may stand around the literals of a command.
const LINE_MAX: u64 = limits::IMAP_LINE_OCTETS_MAX as u64;

/// The tag of a command whose end is still to come.
fn tag_of_partial(text: &[u8]) -> String {
    tag_of(text).unwrap_or("*").to_owned()
}

/// Wakes for NOTIFY, and only between commands.
async fn woken(state: &mut State, between: bool) {
    match state {
        State::Authenticated(session) if between && session.watched.is_some() => {
            wake(session).await;
        }
        _ => std::future::pending().await,
    }
}
