//! TRANSACTION: the frozen list, read and marked; and UPDATE at its end.

use net::LineStream;

use super::{End, complain, next_command, retrieve};
use crate::command::Command;
use crate::drop::Maildrop;
use crate::response::{self, Code};
use crate::service::Server;

/// Runs the state to its end. Whoever leaves without QUIT deletes nothing.
pub(crate) async fn transact(
    stream: &mut LineStream,
    server: &Server,
    mut maildrop: Maildrop,
) -> Result<(), End> {
    let mut errors = 0;
    loop {
        let command = next_command(stream, server.idle_timeout, &mut errors).await?;
        match command {
            Command::Quit => return update(stream, maildrop).await,
            Command::Noop => response::ok(stream.output(), "nothing done"),
            Command::Stat => stat(stream, &maildrop),
            Command::List(number) => list(stream, &maildrop, number).await?,
            Command::Uidl(number) => uidl(stream, &maildrop, number).await?,
            Command::Dele(number) => dele(stream, &mut maildrop, number),
            Command::Rset => {
                maildrop.reset();
                response::ok(stream.output(), "marks taken back");
            }
            Command::Retr(number) => retrieve::retr(stream, &maildrop, number).await?,
            Command::Top(number, lines) => {
                retrieve::top(stream, &maildrop, number, lines).await?;
            }
            Command::Capa => capabilities(stream),
            _ => complain(stream, &mut errors, "not now").await?,
        }
    }
}

fn stat(stream: &mut LineStream, maildrop: &Maildrop) {
    let (count, octets) = maildrop.totals();
    response::ok(stream.output(), &format!("{count} {octets}"));
}

async fn list(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    number: Option<u32>,
) -> Result<(), End> {
    scan(stream, maildrop, number, |message| message.size.to_string()).await
}

async fn uidl(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    number: Option<u32>,
) -> Result<(), End> {
    scan(stream, maildrop, number, |message| maildrop.unique_id(message)).await
}

/// One `number value` line, or one for every message.
async fn scan(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    number: Option<u32>,
    value: impl Fn(&crate::drop::Message) -> String,
) -> Result<(), End> {
    if let Some(number) = number {
        match maildrop.message(number) {
            Some(message) => response::ok(stream.output(), &format!("{number} {}", value(message))),
            None => no_such_message(stream),
        }
        return Ok(());
    }
    response::ok(stream.output(), "list follows");
    for (number, message) in maildrop.messages() {
        response::line(stream.output(), format_args!("{number} {}", value(message)));
        stream.relieve().await?;
    }
    response::end(stream.output());
    Ok(())
}

fn dele(stream: &mut LineStream, maildrop: &mut Maildrop, number: u32) {
    match maildrop.delete(number) {
        true => response::ok(stream.output(), "marked"),
        false => no_such_message(stream),
    }
}

pub(super) fn no_such_message(stream: &mut LineStream) {
    response::err(stream.output(), None, "no such message");
}

fn capabilities(stream: &mut LineStream) {
    let out = stream.output();
    response::ok(out, "capabilities follow");
    crate::service::common_capabilities(out);
    response::end(out);
}

/// UPDATE: the deletions are durable before the client is told.
async fn update(stream: &mut LineStream, maildrop: Maildrop) -> Result<(), End> {
    match maildrop.commit().await {
        Ok(()) => response::ok(stream.output(), "goodbye"),
        Err(fault) => {
            tracing::warn!(%fault, "deletions failed");
            response::err(stream.output(), Some(Code::SysTemp), "marked messages were not deleted");
        }
    }
    Err(End::Quit)
}
