//! `rialto ports`: the rows and their state.

use clap::Args;
use ports::report::{self, Filter};
use ports::{Group, Role, State};

use super::running::Directory;
use crate::{AdminError, Console, Outcome, Program};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    directory: Directory,
    /// Only rows that concern this role: mailbox or edge
    #[arg(long)]
    role: Option<Role>,
    /// Only rows of this group, such as C or M
    #[arg(long)]
    group: Option<Group>,
    /// Only rows in this state: working, off or not-built
    #[arg(long)]
    state: Option<State>,
    /// Every field of every row, as a list of objects
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(&self, program: &Program, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let registry = self.directory.table(program, console)?;
        let filter = Filter { role: self.role, group: self.group, state: self.state };
        let entries = report::entries(&registry, &filter);
        match self.json {
            true => console.print(&(report::json(&entries)? + "\n"))?,
            false => console.print(&report::table(&entries))?,
        }
        Ok(Outcome::Good)
    }
}
