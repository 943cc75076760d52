//! `rialto get-recoverable-items`: Get-RecoverableItems.

use clap::Args;
use mailbox::{RecoverableItem, Special};
use serde_json::{Value, json};

use super::{Selection, text_of};
use crate::{AdminError, Console, Outcome, Program};

/// List what was deleted from a mailbox and can be restored
#[derive(Debug, Args)]
pub struct GetRecoverableItems {
    #[command(flatten)]
    selection: Selection,
    /// One JSON array
    #[arg(long)]
    json: bool,
}

impl GetRecoverableItems {
    /// Does what was asked.
    pub async fn run(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let opened = self.selection.open(program).await?;
        let items = self.selection.items(&opened).await;
        opened.close().await;
        let items = items?;
        match self.json {
            true => {
                let all: Vec<Value> = items.iter().map(object).collect();
                console.print(&format!("{}\n", serde_json::to_string_pretty(&all)?))?;
            }
            false => items.iter().try_for_each(|item| console.print(&line(item)))?,
        }
        Ok(Outcome::Good)
    }
}

/// The item with the properties that Exchange shows.
fn object(item: &RecoverableItem) -> Value {
    json!({
        "EntryID": text_of(item.entry.mid),
        "SourceFolder": source(item.source),
        "LastParentPath": item.last_parent_path.as_ref().map(|path| path.join("/")),
        "OriginalFolderExists": item.original_folder_exists,
        "LastModifiedTime": time(item.entry.saved),
        "ItemClass": item.class,
        "Subject": item.subject,
        "Size": item.entry.size,
    })
}

fn line(item: &RecoverableItem) -> String {
    let path = item.last_parent_path.as_ref().map_or("?".to_owned(), |path| path.join("/"));
    // What a stranger wrote must not move the terminal's cursor.
    let subject: String = item.subject.chars().filter(|c| !c.is_control()).collect();
    let id = text_of(item.entry.mid);
    format!("{id}  {}  {path}  {subject}\n", time(item.entry.saved))
}

fn source(special: Special) -> &'static str {
    match special {
        Special::Purges => "PurgedItems",
        Special::Versions => "Versions",
        _ => "RecoverableItems",
    }
}

/// When it was deleted, UTC.
fn time(secs: i64) -> String {
    let time = jiff::Timestamp::from_second(secs).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
