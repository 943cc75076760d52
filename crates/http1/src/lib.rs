//! HTTP/1.1 (RFC 9112) over our streams, as a client: one request on a connection of its own.
//!
//! What it is not: it opens no connection and puts no TLS on, follows nothing and keeps nothing
//! open; how long it may take is its caller's to say.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use net::Stream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The connection failed, or what came is no HTTP.
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    /// The answer is longer than its reader takes, or breaks off.
    #[error("the answer breaks off, or is too long")]
    Body,
}

/// Sends a request and reads its whole answer, whose body has at most so many octets. The request
/// names its host, and asks for the connection to be closed.
pub async fn exchange(
    stream: Stream,
    request: Request<Full<Bytes>>,
    octets_max: usize,
) -> Result<Response<Bytes>, ExchangeError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, octets_max).collect().await;
        Ok(Response::from_parts(head, body.map_err(|_| ExchangeError::Body)?.to_bytes()))
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

/// A request for an absolute address as it goes over a connection to its host: the path alone, the
/// host in a header field, and the wish that the connection be closed (RFC 9112 section 3.2.1).
/// `None` when the address names no host.
pub fn origin_form<B>(request: Request<B>) -> Option<Request<B>> {
    let (mut head, body) = request.into_parts();
    let host = HeaderValue::from_str(head.uri.authority()?.as_str()).ok()?;
    head.headers.insert(HOST, host);
    head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    head.uri = head.uri.path_and_query().map_or("/", |path| path.as_str()).parse().ok()?;
    Some(Request::from_parts(head, body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What becomes of an answer, and of how many octets its body is.
    async fn read(answer: &[u8], octets_max: usize) -> Result<usize, ExchangeError> {
        let (client, mut server) = Stream::pair(64 * 1024);
        let serve = async {
            let mut request = [0; 1024];
            assert_ne!(server.read(&mut request).await.unwrap(), 0);
            server.write_all(answer).await.unwrap();
            drop(server);
        };
        let request = Request::get("/").header(HOST, "a.test").body(Full::default()).unwrap();
        let (answer, ()) = tokio::join!(exchange(client, request, octets_max), serve);
        Ok(answer?.into_body().len())
    }

    #[test]
    fn a_request_goes_to_its_host_by_its_path() {
        let origin = |uri: &str| origin_form(Request::get(uri).body(()).unwrap());
        for (uri, path, host) in [
            ("http://a.test:4318/v1/traces", "/v1/traces", "a.test:4318"),
            ("https://a.test", "/", "a.test"),
            ("http://[::1]:80/x?y=z", "/x?y=z", "[::1]:80"),
        ] {
            let request = origin(uri).unwrap();
            assert_eq!(
                (request.uri().to_string(), &request.headers()[HOST]),
                (path.to_owned(), &HeaderValue::from_static(host))
            );
            assert_eq!(request.headers()[CONNECTION], "close");
        }
        assert!(origin("/v1/traces").is_none());
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(read(answer, 5).await.unwrap(), 5);
        assert!(matches!(read(answer, 4).await, Err(ExchangeError::Body)));
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_no_http_is_an_error() {
        let short = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
        assert!(read(short, 5).await.is_err());
        let other = b"* OK IMAP4rev1\r\n";
        assert!(matches!(read(other, 5).await, Err(ExchangeError::Connection(_))));
    }
}
