//! LOGIN and AUTHENTICATE (RFC 9051 sections 6.2.2, 6.2.3, RFC 4959).

use std::sync::Arc;

use auth::{
    Attempt, AuthFailure, ChannelBinding, ClientInfo, ClientLine, Dialogue, Failure, Mechanism,
    Principal, Turn, decode_initial, decode_line,
};
use tokio::time::Instant;

use crate::capability::{may_send_password, offers};
use crate::codec::Frame;
use crate::io::Io;
use crate::reply::{Reply, Trouble};
use crate::server::Server;

/// Who logs in, from where, over what.
pub struct Login<'a> {
    /// Settings and services.
    pub server: &'a Arc<Server>,
    /// The connection.
    pub io: &'a mut Io,
    /// The client.
    pub client: ClientInfo,
}

impl Login<'_> {
    /// User name and password.
    pub async fn login(&mut self, user: &[u8], password: &[u8]) -> Result<Principal, Trouble> {
        if !may_send_password(self.server, self.io.channel()) {
            return Err(Reply::no("Use STARTTLS first").code("PRIVACYREQUIRED").into());
        }
        let (Ok(user), Ok(password)) = (std::str::from_utf8(user), std::str::from_utf8(password))
        else {
            return Err(refusal(AuthFailure::Credentials).into());
        };
        let attempt = Attempt::password(Mechanism::Login, "", user, password)
            .map_err(|failure| refusal(failure.into()))?;
        let verified = self.server.authenticator.verify(attempt, self.client).await;
        verified.map_err(|failure| refusal(failure).into())
    }

    /// A SASL exchange.
    pub async fn authenticate(
        &mut self,
        name: &str,
        initial: Option<Vec<u8>>,
    ) -> Result<Principal, Trouble> {
        let mut dialogue = self.dialogue(name)?;
        let initial = initial.map(|text| decode_initial(&text)).transpose();
        let initial = initial.map_err(|failure| refusal(failure.into()))?;
        let mut turn = dialogue.open(initial.as_deref()).await;
        loop {
            match turn {
                Turn::Done(principal) => return Ok(*principal),
                Turn::Failed(failure) => return Err(refusal(failure).into()),
                Turn::Challenge(challenge) => {
                    let line = format!("+ {}\r\n", auth::encode(&challenge));
                    self.io.put(line.as_bytes()).await?;
                    turn = match self.response().await? {
                        ClientLine::Cancel => dialogue.cancel().await,
                        ClientLine::Response(response) => dialogue.respond(&response).await,
                    };
                }
            }
        }
    }

    fn dialogue(&self, name: &str) -> Result<Dialogue, Reply> {
        let channel = self.io.channel();
        let mechanism = Mechanism::parse(name)
            .ok_or_else(|| Reply::no("Unknown authentication mechanism").code("CANNOT"))?;
        if !offers(self.server, channel, mechanism) {
            return Err(Reply::no("Use STARTTLS first").code("PRIVACYREQUIRED"));
        }
        let binding = self.io.channel_binding();
        let binding = binding.map_or(ChannelBinding::Absent, ChannelBinding::TlsExporter);
        let authenticator = Arc::clone(&self.server.authenticator);
        Dialogue::new(mechanism, binding, authenticator, self.client)
            .map_err(|failure| refusal(failure.into()))
    }

    async fn response(&mut self) -> Result<ClientLine, Trouble> {
        let deadline = Instant::now() + self.server.pre_authentication_timeout;
        match self.io.frame(deadline).await? {
            Frame::Command => {
                let text = self.io.framer().take_text();
                decode_line(&text).map_err(|failure| refusal(failure.into()).into())
            }
            _ => Err(Trouble::Bye("Expected a response")),
        }
    }
}

/// The answer to a failed login (RFC 5530).
fn refusal(failure: AuthFailure) -> Reply {
    let text = failure.to_string();
    match failure {
        AuthFailure::Exchange(Failure::Cancelled) => Reply::bad("Cancelled"),
        AuthFailure::Exchange(Failure::Encoding | Failure::TooLong | Failure::Malformed(_)) => {
            Reply::bad(text)
        }
        failure if failure.is_temporary() => Reply::no(text).code("UNAVAILABLE"),
        AuthFailure::ProtocolDisabled(_) | AuthFailure::MailboxAccess => {
            Reply::no(text).code("AUTHORIZATIONFAILED")
        }
        _ => Reply::no(text).code("AUTHENTICATIONFAILED"),
    }
}
