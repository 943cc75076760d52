//! The declarations: one place for a verb's parameters, one for a type of answer.

/// Declares a verb: a struct of its parameters, and what is known of it besides.
///
/// ```text
/// verb! {
///     /// Removes a mailbox.
///     pub struct RemoveMailbox = "Remove-Mailbox" (Role::MailRecipientCreation, Effect::Destroy) {
///         /// The mailbox.
///         identity: Identity = first,
///         /// Do not keep it for its retention.
///         permanent: Switch,
///     }
/// }
/// ```
///
/// A field marked `= first` may be written without its name and comes from the pipeline. Its
/// type, an [`Argument`](super::Argument), says whether it is required and how it is read.
macro_rules! verb {
    (
        $(#[doc = $about:literal])*
        pub struct $type:ident = $name:literal ($role:expr, $effect:expr) {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $kind:ty $(= $first:tt)?,
            )*
        }
    ) => {
        $(#[doc = $about])*
        pub struct $type {
            $(
                $(#[doc = $doc])*
                pub $field: $kind,
            )*
        }

        impl $crate::verb::Declared for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static [&'static str] = &[$($about,)*];
            const ROLE: $crate::verb::Role = $role;
            const EFFECT: $crate::verb::Effect = $effect;
            const PARAMETERS: &'static [$crate::verb::Parameter] = &[
                $($crate::verb::Parameter {
                    field: stringify!($field),
                    about: &[$($doc,)*],
                    shape: <$kind as $crate::verb::Argument>::HOLDS,
                    required: <$kind as $crate::verb::Argument>::REQUIRED,
                    many: <$kind as $crate::verb::Argument>::MANY,
                    positional: $crate::verb::positional!($($first)?),
                },)*
            ];

            // A verb may take nothing.
            #[allow(unused_mut, unused_variables)]
            fn read(
                mut arguments: $crate::verb::Arguments,
            ) -> Result<Self, $crate::verb::VerbError> {
                Ok($type { $($field: arguments.take(stringify!($field))?,)* })
            }
        }
    };
}

/// Declares what a verb answers with: a struct whose fields are the object's properties, and
/// the ones that a table shows.
macro_rules! object {
    (
        $(#[doc = $about:literal])*
        pub struct $type:ident = $name:literal [$($column:ident),* $(,)?] {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $kind:ty,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $type {
            $(
                $(#[doc = $doc])*
                pub $field: $kind,
            )*
        }

        impl $type {
            /// Its description.
            pub const OBJECT: $crate::verb::ObjectType = $crate::verb::ObjectType {
                name: $name,
                columns: &[$(stringify!($column),)*],
                properties: &[
                    $($crate::verb::Property {
                        field: stringify!($field),
                        about: &[$($doc,)*],
                        shape: <$kind as $crate::verb::Shaped>::SHAPE,
                        many: <$kind as $crate::verb::Shaped>::MANY,
                    },)*
                ],
            };
        }

        impl $crate::verb::Answer for $type {
            const TYPE: Option<$crate::verb::ObjectType> = Some($type::OBJECT);

            fn into_objects(
                self,
            ) -> Result<Vec<$crate::verb::Object>, $crate::verb::VerbError> {
                Ok(vec![$crate::verb::Object::of(&self)?])
            }
        }

        impl $crate::verb::Answer for Vec<$type> {
            const TYPE: Option<$crate::verb::ObjectType> = Some($type::OBJECT);

            fn into_objects(
                self,
            ) -> Result<Vec<$crate::verb::Object>, $crate::verb::VerbError> {
                self.iter().map($crate::verb::Object::of).collect()
            }
        }
    };
}

/// Whether a field is marked `= first`.
macro_rules! positional {
    () => {
        false
    };
    (first) => {
        true
    };
}

pub(crate) use object;
pub(crate) use positional;
pub(crate) use verb;
