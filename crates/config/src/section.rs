//! One declaration of a section gives the struct, its defaults, its reader and the comments of
//! the sample file.

/// A key of a section and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in the file, or the same in `snake_case` ([`Setting::is`]).
    pub key: &'static str,
    /// The doc comment, line by line.
    pub about: &'static [&'static str],
}

impl Setting {
    /// Whether a key of the file is this setting's: Exchange's names are in `PascalCase`.
    pub fn is(&self, key: &str) -> bool {
        self.key.replace('_', "").eq_ignore_ascii_case(&key.replace('_', ""))
    }

    /// The setting's entry in a table.
    pub fn entry<'t>(&self, table: &'t toml::Table) -> Option<(&'t str, &'t toml::Value)> {
        table.iter().find(|(key, _)| self.is(key)).map(|(key, value)| (key.as_str(), value))
    }
}

/// A table of the configuration file.
pub trait Section: Default + serde::Serialize {
    /// The doc comment of the section, line by line.
    const ABOUT: &'static [&'static str];
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
            const SETTINGS: &'static [$crate::section::Setting] = &[
                $($crate::section::Setting { key: stringify!($field), about: &[$($doc,)*] },)*
            ];
        }
    };
}

pub(crate) use section;
