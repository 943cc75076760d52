//! An exchange run against an authenticator: what SMTP, IMAP and POP3 sessions hold while
//! AUTH is under way.

use std::sync::Arc;

use crate::attempt::Attempt;
use crate::authenticator::{AuthFailure, Authenticator};
use crate::exchange::{Exchange, Failure, Step};
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::principal::{ClientInfo, Principal};

/// What the session does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Send this as a challenge, and pass the client's line to [`Dialogue::respond`].
    Challenge(Vec<u8>),
    /// Logged in.
    Done(Box<Principal>),
    /// Not logged in; the dialogue is over.
    Failed(AuthFailure),
}

/// One AUTH command, from its name to its verdict.
pub struct Dialogue {
    exchange: Exchange,
    authenticator: Arc<dyn Authenticator>,
    client: ClientInfo,
}

impl Dialogue {
    /// Starts the mechanism the client named. [`Dialogue::open`] comes next.
    pub fn new(
        mechanism: Mechanism,
        binding: ChannelBinding,
        authenticator: Arc<dyn Authenticator>,
        client: ClientInfo,
    ) -> Result<Self, Failure> {
        Ok(Dialogue { exchange: Exchange::start(mechanism, binding)?, authenticator, client })
    }

    /// Takes the initial response, if the client sent one, decoded.
    pub async fn open(&mut self, initial: Option<&[u8]>) -> Turn {
        let step = self.exchange.open(initial);
        self.turn(step).await
    }

    /// Takes a response, decoded.
    pub async fn respond(&mut self, response: &[u8]) -> Turn {
        let step = self.exchange.step(response);
        self.turn(step).await
    }

    /// The client sent `*`.
    pub async fn cancel(&mut self) -> Turn {
        let step = self.exchange.cancel();
        self.turn(step).await
    }

    /// Serves the exchange until it has something for the client.
    async fn turn(&mut self, mut step: Step) -> Turn {
        loop {
            step = match step {
                Step::Challenge(challenge) => return Turn::Challenge(challenge),
                Step::Done(principal) => return Turn::Done(principal),
                Step::Fail(failure) => return Turn::Failed(failure.into()),
                Step::NeedScram(user) => {
                    let secret = self.authenticator.scram_secret(&user);
                    self.exchange.scram_secret(secret)
                }
                Step::Verify(attempt) => match self.verify(attempt).await {
                    Ok(principal) => self.exchange.accepted(principal),
                    Err(failure) => return Turn::Failed(failure),
                },
            };
        }
    }

    async fn verify(&self, attempt: Attempt) -> Result<Principal, AuthFailure> {
        self.authenticator.verify(attempt, self.client).await
    }
}
