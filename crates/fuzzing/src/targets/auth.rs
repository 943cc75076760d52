//! SASL: lines in base64, and whole exchanges.

use auth::{ChannelBinding, Exchange, Mechanism, ScramSecret, Step};

use super::choice;

/// What is decoded encodes back to a line that decodes to the same.
pub fn line(octets: &[u8]) {
    let _ = auth::decode_initial(octets);
    if let Ok(auth::ClientLine::Response(response)) = auth::decode_line(octets) {
        let encoded = auth::encode(&response);
        assert_eq!(
            auth::decode_line(encoded.as_bytes()).ok(),
            Some(auth::ClientLine::Response(response))
        );
    }
}

/// Lines of the input are the client's responses. Whatever they are, the exchange ends, and
/// nobody is let in by SCRAM who does not know the secret.
pub fn exchange(octets: &[u8]) {
    let (chosen, rest) = choice(octets);
    let mechanism = Mechanism::ALL[chosen % Mechanism::ALL.len()];
    let binding = match chosen & 0x10 {
        0 => ChannelBinding::Absent,
        _ => ChannelBinding::TlsExporter(vec![7; auth::CHANNEL_BINDING_OCTETS]),
    };
    let Ok(mut exchange) = Exchange::start(mechanism, binding) else { return };
    let mut responses = rest.split(|octet| *octet == b'\n');
    let initial = responses.next().filter(|_| chosen & 0x20 != 0);
    let mut step = exchange.open(initial);
    for response in responses {
        step = match step {
            Step::Challenge(_) => exchange.step(response),
            Step::NeedScram(user) => exchange.scram_secret(ScramSecret::fake(b"fuzz", &user)),
            Step::Verify(_) => exchange.cancel(),
            Step::Done(_) | Step::Fail(_) => break,
        };
        assert!(!matches!(step, Step::Done(_)), "nobody was accepted");
    }
}
