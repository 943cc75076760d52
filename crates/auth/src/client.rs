//! The client side, for smart hosts that want a password. PLAIN and LOGIN only inside TLS,
//! which the caller sees to.

use zeroize::Zeroizing;

use crate::exchange::Failure;
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::plain;
use crate::scram::{Answered, Opening};

/// One exchange as a client.
#[derive(Debug)]
pub struct Client(State);

#[derive(Debug)]
enum State {
    Plain(Zeroizing<Vec<u8>>),
    LoginUser {
        user: String,
        password: Zeroizing<String>,
    },
    LoginPassword(Zeroizing<String>),
    ScramFirst(Opening),
    /// The first message is sent.
    ScramFinal(Opening),
    ScramVerify(Answered),
    Finished,
    Failed,
}

impl Client {
    /// The best mechanism that the server offers; -PLUS only with a channel binding.
    pub fn choose(offered: &[Mechanism], binding: &ChannelBinding) -> Option<Mechanism> {
        let possible = |ours: &Mechanism| {
            offered.contains(ours) && (binding.is_present() || !ours.needs_channel_binding())
        };
        Mechanism::ALL.into_iter().find(possible)
    }

    /// Starts an exchange by a mechanism that [`Client::choose`] gave for that binding.
    pub fn new(
        mechanism: Mechanism,
        binding: ChannelBinding,
        user: &str,
        password: &str,
    ) -> Result<Self, Failure> {
        let secret = || Zeroizing::new(password.to_owned());
        Ok(Client(match mechanism {
            Mechanism::Plain => State::Plain(Zeroizing::new(plain::message(user, password))),
            Mechanism::Login => State::LoginUser { user: user.to_owned(), password: secret() },
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
                State::ScramFirst(Opening::new(mechanism, binding, user, password)?)
            }
        }))
    }

    /// What goes behind the mechanism's name. LOGIN has nothing: not every server that speaks
    /// it takes an initial response.
    pub fn initial(&mut self) -> Option<Vec<u8>> {
        match &self.0 {
            State::Plain(_) | State::ScramFirst(_) => self.respond(b"").ok(),
            _ => None,
        }
    }

    /// Answers a challenge. LOGIN goes by the order of the prompts, whose words vary. SCRAM
    /// computes up to `SCRAM_ITERATIONS_MAX` rounds of PBKDF2 here.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
        let state = std::mem::replace(&mut self.0, State::Failed);
        let (response, next) = answer(state, challenge)?;
        self.0 = next;
        Ok(response)
    }

    /// Whether the server's success may be believed: all was said, and under SCRAM the server
    /// has proven that it knows us. A server that claims success earlier is not the one that
    /// has our account.
    pub fn is_finished(&self) -> bool {
        matches!(self.0, State::Finished)
    }
}

fn answer(state: State, challenge: &[u8]) -> Result<(Vec<u8>, State), Failure> {
    match state {
        State::Plain(message) => Ok((message.to_vec(), State::Finished)),
        State::LoginUser { user, password } => {
            Ok((user.into_bytes(), State::LoginPassword(password)))
        }
        State::LoginPassword(password) => Ok((password.as_bytes().to_vec(), State::Finished)),
        State::ScramFirst(opening) => Ok((opening.message(), State::ScramFinal(opening))),
        State::ScramFinal(opening) => {
            let (message, answered) = opening.answer(challenge)?;
            Ok((message, State::ScramVerify(answered)))
        }
        State::ScramVerify(answered) => {
            answered.verify(challenge)?;
            Ok((Vec::new(), State::Finished))
        }
        State::Finished | State::Failed => Err(Failure::OutOfOrder),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Attempt, Exchange, Step};

    #[test]
    fn the_strongest_mechanism_that_is_possible() {
        use ChannelBinding::Absent;
        use Mechanism::{Login, Plain, ScramSha256, ScramSha256Plus};
        let bound = ChannelBinding::TlsExporter(vec![7; 32]);
        for (offered, binding, chosen) in [
            (&[Login, Plain][..], &Absent, Some(Plain)),
            (&[Login, ScramSha256], &Absent, Some(ScramSha256)),
            (&[Login, ScramSha256Plus], &Absent, Some(Login)),
            (&[ScramSha256, ScramSha256Plus], &bound, Some(ScramSha256Plus)),
            (&[], &bound, None),
        ] {
            assert_eq!(Client::choose(offered, binding), chosen, "{offered:?}");
        }
    }

    #[test]
    fn our_server_understands_our_client() {
        for mechanism in [Mechanism::Plain, Mechanism::Login] {
            let mut client =
                Client::new(mechanism, ChannelBinding::Absent, "alice", "secret").unwrap();
            let mut server = Exchange::start(mechanism, ChannelBinding::Absent).unwrap();
            let mut step = server.open(client.initial().as_deref());
            while let Step::Challenge(challenge) = step {
                step = server.step(&client.respond(&challenge).unwrap());
            }
            let expected = Attempt::password(mechanism, "", "alice", "secret").unwrap();
            assert_eq!(step, Step::Verify(expected));
            assert!(client.is_finished());
            assert_eq!(client.respond(b""), Err(Failure::OutOfOrder));
        }
    }

    #[test]
    fn success_before_the_servers_proof_is_not_believed() {
        let (mechanism, binding) = (Mechanism::ScramSha256, ChannelBinding::Absent);
        let mut client = Client::new(mechanism, binding, "alice", "secret").unwrap();
        client.initial().unwrap();
        assert!(!client.is_finished());
        assert!(client.respond(b"v=AAAA").is_err());
        assert!(!client.is_finished());
    }
}
