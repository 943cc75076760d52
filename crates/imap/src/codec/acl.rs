//! ACL (RFC 4314) and QUOTA (RFC 9208).

use super::parser::{Bad, Parsed, Parser};

/// `setacl = "SETACL" SP mailbox SP identifier SP mod-rights`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAcl {
    /// Which mailbox.
    pub mailbox: String,
    /// Who; `anyone` for everybody.
    pub identifier: String,
    /// `+`, `-` or neither.
    pub change: RightsChange,
    /// Right letters, each known to RFC 4314.
    pub rights: String,
}

/// How SETACL changes what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// These and no others.
    Replace,
    /// `+`
    Add,
    /// `-`
    Remove,
}

/// The right letters of RFC 4314, and `c`, `d` of RFC 2086.
const RIGHTS: &str = "lrswipkxteacd";

impl Parser<'_> {
    /// `setacl`
    pub fn set_acl(&mut self) -> Parsed<SetAcl> {
        let (mailbox, identifier) = self.mailbox_and_identifier()?;
        let rights = self.sp()?.astring_text()?;
        let (change, rights) = match rights.split_at_checked(1) {
            Some(("+", rest)) => (RightsChange::Add, rest),
            Some(("-", rest)) => (RightsChange::Remove, rest),
            _ => (RightsChange::Replace, rights.as_str()),
        };
        if rights.chars().any(|letter| !RIGHTS.contains(letter)) {
            return Err(Bad::Syntax("Unknown right"));
        }
        Ok(SetAcl { mailbox, identifier, change, rights: rights.to_owned() })
    }

    /// `mailbox SP identifier` of DELETEACL and LISTRIGHTS
    pub fn mailbox_and_identifier(&mut self) -> Parsed<(String, String)> {
        let mailbox = self.sp()?.mailbox()?;
        let identifier = self.sp()?.astring_text()?;
        Ok((mailbox, identifier))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn changes() {
        let parse = |text: &str| Parser::new(text.as_bytes(), false).set_acl();
        let set = parse(" INBOX bob@x -lr").unwrap();
        assert_eq!((set.change, set.rights.as_str()), (RightsChange::Remove, "lr"));
        assert_eq!(parse(" INBOX bob \"\"").unwrap().change, RightsChange::Replace);
        assert!(parse(" INBOX bob lrz").is_err());
    }
}
