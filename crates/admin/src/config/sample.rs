//! `rialto config sample`: a file with every setting.

use crate::{AdminError, Console, Outcome};

pub(super) fn run(console: &mut Console<'_>) -> Result<Outcome, AdminError> {
    console.print(&config::sample())?;
    Ok(Outcome::Good)
}
