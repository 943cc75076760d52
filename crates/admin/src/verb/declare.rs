//! The declarations: one place for a verb's parameters, one for a type of answer.

use super::argument::{Parameter, Shape};
use super::arguments::Arguments;
use super::error::VerbError;
use super::object::Property;

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
/// Behind the fields `.. name: Type,` adds the parameters of a [`MoreParameters`].
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
            $(.. $rest:ident: $more:ty,)?
        }
    ) => {
        $(#[doc = $about])*
        pub struct $type {
            $(
                $(#[doc = $doc])*
                pub $field: $kind,
            )*
            $(
                /// A set of parameters that several verbs have.
                pub $rest: $more,
            )?
        }

        impl $crate::verb::Declared for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static [&'static str] = &[$($about,)*];
            const ROLE: $crate::verb::Role = $role;
            const EFFECT: $crate::verb::Effect = $effect;
            const PARAMETERS: &'static [$crate::verb::Parameter] = {
                const OWN: &[$crate::verb::Parameter] = &[
                    $($crate::verb::Parameter {
                        field: stringify!($field),
                        about: &[$($doc,)*],
                        shape: <$kind as $crate::verb::Argument>::HOLDS,
                        required: <$kind as $crate::verb::Argument>::REQUIRED,
                        many: <$kind as $crate::verb::Argument>::MANY,
                        positional: $crate::verb::positional!($($first)?),
                    },)*
                ];
                #[allow(unused_mut, unused_assignments)]
                const MORE: &[$crate::verb::Parameter] = {
                    let mut more: &[$crate::verb::Parameter] = &[];
                    $(more = <$more as $crate::verb::MoreParameters>::PARAMETERS;)?
                    more
                };
                &$crate::verb::joined::<_, { OWN.len() + MORE.len() }>(OWN, MORE)
            };

            // A verb may take nothing.
            #[allow(unused_mut, unused_variables)]
            fn read(
                mut arguments: $crate::verb::Arguments,
            ) -> Result<Self, $crate::verb::VerbError> {
                Ok($type {
                    $($field: arguments.take(stringify!($field))?,)*
                    $($rest: <$more as $crate::verb::MoreParameters>::read(&mut arguments)?,)?
                })
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
            $(.. $rest:ident: $more:ty,)?
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
            $(
                /// A set of properties that several objects have.
                #[serde(flatten)]
                pub $rest: $more,
            )?
        }

        impl $type {
            /// Its description.
            pub const OBJECT: $crate::verb::ObjectType = $crate::verb::ObjectType {
                name: $name,
                columns: &[$(stringify!($column),)*],
                properties: {
                    const OWN: &[$crate::verb::Property] = &[
                        $($crate::verb::Property {
                            field: stringify!($field),
                            about: &[$($doc,)*],
                            shape: <$kind as $crate::verb::Shaped>::SHAPE,
                            many: <$kind as $crate::verb::Shaped>::MANY,
                        },)*
                    ];
                    #[allow(unused_mut, unused_assignments)]
                    const MORE: &[$crate::verb::Property] = {
                        let mut more: &[$crate::verb::Property] = &[];
                        $(more = <$more as $crate::verb::MoreProperties>::PROPERTIES;)?
                        more
                    };
                    &$crate::verb::joined::<_, { OWN.len() + MORE.len() }>(OWN, MORE)
                },
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

/// A set of parameters that several verbs have: `.. name: Type,` behind a verb's own.
pub(crate) trait MoreParameters: Sized {
    /// What they are.
    const PARAMETERS: &'static [Parameter];

    /// Takes them out of the arguments. Errors: a wrong one.
    fn read(arguments: &mut Arguments) -> Result<Self, VerbError>;
}

/// A set of properties that several objects have: `.. name: Type,` behind an object's own. It
/// serializes as a map of them.
pub(crate) trait MoreProperties {
    /// What they are.
    const PROPERTIES: &'static [Property];
}

/// What a list in a constant is made of before its entries are known.
pub(crate) trait Blank: Copy {
    /// Says nothing.
    const BLANK: Self;
}

impl Blank for Parameter {
    const BLANK: Self = Parameter {
        field: "",
        about: &[],
        shape: Shape::Text,
        required: false,
        many: false,
        positional: false,
    };
}

impl Blank for Property {
    const BLANK: Self = Property { field: "", about: &[], shape: Shape::Text, many: false };
}

/// Two lists as one.
pub(crate) const fn joined<T: Blank, const N: usize>(own: &[T], more: &[T]) -> [T; N] {
    let mut all = [T::BLANK; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() { own[at] } else { more[at - own.len()] };
        at += 1;
    }
    all
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
