//! What a kind of object declares for its verbs.

/// Declares the verbs of a kind that has any number of named objects.
macro_rules! named_objects {
    ($kind:ident, $noun:literal, $about:literal, $several:literal, $role:expr, of_server: $of_server:literal, [$($column:literal),* $(,)?]) => {
        impl $crate::verbs::configured::Administered for $kind {
            const GET: Named = Named(concat!("Get-", $noun), &[concat!(" Shows ", $several, ".")]);
            const SET: Named = Named(concat!("Set-", $noun), &[concat!(" Changes a ", $about, ".")]);
            const NEW: Named = Named(concat!("New-", $noun), &[concat!(" Makes a ", $about, ".")]);
            const REMOVE: Named =
                Named(concat!("Remove-", $noun), &[concat!(" Removes a ", $about, ".")]);
            const ROLE: Role = $role;
            const OF_SERVER: bool = $of_server;
            const SINGLE: bool = false;
            const AT_START: bool = false;
            const OBJECT: ObjectType = ObjectType {
                name: $noun,
                columns: &[$($column,)*],
                properties: &properties::<{ settings::<$kind>().len() + 1 }>(
                    IDENTITY,
                    settings::<$kind>(),
                ),
            };
            const NEW_PARAMETERS: &'static [Parameter] =
                &parameters::<{ settings::<$kind>().len() }>(NAME, settings::<$kind>(), 1);
            const SET_PARAMETERS: &'static [Parameter] = &parameters::<
                { settings::<$kind>().len() },
            >(identity(true), settings::<$kind>(), 1);
        }
    };
}

/// Declares the verbs of a kind that has one object.
macro_rules! single_object {
    ($kind:ident, $noun:literal, $about:literal, $role:expr, [$($column:literal),* $(,)?]) => {
        impl $crate::verbs::configured::Administered for $kind {
            const GET: Named = Named(concat!("Get-", $noun), &[concat!(" Shows ", $about, ".")]);
            const SET: Named =
                Named(concat!("Set-", $noun), &[concat!(" Changes ", $about, ".")]);
            const NEW: Named = Named("", &[]);
            const REMOVE: Named = Named("", &[]);
            const ROLE: Role = $role;
            const OF_SERVER: bool = true;
            const SINGLE: bool = true;
            const AT_START: bool = true;
            const OBJECT: ObjectType = ObjectType {
                name: $noun,
                columns: &[$($column,)*],
                properties: &properties::<{ settings::<$kind>().len() + 1 }>(
                    IDENTITY,
                    settings::<$kind>(),
                ),
            };
            const NEW_PARAMETERS: &'static [Parameter] = &[];
            const SET_PARAMETERS: &'static [Parameter] = &parameters::<
                { settings::<$kind>().len() + 1 },
            >(identity(false), settings::<$kind>(), 0);
        }
    };
}

pub(super) use {named_objects, single_object};
