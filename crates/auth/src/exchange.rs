//! The server side of a SASL exchange (RFC 4422) as a machine without IO.
//!
//! Responses go in decoded, challenges come out to be encoded. When the machine needs
//! something of the account store it says so ([`Step::NeedScram`], [`Step::Verify`]) and goes
//! on when it gets it. A machine that has failed or finished only fails.

use crate::attempt::Attempt;
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::plain;
use crate::principal::Principal;
use crate::scram::{Asked, Challenged, ScramSecret, random_nonce};
use types::limits::SASL_RESPONSE_OCTETS_MAX;

/// What the client, or nobody, did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The client sent `*`.
    #[error("cancelled by the client")]
    Cancelled,
    /// Not base64.
    #[error("response is not base64")]
    Encoding,
    /// A response or a part of it beyond its limit.
    #[error("response too long")]
    TooLong,
    /// Not a message of the mechanism.
    #[error("malformed response: {0}")]
    Malformed(&'static str),
    /// The client is bound to another TLS connection, or somebody in between took -PLUS off
    /// the list of mechanisms.
    #[error("channel binding does not match")]
    ChannelBinding,
    /// A response that nobody asked for.
    #[error("exchange is over")]
    OutOfOrder,
    /// The system has no randomness to give.
    #[error("no randomness")]
    Entropy,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, wait for a response.
    Challenge(Vec<u8>),
    /// Look up the SCRAM secret of that user, or [`ScramSecret::fake`], and pass it to
    /// [`Exchange::scram_secret`].
    NeedScram(String),
    /// Verify the attempt, and pass the principal to [`Exchange::accepted`]. If it is not
    /// accepted the exchange ends; the mechanism has nothing to add.
    Verify(Attempt),
    /// The client is authenticated.
    Done(Box<Principal>),
    /// The exchange ends.
    Fail(Failure),
}

/// One exchange.
#[derive(Debug)]
pub struct Exchange(State);

#[derive(Debug)]
enum State {
    PlainMessage,
    LoginUser,
    LoginPassword {
        user: String,
    },
    ScramFirst {
        mechanism: Mechanism,
        binding: ChannelBinding,
        nonce: String,
    },
    ScramSecret(Asked),
    ScramFinal(Challenged),
    /// The last message is what the server sends with its success, if any.
    Verifying(Option<Vec<u8>>),
    /// The server's last message is sent; the client answers with an empty one.
    Acknowledging(Box<Principal>),
    Over,
}

type Next = Result<(Step, State), Failure>;

const USER_PROMPT: &[u8] = b"Username:";
const PASSWORD_PROMPT: &[u8] = b"Password:";

impl Exchange {
    /// Starts an exchange. [`Exchange::open`] comes next.
    pub fn start(mechanism: Mechanism, binding: ChannelBinding) -> Result<Self, Failure> {
        let nonce = random_nonce().ok_or(Failure::Entropy)?;
        Ok(Self::with_nonce(mechanism, binding, nonce))
    }

    fn with_nonce(mechanism: Mechanism, binding: ChannelBinding, nonce: String) -> Self {
        Exchange(match mechanism {
            Mechanism::Plain => State::PlainMessage,
            Mechanism::Login => State::LoginUser,
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
                State::ScramFirst { mechanism, binding, nonce }
            }
        })
    }

    /// Takes the initial response, or makes the first challenge if the client sent none.
    pub fn open(&mut self, initial: Option<&[u8]>) -> Step {
        match (initial, &self.0) {
            (Some(response), _) => self.step(response),
            (None, State::LoginUser) => Step::Challenge(USER_PROMPT.to_vec()),
            (None, _) => Step::Challenge(Vec::new()),
        }
    }

    /// Takes a response of the client.
    pub fn step(&mut self, response: &[u8]) -> Step {
        self.advance(|state| respond(state, response))
    }

    /// Takes the secret that [`Step::NeedScram`] asked for.
    pub fn scram_secret(&mut self, secret: ScramSecret) -> Step {
        self.advance(|state| {
            let State::ScramSecret(asked) = state else { return Err(Failure::OutOfOrder) };
            let (challenge, challenged) = asked.challenge(secret);
            Ok((Step::Challenge(challenge), State::ScramFinal(challenged)))
        })
    }

    /// Takes the outcome of [`Step::Verify`].
    pub fn accepted(&mut self, principal: Principal) -> Step {
        self.advance(|state| {
            let State::Verifying(last) = state else { return Err(Failure::OutOfOrder) };
            let principal = Box::new(principal);
            Ok(match last {
                None => (Step::Done(principal), State::Over),
                Some(last) => (Step::Challenge(last), State::Acknowledging(principal)),
            })
        })
    }

    /// The client sent `*`.
    pub fn cancel(&mut self) -> Step {
        self.advance(|_| Err(Failure::Cancelled))
    }

    fn advance(&mut self, act: impl FnOnce(State) -> Next) -> Step {
        match act(std::mem::replace(&mut self.0, State::Over)) {
            Ok((step, state)) => {
                self.0 = state;
                step
            }
            Err(failure) => Step::Fail(failure),
        }
    }
}

fn respond(state: State, response: &[u8]) -> Next {
    if response.len() > SASL_RESPONSE_OCTETS_MAX {
        return Err(Failure::TooLong);
    }
    match state {
        State::PlainMessage => Ok(verify(plain::parse(response)?, None)),
        State::LoginUser => login_user(response),
        State::LoginPassword { user } => login_password(&user, response),
        State::ScramFirst { mechanism, binding, nonce } => {
            let asked = Asked::read(mechanism, &binding, &nonce, response)?;
            Ok((Step::NeedScram(asked.user().to_owned()), State::ScramSecret(asked)))
        }
        State::ScramFinal(challenged) => {
            let (attempt, last) = challenged.finish(response)?;
            Ok(verify(attempt, Some(last)))
        }
        State::Acknowledging(principal) if response.is_empty() => {
            Ok((Step::Done(principal), State::Over))
        }
        State::Acknowledging(_) => Err(Failure::Malformed("the last response is empty")),
        State::ScramSecret(_) | State::Verifying(_) | State::Over => Err(Failure::OutOfOrder),
    }
}

fn verify(attempt: Attempt, last: Option<Vec<u8>>) -> (Step, State) {
    (Step::Verify(attempt), State::Verifying(last))
}

fn login_user(response: &[u8]) -> Next {
    let user = text(response)?.to_owned();
    Ok((Step::Challenge(PASSWORD_PROMPT.to_vec()), State::LoginPassword { user }))
}

fn login_password(user: &str, response: &[u8]) -> Next {
    let attempt = Attempt::password(Mechanism::Login, "", user, text(response)?)?;
    Ok(verify(attempt, None))
}

fn text(response: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(response).map_err(|_| Failure::Malformed("not UTF-8"))
}

#[cfg(test)]
mod tests;
