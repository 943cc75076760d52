//! What verbs answer with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use config::{ByteQuantity, Unlimited};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::argument::Shape;
use super::error::VerbError;
use super::name::property_name;

/// The description of what a verb answers with.
#[derive(Clone, Copy, Debug)]
pub struct ObjectType {
    /// `Mailbox`.
    pub name: &'static str,
    /// The fields that a table shows.
    pub columns: &'static [&'static str],
    /// All properties, in the order of a list.
    pub properties: &'static [Property],
}

/// A property of an object.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The field's name: `primary_smtp_address`.
    pub field: &'static str,
    /// What it means, line by line.
    pub about: &'static [&'static str],
    /// What it holds.
    pub shape: Shape,
    /// More than one value.
    pub many: bool,
}

impl Property {
    /// `PrimarySmtpAddress`.
    pub fn name(&self) -> String {
        property_name(self.field)
    }
}

impl ObjectType {
    /// The properties that a table shows.
    pub fn shown(&self) -> impl Iterator<Item = &'static Property> + use<'_> {
        let named = |field: &&str| self.properties.iter().find(|each| each.field == *field);
        self.columns.iter().filter_map(named)
    }
}

/// An object: property names and values as JSON has them. Octets are numbers, moments RFC 3339,
/// spans of time `2.00:00:00`.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// The object that a declared type makes.
    pub fn of(value: &impl Serialize) -> Result<Self, VerbError> {
        match serde_json::to_value(value)? {
            Value::Object(fields) => Ok(Object(fields)),
            other => Ok(Object(Map::from_iter([("Value".to_owned(), other)]))),
        }
    }

    /// A property as people read it.
    pub fn text(&self, property: &Property) -> String {
        self.0.get(&property.name()).map(|value| text(property.shape, value)).unwrap_or_default()
    }
}

fn text(shape: Shape, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(|value| text(shape, value)).collect();
            texts.join(", ")
        }
        Value::Number(number) => match (shape, number.as_u64()) {
            (Shape::Bytes | Shape::BytesOrUnlimited, Some(octets)) => bytes(octets),
            _ => number.to_string(),
        },
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(name, value)| format!("{name}={}", text(shape, value)));
            pairs.collect::<Vec<_>>().join("; ")
        }
    }
}

const UNITS: [(&str, u64); 4] =
    [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];

/// `1.5 MB (1,572,864 bytes)`, as Exchange shows quantities.
fn bytes(octets: u64) -> String {
    let exact = grouped(octets);
    match UNITS.iter().find(|(_, size)| octets >= *size) {
        None => format!("{exact} B ({exact} bytes)"),
        Some((unit, size)) => {
            // Thousandths first, so that no floating point takes part.
            let thousandths = u128::from(octets) * 1000 / u128::from(*size);
            let fraction = format!(".{:03}", thousandths % 1000);
            let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
            format!("{}{fraction} {unit} ({exact} bytes)", thousandths / 1000)
        }
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let (first, rest) = digits.split_at(head);
    let mut groups: Vec<&str> = if head == 0 { Vec::new() } else { vec![first] };
    let mut rest = rest;
    while !rest.is_empty() {
        let (group, tail) = rest.split_at(3);
        groups.push(group);
        rest = tail;
    }
    groups.join(",")
}

/// A quantity of octets in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes(pub u64);

/// Octets in an answer: base64 in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octets(pub Vec<u8>);

impl Octets {
    /// What a value in JSON stands for; None, when that is no octets.
    pub(crate) fn decode(value: &Value) -> Option<Vec<u8>> {
        BASE64_STANDARD.decode(value.as_str()?).ok()
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

/// A span of time in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span(pub config::TimeSpan);

/// What a field of an answer holds.
pub trait Shaped {
    /// What it holds.
    const SHAPE: Shape;
    /// More than one value.
    const MANY: bool = false;
}

macro_rules! shaped {
    ($($type:ty: $shape:expr;)*) => {$(
        impl Shaped for $type {
            const SHAPE: Shape = $shape;
        }
    )*};
}

shaped! {
    String: Shape::Text;
    &'static str: Shape::Text;
    bool: Shape::Flag;
    u16: Shape::Number;
    u32: Shape::Number;
    u64: Shape::Number;
    usize: Shape::Number;
    Bytes: Shape::Bytes;
    Quota: Shape::BytesOrUnlimited;
    Span: Shape::Span;
    Octets: Shape::Octets;
    Moment: Shape::Time;
}

impl<T: Shaped> Shaped for Option<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Shaped> Shaped for Vec<T> {
    const SHAPE: Shape = T::SHAPE;
    const MANY: bool = true;
}

/// A limit in octets in an answer: a number, or `Unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(pub Unlimited<ByteQuantity>);

impl From<Option<u64>> for Quota {
    fn from(limit: Option<u64>) -> Self {
        let limited = |octets| Unlimited::Limited(ByteQuantity::from_bytes(octets));
        Quota(limit.map_or(Unlimited::Unlimited, limited))
    }
}

impl Serialize for Quota {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Unlimited::Unlimited => to.serialize_str("Unlimited"),
            Unlimited::Limited(limit) => to.serialize_u64(limit.bytes()),
        }
    }
}

/// A moment in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub types::Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&rfc3339(self.0))
    }
}

fn rfc3339(moment: types::Timestamp) -> String {
    jiff::Timestamp::from_second(moment.secs()).map_or_else(|_| String::new(), |at| at.to_string())
}

/// A GUID as [MS-DTYP] 2.3.4.3 writes it: the first three groups are little-endian.
pub fn guid_text(octets: &[u8; 16]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (place, index) in order.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", octets[index]));
    }
    text
}

/// Reads what [`guid_text`] writes, in braces or not.
pub(super) fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let digits: String = text.chars().filter(|letter| *letter != '-').collect();
    let plain = digits.len() == 32 && digits.is_ascii() && text.len() == 36;
    let octet = |at: usize| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut octets = [0; 16];
    for (place, index) in order.into_iter().enumerate() {
        octets[index] = plain.then(|| octet(place)).flatten()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_as_exchange_shows_them() {
        assert_eq!(bytes(512), "512 B (512 bytes)");
        assert_eq!(bytes(1_572_864), "1.5 MB (1,572,864 bytes)");
        assert_eq!(bytes(2 << 30), "2 GB (2,147,483,648 bytes)");
        assert_eq!(bytes(123_456_789), "117.737 MB (123,456,789 bytes)");
    }

    #[test]
    fn guids_come_back() {
        let octets = core::array::from_fn(|at| at as u8);
        let text = guid_text(&octets);
        assert_eq!(text, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(parse_guid(&text), Some(octets));
        assert_eq!(parse_guid(&format!("{{{text}}}")), Some(octets));
        assert_eq!(parse_guid("03020100"), None);
    }
}
