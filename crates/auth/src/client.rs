//! The client side, for smart hosts that want a password: PLAIN and LOGIN, both only inside
//! TLS (which the caller sees to).

use zeroize::Zeroizing;

use crate::exchange::Failure;
use crate::mechanism::Mechanism;
use crate::plain;

/// One exchange as a client.
#[derive(Debug)]
pub struct Client {
    mechanism: Mechanism,
    user: String,
    password: Zeroizing<String>,
    responses: usize,
}

impl Client {
    /// The best mechanism that both sides speak.
    pub fn choose(offered: &[Mechanism]) -> Option<Mechanism> {
        [Mechanism::Plain, Mechanism::Login].into_iter().find(|ours| offered.contains(ours))
    }

    /// Starts an exchange by a mechanism that [`Client::choose`] gave.
    pub fn new(mechanism: Mechanism, user: &str, password: &str) -> Self {
        let password = Zeroizing::new(password.to_owned());
        Client { mechanism, user: user.to_owned(), password, responses: 0 }
    }

    /// What goes behind the mechanism's name. LOGIN has nothing: not every server that speaks
    /// it takes an initial response.
    pub fn initial(&mut self) -> Option<Vec<u8>> {
        (self.mechanism == Mechanism::Plain).then(|| self.next()).flatten()
    }

    /// Answers a challenge. LOGIN goes by the order of the prompts, whose words vary.
    pub fn respond(&mut self) -> Result<Vec<u8>, Failure> {
        self.next().ok_or(Failure::OutOfOrder)
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let response = match (self.mechanism, self.responses) {
            (Mechanism::Plain, 0) => plain::message(&self.user, &self.password),
            (Mechanism::Login, 0) => self.user.clone().into_bytes(),
            (Mechanism::Login, 1) => self.password.as_bytes().to_vec(),
            _ => return None,
        };
        self.responses += 1;
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::{Attempt, ChannelBinding, Exchange, Step};

    #[test]
    fn plain_is_preferred_and_scram_is_not_ours_to_choose() {
        use Mechanism::{Login, Plain, ScramSha256};
        for (offered, chosen) in [
            (&[Login, Plain][..], Some(Plain)),
            (&[ScramSha256, Login], Some(Login)),
            (&[ScramSha256], None),
            (&[], None),
        ] {
            assert_eq!(Client::choose(offered), chosen);
        }
    }

    #[test]
    fn our_server_understands_our_client() {
        for mechanism in [Mechanism::Plain, Mechanism::Login] {
            let mut client = Client::new(mechanism, "alice", "secret");
            let mut server = Exchange::start(mechanism, ChannelBinding::Absent).unwrap();
            let mut step = server.open(client.initial().as_deref());
            while matches!(step, Step::Challenge(_)) {
                step = server.step(&client.respond().unwrap());
            }
            let expected = Attempt::password(mechanism, "", "alice", "secret").unwrap();
            assert_eq!(step, Step::Verify(expected));
            assert_eq!(client.respond(), Err(Failure::OutOfOrder));
        }
    }
}
