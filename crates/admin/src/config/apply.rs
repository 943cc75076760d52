//! `rialto config apply`: Import-Configuration, told first and asked for.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use types::limits::VERB_ARGUMENT_OCTETS_MAX;

use super::Target;
use crate::shell::Executor;
use crate::verb::{Arguments, Call, Reply};
use crate::{AdminError, Console, Outcome, verbs};

#[derive(Debug, Args)]
pub struct Apply {
    /// The document, as `rialto config export` prints it; - is standard input
    file: PathBuf,
    /// Objects that the document does not name are forgotten, too
    #[arg(long)]
    prune: bool,
    /// Only tell what would change; the exit code is 1 where anything would
    #[arg(long)]
    what_if: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    pub target: Target,
}

impl Apply {
    pub(super) async fn run(
        &self,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let document = read(&self.file)?;
        let changes = self.import(server, &document, true).await?.objects;
        if changes.is_empty() {
            console.print("nothing to change\n")?;
            return Ok(Outcome::Good);
        }
        console.print(&told(&changes))?;
        if self.what_if {
            return Ok(Outcome::Wrong);
        }
        if !self.is_wanted(console)? {
            return Ok(Outcome::Good);
        }
        let warnings = self.import(server, &document, false).await?.warnings;
        warnings.iter().try_for_each(|line| console.notice(&format!("warning: {line}")))?;
        Ok(Outcome::Good)
    }

    async fn import(
        &self,
        server: &impl Executor,
        document: &str,
        what_if: bool,
    ) -> Result<Reply, AdminError> {
        let verb = verbs::find("Import-Configuration")?;
        let mut said = Map::from_iter([("Document".to_owned(), Value::from(document))]);
        if self.prune {
            said.insert("Prune".to_owned(), Value::Bool(true));
        }
        let arguments = Arguments::from_json(verb.parameters, &said)?;
        server.execute(Call { verb, arguments, what_if }).await
    }

    fn is_wanted(&self, console: &mut Console<'_>) -> Result<bool, AdminError> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(AdminError::NotYes);
        }
        console.ask("Make these changes?")
    }
}

/// The document. Longer than a verb takes is not read to its end: the verb refuses it.
fn read(path: &Path) -> Result<String, AdminError> {
    let file = |source| AdminError::File { path: path.to_owned(), source };
    let limit = VERB_ARGUMENT_OCTETS_MAX as u64 + 1;
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => io::stdin().take(limit).read_to_string(&mut text),
        false => {
            let opened = std::fs::File::open(path).map_err(file)?;
            opened.take(limit).read_to_string(&mut text)
        }
    };
    read.map_err(file).map(|_| text)
}

/// One line an object, one a setting.
fn told(changes: &[Map<String, Value>]) -> String {
    let mut lines = String::new();
    let mut last = "";
    for change in changes {
        let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("Object") != last {
            last = text("Object");
            lines += &format!("{} {last}\n", text("Action"));
        }
        if !text("Property").is_empty() {
            let shown = |name: &str| if text(name).is_empty() { "(none)" } else { text(name) };
            lines +=
                &format!("    {}: {} -> {}\n", text("Property"), shown("Before"), shown("After"));
        }
    }
    lines
}
