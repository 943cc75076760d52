//! ID (RFC 2971).

use crate::codec::write::{List, raw, string};
use crate::io::Io;
use crate::reply::{Outcome, Reply};

/// Notes what the client says of itself and says what the server is.
pub async fn id(io: &mut Io, fields: Vec<(String, Option<String>)>) -> Outcome {
    for (name, value) in &fields {
        tracing::debug!(name, value = value.as_deref().unwrap_or(""), "client ID");
    }
    let mut out = b"* ID ".to_vec();
    let mut list = List::open(&mut out);
    for text in ["name", "Rialto", "version", env!("CARGO_PKG_VERSION")] {
        string(list.item(), text.as_bytes());
    }
    list.close();
    raw(&mut out, "\r\n");
    io.put(&out).await?;
    Ok(Reply::ok("ID completed"))
}
