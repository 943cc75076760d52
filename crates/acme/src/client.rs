//! HTTPS to the authority, over the one way out.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, Uri};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use net::{ClientTls, Connector, Resolver, Stream, reach};
use types::limits::{ACME_ANSWER_OCTETS_MAX, ACME_REQUEST_SECS_MAX};

const HTTPS: u16 = 443;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The way to certificate authorities. The administrator names them, so that they may be on
/// networks of his own.
#[derive(Clone)]
pub struct Network {
    /// Makes connections.
    pub connector: Connector,
    /// Finds addresses.
    pub resolver: Resolver,
    /// Whom to trust.
    pub tls: ClientTls,
}

impl HttpClient for Network {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let network = self.clone();
        Box::pin(async move {
            let answer = in_time(network.exchange(request)).await;
            answer.map(BytesResponse::from).map_err(Error::Other)
        })
    }
}

async fn in_time<T>(exchange: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let limit = Duration::from_secs(ACME_REQUEST_SECS_MAX);
    let answer = tokio::time::timeout(limit, exchange).await;
    answer.unwrap_or_else(|_| Err("no answer in time".into()))
}

impl Network {
    async fn exchange(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, Fault> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let stream = self.connect(&head.uri).await?;
        let request = Request::from_parts(head, Full::new(body));
        answer(stream, http1::origin_form(request).ok_or("no host")?).await
    }

    async fn connect(&self, to: &Uri) -> Result<Stream, Fault> {
        if to.scheme_str() != Some("https") {
            return Err(format!("{to} is no address of HTTPS").into());
        }
        let host = to.host().ok_or("no host")?.trim_matches(['[', ']']);
        let port = to.port_u16().unwrap_or(HTTPS);
        let mut stream = reach(&self.connector, &self.resolver, host, port).await?;
        stream.start_tls_client(host, &self.tls).await?;
        Ok(stream)
    }
}

async fn answer(
    stream: Stream,
    request: Request<Full<Bytes>>,
) -> Result<Response<Full<Bytes>>, Fault> {
    let answer = http1::exchange(stream, request, ACME_ANSWER_OCTETS_MAX).await?;
    Ok(answer.map(Full::new))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::SocketAddr;

    use hyper::header::HOST;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// How long the answer's body is that a client has read.
    async fn body_of(octets: usize) -> Result<usize, Fault> {
        let (client, mut server) = Stream::pair(64 * 1024);
        let serve = async {
            let mut request = [0; 1024];
            assert_ne!(server.read(&mut request).await.unwrap(), 0);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {octets}\r\n\r\n");
            server.write_all(head.as_bytes()).await.unwrap();
            // A client that has enough goes away.
            let _ = server.write_all(&vec![b'x'; octets]).await;
        };
        let request = Request::get("/dir").header(HOST, "a.test").body(Full::default()).unwrap();
        let read = async {
            let body = answer(client, request).await?.into_body();
            Ok(body.collect().await?.to_bytes().len())
        };
        tokio::join!(read, serve).0
    }

    #[tokio::test]
    async fn an_answer_has_at_most_acme_answer_octets_max() {
        assert_eq!(body_of(ACME_ANSWER_OCTETS_MAX).await.unwrap(), ACME_ANSWER_OCTETS_MAX);
        assert!(body_of(ACME_ANSWER_OCTETS_MAX + 1).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_at_most_acme_request_secs_max() {
        let begun = tokio::time::Instant::now();
        in_time(std::future::pending::<Result<(), Fault>>()).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), ACME_REQUEST_SECS_MAX);
    }

    #[tokio::test]
    async fn only_https_is_spoken() {
        let network = Network {
            connector: Connector::new(net::connect::Rules::default()),
            resolver: Resolver::with_server(SocketAddr::from(([127, 0, 0, 1], 9))).unwrap(),
            tls: ClientTls::opportunistic().unwrap(),
        };
        let told = network.connect(&"http://127.0.0.1:9/dir".parse().unwrap()).await.unwrap_err();
        assert!(told.to_string().contains("is no address of HTTPS"), "{told}");
    }
}
