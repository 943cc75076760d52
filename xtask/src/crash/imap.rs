//! Enough IMAP to change mailboxes and to look into them.

use std::net::SocketAddr;

use super::ledger::State;
use super::message::{self, Token};
use super::wire::{Answer, Trouble, Wire};

pub struct Imap {
    wire: Wire,
    tag: u32,
}

/// A message as FETCH shows it.
pub struct Listed {
    pub uid: u32,
    pub token: Option<Token>,
    pub flagged: bool,
    /// What was asked for: the subject's field, or the whole message.
    pub octets: Vec<u8>,
}

/// An untagged response, its literals apart.
struct Response {
    text: String,
    literals: Vec<Vec<u8>>,
}

impl Imap {
    pub fn login(address: SocketAddr, user: &str, password: &str) -> Answer<Self> {
        let mut imap = Imap { wire: Wire::connect(address)?, tag: 0 };
        imap.wire.line()?;
        imap.command(&format!("LOGIN {user} {password}"))?;
        Ok(imap)
    }

    pub fn select(&mut self, folder: &str) -> Answer {
        self.command(&format!("SELECT {folder}")).map(drop)
    }

    /// Makes a folder unless it is there.
    pub fn ensure(&mut self, folder: &str) -> Answer {
        let listed = self.command(&format!("LIST \"\" {folder}"))?;
        match listed.iter().any(|response| response.text.starts_with("* LIST")) {
            true => Ok(()),
            false => self.command(&format!("CREATE {folder}")).map(drop),
        }
    }

    pub fn append(&mut self, folder: &str, message: &str) -> Answer {
        let tag = self.start(&format!("APPEND {folder} {{{}}}", message.len()))?;
        let line = self.wire.line()?;
        if !line.starts_with('+') {
            return Err(Trouble::Unexpected(line));
        }
        self.wire.send(&format!("{message}\r\n"))?;
        self.finish(&tag).map(drop)
    }

    /// A command on messages of the selected folder.
    pub fn on_uids(&mut self, verb: &str, uids: &[u32], rest: &str) -> Answer {
        let uids: Vec<String> = uids.iter().map(u32::to_string).collect();
        self.command(format!("UID {verb} {} {rest}", uids.join(",")).trim_end()).map(drop)
    }

    /// The messages of the selected folder, with whatever `section` of each.
    pub fn list(&mut self, section: &str) -> Answer<Vec<Listed>> {
        let fetched = self.command(&format!("UID FETCH 1:* (UID FLAGS BODY.PEEK[{section}])"))?;
        Ok(fetched.into_iter().filter_map(Response::listed).collect())
    }

    fn command(&mut self, text: &str) -> Answer<Vec<Response>> {
        let tag = self.start(text)?;
        self.finish(&tag)
    }

    fn start(&mut self, text: &str) -> Answer<String> {
        self.tag += 1;
        let tag = format!("c{}", self.tag);
        self.wire.send(&format!("{tag} {text}\r\n"))?;
        Ok(tag)
    }

    /// Everything up to the tagged OK.
    fn finish(&mut self, tag: &str) -> Answer<Vec<Response>> {
        let mut responses = Vec::new();
        loop {
            let response = self.response()?;
            match response.text.strip_prefix(tag) {
                Some(rest) if rest.starts_with(" OK") => return Ok(responses),
                Some(_) => return Err(Trouble::Unexpected(response.text)),
                None => responses.push(response),
            }
        }
    }

    fn response(&mut self) -> Answer<Response> {
        let mut response = Response { text: self.wire.line()?, literals: Vec::new() };
        while let Some(size) = literal_size(&response.text) {
            response.literals.push(self.wire.octets(size)?);
            response.text.push_str(&self.wire.line()?);
        }
        Ok(response)
    }
}

/// `{size}` at the end of a line.
fn literal_size(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

impl Response {
    /// `* 7 FETCH (UID 9 FLAGS (\Flagged) BODY[..] {..})`
    fn listed(self) -> Option<Listed> {
        let uid = self.text.split_once("UID ")?.1;
        let uid = uid.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
        let octets = self.literals.into_iter().next()?;
        let flagged = self.text.contains("\\Flagged");
        Some(Listed { uid, token: message::token_of(&octets), flagged, octets })
    }
}

impl Listed {
    pub fn state(&self, folder: &'static str) -> State {
        State::In { folder, flagged: self.flagged }
    }
}
