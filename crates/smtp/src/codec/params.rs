//! ESMTP parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152, 3030), SMTPUTF8
//! (RFC 6531), RET, ENVID, NOTIFY, ORCPT (RFC 3461), AUTH (RFC 4954), REQUIRETLS (RFC 8689).

use std::fmt;

use types::limits::{ENVELOPE_ID_OCTETS_MAX, SMTP_ORCPT_OCTETS_MAX};
use types::{BodyType, Notify, OriginalRecipient, Return};

use super::command::SyntaxError;
use super::xtext::{to_utf8_addr_xtext, to_xtext, utf8_addr_xtext, xtext};

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
    pub ret: Option<Return>,
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
            "BODY" => once(&mut self.body, value.and_then(body_value)),
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
            write!(f, " BODY={}", body_text(body))?;
        }
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        if let Some(ret) = self.ret {
            write!(f, " RET={}", if ret == Return::Full { "FULL" } else { "HDRS" })?;
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
                "NOTIFY" => once(&mut params.notify, value.and_then(notify_value))?,
                "ORCPT" => once(&mut params.orcpt, value.and_then(orcpt_value))?,
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
            write!(f, " NOTIFY={}", notify_text(notify))?;
        }
        if let Some(orcpt) = &self.orcpt {
            write!(f, " ORCPT={}", orcpt_text(orcpt))?;
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

/// `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`
fn body_value(text: &str) -> Option<BodyType> {
    [BodyType::SevenBit, BodyType::EightBitMime, BodyType::BinaryMime]
        .into_iter()
        .find(|body| text.eq_ignore_ascii_case(body_text(*body)))
}

fn body_text(body: BodyType) -> &'static str {
    match body {
        BodyType::SevenBit => "7BIT",
        BodyType::EightBitMime => "8BITMIME",
        BodyType::BinaryMime => "BINARYMIME",
    }
}

/// `ret-value = "FULL" / "HDRS"`
fn ret_value(text: &str) -> Option<Return> {
    match text.to_ascii_uppercase().as_str() {
        "FULL" => Some(Return::Full),
        "HDRS" => Some(Return::Headers),
        _ => None,
    }
}

/// `envid-parameter = "ENVID=" xtext`
fn envid_value(text: &str) -> Option<String> {
    xtext(text).filter(|envid| !envid.is_empty() && envid.len() <= ENVELOPE_ID_OCTETS_MAX)
}

/// `notify-esmtp-value = "NEVER" / 1#notify-list-element`
fn notify_value(text: &str) -> Option<Notify> {
    let mut notify = Notify::NEVER;
    if text.eq_ignore_ascii_case("NEVER") {
        return Some(notify);
    }
    for element in text.split(',') {
        match element.to_ascii_uppercase().as_str() {
            "SUCCESS" => notify.success = true,
            "FAILURE" => notify.failure = true,
            "DELAY" => notify.delay = true,
            _ => return None,
        }
    }
    Some(notify)
}

fn notify_text(notify: Notify) -> String {
    let Notify { success, failure, delay } = notify;
    let names = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
    let wanted: Vec<_> = names.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    if wanted.is_empty() { "NEVER".to_owned() } else { wanted.join(",") }
}

/// `orcpt-parameter = "ORCPT=" addr-type ";" original-recipient-address`. `None` also when
/// only the form that is passed on is too long: `é` becomes six octets there.
fn orcpt_value(text: &str) -> Option<OriginalRecipient> {
    let (kind, address) = text.split_once(';').filter(|_| text.len() <= SMTP_ORCPT_OCTETS_MAX)?;
    let named = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let address = if is_utf8_kind(kind) { utf8_addr_xtext(address)? } else { xtext(address)? };
    let recipient = OriginalRecipient { address_type: kind.to_owned(), address };
    let fits = orcpt_text(&recipient).len() <= SMTP_ORCPT_OCTETS_MAX;
    (named && fits && !recipient.address.is_empty()).then_some(recipient)
}

fn orcpt_text(recipient: &OriginalRecipient) -> String {
    let OriginalRecipient { address_type, address } = recipient;
    let quote = if is_utf8_kind(address_type) { to_utf8_addr_xtext } else { to_xtext };
    format!("{address_type};{}", quote(address))
}

fn is_utf8_kind(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("utf-8")
}
