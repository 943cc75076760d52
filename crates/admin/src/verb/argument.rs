//! Types of parameters: what is written on a command line or in a request, as values.

use std::str::FromStr;

use config::{ByteQuantity, TimeSpan, Unlimited};
use types::{Address, Domain};

use super::name::{folded, property_name, words};

/// What a parameter or a property holds, for help, completion and the interface's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// Text that is never shown again.
    Secret,
    /// `$true` or `$false`.
    Flag,
    /// Present or not; `-Shared` is `-Shared:$true`.
    Switch,
    /// A whole number.
    Number,
    /// Octets: `36 MB`.
    Bytes,
    /// Octets, or `Unlimited`.
    BytesOrUnlimited,
    /// A whole number, or `Unlimited`.
    NumberOrUnlimited,
    /// A span of time: `2.00:00:00`.
    Span,
    /// Octets of a file, base64; only in answers.
    Octets,
    /// A moment, RFC 3339.
    Time,
    /// A mail address.
    Address,
    /// A domain.
    Domain,
    /// A recipient, by name, alias, address or GUID.
    Identity,
    /// A condition on properties: `{Status -eq 'Retry'}`.
    Filter,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Shape {
    /// What should have been written.
    pub fn expected(self) -> Expected {
        Expected(match self {
            Shape::OneOf(words) => words.join(", "),
            Shape::Text | Shape::Secret => "a text".to_owned(),
            Shape::Flag | Shape::Switch => "$true or $false".to_owned(),
            Shape::Number => "a whole number".to_owned(),
            Shape::NumberOrUnlimited => "a whole number, or Unlimited".to_owned(),
            Shape::Bytes => "a quantity such as 512 KB, 36 MB or 2 GB".to_owned(),
            Shape::BytesOrUnlimited => "a quantity such as 2 GB, or Unlimited".to_owned(),
            Shape::Span => "a span of time such as 00:10:00 or 2.00:00:00".to_owned(),
            Shape::Octets => "octets in base64".to_owned(),
            Shape::Time => "a moment such as 2026-03-01T08:00:00Z or 2026-03-01".to_owned(),
            Shape::Address => "a mail address".to_owned(),
            Shape::Domain => "a domain".to_owned(),
            Shape::Filter => "a filter such as {Property -eq 'value'}".to_owned(),
            Shape::Identity => "a name, alias, address or GUID".to_owned(),
        })
    }
}

/// A parameter of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The field's name: `primary_smtp_address`.
    pub field: &'static str,
    /// What it means, line by line.
    pub about: &'static [&'static str],
    /// What it holds.
    pub shape: Shape,
    /// The verb cannot do without.
    pub required: bool,
    /// More than one value.
    pub many: bool,
    /// May be written without its name, as the first argument, and comes from the pipeline.
    pub positional: bool,
}

impl Parameter {
    /// `PrimarySmtpAddress`.
    pub fn name(&self) -> String {
        property_name(self.field)
    }

    /// `primary-smtp-address`.
    pub fn option(&self) -> String {
        words(self.field).join("-")
    }

    /// Whether a name in either spelling means this one.
    pub fn is_called(&self, name: &str) -> bool {
        folded(self.field) == folded(name)
    }
}

/// Why a value is none of its type: what would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(pub String);

/// A value that one text gives.
pub trait Scalar: Sized {
    /// What it holds.
    const SHAPE: Shape;

    /// The value. Errors: what would have been one.
    fn parse(text: &str) -> Result<Self, Expected>;
}

/// The type of a field of a verb: how it is read from what was given, if anything was.
pub trait Argument: Sized {
    /// What it holds.
    const HOLDS: Shape;
    /// The verb cannot do without.
    const REQUIRED: bool = false;
    /// More than one value.
    const MANY: bool = false;

    /// The value. `None`: the parameter was not written. Errors: what would have been right.
    fn read(given: Option<Vec<String>>) -> Result<Self, Expected>;
}

/// Required.
impl<S: Scalar> Argument for S {
    const HOLDS: Shape = S::SHAPE;
    const REQUIRED: bool = true;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        one(given.unwrap_or_default())
    }
}

/// May be left out.
impl<S: Scalar> Argument for Option<S> {
    const HOLDS: Shape = S::SHAPE;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        given.map(one).transpose()
    }
}

/// Any number of values.
impl<S: Scalar> Argument for Vec<S> {
    const HOLDS: Shape = S::SHAPE;
    const MANY: bool = true;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        given.unwrap_or_default().iter().map(|text| S::parse(text)).collect()
    }
}

/// A switch: written or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switch(pub bool);

impl Argument for Switch {
    const HOLDS: Shape = Shape::Switch;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        given.map_or(Ok(Switch(false)), |values| match values.is_empty() {
            true => Ok(Switch(true)),
            false => one(values).map(Switch),
        })
    }
}

/// What a Set verb does with one property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Setting<S> {
    /// Leaves it: the parameter was not written.
    #[default]
    Keep,
    /// Clears it: `$null`.
    Clear,
    /// Sets it.
    To(S),
}

impl<S> Setting<S> {
    /// Changes an optional property accordingly.
    pub fn apply(self, property: &mut Option<S>) {
        match self {
            Setting::Keep => {}
            Setting::Clear => *property = None,
            Setting::To(value) => *property = Some(value),
        }
    }
}

impl<S: Scalar> Argument for Setting<S> {
    const HOLDS: Shape = S::SHAPE;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        let Some(values) = given else { return Ok(Setting::Keep) };
        match values.as_slice() {
            [null] if null.eq_ignore_ascii_case(NULL) => Ok(Setting::Clear),
            _ => one(values).map(Setting::To),
        }
    }
}

/// `$null`, how a shell of Exchange writes nothing.
const NULL: &str = "$null";

/// What a Set verb does with a property of many values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<S> {
    /// Leaves it.
    #[default]
    Keep,
    /// Replaces all values.
    Replace(Vec<S>),
    /// Adds some and removes some: `@{Add="a","b";Remove="c"}`.
    AddRemove {
        /// What is added, if it is not there.
        add: Vec<S>,
        /// What is removed, if it is there.
        remove: Vec<S>,
    },
}

impl<S: PartialEq> Edit<S> {
    /// Changes the values accordingly.
    pub fn apply(self, values: &mut Vec<S>) {
        match self {
            Edit::Keep => {}
            Edit::Replace(new) => *values = new,
            Edit::AddRemove { add, remove } => {
                values.retain(|value| !remove.contains(value));
                for value in add {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
        }
    }

    /// The same edit with every value turned into another. Errors: the first that cannot be.
    pub fn try_map<T, E>(self, mut turn: impl FnMut(S) -> Result<T, E>) -> Result<Edit<T>, E> {
        let mut all =
            |values: Vec<S>| values.into_iter().map(&mut turn).collect::<Result<Vec<T>, E>>();
        Ok(match self {
            Edit::Keep => Edit::Keep,
            Edit::Replace(values) => Edit::Replace(all(values)?),
            Edit::AddRemove { add, remove } => {
                Edit::AddRemove { add: all(add)?, remove: all(remove)? }
            }
        })
    }
}

impl<S: Scalar> Argument for Edit<S> {
    const HOLDS: Shape = S::SHAPE;
    const MANY: bool = true;

    fn read(given: Option<Vec<String>>) -> Result<Self, Expected> {
        let Some(values) = given else { return Ok(Edit::Keep) };
        match values.as_slice() {
            [null] if null.eq_ignore_ascii_case(NULL) => Ok(Edit::Replace(Vec::new())),
            [hash] if hash.starts_with("@{") => hash_table(hash),
            _ => Ok(Edit::Replace(parse_all(values.iter().map(String::as_str))?)),
        }
    }
}

/// `@{Add="a","b";Remove="c"}`.
fn hash_table<S: Scalar>(text: &str) -> Result<Edit<S>, Expected> {
    let wrong = || Expected("@{Add=\"…\",\"…\"; Remove=\"…\"}".to_owned());
    let inside = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}'));
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for part in inside.ok_or_else(wrong)?.split(';').filter(|part| !part.trim().is_empty()) {
        let (key, values) = part.split_once('=').ok_or_else(wrong)?;
        let unquoted = |value: &'_ str| value.trim().trim_matches(['"', '\'']).to_owned();
        let values: Vec<String> = values.split(',').map(unquoted).collect();
        let values = parse_all(values.iter().map(String::as_str))?;
        match key.trim().to_ascii_lowercase().as_str() {
            "add" => add.extend(values),
            "remove" => remove.extend(values),
            _ => return Err(wrong()),
        }
    }
    Ok(Edit::AddRemove { add, remove })
}

fn parse_all<'v, S: Scalar>(values: impl Iterator<Item = &'v str>) -> Result<Vec<S>, Expected> {
    values.map(S::parse).collect()
}

fn one<S: Scalar>(values: Vec<String>) -> Result<S, Expected> {
    match values.as_slice() {
        [value] => S::parse(value),
        _ => Err(Expected("one value".to_owned())),
    }
}

/// Scalars that their `FromStr` reads.
macro_rules! from_str {
    ($($type:ty: $shape:expr;)*) => {$(
        impl Scalar for $type {
            const SHAPE: Shape = $shape;

            fn parse(text: &str) -> Result<Self, Expected> {
                <$type>::from_str(text).map_err(|_| Self::SHAPE.expected())
            }
        }
    )*};
}

from_str! {
    String: Shape::Text;
    u16: Shape::Number;
    u32: Shape::Number;
    u64: Shape::Number;
    Address: Shape::Address;
    TimeSpan: Shape::Span;
    ByteQuantity: Shape::Bytes;
}

impl Scalar for Domain {
    const SHAPE: Shape = Shape::Domain;

    fn parse(text: &str) -> Result<Self, Expected> {
        Domain::parse(text).map_err(|_| Self::SHAPE.expected())
    }
}

impl Scalar for bool {
    const SHAPE: Shape = Shape::Flag;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.to_ascii_lowercase().as_str() {
            "$true" | "true" | "yes" => Ok(true),
            "$false" | "false" | "no" => Ok(false),
            _ => Err(Self::SHAPE.expected()),
        }
    }
}

impl Scalar for Unlimited<ByteQuantity> {
    const SHAPE: Shape = Shape::BytesOrUnlimited;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.eq_ignore_ascii_case("unlimited") {
            true => Ok(Unlimited::Unlimited),
            false => match ByteQuantity::parse(text) {
                Ok(limit) => Ok(Unlimited::Limited(limit)),
                Err(_) => Err(Self::SHAPE.expected()),
            },
        }
    }
}

/// A password on its way in; never shown.
#[derive(Clone)]
pub struct Password(pub auth::Password);

impl Scalar for Password {
    const SHAPE: Shape = Shape::Secret;

    fn parse(text: &str) -> Result<Self, Expected> {
        auth::Password::new(text)
            .map(Password)
            .map_err(|error| Expected(format!("a password that can be typed ({error})")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn given(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn set_verbs_tell_left_out_from_cleared() {
        assert_eq!(Setting::<u32>::read(None), Ok(Setting::Keep));
        assert_eq!(Setting::<u32>::read(given(&["$null"])), Ok(Setting::Clear));
        assert_eq!(Setting::<u32>::read(given(&["7"])), Ok(Setting::To(7)));
        assert!(Setting::<u32>::read(given(&["seven"])).is_err());
        assert!(Setting::<u32>::read(given(&["7", "8"])).is_err());
    }

    #[test]
    fn lists_are_replaced_or_edited() {
        let edited = |text: &[&str], mut values: Vec<String>| {
            Edit::<String>::read(given(text)).unwrap().apply(&mut values);
            values.join(" ")
        };
        let before = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(edited(&["x", "y"], before()), "x y");
        assert_eq!(edited(&["$null"], before()), "");
        assert_eq!(edited(&["@{Add=\"c\",'a'; Remove=\"b\"}"], before()), "a c");
        assert!(Edit::<String>::read(given(&["@{Swap=\"c\"}"])).is_err());
        assert_eq!(Edit::<String>::read(None), Ok(Edit::Keep));
    }

    #[test]
    fn a_switch_is_written_alone_or_with_a_value() {
        assert_eq!(Switch::read(None), Ok(Switch(false)));
        assert_eq!(Switch::read(given(&[])), Ok(Switch(true)));
        assert_eq!(Switch::read(given(&["$false"])), Ok(Switch(false)));
        assert!(Switch::read(given(&["perhaps"])).is_err());
    }
}
