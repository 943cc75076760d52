//! Commands (RFC 9051 section 6 and the extensions of the crate head): from the text of a
//! framed command to a value. APPEND and REPLACE stand in module `append`.

use types::limits;

use super::acl::SetAcl;
use super::fetch::Fetch;
use super::list::{List, StatusItem};
use super::metadata::{GetMetadata, SetMetadata};
use super::notify::Notify;
use super::parser::{Bad, Parsed, Parser};
use super::search::{Search, Sort, Thread};
use super::select::Select;
use super::sequence_set::SequenceSet;
use super::store::Store;

/// `command`, without its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `CAPABILITY`
    Capability,
    /// `NOOP`, `CHECK`
    Noop,
    /// `LOGOUT`
    Logout,
    /// `ID`, the fields the client gave.
    Id(Vec<(String, Option<String>)>),
    /// `STARTTLS`
    StartTls,
    /// `AUTHENTICATE`: mechanism in upper case and initial response, in base64 as it came.
    Authenticate(String, Option<Vec<u8>>),
    /// `LOGIN`: user and password.
    Login(Vec<u8>, Vec<u8>),
    /// `UNAUTHENTICATE` (RFC 8437)
    Unauthenticate,
    /// `ENABLE`: names in upper case.
    Enable(Vec<String>),
    /// `COMPRESS`: algorithm in upper case.
    Compress(String),
    /// `SELECT`, `EXAMINE`
    Select(Select),
    /// `CREATE`, with the special uses of RFC 6154 in lower case without the backslash.
    Create(String, Vec<String>),
    /// `DELETE`
    Delete(String),
    /// `RENAME`
    Rename(String, String),
    /// `SUBSCRIBE`, or `UNSUBSCRIBE` when false.
    Subscribe(String, bool),
    /// `LIST`, `LSUB`
    List(List),
    /// `NAMESPACE`
    Namespace,
    /// `STATUS`
    Status(String, Vec<StatusItem>),
    /// `IDLE`
    Idle,
    /// `NOTIFY`
    Notify(Notify),
    /// `GETQUOTA`
    GetQuota(String),
    /// `GETQUOTAROOT`
    GetQuotaRoot(String),
    /// `SETQUOTA`: the root; the limits are not ours to set.
    SetQuota(String),
    /// `GETACL`
    GetAcl(String),
    /// `SETACL`
    SetAcl(SetAcl),
    /// `DELETEACL`: mailbox and identifier.
    DeleteAcl(String, String),
    /// `LISTRIGHTS`: mailbox and identifier.
    ListRights(String, String),
    /// `MYRIGHTS`
    MyRights(String),
    /// `GETMETADATA`
    GetMetadata(GetMetadata),
    /// `SETMETADATA`
    SetMetadata(SetMetadata),
    /// `CLOSE`
    Close,
    /// `UNSELECT`
    Unselect,
    /// `EXPUNGE`, `UID EXPUNGE` with its set.
    Expunge(Option<SequenceSet>),
    /// `SEARCH`
    Search(Search),
    /// `SORT`
    Sort(Sort),
    /// `THREAD`
    Thread(Thread),
    /// `FETCH`
    Fetch(Fetch),
    /// `STORE`
    Store(Store),
    /// `COPY`, `MOVE`
    Copy(Copy),
}

/// `copy = "COPY" SP sequence-set SP mailbox`; `MOVE` is the same (RFC 6851).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The set holds UIDs.
    pub uid: bool,
    /// `MOVE`
    pub moves: bool,
    /// Which messages.
    pub set: SequenceSet,
    /// Where to.
    pub mailbox: String,
}

/// Takes the tag off the front of a command; none when there is no legal one.
pub fn tag_of(text: &[u8]) -> Option<&str> {
    let mut parser = Parser::new(text, false);
    let tag = parser.tag().ok()?;
    (parser.is_done() || parser.peek() == Some(b' ')).then_some(tag)
}

/// The name of a command that was parsed, as the client wrote it: `UID FETCH`.
pub fn name_of(text: &[u8]) -> &str {
    let word = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|octet| !octet.is_ascii_whitespace()).count()
    };
    let first = word(0) + 1;
    let mut end = first + word(first);
    if text.get(first..end).is_some_and(|word| word.eq_ignore_ascii_case(b"UID")) {
        end += 1;
        end += word(end);
    }
    let name = text.get(first..end).unwrap_or_default();
    std::str::from_utf8(name).unwrap_or_default()
}

/// Parses a whole command. The tag comes even when the rest is bad, so that it can be answered.
pub fn parse(text: &[u8], utf8: bool) -> (Option<&str>, Parsed<Command>) {
    let Some(tag) = tag_of(text) else { return (None, Err(Bad::Syntax("Expected a tag"))) };
    let mut parser = Parser::new(text.get(tag.len()..).unwrap_or_default(), utf8);
    let command = parser.command().and_then(|command| parser.end().map(|()| command));
    (Some(tag), command)
}

impl Parser<'_> {
    /// `SP (command-any / command-auth / command-nonauth / command-select)`
    fn command(&mut self) -> Parsed<Command> {
        let name = self.sp()?.word().map_err(|_| Bad::UnknownCommand)?;
        if name == "UID" {
            let name = self.sp()?.word()?;
            return self.uid_command(&name);
        }
        if let Some(command) = without_arguments(&name) {
            return Ok(command);
        }
        match self.message_command(&name, false) {
            Err(Bad::UnknownCommand) => {}
            parsed => return parsed,
        }
        match self.session_command(&name) {
            Err(Bad::UnknownCommand) => self.mailbox_command(&name),
            parsed => parsed,
        }
    }

    /// `uid = "UID" SP (copy / fetch / search / store / ... / uid-expunge)`
    fn uid_command(&mut self, name: &str) -> Parsed<Command> {
        match name {
            "EXPUNGE" => Ok(Command::Expunge(Some(self.sp()?.sequence_set()?))),
            _ => self.message_command(name, true),
        }
    }

    /// Commands on messages, which also come behind `UID`.
    fn message_command(&mut self, name: &str, uid: bool) -> Parsed<Command> {
        Ok(match name {
            "FETCH" => Command::Fetch(self.fetch(uid)?),
            "STORE" => Command::Store(self.store(uid)?),
            "COPY" => Command::Copy(self.copy(uid, false)?),
            "MOVE" => Command::Copy(self.copy(uid, true)?),
            "SEARCH" => Command::Search(self.search(uid)?),
            "SORT" => Command::Sort(self.sort(uid)?),
            "THREAD" => Command::Thread(self.thread(uid)?),
            _ => return Err(Bad::UnknownCommand),
        })
    }

    /// Commands on the session.
    fn session_command(&mut self, name: &str) -> Parsed<Command> {
        Ok(match name {
            "ID" => Command::Id(self.id()?),
            "AUTHENTICATE" => self.authenticate()?,
            "LOGIN" => self.login()?,
            "ENABLE" => Command::Enable(self.sp()?.spaced(Parser::word)?),
            "COMPRESS" => Command::Compress(self.sp()?.word()?),
            "NOTIFY" => Command::Notify(self.notify()?),
            "GETQUOTA" => Command::GetQuota(self.sp()?.astring_text()?),
            "SETQUOTA" => self.set_quota()?,
            _ => return Err(Bad::UnknownCommand),
        })
    }

    /// Commands on a mailbox by its name.
    fn mailbox_command(&mut self, name: &str) -> Parsed<Command> {
        Ok(match name {
            "SELECT" => Command::Select(self.select(false)?),
            "EXAMINE" => Command::Select(self.select(true)?),
            "CREATE" => self.create()?,
            "DELETE" => Command::Delete(self.sp()?.mailbox()?),
            "RENAME" => Command::Rename(self.sp()?.mailbox()?, self.sp()?.mailbox()?),
            "SUBSCRIBE" => Command::Subscribe(self.sp()?.mailbox()?, true),
            "UNSUBSCRIBE" => Command::Subscribe(self.sp()?.mailbox()?, false),
            "LIST" => Command::List(self.list_command()?),
            "LSUB" => Command::List(self.lsub()?),
            "STATUS" => {
                Command::Status(self.sp()?.mailbox()?, self.sp()?.list(Parser::status_att)?)
            }
            "GETQUOTAROOT" => Command::GetQuotaRoot(self.sp()?.mailbox()?),
            "GETACL" => Command::GetAcl(self.sp()?.mailbox()?),
            "MYRIGHTS" => Command::MyRights(self.sp()?.mailbox()?),
            "SETACL" => Command::SetAcl(self.set_acl()?),
            "DELETEACL" => {
                self.mailbox_and_identifier().map(|(name, who)| Command::DeleteAcl(name, who))?
            }
            "LISTRIGHTS" => {
                self.mailbox_and_identifier().map(|(name, who)| Command::ListRights(name, who))?
            }
            "GETMETADATA" => Command::GetMetadata(self.get_metadata()?),
            "SETMETADATA" => Command::SetMetadata(self.set_metadata()?),
            _ => return Err(Bad::UnknownCommand),
        })
    }

    /// `copy`, `move`
    fn copy(&mut self, uid: bool, moves: bool) -> Parsed<Copy> {
        let set = self.sp()?.sequence_set()?;
        let mailbox = self.sp()?.mailbox()?;
        Ok(Copy { uid, moves, set, mailbox })
    }

    /// `login = "LOGIN" SP userid SP password`
    fn login(&mut self) -> Parsed<Command> {
        let user = self.sp()?.astring()?.into_owned();
        let password = self.sp()?.astring()?.into_owned();
        Ok(Command::Login(user, password))
    }

    /// `authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]`
    fn authenticate(&mut self) -> Parsed<Command> {
        let mechanism = self.sp()?.word()?;
        if !self.eat(b' ') {
            return Ok(Command::Authenticate(mechanism, None));
        }
        let response = self.take_while(|octet| octet != b' ');
        Ok(Command::Authenticate(mechanism, Some(response.to_vec())))
    }

    /// `create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]`
    fn create(&mut self) -> Parsed<Command> {
        let mailbox = self.sp()?.mailbox()?;
        if !self.eat(b' ') {
            return Ok(Command::Create(mailbox, Vec::new()));
        }
        if !self.eat_text("(USE ") {
            return Err(Bad::Syntax("Unknown CREATE parameter"));
        }
        let uses = self.list_or_empty(Parser::use_attr)?;
        self.expect(b')', "Expected a closing parenthesis")?;
        Ok(Command::Create(mailbox, uses))
    }

    /// `use-attr = "\" atom`
    fn use_attr(&mut self) -> Parsed<String> {
        self.expect(b'\\', "Expected a special use")?;
        Ok(self.atom()?.to_ascii_lowercase())
    }

    /// `id = "ID" SP id-params-list`, at most 30 fields (RFC 2971)
    fn id(&mut self) -> Parsed<Vec<(String, Option<String>)>> {
        self.sp()?;
        if self.eat_word("NIL") {
            return Ok(Vec::new());
        }
        let fields = self.list_or_empty(|p| Ok((p.string_text()?, p.sp()?.id_value()?)))?;
        if fields.len() > limits::IMAP_ID_FIELDS_MAX {
            return Err(Bad::Limit("Too many ID fields"));
        }
        Ok(fields)
    }

    fn id_value(&mut self) -> Parsed<Option<String>> {
        if self.eat_word("NIL") { Ok(None) } else { self.string_text().map(Some) }
    }

    /// `setquota = "SETQUOTA" SP quota-root-name SP "(" [setquota-resource ...] ")"`
    fn set_quota(&mut self) -> Parsed<Command> {
        let root = self.sp()?.astring_text()?;
        self.sp()?.list_or_empty(|p| Ok((p.word()?, p.sp()?.number64()?)))?;
        Ok(Command::SetQuota(root))
    }
}

/// Commands that are one word.
fn without_arguments(name: &str) -> Option<Command> {
    Some(match name {
        "CAPABILITY" => Command::Capability,
        "NOOP" | "CHECK" => Command::Noop,
        "LOGOUT" => Command::Logout,
        "STARTTLS" => Command::StartTls,
        "UNAUTHENTICATE" => Command::Unauthenticate,
        "NAMESPACE" => Command::Namespace,
        "IDLE" => Command::Idle,
        "CLOSE" => Command::Close,
        "UNSELECT" => Command::Unselect,
        "EXPUNGE" => Command::Expunge(None),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn command(text: &str) -> Parsed<Command> {
        parse(text.as_bytes(), false).1
    }

    #[test]
    fn commands_by_their_names() {
        for (text, name) in [
            ("a NOOP\r\n", "NOOP"),
            ("a noop", "noop"),
            ("a UID FETCH 1 FLAGS", "UID FETCH"),
            ("a uid expunge", "uid expunge"),
            ("a UID", ""),
            ("a", ""),
            ("", ""),
        ] {
            assert_eq!(name_of(text.as_bytes()), name, "{text}");
        }
        assert_eq!(name_of(b"a SEARCH TEXT \xff"), "SEARCH");
    }

    #[test]
    fn every_command_has_a_parser() {
        for text in [
            "a CAPABILITY",
            "a noop",
            "a CHECK",
            "a LOGOUT",
            "a ID NIL",
            "a ID (\"name\" \"x\" \"version\" NIL)",
            "a STARTTLS",
            "a AUTHENTICATE PLAIN",
            "a AUTHENTICATE PLAIN =",
            "a AUTHENTICATE PLAIN AGEAYg==",
            "a LOGIN {1}\r\na \"b c\"",
            "a UNAUTHENTICATE",
            "a ENABLE CONDSTORE UTF8=ACCEPT",
            "a COMPRESS DEFLATE",
            "a SELECT INBOX (CONDSTORE)",
            "a EXAMINE \"a b\"",
            "a CREATE x (USE (\\Drafts \\Sent))",
            "a DELETE x",
            "a RENAME x y",
            "a SUBSCRIBE x",
            "a UNSUBSCRIBE x",
            "a LIST \"\" %",
            "a LSUB \"\" *",
            "a NAMESPACE",
            "a STATUS x (MESSAGES HIGHESTMODSEQ)",
            "a IDLE",
            "a NOTIFY NONE",
            "a GETQUOTA \"\"",
            "a GETQUOTAROOT INBOX",
            "a SETQUOTA \"\" (STORAGE 512)",
            "a GETACL x",
            "a SETACL x y +lr",
            "a DELETEACL x y",
            "a LISTRIGHTS x y",
            "a MYRIGHTS x",
            "a GETMETADATA x /shared/comment",
            "a SETMETADATA x (/shared/comment NIL)",
            "a CLOSE",
            "a UNSELECT",
            "a EXPUNGE",
            "a UID EXPUNGE 1:*",
            "a SEARCH ALL",
            "a UID SORT (DATE) UTF-8 ALL",
            "a THREAD REFERENCES UTF-8 ALL",
            "a UID FETCH 1:* FLAGS",
            "a STORE 1 FLAGS ()",
            "a UID COPY $ x",
            "a MOVE 1 x",
        ] {
            assert!(command(text).is_ok(), "{text}: {:?}", command(text));
        }
    }

    #[test]
    fn refusals_keep_the_tag() {
        for text in ["a FOO", "a", "a ", "a NOOP x", "a UID NOOP", "a LOGIN x", "a ENABLE"] {
            let (tag, parsed) = parse(text.as_bytes(), false);
            assert_eq!(tag, Some("a"), "{text}");
            assert!(parsed.is_err(), "{text}");
        }
        for text in ["", " NOOP", "+ NOOP", "* NOOP", "a+b NOOP", "{1}\r\n"] {
            assert_eq!(parse(text.as_bytes(), false).0, None, "{text}");
        }
    }

    const NAMES: [&str; 12] = [
        "FETCH 1 ",
        "SEARCH ",
        "STORE 1 ",
        "LIST ",
        "SELECT ",
        "NOTIFY SET ",
        "GETMETADATA ",
        "SORT ",
        "UID ",
        "SETACL ",
        "ID ",
        "STATUS ",
    ];

    proptest! {
        #[test]
        fn parsing_never_panics(octets: Vec<u8>) {
            let _ = parse(&octets, false);
        }

        #[test]
        fn arguments_never_panic(name in 0..NAMES.len(), text in "[()\\[\\]{}<>\"*%$:,.\\\\ +~0-9A-Z\r\n]{0,40}") {
            let _ = parse(format!("a {}{text}", NAMES[name]).as_bytes(), true);
        }
    }
}
