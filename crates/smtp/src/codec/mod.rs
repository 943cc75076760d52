//! Commands, replies and message framing of SMTP as values. Pure: no IO, no clock, no state
//! of a session.
//!
//! The parser is our own, because framing is where SMTP servers get split into two opinions
//! (message smuggling): published parsers accept a bare LF as the end of a line. Here
//! * only CRLF ends a command line, and a bare CR, LF or NUL inside one is an error;
//! * only `CRLF . CRLF` ends DATA ([`data::DotUnstuffer`]);
//! * bare CR and LF in content are noticed wherever they stand ([`newline::NewlineFilter`]).
//!
//! Each parser function bears its ABNF rule as doc comment and the rule's name. What is
//! printed parses back the same; arbitrary bytes never panic.

mod address;
pub mod command;
pub mod data;
pub mod header;
pub mod keyword;
pub mod line;
pub mod newline;
pub mod params;
pub mod reply;
pub mod xtext;

pub use address::ForwardPath;
pub use command::{Command, SyntaxError};
pub use keyword::{Keyword, ServerLimits};
pub use params::{MailParams, RcptParams};
pub use reply::{Enhanced, Reply};
