//! FETCH (RFC 9051 section 6.4.5; BINARY, CONDSTORE, QRESYNC, OBJECTID, SAVEDATE, PREVIEW,
//! PARTIAL).

use types::limits;

use super::parser::{Bad, Parsed, Parser};
use super::sequence_set::SequenceSet;

/// `fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The set holds UIDs.
    pub uid: bool,
    /// Which messages.
    pub set: SequenceSet,
    /// What of them, in the order asked.
    pub items: Vec<FetchItem>,
    /// `CHANGEDSINCE` (RFC 7162)
    pub changed_since: Option<u64>,
    /// `VANISHED` (RFC 7162)
    pub vanished: bool,
    /// `PARTIAL` (RFC 9394)
    pub partial: Option<(i64, i64)>,
}

/// `fetch-att`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// `BODY`: BODYSTRUCTURE without extension data
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `EMAILID`
    EmailId,
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `MODSEQ`
    ModSeq,
    /// `PREVIEW`, `PREVIEW (LAZY)`: made at delivery, so never late
    Preview,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `SAVEDATE`
    SaveDate,
    /// `THREADID`
    ThreadId,
    /// `UID`
    Uid,
    /// Octets of the message.
    Octets(FetchOctets),
}

/// `BODY[...]`, `BINARY[...]`, `RFC822`: octets of a part of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOctets {
    /// Name and form of the answer.
    pub form: OctetsForm,
    /// Does not set `\Seen`.
    pub peek: bool,
    /// Which part.
    pub section: Section,
    /// `"<" number "." nz-number ">"`: first octet and how many.
    pub partial: Option<(u32, u32)>,
}

/// How octets are asked for and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OctetsForm {
    /// `BODY[...]`
    Body,
    /// `BINARY[...]`: decoded
    Binary,
    /// `BINARY.SIZE[...]`: how many octets after decoding
    BinarySize,
    /// `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`: old names
    Rfc822,
}

/// `section-spec`: a part and what of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// `section-part = nz-number *("." nz-number)`; empty for the whole message.
    pub part: Vec<u32>,
    /// `section-text`
    pub text: SectionText,
}

/// `section-text = section-msgtext / "MIME"`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SectionText {
    /// All of it: the message, or the body of the part.
    #[default]
    All,
    /// `HEADER`
    Header,
    /// `HEADER.FIELDS`, `HEADER.FIELDS.NOT`
    Fields {
        /// Field names as written.
        names: Vec<String>,
        /// All but these.
        not: bool,
    },
    /// `TEXT`
    Text,
    /// `MIME`
    Mime,
}

impl Parser<'_> {
    /// `fetch`
    pub fn fetch(&mut self, uid: bool) -> Parsed<Fetch> {
        let set = self.sp()?.sequence_set()?;
        let items = self.sp()?.fetch_items()?;
        if items.len() > limits::IMAP_FETCH_ITEMS_MAX {
            return Err(Bad::Limit("Too many items of a message"));
        }
        let mut fetch =
            Fetch { uid, set, items, changed_since: None, vanished: false, partial: None };
        if self.eat(b' ') {
            self.list(|p| p.fetch_modifier(&mut fetch))?;
        }
        if fetch.vanished && (!uid || fetch.changed_since.is_none()) {
            return Err(Bad::Syntax("VANISHED needs UID FETCH and CHANGEDSINCE"));
        }
        Ok(fetch)
    }

    fn fetch_modifier(&mut self, fetch: &mut Fetch) -> Parsed<()> {
        match self.word()?.as_str() {
            "CHANGEDSINCE" => fetch.changed_since = Some(self.sp()?.number64()?),
            "VANISHED" => fetch.vanished = true,
            "PARTIAL" => fetch.partial = Some(self.sp()?.partial_range()?),
            _ => return Err(Bad::Syntax("Unknown fetch modifier")),
        }
        Ok(())
    }

    /// A macro, one item, or a list of items.
    fn fetch_items(&mut self) -> Parsed<Vec<FetchItem>> {
        if self.peek() == Some(b'(') {
            return self.list(Parser::fetch_att);
        }
        let fast = [FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
        if self.eat_word("FAST") {
            return Ok(fast.into());
        }
        if self.eat_word("ALL") {
            return Ok(fast.into_iter().chain([FetchItem::Envelope]).collect());
        }
        if self.eat_word("FULL") {
            let more = [FetchItem::Envelope, FetchItem::Body];
            return Ok(fast.into_iter().chain(more).collect());
        }
        Ok(vec![self.fetch_att()?])
    }

    /// `fetch-att`
    pub fn fetch_att(&mut self) -> Parsed<FetchItem> {
        let name = self.take_while(|o| o.is_ascii_alphanumeric() || o == b'.').to_ascii_uppercase();
        Ok(match name.as_slice() {
            b"BODYSTRUCTURE" => FetchItem::BodyStructure,
            b"EMAILID" => FetchItem::EmailId,
            b"ENVELOPE" => FetchItem::Envelope,
            b"FLAGS" => FetchItem::Flags,
            b"INTERNALDATE" => FetchItem::InternalDate,
            b"MODSEQ" => FetchItem::ModSeq,
            b"PREVIEW" => self.preview()?,
            b"RFC822.SIZE" => FetchItem::Rfc822Size,
            b"SAVEDATE" => FetchItem::SaveDate,
            b"THREADID" => FetchItem::ThreadId,
            b"UID" => FetchItem::Uid,
            b"BODY" if self.peek() != Some(b'[') => FetchItem::Body,
            b"BODY" => self.octets(OctetsForm::Body, false)?,
            b"BODY.PEEK" => self.octets(OctetsForm::Body, true)?,
            b"BINARY" => self.octets(OctetsForm::Binary, false)?,
            b"BINARY.PEEK" => self.octets(OctetsForm::Binary, true)?,
            b"BINARY.SIZE" => self.octets(OctetsForm::BinarySize, true)?,
            b"RFC822" => rfc822(SectionText::All, false),
            b"RFC822.HEADER" => rfc822(SectionText::Header, true),
            b"RFC822.TEXT" => rfc822(SectionText::Text, false),
            _ => return Err(Bad::Syntax("Unknown fetch item")),
        })
    }

    /// `"PREVIEW" [SP "(" "LAZY" ")"]`
    fn preview(&mut self) -> Parsed<FetchItem> {
        let _ = self.eat_text(" (LAZY)");
        Ok(FetchItem::Preview)
    }

    fn octets(&mut self, form: OctetsForm, peek: bool) -> Parsed<FetchItem> {
        let section = self.section(form)?;
        let partial = match form {
            OctetsForm::BinarySize => None,
            _ => self.partial()?,
        };
        Ok(FetchItem::Octets(FetchOctets { form, peek, section, partial }))
    }

    /// `section = "[" [section-spec] "]"`, `section-binary = "[" [section-part] "]"`
    fn section(&mut self, form: OctetsForm) -> Parsed<Section> {
        self.expect(b'[', "Expected a section")?;
        let part = self.section_part()?;
        let text = match self.peek() {
            Some(b']') => SectionText::All,
            _ if form != OctetsForm::Body => return Err(Bad::Syntax("Expected a part number")),
            _ => self.section_text(!part.is_empty())?,
        };
        self.expect(b']', "Expected ] after the section")?;
        Ok(Section { part, text })
    }

    /// `section-part = nz-number *("." nz-number)`, up to a dot that begins a `section-text`.
    fn section_part(&mut self) -> Parsed<Vec<u32>> {
        let mut part = Vec::new();
        while self.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            if part.len() >= limits::MIME_DEPTH_MAX {
                return Err(Bad::Limit("Part number too deep"));
            }
            part.push(self.nz_number()?);
            if !self.eat(b'.') {
                return if self.peek() == Some(b']') {
                    Ok(part)
                } else {
                    Err(Bad::Syntax("Expected ] after the part number"))
                };
            }
        }
        Ok(part)
    }

    /// `section-text`; MIME only behind a part number.
    fn section_text(&mut self, of_part: bool) -> Parsed<SectionText> {
        match self.word()?.as_str() {
            "HEADER" => Ok(SectionText::Header),
            "HEADER.FIELDS" => self.fields(false),
            "HEADER.FIELDS.NOT" => self.fields(true),
            "TEXT" => Ok(SectionText::Text),
            "MIME" if of_part => Ok(SectionText::Mime),
            _ => Err(Bad::Syntax("Unknown section")),
        }
    }

    /// `header-list = "(" header-fld-name *(SP header-fld-name) ")"`
    fn fields(&mut self, not: bool) -> Parsed<SectionText> {
        Ok(SectionText::Fields { names: self.sp()?.list(Parser::astring_text)?, not })
    }

    /// `partial = "<" number "." nz-number ">"`
    fn partial(&mut self) -> Parsed<Option<(u32, u32)>> {
        if !self.eat(b'<') {
            return Ok(None);
        }
        let first = self.number()?;
        self.expect(b'.', "Expected . in a partial")?;
        let count = self.nz_number()?;
        self.expect(b'>', "Expected > after a partial")?;
        Ok(Some((first, count)))
    }
}

fn rfc822(text: SectionText, peek: bool) -> FetchItem {
    let section = Section { part: Vec::new(), text };
    FetchItem::Octets(FetchOctets { form: OctetsForm::Rfc822, peek, section, partial: None })
}

impl FetchOctets {
    /// The name of the item in the answer: `BODY[1.HEADER]<0>`.
    pub fn label(&self) -> String {
        if self.form == OctetsForm::Rfc822 {
            return self.rfc822_label().to_owned();
        }
        let name = match self.form {
            OctetsForm::Binary => "BINARY",
            OctetsForm::BinarySize => "BINARY.SIZE",
            _ => "BODY",
        };
        let origin = self.partial.map(|(first, _)| format!("<{first}>")).unwrap_or_default();
        format!("{name}[{}]{origin}", self.section)
    }

    fn rfc822_label(&self) -> &'static str {
        match self.section.text {
            SectionText::Header => "RFC822.HEADER",
            SectionText::Text => "RFC822.TEXT",
            _ => "RFC822",
        }
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = self.part.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        f.write_str(&part)?;
        if !part.is_empty() && self.text != SectionText::All {
            f.write_str(".")?;
        }
        match &self.text {
            SectionText::All => Ok(()),
            SectionText::Header => f.write_str("HEADER"),
            SectionText::Text => f.write_str("TEXT"),
            SectionText::Mime => f.write_str("MIME"),
            SectionText::Fields { names, not } => {
                let not = if *not { ".NOT" } else { "" };
                write!(f, "HEADER.FIELDS{not} ({})", field_names(names))
            }
        }
    }
}

fn field_names(names: &[String]) -> String {
    let mut out = Vec::new();
    for name in names {
        if !out.is_empty() {
            out.push(b' ');
        }
        super::write::astring(&mut out, name.as_bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn item(text: &str) -> Parsed<FetchItem> {
        let mut parser = Parser::new(text.as_bytes(), false);
        let item = parser.fetch_att()?;
        parser.end().map(|()| item)
    }

    #[test]
    fn labels_repeat_the_question() {
        for (asked, label) in [
            ("BODY[]", "BODY[]"),
            ("body.peek[1.2.mime]", "BODY[1.2.MIME]"),
            ("BODY[HEADER.FIELDS (Date \"From\")]<10.20>", "BODY[HEADER.FIELDS (Date From)]<10>"),
            ("BODY[3.HEADER.FIELDS.NOT (X)]", "BODY[3.HEADER.FIELDS.NOT (X)]"),
            ("BINARY.SIZE[4]", "BINARY.SIZE[4]"),
            ("BINARY.PEEK[]<0.5>", "BINARY[]<0>"),
            ("RFC822.TEXT", "RFC822.TEXT"),
        ] {
            let FetchItem::Octets(octets) = item(asked).unwrap() else { panic!("{asked}") };
            assert_eq!(octets.label(), label);
        }
    }

    #[test]
    fn broken_items() {
        for text in [
            "",
            "BODY[",
            "BODY[0]",
            "BODY[1.]x",
            "BODY[MIME]",
            "BODY[1x]",
            "BODY[]<1>",
            "BODY[]<0.0>",
            "BINARY[HEADER]",
            "BODY[HEADER.FIELDS ()]",
            "FOO",
        ] {
            assert!(item(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_commands() {
        let fetch = Parser::new(b" 1:* (FLAGS UID) (CHANGEDSINCE 12 VANISHED)", false).fetch(true);
        let fetch = fetch.unwrap();
        assert_eq!((fetch.changed_since, fetch.vanished), (Some(12), true));
        assert!(Parser::new(b" 1 FLAGS (VANISHED)", false).fetch(true).is_err());
        assert_eq!(Parser::new(b" 1 FULL", false).fetch(false).unwrap().items.len(), 5);
    }
}
