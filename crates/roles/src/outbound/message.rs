//! A message as it leaves: read from the store, the organization's own header fields taken
//! out, signed last.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use smtp::client::{ContentInfo, Envelope, Recipient};
use smtp::codec::RcptParams;
use store::Database;
use transport::dkim::Signers;
use transport::firewall::{self, HeaderRights};
use transport::header::{self, HeaderEdits};
use transport::{OutgoingMessage, Reply};
use types::BodyType;

use super::send::{piece, unreadable};

/// A message in memory, ready to be sent any number of times.
pub(super) struct Outgoing {
    envelope: Envelope,
    bytes: Bytes,
    at: usize,
}

impl Outgoing {
    /// Reads and prepares a message. Errors: the reply to wait with.
    pub(super) async fn load(
        database: &Database,
        signers: &Arc<Signers>,
        message: &OutgoingMessage,
    ) -> Result<Self, Reply> {
        let mut bytes = Vec::new();
        let mut reader = database.open_blob(message.blob).await.map_err(|e| unreadable(&e))?;
        while let Some(chunk) = reader.next().await.map_err(|e| unreadable(&e))? {
            bytes.extend_from_slice(&chunk);
        }
        let bytes = through_firewall(bytes);
        let bytes = sign(Arc::clone(signers), bytes).await;
        let envelope = envelope(message, &bytes);
        Ok(Outgoing { envelope, bytes, at: 0 })
    }
}

impl smtp::service::Outgoing for Outgoing {
    fn envelope(&self) -> Envelope {
        self.envelope.clone()
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.at = 0;
        Ok(())
    }

    async fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        piece(&self.bytes, &mut self.at)
    }
}

/// Nobody outside learns what our servers told each other.
fn through_firewall(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = header::header_len(&bytes);
    let removed = firewall::removed(&bytes[..end], HeaderRights::OUTSIDE);
    if removed.is_empty() {
        return bytes;
    }
    let mut cleaned = HeaderEdits { removed, ..HeaderEdits::default() }.apply(&bytes[..end]);
    cleaned.extend(bytes.drain(end..));
    cleaned
}

/// RSA on the pool for blocking work: a signature costs a millisecond.
async fn sign(signers: Arc<Signers>, bytes: Vec<u8>) -> Bytes {
    if signers.is_empty() {
        return bytes.into();
    }
    let span = tracing::Span::current();
    let signed = move || match signers.sign(&bytes) {
        Ok(fields) => [fields, bytes].concat(),
        Err(error) => {
            tracing::error!(%error, "message leaves without a DKIM signature");
            bytes
        }
    };
    tokio::task::spawn_blocking(move || span.in_scope(signed)).await.unwrap_or_default().into()
}

fn envelope(message: &OutgoingMessage, bytes: &[u8]) -> Envelope {
    let from = &message.envelope;
    Envelope {
        reverse_path: from.reverse_path.clone(),
        recipients: from.recipients.iter().map(recipient).collect(),
        ret: from.ret,
        envid: from.envelope_id.clone(),
        require_tls: from.require_tls,
        content: content_info(message, bytes),
    }
}

fn recipient(recipient: &transport::Recipient) -> Recipient {
    let params = RcptParams { notify: recipient.notify, orcpt: recipient.original.clone() };
    Recipient { address: recipient.address.clone(), params }
}

/// What the bytes really are, whatever the sender announced.
fn content_info(message: &OutgoingMessage, bytes: &[u8]) -> ContentInfo {
    let binary = message.envelope.body == BodyType::BinaryMime;
    let header = &bytes[..header::header_len(bytes)];
    ContentInfo {
        octets: Some(bytes.len() as u64),
        body: match (binary, bytes.is_ascii()) {
            (true, _) => BodyType::BinaryMime,
            (false, false) => BodyType::EightBitMime,
            (false, true) => BodyType::SevenBit,
        },
        utf8_header: !header.is_ascii(),
        bare_newlines: has_bare_newline(bytes),
    }
}

fn has_bare_newline(bytes: &[u8]) -> bool {
    let mut before = 0;
    for &octet in bytes {
        if (octet == b'\n') != (before == b'\r') && (octet == b'\n' || before == b'\r') {
            return true;
        }
        before = octet;
    }
    before == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_newlines_are_found() {
        for (text, bare) in
            [("a\r\nb\r\n", false), ("a\nb", true), ("a\rb", true), ("a\r", true), ("\r\r\n", true)]
        {
            assert_eq!(has_bare_newline(text.as_bytes()), bare, "{text:?}");
        }
    }

    #[test]
    fn our_own_fields_stay_inside() {
        let message = b"X-MS-Exchange-Organization-SCL: -1\r\nSubject: s\r\n\r\nbody".to_vec();
        assert_eq!(through_firewall(message), b"Subject: s\r\n\r\nbody");
    }
}
