//! AUTHORIZATION: who is there. USER and PASS, AUTH, STLS.

use std::time::Duration;

use auth::{
    Attempt, AuthFailure, ChannelBinding, ClientInfo, Dialogue, Mechanism, Principal, Turn,
};
use net::LineStream;
use tokio::time::Instant;
use types::limits::{LOGIN_SECS_MAX, POP3_AUTH_OCTETS_MAX, POP3_LOGON_FAILURES_MAX};

use super::{End, complain, goodbye, next_command};
use crate::command::Command;
use crate::response::{self, Code};
use crate::service::Server;

/// The end of AUTHORIZATION.
pub(crate) struct LoggedIn {
    pub(crate) principal: Principal,
    pub(crate) utf8: bool,
}

struct Authorization<'s> {
    server: &'s Server,
    client: ClientInfo,
    user: Option<String>,
    utf8: bool,
    failures: u32,
    errors: u32,
}

/// Runs the state until somebody is logged in.
pub(crate) async fn authorize(
    stream: &mut LineStream,
    server: &Server,
    client: ClientInfo,
) -> Result<LoggedIn, End> {
    let mut state =
        Authorization { server, client, user: None, utf8: false, failures: 0, errors: 0 };
    let login_by = Instant::now() + Duration::from_secs(LOGIN_SECS_MAX);
    loop {
        let left = login_by.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(goodbye(stream, "too long without a login").await);
        }
        let idle = server.pre_authentication_timeout.min(left);
        let command = next_command(stream, idle, &mut state.errors).await?;
        if let Some(principal) = state.obey(stream, command).await? {
            return Ok(LoggedIn { principal, utf8: state.utf8 });
        }
    }
}

impl Authorization<'_> {
    async fn obey(
        &mut self,
        stream: &mut LineStream,
        command: Command,
    ) -> Result<Option<Principal>, End> {
        match command {
            Command::Capa => self.capabilities(stream),
            Command::Quit => {
                response::ok(stream.output(), "goodbye");
                return Err(End::Quit);
            }
            Command::Utf8 => {
                self.utf8 = true;
                response::ok(stream.output(), "UTF8 enabled");
            }
            Command::Stls => self.start_tls(stream).await?,
            Command::User(name) => self.user(stream, name),
            Command::Pass(password) => return self.pass(stream, &password).await,
            Command::Auth { mechanism: None, .. } => self.list_mechanisms(stream),
            Command::Auth { mechanism: Some(name), initial } => {
                return self.auth(stream, &name, initial.as_deref()).await;
            }
            _ => complain(stream, &mut self.errors, "log in first").await?,
        }
        Ok(None)
    }

    fn plaintext_allowed(&self, stream: &LineStream) -> bool {
        self.server.login_type.allows_password(stream.get_ref().is_tls())
    }

    fn mechanisms(&self, stream: &LineStream) -> Vec<Mechanism> {
        let bound = stream.get_ref().channel_binding().is_some();
        let (login_type, tls) = (self.server.login_type, stream.get_ref().is_tls());
        let fits = |mechanism: &Mechanism| {
            self.server.authenticator.offers(*mechanism)
                && mechanism.is_allowed(login_type, tls)
                && (bound || !mechanism.needs_channel_binding())
        };
        Mechanism::ALL.into_iter().filter(fits).collect()
    }

    fn capabilities(&self, stream: &mut LineStream) {
        let names: Vec<_> = self.mechanisms(stream).iter().map(|m| m.name()).collect();
        let plain = self.plaintext_allowed(stream);
        let may_start_tls = !stream.get_ref().is_tls() && self.server.tls.is_some();
        let out = stream.output();
        response::ok(out, "capabilities follow");
        if may_start_tls {
            response::line(out, format_args!("STLS"));
        }
        if plain {
            response::line(out, format_args!("USER"));
        }
        if !names.is_empty() {
            response::line(out, format_args!("SASL {}", names.join(" ")));
        }
        crate::service::common_capabilities(out);
        response::end(out);
    }

    fn list_mechanisms(&self, stream: &mut LineStream) {
        let mechanisms = self.mechanisms(stream);
        let out = stream.output();
        response::ok(out, "mechanisms follow");
        for mechanism in mechanisms {
            response::line(out, format_args!("{}", mechanism.name()));
        }
        response::end(out);
    }

    async fn start_tls(&mut self, stream: &mut LineStream) -> Result<(), End> {
        let Some(tls) = self.server.tls.as_ref().filter(|_| !stream.get_ref().is_tls()) else {
            return complain(stream, &mut self.errors, "TLS is not available").await;
        };
        response::ok(stream.output(), "begin TLS");
        // RFC 2595 section 2.1: what was learned in the clear is forgotten.
        (self.user, self.utf8) = (None, false);
        stream.start_tls_server(tls).await.map_err(|error| {
            tracing::debug!(%error, "STLS failed");
            End::Broken
        })
    }

    fn user(&mut self, stream: &mut LineStream, name: String) {
        if !self.plaintext_allowed(stream) {
            return response::err(stream.output(), Some(Code::Auth), "use STLS first");
        }
        self.user = Some(name);
        response::ok(stream.output(), "send PASS");
    }

    async fn pass(
        &mut self,
        stream: &mut LineStream,
        password: &str,
    ) -> Result<Option<Principal>, End> {
        let Some(user) = self.user.take() else {
            complain(stream, &mut self.errors, "USER first").await?;
            return Ok(None);
        };
        let verdict = self.verify(&user, password).await;
        self.conclude(stream, verdict).await
    }

    async fn verify(&self, user: &str, password: &str) -> Result<Principal, AuthFailure> {
        let attempt = Attempt::password(Mechanism::Login, "", user, password)?;
        self.server.authenticator.verify(attempt, self.client).await
    }

    async fn auth(
        &mut self,
        stream: &mut LineStream,
        name: &str,
        initial: Option<&str>,
    ) -> Result<Option<Principal>, End> {
        let offered = self.mechanisms(stream);
        let Some(mechanism) = Mechanism::parse(name).filter(|m| offered.contains(m)) else {
            complain(stream, &mut self.errors, "mechanism not available").await?;
            return Ok(None);
        };
        let verdict = self.dialogue(stream, mechanism, initial).await?;
        self.conclude(stream, verdict).await
    }

    async fn dialogue(
        &mut self,
        stream: &mut LineStream,
        mechanism: Mechanism,
        initial: Option<&str>,
    ) -> Result<Result<Principal, AuthFailure>, End> {
        let exported = stream.get_ref().channel_binding();
        let binding = exported.map_or(ChannelBinding::Absent, |exported| {
            ChannelBinding::TlsExporter(exported.to_vec())
        });
        let authenticator = self.server.authenticator.clone();
        let mut dialogue = match Dialogue::new(mechanism, binding, authenticator, self.client) {
            Ok(dialogue) => dialogue,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let initial = match initial.map(|text| auth::decode_initial(text.as_bytes())).transpose() {
            Ok(initial) => initial,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let mut turn = dialogue.open(initial.as_deref()).await;
        loop {
            match turn {
                Turn::Done(principal) => return Ok(Ok(*principal)),
                Turn::Failed(failure) => return Ok(Err(failure)),
                Turn::Challenge(challenge) => {
                    let line = format!("+ {}", auth::encode(&challenge));
                    response::line(stream.output(), format_args!("{line}"));
                    turn = self.answer(stream, &mut dialogue).await?;
                }
            }
        }
    }

    /// One line of the client in a dialogue.
    async fn answer(&self, stream: &mut LineStream, dialogue: &mut Dialogue) -> Result<Turn, End> {
        let deadline = Instant::now() + self.server.pre_authentication_timeout;
        let line = stream.line(POP3_AUTH_OCTETS_MAX, deadline).await?;
        Ok(match auth::decode_line(&line) {
            Ok(auth::ClientLine::Response(response)) => dialogue.respond(&response).await,
            Ok(auth::ClientLine::Cancel) => dialogue.cancel().await,
            Err(failure) => Turn::Failed(failure.into()),
        })
    }

    async fn conclude(
        &mut self,
        stream: &mut LineStream,
        verdict: Result<Principal, AuthFailure>,
    ) -> Result<Option<Principal>, End> {
        let failure = match verdict {
            Ok(principal) => return Ok(Some(principal)),
            Err(failure) => failure,
        };
        tracing::info!(client = %self.client.ip, %failure, "login failed");
        let code = if failure.is_temporary() { Code::SysTemp } else { Code::Auth };
        response::err(stream.output(), Some(code), &failure.to_string());
        self.failures += 1;
        if self.failures < POP3_LOGON_FAILURES_MAX {
            return Ok(None);
        }
        // The session ends here whatever becomes of the answer.
        let _ = stream.flush().await;
        Err(End::Broken)
    }
}
