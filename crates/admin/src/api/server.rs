//! HTTP/1.1 on one connection.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Authenticator;
use bytes::Bytes;
use directory::Directory;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use net::{Shutdown, Stream};
use tracing::Instrument;
use types::limits::{
    ADMIN_BODY_OCTETS_MAX, ADMIN_BODY_SECS_MAX, ADMIN_HEAD_OCTETS_MAX, ADMIN_HEAD_SECS_MAX,
    ADMIN_HEADERS_MAX,
};

use super::answer::{Answer, Api, Body, Request};
use super::basic;
use super::failure::Failure;
use crate::verb::Caller;

/// Who is at the other end of a connection.
#[derive(Clone)]
pub enum Who {
    /// The system says it.
    Known(Caller),
    /// Every request says it, with a password.
    Password {
        /// Checks it, and counts wrong ones.
        authenticator: Arc<dyn Authenticator>,
        /// Where the connection comes from.
        ip: IpAddr,
    },
}

/// Serves a connection until the client closes it, or to the end of the request under way
/// once shutdown is asked for.
pub async fn serve(stream: Stream, api: Arc<Api>, who: Who, shutdown: Shutdown) {
    let service = service_fn(move |request| {
        let (api, who) = (Arc::clone(&api), who.clone());
        async move { Ok::<_, Infallible>(response(exchange(api, who, request).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(ADMIN_HEAD_SECS_MAX))
        .max_buf_size(ADMIN_HEAD_OCTETS_MAX)
        .max_headers(ADMIN_HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "administration connection ended");
    }
}

/// One request. The caller is asked for before anything of the body is read.
async fn exchange(api: Arc<Api>, who: Who, request: HttpRequest<Incoming>) -> Answer {
    if let Some(answer) = api.anonymous(request.method().as_str(), request.uri().path()) {
        return answer;
    }
    let caller = match caller(&who, &api.organization.directory, &request).await {
        Ok(caller) => caller,
        Err(failure) => return failure.into(),
    };
    let (head, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(failure) => return failure.into(),
    };
    // A task of its own: dropping the connection must not drop a verb half way.
    let running = async move {
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let request = Request {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            content_type: content_type.and_then(|it| it.to_str().ok()).unwrap_or_default(),
            body: &body,
        };
        api.answer(&caller, request).await
    };
    tokio::spawn(running.in_current_span()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a verb ended abruptly");
        Failure::new(500, "Internal", "interrupted").into()
    })
}

async fn caller(
    who: &Who,
    directory: &Directory,
    request: &HttpRequest<Incoming>,
) -> Result<Caller, Failure> {
    match who {
        Who::Known(caller) => Ok(caller.clone()),
        Who::Password { authenticator, ip } => {
            let field = request.headers().get(header::AUTHORIZATION);
            let field = field.and_then(|field| field.to_str().ok());
            basic::caller(authenticator.as_ref(), directory, *ip, field).await
        }
    }
}

async fn read(body: Incoming) -> Result<Bytes, Failure> {
    let whole = Limited::new(body, ADMIN_BODY_OCTETS_MAX).collect();
    match tokio::time::timeout(Duration::from_secs(ADMIN_BODY_SECS_MAX), whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("the body is longer than {ADMIN_BODY_OCTETS_MAX} octets");
            Err(Failure::new(413, "TooLarge", message))
        }
        Ok(Err(_)) => Err(Failure::bad_request("the body is not complete")),
        Err(_) => Err(Failure::new(408, "Timeout", "the body took too long")),
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let (media_type, text) = match answer.body {
        Body::Json(value) => ("application/json", value.to_string()),
        Body::Metrics(text) => ("text/plain; version=0.0.4; charset=utf-8", text),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if answer.status == 401 {
        let challenge = HeaderValue::from_static("Basic realm=\"Rialto\", charset=\"UTF-8\"");
        fields.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
