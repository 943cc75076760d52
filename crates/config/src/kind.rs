//! What the settings of a section hold, for whoever reads them from a command line and for the
//! help that explains them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use types::{Domain, IpRange, Port};

use crate::{Binding, ByteQuantity, TimeSpan, Unlimited};

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A whole number, or `Unlimited`.
    NumberOrUnlimited,
    /// Octets: `36 MB`.
    Bytes,
    /// Octets, or `Unlimited`.
    BytesOrUnlimited,
    /// A span of time: `00:10:00`.
    Span,
    /// Any other text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Settings of its own.
    Section,
}

/// A type that a setting can have.
pub trait Held {
    /// What it holds.
    const KIND: Kind;
    /// More than one value.
    const MANY: bool = false;
}

macro_rules! held {
    ($($type:ty: $kind:expr;)*) => {$(
        impl Held for $type {
            const KIND: Kind = $kind;
        }
    )*};
}

held! {
    bool: Kind::Flag;
    u8: Kind::Number;
    u16: Kind::Number;
    u32: Kind::Number;
    Port: Kind::Number;
    Unlimited<u32>: Kind::NumberOrUnlimited;
    ByteQuantity: Kind::Bytes;
    Unlimited<ByteQuantity>: Kind::BytesOrUnlimited;
    TimeSpan: Kind::Span;
    String: Kind::Text;
    PathBuf: Kind::Text;
    Domain: Kind::Text;
    IpAddr: Kind::Text;
    SocketAddr: Kind::Text;
    IpRange: Kind::Text;
    Binding: Kind::Text;
    ports::Role: Kind::OneOf(&["mailbox", "edge"]);
    types::LoginType:
        Kind::OneOf(&["PlainTextLogin", "PlainTextAuthentication", "SecureLogin"]);
}

impl<T: Held> Held for Option<T> {
    const KIND: Kind = T::KIND;
}

impl<T: Held> Held for Vec<T> {
    const KIND: Kind = T::KIND;
    const MANY: bool = true;
}

impl<K, V> Held for BTreeMap<K, V> {
    const KIND: Kind = Kind::Section;
}

/// Declares an enum whose variants are the words of a setting.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[serde(rename = $word:literal)])?
                $variant:ident,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                $(#[doc = $doc])*
                $(#[serde(rename = $word)])?
                $variant,
            )*
        }

        impl $crate::kind::Held for $name {
            const KIND: $crate::kind::Kind =
                $crate::kind::Kind::OneOf(&[$($crate::kind::word!($variant $($word)?),)*]);
        }
    };
}

/// The word of a variant: its own name, unless another is given.
macro_rules! word {
    ($variant:ident) => {
        stringify!($variant)
    };
    ($variant:ident $word:literal) => {
        $word
    };
}

pub(crate) use word;
pub(crate) use words;
