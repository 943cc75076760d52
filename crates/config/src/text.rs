//! Values that stand as text in the file: read by `FromStr`, written by `Display`.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serializer, de};

/// For `#[serde(with = "text::list")]` on a `Vec` of such values.
pub mod list {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    /// A sequence of strings.
    pub fn serialize<T: Display, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(ToString::to_string))
    }

    /// From a sequence of strings; the one that cannot be read is named.
    pub fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| super::parse(text)).collect()
    }
}

/// For `#[serde(with = "text::option")]` on an `Option` of such a value.
pub mod option {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    /// A string, or nothing.
    pub fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    /// From a string, or nothing.
    pub fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        Option::<String>::deserialize(from)?.map(|text| super::parse(&text)).transpose()
    }
}

/// For `#[serde(with = "text::one")]`.
pub mod one {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    /// A string.
    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    /// From a string.
    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        super::parse(&String::deserialize(from)?)
    }
}

fn parse<T: FromStr<Err: Display>, E: de::Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(|error| E::custom(format!("{text:?}: {error}")))
}
