//! A collector of OpenTelemetry: whether it sees where a message went, and what a server does
//! without it.

use std::fs;
use std::process::Command;

use crate::support::programs::{program, run};
use crate::support::server::RIALTO;
use crate::support::site::Site;

/// A server that was set up and is told of a collector.
fn site(endpoint: &str) -> Site {
    let site = Site::new();
    run(&mut site.setup()).well();
    let file = site.path("rialto.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{settings}\n[telemetry]\nendpoint = \"{endpoint}\"\n")).unwrap();
    site
}

/// The program with words for the server of the site.
fn rialto(site: &Site, words: &[&str]) -> Command {
    let mut rialto = program(RIALTO);
    rialto.args(words).arg("--config").arg(site.path("rialto.toml"));
    rialto
}

#[test]
fn a_collector_that_cannot_be_one_is_refused() {
    let site = site("https://127.0.0.1:4318");
    let told = run(&mut rialto(&site, &["run"])).with(2);
    assert!(told.contains("TLS to a collector is not built"), "{told}");
}

#[cfg(not(feature = "opentelemetry"))]
#[test]
fn a_program_without_spans_refuses_the_setting() {
    let site = site("http://127.0.0.1:4318");
    let told = run(&mut rialto(&site, &["run"])).with(2);
    assert!(told.contains("built without the feature \"opentelemetry\""), "{told}");
}

#[cfg(feature = "opentelemetry")]
mod exported {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::KeyValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message;

    use super::{Site, rialto, run, site};
    use crate::support::imap::Imap;
    use crate::support::message;
    use crate::support::patience::{PATIENCE, wait_for};
    use crate::support::ports::free_port;
    use crate::support::programs::{installed, program};
    use crate::support::site::{ADMINISTRATOR, SERVER};
    use crate::support::smtp;

    const STRANGER: &str = "stranger@elsewhere.example";
    const FAR: &str = "far@far.example";

    /// Runs something for each connection to a port of its own, and says which port.
    fn served(serve: impl Fn(BufReader<TcpStream>) + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                serve(BufReader::new(stream));
            }
        });
        port
    }

    /// The next line without its end; none when the client has gone.
    fn line(client: &mut BufReader<TcpStream>) -> Option<String> {
        let mut line = String::new();
        let octets = client.read_line(&mut line).unwrap_or_default();
        (octets > 0).then(|| line.trim_end().to_owned())
    }

    /// A collector: everything it is told.
    fn collector() -> (String, Receiver<ExportTraceServiceRequest>) {
        let (told, requests) = channel();
        let port = served(move |mut client| {
            let mut octets = 0;
            while let Some(field) = line(&mut client).filter(|field| !field.is_empty()) {
                let length = field.to_ascii_lowercase();
                octets =
                    length.strip_prefix("content-length: ").map_or(octets, |n| n.parse().unwrap());
            }
            let mut body = vec![0; octets];
            client.read_exact(&mut body).unwrap();
            let _ = told.send(ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            client.get_mut().write_all(answer).unwrap();
        });
        (format!("http://127.0.0.1:{port}"), requests)
    }

    /// Somebody else's server, which takes everything and says so.
    fn next_hop(taken: Sender<()>) -> u16 {
        served(move |mut client| {
            let say = |client: &mut BufReader<TcpStream>, text: &str| {
                let _ = client.get_mut().write_all(format!("{text}\r\n").as_bytes());
            };
            let mut content = false;
            say(&mut client, "220 far");
            while let Some(line) = line(&mut client) {
                match (content, line.as_str()) {
                    (true, ".") => {
                        content = false;
                        say(&mut client, "250 taken");
                        let _ = taken.send(());
                    }
                    (true, _) => {}
                    (false, "DATA") => {
                        content = true;
                        say(&mut client, "354 go on");
                    }
                    (false, "QUIT") => return say(&mut client, "221 bye"),
                    (false, _) => say(&mut client, "250 well"),
                }
            }
        })
    }

    /// Lets the site's server relay for us, to a server of ours.
    fn relay(site: &Site, taken: Sender<()>) -> String {
        let relay = format!("127.0.0.1:{}", free_port());
        let new = ["New-ReceiveConnector", "Relay", "-Bindings", &relay];
        let mut new = rialto(site, &new);
        new.args(["-RemoteIPRanges", "127.0.0.1", "-PermissionGroups", "AnonymousUsers"]);
        run(new.args(["-AnonymousRights", "ms-Exch-SMTP-Accept-Any-Recipient"])).well();
        let port = next_hop(taken).to_string();
        let mut new = rialto(site, &["New-SendConnector", "Far", "-Port", &port]);
        new.args(["-AddressSpaces", "SMTP:far.example;1", "-DNSRoutingEnabled", "$false"]);
        run(new.args(["-SmartHosts", "[127.0.0.1]"])).well();
        wait_for("the relay", || TcpStream::connect(&relay).ok());
        relay
    }

    fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
        let found = attributes.iter().find(|attribute| attribute.key == name)?;
        found.value.as_ref()?.value.as_ref()
    }

    fn text(attributes: &[KeyValue], name: &str) -> String {
        match attribute(attributes, name) {
            Some(Value::StringValue(text)) => text.clone(),
            other => panic!("{name}: {other:?}"),
        }
    }

    /// The spans of requests, after a look at who made them.
    fn spans(requests: &[ExportTraceServiceRequest]) -> Vec<Span> {
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        let spans = resources.flat_map(|of| {
            let who = &of.resource.as_ref().unwrap().attributes;
            assert_eq!(text(who, "service.name"), "rialto");
            assert_eq!(text(who, "service.version"), env!("CARGO_PKG_VERSION"));
            assert_eq!(text(who, "host.name"), SERVER);
            of.scope_spans.iter().flat_map(|scope| scope.spans.clone())
        });
        spans.collect()
    }

    fn is_command(span: &Span, name: &str) -> bool {
        span.name == "command" && text(&span.attributes, "rialto.command") == name
    }

    /// The only one that is meant.
    fn only(spans: &[Span], is_meant: impl Fn(&Span) -> bool) -> &Span {
        let found: Vec<_> = spans.iter().filter(|span| is_meant(span)).collect();
        assert_eq!(found.len(), 1, "{spans:#?}");
        found[0]
    }

    #[test]
    fn the_hops_of_a_message_are_one_trace() {
        let (endpoint, requests) = collector();
        let site = site(&endpoint);
        let server = site.data().serve(&site.path("rialto.toml"), &[]);
        let (taken, arrived) = channel();
        let relay = relay(&site, taken);
        let mail = |to, subject| message::text(STRANGER, to, subject);
        smtp::deliver(&site.at(25), STRANGER, ADMINISTRATOR, &mail(ADMINISTRATOR, "Near"));
        let certificate = site.path("data/certificates/generated.crt");
        Imap::login_to(SERVER, &site.at(993), &certificate, ADMINISTRATOR).only("Near");
        smtp::deliver(&relay, STRANGER, FAR, &mail(FAR, "Far"));
        arrived.recv_timeout(PATIENCE).unwrap();
        // What has not been sent yet is sent by the end.
        server.stop();
        let requests: Vec<_> = requests.try_iter().collect();
        let spans = spans(&requests);

        let delivery = only(&spans, |span| span.name == "delivery");
        let hop = only(&spans, |span| span.name == "hop");
        assert_ne!(delivery.trace_id, hop.trace_id);
        for hop in [delivery, hop] {
            let message =
                only(&spans, |span| span.name == "message" && span.trace_id == hop.trace_id);
            assert_eq!(hop.parent_span_id, message.span_id);
            let id = "rialto.internal_message_id";
            assert_eq!(attribute(&hop.attributes, id), attribute(&message.attributes, id));
            assert!(attribute(&message.attributes, id).is_some());
            let command = only(&spans, |span| span.span_id == message.links[0].span_id);
            assert!(is_command(command, "END-OF-DATA"), "{command:?}");
            let connection = only(&spans, |span| span.span_id == command.parent_span_id);
            assert_eq!(connection.name, "connection");
        }
        let out = only(&spans, |span| span.span_id == hop.links[0].span_id);
        assert_eq!(text(&out.attributes, "rialto.host"), "127.0.0.1");
        let examine = spans.iter().find(|span| is_command(span, "EXAMINE")).unwrap();
        let imap = only(&spans, |span| span.span_id == examine.parent_span_id);
        assert!(text(&imap.attributes, "rialto.service").starts_with("IMAP4"), "{imap:?}");
        let all = format!("{requests:?}");
        for private in ["Subject", "Near", STRANGER, ADMINISTRATOR, FAR] {
            assert!(!all.contains(private), "{private}");
        }
    }

    #[test]
    fn a_server_without_its_collector_serves_and_counts() {
        if !installed("curl") {
            return;
        }
        let site = site(&format!("http://127.0.0.1:{}", free_port()));
        let server = site.data().serve(&site.path("rialto.toml"), &[]);
        let mail = message::text(STRANGER, ADMINISTRATOR, "Near");
        smtp::deliver(&site.at(25), STRANGER, ADMINISTRATOR, &mail);
        wait_for("the notice", || server.log().contains("takes no spans").then_some(()));
        let mut curl = program("curl");
        curl.args(["--silent", "--show-error", "--disable", "--unix-socket"]);
        curl.arg(site.path("data/admin.socket")).arg("http://localhost/metrics");
        let counted = run(&mut curl).well();
        let line = counted.lines().find(|line| line.contains("result=\"dropped\"")).unwrap();
        assert!(!line.ends_with(" 0"), "{line}");
        assert!(
            counted.contains("rialto_telemetry_spans_total{result=\"exported\"} 0"),
            "{counted}"
        );
        server.stop();
    }
}
