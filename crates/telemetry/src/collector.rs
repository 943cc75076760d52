//! OTLP/HTTP: one POST a batch, to `/v1/traces` of the collector (OTLP specification, "Binary
//! Protobuf Encoding").

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Uri};
use net::{Connector, Resolver, reach};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use types::limits::TELEMETRY_ANSWER_OCTETS_MAX;

use crate::export::{Collector, Fault};

const PATH: &str = "v1/traces";
const HTTP: u16 = 80;

/// The text is no address of a collector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address of a collector such as http://127.0.0.1:4318")]
pub struct BadEndpoint(String);

/// A collector on the network.
pub(crate) struct HttpCollector {
    to: Uri,
    connector: Connector,
    resolver: Resolver,
}

impl HttpCollector {
    pub(crate) fn new(
        endpoint: &str,
        connector: Connector,
        resolver: Resolver,
    ) -> Result<Self, BadEndpoint> {
        let to = format!("{}/{PATH}", endpoint.trim_end_matches('/')).parse().ok();
        let is_meant = |to: &Uri| to.scheme_str() == Some("http") && to.host().is_some();
        let to = to.filter(is_meant).ok_or_else(|| BadEndpoint(endpoint.to_owned()))?;
        Ok(HttpCollector { to, connector, resolver })
    }

    async fn post(&self, body: Vec<u8>) -> Result<Bytes, Fault> {
        let host = self.to.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.to.port_u16().unwrap_or(HTTP);
        let stream = reach(&self.connector, &self.resolver, host, port).await?;
        let mut request = Request::post(&self.to).body(Full::new(Bytes::from(body)))?;
        let kind = HeaderValue::from_static("application/x-protobuf");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        let request = http1::origin_form(request).ok_or("no host")?;
        let answer = http1::exchange(stream, request, TELEMETRY_ANSWER_OCTETS_MAX).await?;
        match answer.status() {
            status if status.is_success() => Ok(answer.into_body()),
            status => Err(format!("the collector answers {status}").into()),
        }
    }
}

impl Collector for HttpCollector {
    async fn send(&self, request: Vec<u8>) -> Result<u64, Fault> {
        let answer = ExportTraceServiceResponse::decode(self.post(request).await?)?;
        let refused = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
        Ok(u64::try_from(refused).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use net::connect::Rules;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn collector(endpoint: &str) -> Result<HttpCollector, BadEndpoint> {
        let connector = Connector::new(Rules { allow_loopback: true, ..Rules::default() });
        let resolver = Resolver::with_server(([127, 0, 0, 1], 9).into()).unwrap();
        HttpCollector::new(endpoint, connector, resolver)
    }

    /// What is made of an answer, and the request.
    async fn answered(status: &str, body: &[u8]) -> (Result<u64, String>, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/otlp/", listener.local_addr().unwrap());
        let collector = collector(&endpoint).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"SPANS") {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
            }
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            // Who has read enough closes.
            let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
            String::from_utf8(request).unwrap()
        };
        let (sent, request) = tokio::join!(collector.send(b"SPANS".to_vec()), serve);
        (sent.map_err(|error| error.to_string()), request)
    }

    #[tokio::test]
    async fn a_batch_is_one_post_to_the_traces_of_the_collector() {
        let (sent, request) = answered("200 OK", b"").await;
        assert_eq!(sent, Ok(0));
        assert!(request.starts_with("POST /otlp/v1/traces HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("content-type: application/x-protobuf\r\n"), "{request}");
        let partial = ExportTracePartialSuccess { rejected_spans: 3, ..Default::default() };
        let partly = ExportTraceServiceResponse { partial_success: Some(partial) };
        assert_eq!(answered("200 OK", &partly.encode_to_vec()).await.0, Ok(3));
    }

    #[tokio::test]
    async fn other_answers_and_ones_beyond_telemetry_answer_octets_max_are_faults() {
        let busy = answered("503 Service Unavailable", b"").await.0;
        assert!(busy.unwrap_err().contains("503"));
        let long = answered("200 OK", &vec![0; TELEMETRY_ANSWER_OCTETS_MAX + 1]).await.0;
        assert!(long.unwrap_err().contains("too long"));
        assert!(answered("200 OK", b"hello").await.0.is_err(), "no protobuf");
    }

    #[test]
    fn a_collector_is_reached_by_plain_http_only() {
        for endpoint in ["https://a.test", "a.test:4318", "http://", ""] {
            assert!(collector(endpoint).is_err(), "{endpoint}");
        }
    }
}
