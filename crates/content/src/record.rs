//! The stored form of a [`Summary`].
//!
//! Version octet; version of the conversion, two octets; the rendered ENVELOPE, BODYSTRUCTURE
//! and BODY, each with its length; then the fields. The three texts stand in front so that a
//! listing takes them without reading the rest.
//! Our own record, not a network format; integers and lengths as in `types::wire`.

use types::{
    limits::MIME_DEPTH_MAX,
    wire::{Reader, put_bytes},
};

use crate::{
    address_list::EnvelopeAddress,
    date::Sent,
    envelope::Envelope,
    imap_text::{self, Form},
    parameters::Parameter,
    property::{Bag, Corrupt},
    stored::{self, Stored, stored, stored_scalars},
    structure::{Disposition, Part, Span},
    summary::{CONVERTER_VERSION, Importance, Summary},
};

/// Version of the record.
const VERSION: u8 = 1;

impl Summary {
    /// The record.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.push(VERSION);
        out.extend_from_slice(&CONVERTER_VERSION.to_be_bytes());
        put_bytes(&mut out, &imap_text::envelope(&self.envelope, Form::Ascii));
        put_bytes(&mut out, &imap_text::body(&self.structure, true, Form::Ascii));
        put_bytes(&mut out, &imap_text::body(&self.structure, false, Form::Ascii));
        self.put(&mut out);
        out
    }

    /// Reads what [`Summary::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Summary, Corrupt> {
        let mut reader = texts(bytes)?.rest;
        let summary = Summary::get(&mut reader)?;
        if reader.is_empty() { Ok(summary) } else { Err(Corrupt) }
    }

    /// The [`CONVERTER_VERSION`] that made a record; one below today's is to be made again.
    pub fn converter_version(encoded: &[u8]) -> Result<u16, Corrupt> {
        Ok(texts(encoded)?.converter_version)
    }

    /// The `envelope` of RFC 9051, ready to send, out of a record.
    pub fn envelope_bytes(encoded: &[u8]) -> Result<&[u8], Corrupt> {
        Ok(texts(encoded)?.envelope)
    }

    /// The `body` of RFC 9051, ready to send, out of a record: BODYSTRUCTURE if `extensible`,
    /// else BODY.
    pub fn bodystructure_bytes(encoded: &[u8], extensible: bool) -> Result<&[u8], Corrupt> {
        let texts = texts(encoded)?;
        Ok(if extensible { texts.bodystructure } else { texts.body })
    }
}

/// The front of a record.
struct Texts<'a> {
    converter_version: u16,
    envelope: &'a [u8],
    bodystructure: &'a [u8],
    body: &'a [u8],
    rest: Reader<'a>,
}

fn texts(bytes: &[u8]) -> Result<Texts<'_>, Corrupt> {
    let mut reader = Reader::new(bytes);
    if reader.octet()? != VERSION {
        return Err(Corrupt);
    }
    let converter_version = u16::from_be_bytes(reader.array()?);
    let (envelope, bodystructure, body) = (reader.bytes()?, reader.bytes()?, reader.bytes()?);
    Ok(Texts { converter_version, envelope, bodystructure, body, rest: reader })
}

stored! {
    Span { start, end }
    Parameter { name, value }
    Disposition { kind, parameters }
    EnvelopeAddress { name, route, mailbox, host }
    Envelope { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id }
    Sent { seconds, zone_minutes }
    Summary {
        size, header_len, lines, envelope, structure, preview, message_id, in_reply_to,
        references, conversation, base_subject, is_reply_or_forward, sent, has_attachments,
        importance, class, properties,
    }
}

stored_scalars! {
    [u8; 16]: |v, out| out.extend_from_slice(v), |r| r.array()?;
    Bag: |v, out| put_bytes(out, &v.encode()), |r| Bag::decode(r.bytes()?)?;
    Importance: |v, out| out.push(*v as u8),
        |r| Importance::from_number(i32::from(r.octet()?)).ok_or(Corrupt)?;
    Part: |v, out| put_part(v, out), |r| get_part(r, 0)?;
}

fn put_part(part: &Part, out: &mut Vec<u8>) {
    part.media_type.put(out);
    part.subtype.put(out);
    part.parameters.put(out);
    part.id.put(out);
    part.description.put(out);
    part.encoding.put(out);
    part.lines.put(out);
    part.md5.put(out);
    part.disposition.put(out);
    part.language.put(out);
    part.location.put(out);
    part.header.put(out);
    part.body.put(out);
    part.envelope.put(out);
    part.children.put(out);
}

/// Reads parts, no deeper than the scanner makes them: a corrupt record must not exhaust the
/// stack.
fn get_part(reader: &mut Reader, depth: usize) -> Result<Part, Corrupt> {
    if depth > MIME_DEPTH_MAX {
        return Err(Corrupt);
    }
    Ok(Part {
        media_type: Stored::get(reader)?,
        subtype: Stored::get(reader)?,
        parameters: Stored::get(reader)?,
        id: Stored::get(reader)?,
        description: Stored::get(reader)?,
        encoding: Stored::get(reader)?,
        lines: Stored::get(reader)?,
        md5: Stored::get(reader)?,
        disposition: Stored::get(reader)?,
        language: Stored::get(reader)?,
        location: Stored::get(reader)?,
        header: Stored::get(reader)?,
        body: Stored::get(reader)?,
        envelope: Stored::get(reader)?,
        children: get_children(reader, depth)?,
    })
}

fn get_children(reader: &mut Reader, depth: usize) -> Result<Vec<Part>, Corrupt> {
    let count = stored::count(reader)?;
    (0..count).map(|_| get_part(reader, depth + 1)).collect()
}
