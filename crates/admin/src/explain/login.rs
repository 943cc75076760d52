//! `rialto explain login USER`: what Test-Login answers, on a page.

use clap::Args;

use super::page::Page;
use crate::asking::{Fields, ask, text};
use crate::config::Target;
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

#[derive(Debug, Args)]
pub struct Login {
    /// The user name, in any form that a client may send
    user: String,
    /// The server.
    #[command(flatten)]
    pub target: Target,
    /// As JSON: a list of steps
    #[arg(long)]
    json: bool,
}

impl Login {
    /// Errors: no recipient has the name; the caller may not see recipients.
    pub(super) async fn run(
        &self,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let steps = ask(server, "Test-Login", &[("UserName", &self.user)]).await?.objects;
        let page = match self.json {
            true => serde_json::to_string_pretty(&steps)? + "\n",
            false => page(&self.user, &steps),
        };
        console.print(&page)?;
        Ok(Outcome::Good)
    }
}

fn page(user: &str, steps: &[Fields]) -> String {
    let mut page = Page::default();
    page.head(&format!("Login as {user}, no password tried"));
    for step in steps {
        let (result, detail) = (text(step, "Result"), text(step, "Detail"));
        page.line(&format!("{result:<8}  {:<11} {detail}", text(step, "Step")));
    }
    page.text()
}
