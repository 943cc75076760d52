//! Verbs on the command line, in both spellings: `rialto get-mailbox --anr al --json` and
//! `rialto Get-Mailbox -Anr al -Json`.
//!
//! What this is not: it runs no verb itself. It makes a [`Call`] of what was written, hands it
//! to an [`Executor`] (the running server, or the data of a stopped one), and prints the answer.

mod command;
mod pipeline;
mod render;
mod secret;
mod spelling;

use std::future::Future;
use std::io::IsTerminal;
use std::path::PathBuf;

pub use command::{command, commands};
pub use render::Format;
pub use secret::{ask_secret, first_line};

use crate::verb::{Arguments, Call, Effect, Reply, Verb};
use crate::{AdminError, Console, Outcome, verbs};

/// Runs calls: a server, or the data of a stopped one.
pub trait Executor {
    /// Runs one.
    fn execute(&self, call: Call) -> impl Future<Output = Result<Reply, AdminError>> + Send;
}

/// A verb as it was written.
pub struct Line {
    verb: &'static Verb,
    arguments: Arguments,
    format: Format,
    what_if: bool,
    confirm: Option<bool>,
    pipeline: bool,
    /// The configuration file of the server that is meant.
    pub config: Option<PathBuf>,
    /// Its data directory, in place of that.
    pub directory: Option<PathBuf>,
    /// Tell who runs the verb.
    pub verbose: bool,
}

impl Line {
    /// Whether the first word of a command line looks like a verb: then all of it is for
    /// [`Line::parse`], which knows the nearest verb to a misspelt one.
    pub fn is_verb(word: &str) -> bool {
        word.contains('-') && !word.starts_with('-')
    }

    /// Reads a command line; its first word is the verb. Errors: clap's, help among them.
    pub fn parse(words: Vec<String>) -> Result<Self, clap::Error> {
        let (verb, words) = spelling::resolve(words)?;
        command::line(verb, command(verb).try_get_matches_from(words)?)
    }

    /// Runs it, for every object of the pipeline if there is one, and prints the answers.
    pub async fn run(
        mut self,
        executor: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        self.check_output(std::io::stdout().is_terminal())?;
        secret::read(&mut self)?;
        let calls = pipeline::calls(&self)?;
        let mut answer = Reply::default();
        for arguments in calls {
            if !self.confirmed(executor, &arguments, console).await? {
                continue;
            }
            let call = Call { verb: self.verb, arguments, what_if: self.what_if };
            let reply = self.execute(executor, call).await?;
            answer.objects.extend(reply.objects);
            answer.what_if.extend(reply.what_if);
            answer.warnings.extend(reply.warnings);
        }
        answer.what_if.iter().try_for_each(|line| console.print(&format!("What if: {line}.\n")))?;
        answer.warnings.iter().try_for_each(|line| console.notice(&format!("warning: {line}")))?;
        if let Some(answers) = self.verb.answers {
            console.write(&render::render(&answers, answer.objects, self.format)?)?;
        }
        Ok(Outcome::Good)
    }

    /// Errors: Terminal, when a file that a stranger wrote would go to one.
    fn check_output(&self, is_terminal: bool) -> Result<(), AdminError> {
        let is_file = self.verb.answers.is_some_and(|answers| render::file(&answers).is_some());
        match is_terminal && is_file && self.format == Format::Table && !self.what_if {
            true => Err(AdminError::Terminal),
            false => Ok(()),
        }
    }

    /// Get-Command tells what is in this program; everything else is the executor's.
    async fn execute(&self, executor: &impl Executor, call: Call) -> Result<Reply, AdminError> {
        match self.verb.name == verbs::GET_COMMAND {
            true => Ok(verbs::get_command(call.arguments)?),
            false => executor.execute(call).await,
        }
    }

    /// Asks before something is lost, unless `-Confirm:$false` says not to.
    async fn confirmed(
        &self,
        executor: &impl Executor,
        arguments: &Arguments,
        console: &mut Console<'_>,
    ) -> Result<bool, AdminError> {
        let asks = self.confirm.unwrap_or(self.verb.effect == Effect::Destroy);
        if !asks || self.what_if {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() || self.pipeline {
            return Err(AdminError::Unconfirmed(self.verb.name.command()));
        }
        let call = Call { verb: self.verb, arguments: arguments.clone(), what_if: true };
        let actions = executor.execute(call).await?.what_if;
        console.ask(&format!("{}. Are you sure?", actions.join(". ")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_does_not_go_to_a_terminal() {
        let line = |words: &[&str]| {
            Line::parse(words.iter().map(|word| (*word).to_owned()).collect()).unwrap()
        };
        let export = line(&["Export-Message", "12"]);
        assert!(matches!(export.check_output(true), Err(AdminError::Terminal)));
        assert!(export.check_output(false).is_ok());
        for harmless in ["--list", "--json", "--what-if"] {
            assert!(line(&["Export-Message", "12", harmless]).check_output(true).is_ok());
        }
        assert!(line(&["Get-Message", "12"]).check_output(true).is_ok());
    }
}
