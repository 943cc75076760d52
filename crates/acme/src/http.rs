//! http-01 (RFC 8555 section 8.3): the authority asks for a token over plain HTTP.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use net::Stream;
use types::limits::{ACME_RESPONSE_SECS_MAX, HTTP_HEAD_OCTETS_MAX};

const PATH: &str = "/.well-known/acme-challenge/";

/// Tokens that an authority may ask for now, with what it then reads.
#[derive(Debug, Default)]
pub struct Tokens(RwLock<HashMap<String, String>>);

impl Tokens {
    pub(crate) fn show(&self, token: &str, key_authorization: &str) {
        let mut tokens = self.0.write().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(token.to_owned(), key_authorization.to_owned());
    }

    pub(crate) fn hide(&self, token: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(token);
    }

    fn at(&self, path: &str) -> Option<String> {
        let token = path.strip_prefix(PATH)?;
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}

/// Answers one request: with a token's key authorization, else that there is nothing.
pub async fn respond(stream: Stream, tokens: &Tokens) {
    let service =
        service_fn(|request| async move { Ok::<_, Infallible>(answer(&request, tokens)) });
    let served = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HTTP_HEAD_OCTETS_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(ACME_RESPONSE_SECS_MAX))
        .serve_connection(TokioIo::new(stream), service);
    let limit = Duration::from_secs(2 * ACME_RESPONSE_SECS_MAX);
    match tokio::time::timeout(limit, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a request for a token broke off"),
        Err(_) => tracing::debug!("an answer with a token was not read in time"),
    }
}

fn answer<B>(request: &Request<B>, tokens: &Tokens) -> Response<Full<Bytes>> {
    let asked = [Method::GET, Method::HEAD].contains(request.method());
    let found = asked.then(|| tokens.at(request.uri().path())).flatten();
    let (status, text) = match found {
        Some(key_authorization) => (StatusCode::OK, key_authorization),
        None => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn asked(tokens: &Tokens, request: &str) -> String {
        let (mut client, server) = Stream::pair(64 * 1024);
        let ask = async {
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        tokio::join!(ask, respond(server, tokens)).0
    }

    fn get(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: mail.example.test\r\n\r\n")
    }

    #[tokio::test]
    async fn a_token_is_answered_while_it_is_shown() {
        let tokens = Tokens::default();
        let request = get("/.well-known/acme-challenge/abc");
        assert!(asked(&tokens, &request).await.starts_with("HTTP/1.1 404 "));
        tokens.show("abc", "abc.thumb");
        let answer = asked(&tokens, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nabc.thumb"), "{answer}");
        for other in ["/abc", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/abcd"] {
            assert!(asked(&tokens, &get(other)).await.starts_with("HTTP/1.1 404 "), "{other}");
        }
        let post = request.replace("GET", "POST");
        assert!(asked(&tokens, &post).await.starts_with("HTTP/1.1 404 "));
        tokens.hide("abc");
        assert!(asked(&tokens, &request).await.starts_with("HTTP/1.1 404 "));
    }

    #[tokio::test]
    async fn a_head_longer_than_http_head_octets_max_is_refused() {
        let head = |length: usize| {
            let begin = get("/").replace("\r\n\r\n", "\r\nX-Filler: ");
            let filler = "x".repeat(length - begin.len() - 4);
            format!("{begin}{filler}\r\n\r\n")
        };
        let tokens = Tokens::default();
        let taken = asked(&tokens, &head(HTTP_HEAD_OCTETS_MAX - 1)).await;
        assert!(taken.starts_with("HTTP/1.1 404 "), "{taken}");
        let refused = asked(&tokens, &head(HTTP_HEAD_OCTETS_MAX + 1)).await;
        assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_read_is_given_up_after_twice_acme_response_secs_max() {
        let (mut client, server) = Stream::pair(64);
        let tokens = Tokens::default();
        tokens.show("abc", &"x".repeat(256));
        let begun = tokio::time::Instant::now();
        let ask = async {
            client.write_all(get("/.well-known/acme-challenge/abc").as_bytes()).await.unwrap();
            // Reads nothing, and stays.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = ask => unreachable!("it never ends"),
            () = respond(server, &tokens) => {}
        }
        assert_eq!(begun.elapsed().as_secs(), 2 * ACME_RESPONSE_SECS_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_has_acme_response_secs_max() {
        let (_client, server) = Stream::pair(1024);
        let begun = tokio::time::Instant::now();
        respond(server, &Tokens::default()).await;
        assert_eq!(begun.elapsed().as_secs(), ACME_RESPONSE_SECS_MAX);
    }
}
