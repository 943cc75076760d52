//! One declaration of a section gives the struct, its defaults, its reader and the comments of
//! the sample file.

use crate::kind::Kind;

/// A key of a section and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in the file, or the same in `snake_case` ([`Setting::is`]).
    pub key: &'static str,
    /// The doc comment, line by line.
    pub about: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
    /// More than one value.
    pub many: bool,
    /// The key in the file, where it does not follow from `key`.
    pub(crate) renamed: Option<&'static str>,
    /// Keys of the section are in `PascalCase`.
    pub(crate) pascal_case: bool,
}

impl Setting {
    /// The setting's name where it is one of Exchange's: the one of the file or, in
    /// `snake_case`, the words of it.
    pub const fn exchange_name(&self) -> &'static str {
        match self.renamed {
            Some(name) => name,
            None => self.key,
        }
    }

    /// The key in the file.
    pub fn name(&self) -> String {
        match self.pascal_case || self.renamed.is_some() {
            true => self.property(),
            false => self.key.to_owned(),
        }
    }

    /// The name as verbs and documents have it, in `PascalCase`.
    pub fn property(&self) -> String {
        match self.renamed {
            Some(name) => name.to_owned(),
            None => self.key.split('_').map(capitalized).collect(),
        }
    }

    /// Whether a key of the file is this setting's: Exchange's names are in `PascalCase`.
    pub fn is(&self, key: &str) -> bool {
        self.key.replace('_', "").eq_ignore_ascii_case(&key.replace('_', ""))
    }

    /// The setting's entry in a table.
    pub fn entry<'t>(&self, table: &'t toml::Table) -> Option<(&'t str, &'t toml::Value)> {
        table.iter().find(|(key, _)| self.is(key)).map(|(key, value)| (key.as_str(), value))
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// A table of the configuration file.
pub trait Section: Default + serde::Serialize + serde::de::DeserializeOwned {
    /// The doc comment of the section, line by line.
    const ABOUT: &'static [&'static str];
    /// Keys are in `PascalCase`.
    const PASCAL_CASE: bool;
    /// Its keys, in the order of the sample file.
    const SETTINGS: &'static [Setting];
}

/// Declares a section: a struct whose fields have defaults.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $(#[serde(rename_all = $case:literal)])?
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[serde($($attribute:tt)*)])*
                $field:ident: $type:ty = $default:expr,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default $(, rename_all = $case)?)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[serde($($attribute)*)])*
                pub $field: $type,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $default,)* }
            }
        }

        impl $crate::section::Section for $name {
            const ABOUT: &'static [&'static str] = &[$($about,)*];
            const PASCAL_CASE: bool = $crate::section::is_pascal_case(&[$($case)?]);
            const SETTINGS: &'static [$crate::section::Setting] = &[
                $($crate::section::Setting {
                    key: stringify!($field),
                    about: &[$($doc,)*],
                    kind: <$type as $crate::kind::Held>::KIND,
                    many: <$type as $crate::kind::Held>::MANY,
                    renamed: $crate::section::renamed!($($($attribute)*)*),
                    pascal_case: Self::PASCAL_CASE,
                },)*
            ];
        }

        impl $crate::kind::Held for $name {
            const KIND: $crate::kind::Kind = $crate::kind::Kind::Section;
        }
    };
}

/// The name that an attribute of serde gives a field, if it gives one.
macro_rules! renamed {
    (rename = $name:literal $($rest:tt)*) => {
        Some($name)
    };
    ($($rest:tt)*) => {
        None
    };
}

/// Whether a section says so of its keys.
pub(crate) const fn is_pascal_case(rename_all: &[&str]) -> bool {
    // The one case that sections use besides their own spelling.
    !rename_all.is_empty()
}

pub(crate) use {renamed, section};
