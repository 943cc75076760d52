//! ESMTP parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152, 3030), SMTPUTF8
//! (RFC 6531), RET, ENVID, NOTIFY, ORCPT (RFC 3461), AUTH (RFC 4954), REQUIRETLS (RFC 8689).

use std::fmt;

use types::limits::{ENVELOPE_ID_OCTETS_MAX, SMTP_ORCPT_OCTETS_MAX};

use super::command::SyntaxError;
use super::xtext::{to_utf8_addr_xtext, to_xtext, utf8_addr_xtext, xtext};

/// What the content of a message is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BodyType {
    /// Lines of ASCII.
    #[default]
    SevenBit,
    /// Lines of any octets.
    EightBitMime,
    /// Any octets without lines; only BDAT can carry them.
    BinaryMime,
}

impl BodyType {
    /// The value of `BODY=`.
    pub fn as_str(self) -> &'static str {
        match self {
            BodyType::SevenBit => "7BIT",
            BodyType::EightBitMime => "8BITMIME",
            BodyType::BinaryMime => "BINARYMIME",
        }
    }

    /// `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`
    fn parse(text: &str) -> Option<Self> {
        [BodyType::SevenBit, BodyType::EightBitMime, BodyType::BinaryMime]
            .into_iter()
            .find(|body| text.eq_ignore_ascii_case(body.as_str()))
    }
}

/// How much of a message a failure report returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// All of it.
    Full,
    /// The header only.
    Headers,
}

/// Parameters of MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParams {
    /// `SIZE`: octets the sender expects to send; 0 for unknown.
    pub size: Option<u64>,
    /// `BODY`.
    pub body: Option<BodyType>,
    /// `SMTPUTF8`: addresses or headers are in UTF-8.
    pub smtputf8: bool,
    /// `RET`.
    pub ret: Option<Ret>,
    /// `ENVID`, unquoted: the sender's name for this envelope in reports.
    pub envid: Option<String>,
    /// `AUTH`, unquoted: who submitted the message; `<>` for unknown.
    pub auth: Option<String>,
    /// `REQUIRETLS`: no hop may send this message in the clear.
    pub requiretls: bool,
}

impl MailParams {
    /// `Mail-parameters = esmtp-param *(SP esmtp-param)`
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut params = MailParams::default();
        for (keyword, value) in esmtp_params(text)? {
            params.param(&keyword, value)?;
        }
        Ok(params)
    }

    /// `esmtp-param = esmtp-keyword ["=" esmtp-value]`
    fn param(&mut self, keyword: &str, value: Option<&str>) -> Result<(), SyntaxError> {
        match keyword {
            "SIZE" => once(&mut self.size, value.and_then(size_value)),
            "BODY" => once(&mut self.body, value.and_then(BodyType::parse)),
            "RET" => once(&mut self.ret, value.and_then(ret_value)),
            "ENVID" => once(&mut self.envid, value.and_then(envid_value)),
            "AUTH" => once(&mut self.auth, value.and_then(xtext)),
            "SMTPUTF8" => flag(&mut self.smtputf8, value),
            "REQUIRETLS" => flag(&mut self.requiretls, value),
            _ => Err(SyntaxError::Parameter),
        }
    }
}

impl fmt::Display for MailParams {
    /// Each parameter with a space in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        if let Some(body) = self.body {
            write!(f, " BODY={}", body.as_str())?;
        }
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        if let Some(ret) = self.ret {
            write!(f, " RET={}", if ret == Ret::Full { "FULL" } else { "HDRS" })?;
        }
        if let Some(envid) = &self.envid {
            write!(f, " ENVID={}", to_xtext(envid))?;
        }
        if let Some(auth) = &self.auth {
            write!(f, " AUTH={}", to_xtext(auth))?;
        }
        if self.requiretls {
            f.write_str(" REQUIRETLS")?;
        }
        Ok(())
    }
}

/// When the sender wants a report on a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Not even on failure.
    Never,
    /// On the named events; at least one.
    On {
        /// Delivered.
        success: bool,
        /// Given up.
        failure: bool,
        /// Late.
        delay: bool,
    },
}

impl Notify {
    /// `notify-esmtp-value = "NEVER" / 1#notify-list-element`
    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("NEVER") {
            return Some(Notify::Never);
        }
        let (mut success, mut failure, mut delay) = (false, false, false);
        for element in text.split(',') {
            match element.to_ascii_uppercase().as_str() {
                "SUCCESS" => success = true,
                "FAILURE" => failure = true,
                "DELAY" => delay = true,
                _ => return None,
            }
        }
        Some(Notify::On { success, failure, delay })
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Notify::On { success, failure, delay } = *self else { return f.write_str("NEVER") };
        let names = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
        let wanted: Vec<_> =
            names.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
        f.write_str(&wanted.join(","))
    }
}

/// The recipient the sender first named, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// `rfc822`, `utf-8` or another registered type, as written.
    pub kind: String,
    /// Unquoted.
    pub address: String,
}

impl OriginalRecipient {
    /// `orcpt-parameter = "ORCPT=" addr-type ";" original-recipient-address`. `None` also when
    /// only the form that is passed on is too long: `é` becomes six octets there.
    fn parse(text: &str) -> Option<Self> {
        let (kind, address) =
            text.split_once(';').filter(|_| text.len() <= SMTP_ORCPT_OCTETS_MAX)?;
        let named =
            !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let address = if is_utf8_kind(kind) { utf8_addr_xtext(address)? } else { xtext(address)? };
        let recipient = OriginalRecipient { kind: kind.to_owned(), address };
        let fits = recipient.to_string().len() <= SMTP_ORCPT_OCTETS_MAX;
        (named && fits && !recipient.address.is_empty()).then_some(recipient)
    }
}

impl fmt::Display for OriginalRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if is_utf8_kind(&self.kind) { to_utf8_addr_xtext } else { to_xtext };
        write!(f, "{};{}", self.kind, quote(&self.address))
    }
}

fn is_utf8_kind(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("utf-8")
}

/// Parameters of RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParams {
    /// `NOTIFY`.
    pub notify: Option<Notify>,
    /// `ORCPT`.
    pub orcpt: Option<OriginalRecipient>,
}

impl RcptParams {
    /// `Rcpt-parameters = esmtp-param *(SP esmtp-param)`
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut params = RcptParams::default();
        for (keyword, value) in esmtp_params(text)? {
            match keyword.as_str() {
                "NOTIFY" => once(&mut params.notify, value.and_then(Notify::parse))?,
                "ORCPT" => once(&mut params.orcpt, value.and_then(OriginalRecipient::parse))?,
                _ => return Err(SyntaxError::Parameter),
            }
        }
        Ok(params)
    }
}

impl fmt::Display for RcptParams {
    /// Each parameter with a space in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(notify) = self.notify {
            write!(f, " NOTIFY={notify}")?;
        }
        if let Some(orcpt) = &self.orcpt {
            write!(f, " ORCPT={orcpt}")?;
        }
        Ok(())
    }
}

/// Splits parameters into upper-case keywords and values.
fn esmtp_params(text: &str) -> Result<Vec<(String, Option<&str>)>, SyntaxError> {
    text.split(' ').filter(|param| !param.is_empty()).map(esmtp_param).collect()
}

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")`
fn esmtp_param(param: &str) -> Result<(String, Option<&str>), SyntaxError> {
    let (keyword, value) = match param.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value)),
        None => (param, None),
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if keyword.is_empty() || !keyword.bytes().all(legal) {
        return Err(SyntaxError::Arguments);
    }
    Ok((keyword.to_ascii_uppercase(), value))
}

/// Fills a parameter that may stand once and needs a legal value.
fn once<T>(slot: &mut Option<T>, value: Option<T>) -> Result<(), SyntaxError> {
    if slot.is_some() || value.is_none() {
        return Err(SyntaxError::Arguments);
    }
    *slot = value;
    Ok(())
}

/// Sets a parameter that may stand once and has no value.
fn flag(slot: &mut bool, value: Option<&str>) -> Result<(), SyntaxError> {
    if *slot || value.is_some() {
        return Err(SyntaxError::Arguments);
    }
    *slot = true;
    Ok(())
}

/// `size-value = 1*20DIGIT`
fn size_value(text: &str) -> Option<u64> {
    let legal = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    // Twenty digits may exceed 64 bits: more than any limit, so the largest number will do.
    legal.then(|| text.parse().unwrap_or(u64::MAX))
}

/// `ret-value = "FULL" / "HDRS"`
fn ret_value(text: &str) -> Option<Ret> {
    match text.to_ascii_uppercase().as_str() {
        "FULL" => Some(Ret::Full),
        "HDRS" => Some(Ret::Headers),
        _ => None,
    }
}

/// `envid-parameter = "ENVID=" xtext`
fn envid_value(text: &str) -> Option<String> {
    xtext(text).filter(|envid| !envid.is_empty() && envid.len() <= ENVELOPE_ID_OCTETS_MAX)
}
