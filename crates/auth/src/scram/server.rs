//! The server's side of the exchange, one type per state.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::message::{self, BindingFlag, ClientFinal, ClientFirst};
use super::secret::{KEY_OCTETS, ScramSecret};
use crate::attempt::{Attempt, Evidence, Proof, identities};
use crate::exchange::Failure;
use crate::mechanism::{ChannelBinding, Mechanism};

/// Octets of randomness in our half of the nonce.
const NONCE_OCTETS: usize = 18;

/// Our half of the nonce: 144 random bits in base64. None when the system has no randomness.
pub(crate) fn random_nonce() -> Option<String> {
    let mut bytes = [0; NONCE_OCTETS];
    getrandom::fill(&mut bytes).ok()?;
    Some(STANDARD.encode(bytes))
}

/// The client has named itself; its secret is wanted.
#[derive(Debug)]
pub(crate) struct Asked {
    mechanism: Mechanism,
    user: String,
    authzid: Option<String>,
    /// Both halves.
    nonce: String,
    bare: String,
    /// What the final message must carry as `c=`.
    channel_binding: String,
}

impl Asked {
    /// Reads the first message.
    pub(crate) fn read(
        mechanism: Mechanism,
        binding: &ChannelBinding,
        server_nonce: &str,
        response: &[u8],
    ) -> Result<Self, Failure> {
        let first = message::client_first(utf8(response)?)?;
        let data = binding_data(mechanism, binding, first.flag)?;
        let (user, authzid) = identities(&first.authzid, &first.user)?;
        Ok(Asked {
            mechanism,
            user,
            authzid,
            nonce: format!("{}{server_nonce}", first.nonce),
            bare: first.bare.to_owned(),
            channel_binding: expected_binding(&first, data),
        })
    }

    /// Whose secret is wanted.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// `server-first-message = nonce "," salt "," iteration-count`
    pub(crate) fn challenge(self, secret: ScramSecret) -> (Vec<u8>, Challenged) {
        let salt = STANDARD.encode(secret.salt);
        let server_first = format!("r={},s={salt},i={}", self.nonce, secret.iterations);
        let challenge = server_first.clone().into_bytes();
        (challenge, Challenged { asked: self, server_first, secret })
    }
}

/// Salt and nonce are sent; the proof is awaited.
#[derive(Debug)]
pub(crate) struct Challenged {
    asked: Asked,
    server_first: String,
    secret: ScramSecret,
}

impl Challenged {
    /// Reads the final message. Gives the attempt with its verdict and the server's final
    /// message, which is to be sent only if the attempt is accepted.
    pub(crate) fn finish(self, response: &[u8]) -> Result<(Attempt, Vec<u8>), Failure> {
        let last = message::client_final(utf8(response)?)?;
        self.check_frame(&last)?;
        let signed = format!("{},{},{}", self.asked.bare, self.server_first, last.without_proof);
        let proof: [u8; KEY_OCTETS] = STANDARD
            .decode(last.proof)
            .ok()
            .and_then(|octets| octets.try_into().ok())
            .ok_or(Failure::Malformed("bad proof"))?;
        let valid = self.secret.proves(signed.as_bytes(), &proof);
        let signature = STANDARD.encode(self.secret.sign(signed.as_bytes()));
        Ok((self.asked.into_attempt(Proof { valid }), format!("v={signature}").into_bytes()))
    }

    /// The final message must repeat our nonce, and the first message's header with the
    /// binding data of this very connection.
    fn check_frame(&self, last: &ClientFinal<'_>) -> Result<(), Failure> {
        if last.nonce != self.asked.nonce {
            return Err(Failure::Malformed("nonce differs"));
        }
        let same = last.channel_binding.as_bytes().ct_eq(self.asked.channel_binding.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(Failure::ChannelBinding) }
    }
}

impl Asked {
    fn into_attempt(self, proof: Proof) -> Attempt {
        Attempt {
            user: self.user,
            authzid: self.authzid,
            mechanism: self.mechanism,
            evidence: Evidence::Scram(proof),
        }
    }
}

/// The rules of RFC 5802 section 6: -PLUS and `p=` go together; `y` from a client to a
/// server that can means that somebody removed -PLUS from the list of mechanisms.
fn binding_data<'a>(
    mechanism: Mechanism,
    binding: &'a ChannelBinding,
    flag: BindingFlag<'_>,
) -> Result<&'a [u8], Failure> {
    match (mechanism.needs_channel_binding(), flag) {
        (true, BindingFlag::Used(name)) => binding.data(name).ok_or(Failure::ChannelBinding),
        (false, BindingFlag::Unsupported) => Ok(&[]),
        (false, BindingFlag::ServerLacksIt) if !binding.is_present() => Ok(&[]),
        _ => Err(Failure::ChannelBinding),
    }
}

/// `channel-binding = "c=" base64`, of `gs2-header [ cbind-data ]`
fn expected_binding(first: &ClientFirst<'_>, data: &[u8]) -> String {
    STANDARD.encode([first.gs2_header.as_bytes(), data].concat())
}

pub(super) fn utf8(response: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(response).map_err(|_| Failure::Malformed("not UTF-8"))
}
