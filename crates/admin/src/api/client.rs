//! The command line's end of the interface.

use std::io;
use std::path::Path;

use bytes::Bytes;
use http_body_util::Full;
use http1::ExchangeError;
use hyper::{Request, StatusCode, header};
use serde::Deserialize;
use types::limits::ADMIN_ANSWER_OCTETS_MAX;

use crate::verb::{Call, Reply};

/// A server that answers on its socket.
pub struct Client {
    stream: net::Stream,
    answer_octets_max: usize,
}

/// Why a server's answer did not come.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection failed.
    #[error("the server does not answer: {0}")]
    Connection(hyper::Error),
    /// The request cannot be made.
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
    /// What came is no answer of this interface.
    #[error("the server's answer cannot be read")]
    Answer,
    /// The server refused.
    #[error("{message}")]
    Refused {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

impl From<ExchangeError> for ClientError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Connection(error) => ClientError::Connection(error),
            ExchangeError::Body => ClientError::Answer,
        }
    }
}

#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    message: String,
}

impl Client {
    /// The server whose socket this is; None when nobody listens there.
    pub async fn connect(socket: &Path) -> io::Result<Option<Self>> {
        match net::local::connect_local(socket).await {
            Ok(stream) => Ok(Some(Client::over(stream))),
            Err(error) if is_nobody(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn over(stream: net::Stream) -> Self {
        Client { stream, answer_octets_max: ADMIN_ANSWER_OCTETS_MAX }
    }

    /// Lets the server run a verb.
    pub async fn execute(self, call: Call) -> Result<Reply, ClientError> {
        let (status, body) = self.exchange(request(&call)?).await?;
        match status.is_success() {
            true => serde_json::from_slice(&body).map_err(|_| ClientError::Answer),
            false => Err(refusal(&body)),
        }
    }

    /// Reads a page such as `/metrics`. Errors: also a page that says that something is wrong.
    pub async fn get(self, path: &str) -> Result<String, ClientError> {
        let request = Request::get(path)
            .header(header::HOST, "localhost")
            .header(header::CONNECTION, "close")
            .body(Full::default())?;
        let (status, body) = self.exchange(request).await?;
        match status.is_success() {
            true => String::from_utf8(body.into()).map_err(|_| ClientError::Answer),
            false => Err(refusal(&body)),
        }
    }

    async fn exchange(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let answer = http1::exchange(self.stream, request, self.answer_octets_max).await?;
        Ok((answer.status(), answer.into_body()))
    }
}

fn request(call: &Call) -> Result<Request<Full<Bytes>>, ClientError> {
    let what_if = if call.what_if { "?WhatIf=true" } else { "" };
    let body = serde_json::Value::Object(call.arguments.to_json(call.verb.parameters));
    Ok(Request::post(format!("/v1/verbs/{}{what_if}", call.verb.name))
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body.to_string())))?)
}

fn refusal(body: &[u8]) -> ClientError {
    match serde_json::from_slice(body) {
        Ok(Refusal { error: Reason { code, message } }) => ClientError::Refused { code, message },
        Err(_) => ClientError::Answer,
    }
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::verb::Arguments;

    const REFUSAL: &str = r#"{"error":{"code":"NotFound","message":"no such mailbox"}}"#;

    /// What a client makes of [`REFUSAL`].
    async fn told(change: impl FnOnce(&mut Client)) -> ClientError {
        let (mut server, stream) = net::Stream::pair(4_096);
        let mut client = Client::over(stream);
        change(&mut client);
        let answer =
            format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{REFUSAL}", REFUSAL.len());
        let serve = async {
            let mut request = [0; 4_096];
            assert_ne!(server.read(&mut request).await.unwrap(), 0);
            server.write_all(answer.as_bytes()).await.unwrap();
        };
        let verb = crate::verbs::find("Get-Mailbox").unwrap();
        let call = Call { verb, arguments: Arguments::default(), what_if: false };
        tokio::join!(client.execute(call), serve).0.unwrap_err()
    }

    #[tokio::test]
    async fn an_answer_is_taken_up_to_its_limit() {
        assert!(matches!(told(|_| ()).await, ClientError::Refused { .. }));
        let at = told(|client| client.answer_octets_max = REFUSAL.len()).await;
        assert!(matches!(at, ClientError::Refused { .. }), "{at}");
        let past = told(|client| client.answer_octets_max = REFUSAL.len() - 1).await;
        assert!(matches!(past, ClientError::Answer), "{past}");
        let (stream, _server) = net::Stream::pair(1);
        assert_eq!(Client::over(stream).answer_octets_max, ADMIN_ANSWER_OCTETS_MAX);
    }
}
