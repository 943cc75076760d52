//! NAMESPACE (RFC 9051 section 6.3.10).

use crate::io::Io;
use crate::names::OTHER_USERS;
use crate::reply::{Outcome, Reply};

/// Own folders at the top, other people's below one level, none that are nobody's.
pub async fn namespace(io: &mut Io) -> Outcome {
    let line = format!("* NAMESPACE ((\"\" \"/\")) ((\"{OTHER_USERS}\" \"/\")) NIL\r\n");
    io.put(line.as_bytes()).await?;
    Ok(Reply::ok("NAMESPACE completed"))
}
