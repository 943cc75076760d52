//! METADATA (RFC 5464).

use types::limits;

use super::parser::{Bad, Parsed, Parser};

/// `getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetMetadata {
    /// Empty for the server's own.
    pub mailbox: String,
    /// Values larger than this are left out.
    pub max_size: Option<u32>,
    /// How far below the entries to look.
    pub depth: Depth,
    /// Names in lower case.
    pub entries: Vec<String>,
}

/// `DEPTH`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only the entries named.
    #[default]
    Zero,
    /// And what is directly below.
    One,
    /// And all below.
    Infinity,
}

/// `setmetadata = "SETMETADATA" SP mailbox SP entry-values`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// Empty for the server's own.
    pub mailbox: String,
    /// Name and value; none removes.
    pub values: Vec<(String, Option<Vec<u8>>)>,
}

impl Parser<'_> {
    /// `getmetadata`; the options are also taken behind the mailbox, where the RFC's examples
    /// have them.
    pub fn get_metadata(&mut self) -> Parsed<GetMetadata> {
        let mut get = GetMetadata::default();
        self.sp()?;
        if self.peek() == Some(b'(') {
            self.list(|p| p.metadata_option(&mut get))?;
            self.sp()?;
        }
        get.mailbox = self.mailbox()?;
        self.sp()?;
        let mut behind = self.clone();
        if behind.list(|p| p.metadata_option(&mut get)).is_ok() && behind.eat(b' ') {
            *self = behind;
        }
        get.entries = self.entries()?;
        Ok(get)
    }

    fn metadata_option(&mut self, get: &mut GetMetadata) -> Parsed<()> {
        match self.word()?.as_str() {
            "MAXSIZE" => get.max_size = Some(self.sp()?.number()?),
            "DEPTH" => get.depth = self.sp()?.depth()?,
            _ => return Err(Bad::Syntax("Unknown GETMETADATA option")),
        }
        Ok(())
    }

    fn depth(&mut self) -> Parsed<Depth> {
        match self.word()?.as_str() {
            "0" => Ok(Depth::Zero),
            "1" => Ok(Depth::One),
            "INFINITY" => Ok(Depth::Infinity),
            _ => Err(Bad::Syntax("Expected 0, 1 or infinity")),
        }
    }

    /// `entries = entry / "(" entry *(SP entry) ")"`
    fn entries(&mut self) -> Parsed<Vec<String>> {
        if self.peek() == Some(b'(') {
            self.list(Parser::entry_name)
        } else {
            Ok(vec![self.entry_name()?])
        }
    }

    /// `setmetadata`
    pub fn set_metadata(&mut self) -> Parsed<SetMetadata> {
        let mailbox = self.sp()?.mailbox()?;
        let values = self.sp()?.list(|p| Ok((p.entry_name()?, p.sp()?.metadata_value()?)))?;
        Ok(SetMetadata { mailbox, values })
    }

    /// `entry = astring`: a path that begins with `/private/` or `/shared/`, known without case.
    pub fn entry_name(&mut self) -> Parsed<String> {
        let name = self.astring_text()?.to_ascii_lowercase();
        let rooted = name.starts_with("/private/") || name.starts_with("/shared/");
        let sane = !name.ends_with('/') && !name.contains("//") && !name.contains(['*', '%']);
        if !rooted || !sane || name.len() > limits::IMAP_METADATA_NAME_OCTETS_MAX {
            return Err(Bad::Syntax("Not the name of a metadata entry"));
        }
        Ok(name)
    }

    /// `value = nstring / literal8`
    fn metadata_value(&mut self) -> Parsed<Option<Vec<u8>>> {
        Ok(self.nstring()?.map(std::borrow::Cow::into_owned))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn get() {
        let parse = |text: &str| Parser::new(text.as_bytes(), false).get_metadata();
        for text in [
            " (DEPTH infinity MAXSIZE 9) INBOX (/shared/comment /private/Comment)",
            " INBOX (DEPTH infinity MAXSIZE 9) (/shared/comment /private/Comment)",
        ] {
            let get = parse(text).unwrap();
            assert_eq!((get.depth, get.max_size), (Depth::Infinity, Some(9)));
            assert_eq!(get.entries, ["/shared/comment", "/private/comment"]);
        }
        assert_eq!(parse(" \"\" /shared/comment").unwrap().mailbox, "");
        for text in [" a /foo/x", " a /shared//x", " a \"/shared/x*\"", " a (/shared/x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn set() {
        let text = b" INBOX (/private/comment ~{3}\r\na\0b /shared/x NIL)";
        let set = Parser::new(text, false).set_metadata().unwrap();
        assert_eq!(set.values[0].1.as_deref(), Some(&b"a\0b"[..]));
        assert_eq!(set.values[1].1, None);
    }
}
