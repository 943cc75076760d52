//! The command line's end of the interface.

use std::io;
use std::path::Path;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use types::limits::ADMIN_ANSWER_OCTETS_MAX;

use crate::verb::{Call, Reply};

/// A server that answers on its socket.
pub struct Client(net::Stream);

/// Why a server's answer did not come.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection failed.
    #[error("the server does not answer: {0}")]
    Connection(#[from] hyper::Error),
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
            Ok(stream) => Ok(Some(Client(stream))),
            Err(error) if is_nobody(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets the server run a verb.
    pub async fn execute(self, call: Call) -> Result<Reply, ClientError> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.0)).await?;
        let exchange = async {
            let response = sender.send_request(request(&call)?).await?;
            let succeeded = response.status().is_success();
            let body = whole(response.into_body(), ADMIN_ANSWER_OCTETS_MAX).await?;
            answer(succeeded, &body)
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            answer = exchange.as_mut() => answer,
            // The connection is done when the answer is in memory; the exchange then ends.
            ended = connection => {
                ended?;
                exchange.await
            }
        }
    }
}

/// All of an answer's body. Errors: Answer, when it is longer or breaks off.
async fn whole<B>(body: B, octets_max: usize) -> Result<Bytes, ClientError>
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let body = Limited::new(body, octets_max).collect().await;
    Ok(body.map_err(|_| ClientError::Answer)?.to_bytes())
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

fn answer(succeeded: bool, body: &[u8]) -> Result<Reply, ClientError> {
    if succeeded {
        return serde_json::from_slice(body).map_err(|_| ClientError::Answer);
    }
    let refusal: Refusal = serde_json::from_slice(body).map_err(|_| ClientError::Answer)?;
    let Reason { code, message } = refusal.error;
    Err(ClientError::Refused { code, message })
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_taken_up_to_its_limit() {
        let body = || Full::new(Bytes::from_static(b"{}"));
        for (limit, is_taken) in [(ADMIN_ANSWER_OCTETS_MAX, true), (2, true), (1, false)] {
            assert_eq!(whole(body(), limit).await.is_ok(), is_taken, "{limit}");
        }
    }
}
