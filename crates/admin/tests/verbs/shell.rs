//! A command line on an organization in memory.

use admin::organization::Organization;
use admin::shell::{Executor, Line};
use admin::verb::{Call, Caller, Reply, invoke};
use admin::{AdminError, Console};

use crate::support;

/// A shell on an organization in memory.
pub struct Shell {
    pub organization: Organization,
    pub caller: Caller,
}

impl Executor for Shell {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        Ok(invoke(&self.organization, &self.caller, call).await?)
    }
}

impl Shell {
    /// One with the accepted domain `example.test`, run by root.
    pub async fn new() -> Self {
        let organization = support::organization().await;
        let shell = Shell { organization, caller: Caller::Local { user: "root".to_owned() } };
        shell.run("New-AcceptedDomain example.test").await.unwrap();
        shell
    }

    /// What a command line prints, or the error as one line.
    pub async fn run(&self, line: &str) -> Result<String, String> {
        self.run_words(line.split(' ')).await
    }

    /// The same for words that may have blanks in them.
    pub async fn run_words(&self, words: impl IntoIterator<Item = &str>) -> Result<String, String> {
        let words = words.into_iter().map(str::to_owned).collect();
        let line = Line::parse(words).map_err(|error| error.to_string())?;
        let (mut output, mut notices) = (Vec::new(), Vec::new());
        let mut console = Console { output: &mut output, notices: &mut notices };
        line.run(self, &mut console).await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(output).unwrap() + &String::from_utf8(notices).unwrap())
    }

    /// The objects that a Get verb shows.
    pub async fn objects(&self, line: &str) -> serde_json::Value {
        let shown = self.run(&format!("{line} --json")).await.unwrap();
        serde_json::from_str(&shown).unwrap()
    }

    /// A property of the first object that a Get verb shows.
    pub async fn shown(&self, line: &str, name: &str) -> serde_json::Value {
        self.objects(line).await[0][name].clone()
    }

    /// A property of a mailbox.
    pub async fn property(&self, mailbox: &str, name: &str) -> serde_json::Value {
        self.shown(&format!("get-mailbox {mailbox}"), name).await
    }
}
