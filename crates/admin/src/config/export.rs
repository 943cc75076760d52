//! `rialto config export`: what Export-Configuration answers.

use ::config::object::Extent;
use clap::Args;
use serde_json::{Map, Value};

use super::Target;
use crate::shell::Executor;
use crate::verb::{Arguments, Call};
use crate::{AdminError, Console, Outcome, verbs};

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub target: Target,
}

impl Export {
    pub(super) async fn run(
        &self,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        console.print(&document(server, Extent::Changed).await?)?;
        Ok(Outcome::Good)
    }
}

/// The document that a server exports.
pub(super) async fn document(server: &impl Executor, extent: Extent) -> Result<String, AdminError> {
    let verb = verbs::find("Export-Configuration")?;
    let mut said = Map::new();
    if extent == Extent::All {
        said.insert("All".to_owned(), Value::Bool(true));
    }
    let arguments = Arguments::from_json(verb.parameters, &said)?;
    let reply = server.execute(Call { verb, arguments, what_if: false }).await?;
    let documents = reply.objects.iter().filter_map(|object| object.get("Document"));
    Ok(documents.filter_map(Value::as_str).collect())
}
