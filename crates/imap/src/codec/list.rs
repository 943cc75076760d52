//! LIST, LSUB and STATUS (RFC 9051 sections 6.3.9 and 6.3.11, RFC 5258, 5819, 6154, 8440, 9590).

use super::parser::{Bad, Parsed, Parser};

/// `list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// `LSUB`: subscribed names, in the old form.
    pub lsub: bool,
    /// Any selection or return option, or a list of patterns, was given.
    pub extended: bool,
    /// What the patterns are relative to.
    pub reference: String,
    /// `mbox-or-pat`
    pub patterns: Vec<String>,
    /// Only these.
    pub select: ListSelect,
    /// And these data of them.
    pub returns: ListReturns,
}

/// `list-select-opts`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSelect {
    /// `SUBSCRIBED`
    pub subscribed: bool,
    /// `RECURSIVEMATCH`
    pub recursive_match: bool,
    /// `SPECIAL-USE`
    pub special_use: bool,
}

/// `list-return-opts`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListReturns {
    /// `SUBSCRIBED`
    pub subscribed: bool,
    /// `CHILDREN`
    pub children: bool,
    /// `SPECIAL-USE`
    pub special_use: bool,
    /// `MYRIGHTS` (RFC 8440)
    pub my_rights: bool,
    /// `STATUS` (RFC 5819)
    pub status: Vec<StatusItem>,
    /// `METADATA` (RFC 9590)
    pub metadata: Vec<String>,
}

/// `status-att`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// `APPENDLIMIT`
    AppendLimit,
    /// `DELETED`
    Deleted,
    /// `DELETED-STORAGE`
    DeletedStorage,
    /// `HIGHESTMODSEQ`
    HighestModSeq,
    /// `MAILBOXID`
    MailboxId,
    /// `MESSAGES`
    Messages,
    /// `RECENT`
    Recent,
    /// `SIZE`
    Size,
    /// `UIDNEXT`
    UidNext,
    /// `UIDVALIDITY`
    UidValidity,
    /// `UNSEEN`
    Unseen,
}

const STATUS_ITEMS: [(&str, StatusItem); 11] = [
    ("APPENDLIMIT", StatusItem::AppendLimit),
    ("DELETED", StatusItem::Deleted),
    ("DELETED-STORAGE", StatusItem::DeletedStorage),
    ("HIGHESTMODSEQ", StatusItem::HighestModSeq),
    ("MAILBOXID", StatusItem::MailboxId),
    ("MESSAGES", StatusItem::Messages),
    ("RECENT", StatusItem::Recent),
    ("SIZE", StatusItem::Size),
    ("UIDNEXT", StatusItem::UidNext),
    ("UIDVALIDITY", StatusItem::UidValidity),
    ("UNSEEN", StatusItem::Unseen),
];

impl StatusItem {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        STATUS_ITEMS.iter().find(|(_, item)| *item == self).map_or("", |(name, _)| name)
    }
}

impl Parser<'_> {
    /// `list`
    pub fn list_command(&mut self) -> Parsed<List> {
        let mut list = List::default();
        self.sp()?;
        if self.peek() == Some(b'(') {
            list.extended = true;
            self.list_or_empty(|p| p.list_select_opt(&mut list))?;
            self.sp()?;
        }
        list.reference = self.mailbox()?;
        list.patterns = self.sp()?.mbox_or_pat(&mut list.extended)?;
        if self.eat_text(" RETURN ") {
            list.extended = true;
            self.list_or_empty(|p| p.list_return_opt(&mut list.returns))?;
        }
        if list.select.recursive_match && !list.select.subscribed {
            return Err(Bad::Syntax("RECURSIVEMATCH needs another selection option"));
        }
        Ok(list)
    }

    /// `lsub = "LSUB" SP mailbox SP list-mailbox`
    pub fn lsub(&mut self) -> Parsed<List> {
        let reference = self.sp()?.mailbox()?;
        let patterns = vec![self.sp()?.list_mailbox()?];
        let select = ListSelect { subscribed: true, ..ListSelect::default() };
        Ok(List { lsub: true, reference, patterns, select, ..List::default() })
    }

    /// `mbox-or-pat = list-mailbox / patterns`
    fn mbox_or_pat(&mut self, extended: &mut bool) -> Parsed<Vec<String>> {
        if self.peek() != Some(b'(') {
            return Ok(vec![self.list_mailbox()?]);
        }
        *extended = true;
        self.list(Parser::list_mailbox)
    }

    /// `list-select-opt`; REMOTE changes nothing, for there are no remote mailboxes.
    fn list_select_opt(&mut self, list: &mut List) -> Parsed<()> {
        match self.word()?.as_str() {
            "SUBSCRIBED" => (list.select.subscribed, list.returns.subscribed) = (true, true),
            "RECURSIVEMATCH" => list.select.recursive_match = true,
            "SPECIAL-USE" => (list.select.special_use, list.returns.special_use) = (true, true),
            "REMOTE" => {}
            _ => return Err(Bad::Syntax("Unknown LIST selection option")),
        }
        Ok(())
    }

    /// `return-option`
    fn list_return_opt(&mut self, returns: &mut ListReturns) -> Parsed<()> {
        match self.word()?.as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" => returns.children = true,
            "SPECIAL-USE" => returns.special_use = true,
            "MYRIGHTS" => returns.my_rights = true,
            "STATUS" => returns.status = self.sp()?.list(Parser::status_att)?,
            "METADATA" => returns.metadata = self.sp()?.list(Parser::entry_name)?,
            _ => return Err(Bad::Syntax("Unknown LIST return option")),
        }
        Ok(())
    }

    /// `status-att`
    pub fn status_att(&mut self) -> Parsed<StatusItem> {
        let word = self.word()?;
        let found = STATUS_ITEMS.iter().find(|(name, _)| *name == word);
        found.map(|(_, item)| *item).ok_or(Bad::Syntax("Unknown status item"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Parsed<List> {
        let mut parser = Parser::new(text.as_bytes(), false);
        let list = parser.list_command()?;
        parser.end().map(|()| list)
    }

    #[test]
    fn plain_and_extended() {
        let plain = parse(" \"\" *").unwrap();
        assert_eq!((plain.extended, plain.patterns), (false, vec!["*".to_owned()]));
        let list = parse(
            " (SUBSCRIBED RECURSIVEMATCH) \"\" (a% \"b/*\") RETURN (STATUS (UNSEEN) CHILDREN)",
        );
        let list = list.unwrap();
        assert!(list.extended && list.select.recursive_match && list.returns.children);
        assert_eq!(list.returns.status, [StatusItem::Unseen]);
        assert_eq!(list.patterns, ["a%", "b/*"]);
    }

    #[test]
    fn refusals() {
        for text in ["", " \"\"", " (RECURSIVEMATCH) \"\" *", " (FOO) \"\" *", " \"\" * RETURN (X)"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
