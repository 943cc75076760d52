//! `rialto explain`: one page that says what became of something, and by which rule.
//!
//! What it is not: it knows nothing of its own. It puts together what verbs answer, from the
//! running server or on the data of a stopped one, under the rights of whoever asks.
//!
//! Invariant: what no verb tells is said to be unknown; nothing is guessed.

mod login;
mod message;
mod page;

use clap::Subcommand;

use crate::config::Target;
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

/// Tell on one page what became of a message, or why a login works or not
#[derive(Debug, Subcommand)]
pub enum Explain {
    /// Tell what became of a message, hop by hop and recipient by recipient
    Message(message::Message),
    /// Tell why logins of a user work or not, step by step; no password is tried
    Login(login::Login),
}

impl Explain {
    /// The server that is asked.
    pub fn target(&self) -> &Target {
        match self {
            Explain::Message(message) => &message.target,
            Explain::Login(login) => &login.target,
        }
    }

    /// Prints the page. Errors: nothing is known of what was named, and those of the verbs.
    pub async fn run(
        &self,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        match self {
            Explain::Message(message) => message.run(server, console).await,
            Explain::Login(login) => login.run(server, console).await,
        }
    }
}
