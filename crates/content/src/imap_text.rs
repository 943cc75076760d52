//! ENVELOPE, BODY and BODYSTRUCTURE in IMAP syntax (RFC 9051 section 9).
//!
//! IMAP syntax outside the IMAP crate is on purpose: these texts are derived columns, made once
//! at delivery and sent as they are, so that a listing parses nothing. They hold 7-bit octets
//! only and never NUL, and so fit every session; [`Form::Utf8`] is for sessions that asked for
//! UTF-8 (RFC 6855) and is rendered on demand.

use crate::{
    address_list::EnvelopeAddress,
    envelope::Envelope,
    parameters::Parameter,
    structure::{Disposition, Part},
    words,
};

/// How text beyond ASCII is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As encoded words (RFC 2047).
    Ascii,
    /// As UTF-8 in quoted strings.
    Utf8,
}

/// Octets of a quoted string; clients hold longer ones in fixed line buffers, so they become
/// literals.
const QUOTED_OCTETS_MAX: usize = 1000;

/// `envelope` (RFC 9051): Sender and Reply-To default to From.
pub fn envelope(envelope: &Envelope, form: Form) -> Vec<u8> {
    let mut writer = Writer::new(form);
    writer.envelope(envelope);
    writer.out
}

/// `body`: with the extension data of BODYSTRUCTURE if `extensible`, else that of BODY.
pub fn body(root: &Part, extensible: bool, form: Form) -> Vec<u8> {
    let mut writer = Writer::new(form);
    writer.body(root, extensible);
    writer.out
}

/// `string` in the shortest allowed form: quoted where possible, else a literal.
pub fn string(text: &str, form: Form) -> Vec<u8> {
    let mut writer = Writer::new(form);
    writer.string(text);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    form: Form,
}

impl Writer {
    fn new(form: Form) -> Self {
        Writer { out: Vec::with_capacity(256), form }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn space(&mut self) {
        self.out.push(b' ');
    }

    fn number(&mut self, number: u32) {
        self.raw(&number.to_string());
    }

    fn string(&mut self, text: &str) {
        match self.form {
            Form::Ascii => self.plain_string(&words::encode(text)),
            Form::Utf8 => self.plain_string(text),
        }
    }

    fn plain_string(&mut self, text: &str) {
        if text.len() > QUOTED_OCTETS_MAX || text.contains(['\r', '\n']) {
            return self.literal(text);
        }
        self.out.push(b'"');
        match text.contains(['"', '\\', '\0']) {
            true => self.escaped(text),
            false => self.raw(text),
        }
        self.out.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        for octet in text.bytes().filter(|octet| *octet != 0) {
            if matches!(octet, b'"' | b'\\') {
                self.out.push(b'\\');
            }
            self.out.push(octet);
        }
    }

    fn literal(&mut self, text: &str) {
        let text = text.replace('\0', "");
        self.raw(&format!("{{{}}}\r\n", text.len()));
        self.raw(&text);
    }

    fn nstring(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.raw("NIL"),
        }
    }

    /// `"(" 1*item ")" / nil`, items separated by `separator`.
    fn list<T>(&mut self, items: &[T], separator: &str, item: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return self.raw("NIL");
        }
        self.raw("(");
        for (at, one) in items.iter().enumerate() {
            if at > 0 {
                self.raw(separator);
            }
            item(self, one);
        }
        self.raw(")");
    }

    /// `envelope`
    fn envelope(&mut self, envelope: &Envelope) {
        self.raw("(");
        self.nstring(envelope.date.as_deref());
        self.space();
        self.nstring(envelope.subject.as_deref());
        for list in [
            &envelope.from[..],
            envelope.effective_sender(),
            envelope.effective_reply_to(),
            &envelope.to,
            &envelope.cc,
            &envelope.bcc,
        ] {
            self.space();
            self.list(list, "", Self::address);
        }
        self.space();
        self.nstring(envelope.in_reply_to.as_deref());
        self.space();
        self.nstring(envelope.message_id.as_deref());
        self.raw(")");
    }

    /// `address`
    fn address(&mut self, address: &EnvelopeAddress) {
        self.raw("(");
        for (at, text) in
            [&address.name, &address.route, &address.mailbox, &address.host].iter().enumerate()
        {
            if at > 0 {
                self.space();
            }
            self.nstring(text.as_deref());
        }
        self.raw(")");
    }

    /// `body = "(" (body-type-1part / body-type-mpart) ")"`
    fn body(&mut self, part: &Part, extensible: bool) {
        self.raw("(");
        match part.is_multipart() {
            true => self.multipart(part, extensible),
            false => self.single_part(part, extensible),
        }
        self.raw(")");
    }

    /// `body-type-mpart`. The grammar wants at least one body: a multipart in which no boundary
    /// was found shows an empty text.
    fn multipart(&mut self, part: &Part, extensible: bool) {
        if part.children.is_empty() {
            self.raw(r#"("text" "plain" NIL NIL NIL "7bit" 0 0)"#);
        }
        for child in &part.children {
            self.body(child, extensible);
        }
        self.space();
        self.string(&part.subtype);
        if extensible {
            self.space();
            self.parameters(&part.parameters);
            self.disposition_language_location(part);
        }
    }

    /// `body-type-basic / body-type-msg / body-type-text`, then `body-ext-1part`
    fn single_part(&mut self, part: &Part, extensible: bool) {
        self.string(&part.media_type);
        self.space();
        self.string(&part.subtype);
        self.space();
        self.fields(part);
        if let (Some(envelope), Some(message)) = (&part.envelope, part.message()) {
            self.space();
            self.envelope(envelope);
            self.space();
            self.body(message, extensible);
        }
        if part.envelope.is_some() || part.media_type == "text" {
            self.space();
            self.number(part.lines);
        }
        if extensible {
            self.space();
            self.nstring(part.md5.as_deref());
            self.disposition_language_location(part);
        }
    }

    /// `body-fields`
    fn fields(&mut self, part: &Part) {
        self.parameters(&part.parameters);
        self.space();
        self.nstring(part.id.as_deref());
        self.space();
        self.nstring(part.description.as_deref());
        self.space();
        self.string(&part.encoding);
        self.space();
        self.number(part.octets());
    }

    /// `body-fld-param`
    fn parameters(&mut self, parameters: &[Parameter]) {
        self.list(parameters, " ", |writer, parameter| {
            writer.string(&parameter.name);
            writer.space();
            writer.string(&parameter.value);
        });
    }

    /// `body-fld-dsp SP body-fld-lang SP body-fld-loc`
    fn disposition_language_location(&mut self, part: &Part) {
        self.space();
        self.disposition(part.disposition.as_ref());
        self.space();
        self.list(&part.language, " ", |writer, language| writer.string(language));
        self.space();
        self.nstring(part.location.as_deref());
    }

    /// `body-fld-dsp`
    fn disposition(&mut self, disposition: Option<&Disposition>) {
        let Some(disposition) = disposition else { return self.raw("NIL") };
        self.raw("(");
        self.string(&disposition.kind);
        self.space();
        self.parameters(&disposition.parameters);
        self.raw(")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_list::parse;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn strings_choose_their_form() {
        for (value, expected) in [
            ("", "\"\""),
            ("a", "\"a\""),
            ("a\"\\", "\"a\\\"\\\\\""),
            ("a\0b", "\"ab\""),
            ("a\r\nb", "{4}\r\na\r\nb"),
            ("\u{fc}", "\"=?UTF-8?B?w7w=?=\""),
        ] {
            assert_eq!(text(string(value, Form::Ascii)), expected);
        }
        assert_eq!(text(string("\u{fc}", Form::Utf8)), "\"\u{fc}\"");
        let long = "a".repeat(QUOTED_OCTETS_MAX + 1);
        assert_eq!(text(string(&long, Form::Ascii)), format!("{{1001}}\r\n{long}"));
    }

    #[test]
    fn envelope_defaults_to_from() {
        let value = Envelope {
            subject: Some("Hi".into()),
            from: parse("A <a@b>", 9),
            to: parse("G: c@d;", 9),
            ..Envelope::default()
        };
        let from = r#"(("A" NIL "a" "b"))"#;
        assert_eq!(
            text(envelope(&value, Form::Ascii)),
            format!(
                r#"(NIL "Hi" {from} {from} {from} ((NIL NIL "G" NIL)(NIL NIL "c" "d")(NIL NIL NIL NIL)) NIL NIL NIL NIL)"#
            )
        );
    }
}
