//! Verbs over configuration objects: connectors and service settings, whose parameters and
//! properties are the settings that crate `config` declares.
//!
//! Invariant: an object is written only when the whole configuration holds together with it.

mod declare;
mod kinds;

use std::marker::PhantomData;
use std::sync::Arc;

use ::config::Settings;
use ::config::object::{ObjectKind, document};
use ::config::section::Section;
use directory::ConfigurationObject;
use serde_json::{Map, Value};

pub(super) use kinds::VERBS;

use crate::organization::effective;
use crate::verb::settings::{Changes, shown};
use crate::verb::{
    Answer, Arguments, Cmdlet, Declared, Effect, Object, ObjectType, Parameter, Property, Role,
    Session, Shape, VerbError,
};

/// What verbs over a kind of object are called, and who may run them.
pub(crate) trait Administered: ObjectKind {
    /// `Get-ReceiveConnector` and what it does.
    const GET: Named;
    /// `Set-ReceiveConnector` and what it does.
    const SET: Named;
    /// `New-ReceiveConnector` and what it does; empty where there is one object.
    const NEW: Named;
    /// `Remove-ReceiveConnector` and what it does; empty where there is one object.
    const REMOVE: Named;
    /// Who may change it.
    const ROLE: Role;
    /// Each server has its own: `SERVER\Name`.
    const OF_SERVER: bool;
    /// There is one object, without a name.
    const SINGLE: bool;
    /// A change counts only after the next start.
    const AT_START: bool;
    /// What verbs answer with.
    const OBJECT: ObjectType;
    /// Parameters of the New verb.
    const NEW_PARAMETERS: &'static [Parameter];
    /// Parameters of the Set verb.
    const SET_PARAMETERS: &'static [Parameter];
}

/// A verb's name and what it does.
#[derive(Clone, Copy)]
pub(crate) struct Named(&'static str, &'static [&'static str]);

/// Shows objects.
pub(crate) struct Get<K> {
    identity: Option<String>,
    kind: PhantomData<fn() -> K>,
}

/// Makes an object.
pub(crate) struct New<K> {
    changes: Changes,
    kind: PhantomData<fn() -> K>,
}

/// Changes an object.
pub(crate) struct Set<K> {
    identity: Option<String>,
    changes: Changes,
    kind: PhantomData<fn() -> K>,
}

/// Removes an object.
pub(crate) struct Remove<K> {
    identity: String,
    kind: PhantomData<fn() -> K>,
}

/// The object's name, as a parameter.
const fn identity(required: bool) -> Parameter {
    Parameter {
        field: "Identity",
        about: &[" Its name, or SERVER\\name."],
        shape: Shape::Text,
        required,
        many: false,
        positional: true,
    }
}

/// The object's name, as a property.
const IDENTITY: Property = Property {
    field: "Identity",
    about: &[" Its name, with the server's where each has its own."],
    shape: Shape::Text,
    many: false,
};

/// Declares the parts of a verb that its kind says.
macro_rules! declared {
    ($verb:ident, $named:ident, $role:expr, $effect:expr, $parameters:expr, |$arguments:ident| $read:expr) => {
        impl<K: Administered> Declared for $verb<K> {
            const NAME: &'static str = K::$named.0;
            const ABOUT: &'static [&'static str] = K::$named.1;
            const ROLE: Role = $role;
            const EFFECT: Effect = $effect;
            const PARAMETERS: &'static [Parameter] = $parameters;

            fn read(mut $arguments: Arguments) -> Result<Self, VerbError> {
                Ok($read)
            }
        }
    };
}

declared!(Get, GET, Role::ViewOnlyConfiguration, Effect::Read, &[identity(false)], |arguments| {
    Get { identity: arguments.take("Identity")?, kind: PhantomData }
});

declared!(New, NEW, K::ROLE, Effect::Change, K::NEW_PARAMETERS, |arguments| New {
    changes: Changes::read(&mut arguments, K::Value::SETTINGS)?,
    kind: PhantomData,
});

declared!(Set, SET, K::ROLE, Effect::Change, K::SET_PARAMETERS, |arguments| Set {
    identity: match K::SINGLE {
        true => arguments.take("Identity")?,
        false => Some(arguments.take("Identity")?),
    },
    changes: Changes::read(&mut arguments, K::Value::SETTINGS)?,
    kind: PhantomData,
});

declared!(Remove, REMOVE, K::ROLE, Effect::Destroy, &[identity(true)], |arguments| Remove {
    identity: arguments.take("Identity")?,
    kind: PhantomData,
});

/// Objects in an answer.
pub(crate) struct Answered<K> {
    objects: Vec<Object>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Administered> Answer for Answered<K> {
    const TYPE: Option<ObjectType> = Some(K::OBJECT);

    fn into_objects(self) -> Result<Vec<Object>, VerbError> {
        Ok(self.objects)
    }
}

fn answered<K>(objects: Vec<Object>) -> Answered<K> {
    Answered { objects, kind: PhantomData }
}

impl<K: Administered> Cmdlet for Get<K> {
    type Answer = Answered<K>;

    async fn run(self, session: &Session<'_>) -> Result<Answered<K>, VerbError> {
        let settings = settings_now(session)?;
        let mut all = K::all(&settings).map_err(invalid)?;
        if let Some(identity) = &self.identity {
            all = vec![found::<K>(session, all, Some(identity))?];
        }
        let objects = all.iter().map(|(name, value)| object::<K>(session, name, value));
        Ok(answered(objects.collect::<Result<_, _>>()?))
    }
}

impl<K: Administered> Cmdlet for New<K> {
    type Answer = Answered<K>;

    async fn run(self, session: &Session<'_>) -> Result<Answered<K>, VerbError> {
        let value = self.changes.apply(K::Value::default())?;
        let name = name_of::<K>(&value)?;
        let all = K::all(&settings_now(session)?).map_err(invalid)?;
        if all.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            return Err(VerbError::Invalid(format!("there is a {} {name} already", K::NAME)));
        }
        let made = object::<K>(session, &name, &value)?;
        write::<K>(session, "Creating", &name, &value, None, &made).await?;
        Ok(answered(vec![made]))
    }
}

impl<K: Administered> Cmdlet for Set<K> {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let all = K::all(&settings_now(session)?).map_err(invalid)?;
        let (name, old) = found::<K>(session, all, self.identity.as_deref())?;
        let new = self.changes.apply(old.clone())?;
        let before = object::<K>(session, &name, &old)?;
        let after = object::<K>(session, &name, &new)?;
        write::<K>(session, "Changing", &name, &new, Some(&before), &after).await
    }
}

impl<K: Administered> Cmdlet for Remove<K> {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let all = K::all(&settings_now(session)?).map_err(invalid)?;
        let (name, old) = found::<K>(session, all, Some(&self.identity))?;
        let fixed = K::all(&session.organization.settings).map_err(invalid)?;
        if fixed.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            return Err(VerbError::Invalid(cannot_be_removed::<K>(&name)));
        }
        let before = object::<K>(session, &name, &old)?;
        if !session.should_process(format!("Removing {} {name}", K::NAME)) {
            return Ok(());
        }
        let check = holds_together(session);
        session.directory().remove_object(K::NAME, &name, check).await?;
        session.modified(shown_name::<K>(session, &name), Some(&before), None);
        is_in_effect(session).await;
        Ok(())
    }
}

fn cannot_be_removed<K: Administered>(name: &str) -> String {
    let can_be_off = K::Value::SETTINGS.iter().any(|setting| setting.is("Enabled"));
    let instead = match can_be_off {
        true => format!("disable it with {} -Enabled $false", K::SET.0),
        false => format!("change it with {}", K::SET.0),
    };
    format!("{name} is one of the server itself or of its configuration file; {instead}")
}

/// Writes an object, unless it was only asked what that would do.
async fn write<K: Administered>(
    session: &Session<'_>,
    doing: &str,
    name: &str,
    value: &K::Value,
    before: Option<&Object>,
    after: &Object,
) -> Result<(), VerbError> {
    let object = ConfigurationObject::new(K::NAME, name, document::write(value));
    let called = shown_name::<K>(session, name);
    if put(session, doing, object, called, (before, after)).await? && K::AT_START {
        session.warn("the change counts when the server is started again");
    }
    Ok(())
}

/// Writes a configuration object, unless the verb is only asked what it would do, and notes for
/// the audit log how it was and is. False: it was only asked.
pub(super) async fn put(
    session: &Session<'_>,
    doing: &str,
    object: ConfigurationObject,
    called: String,
    (before, after): (Option<&Object>, &Object),
) -> Result<bool, VerbError> {
    if !session.should_process(format!("{doing} {} {}", object.kind, object.name)) {
        return Ok(false);
    }
    session.directory().put_object(object, holds_together(session)).await?;
    session.modified(called, before, Some(after));
    is_in_effect(session).await;
    Ok(true)
}

/// A verb is done when what it changed holds.
pub(super) async fn is_in_effect(session: &Session<'_>) {
    if !session.organization.configuration_is_in_effect().await {
        session.warn("the change is written; the server has not taken it up yet");
    }
}

/// Whether the directory's objects make settings.
pub(super) fn holds_together(
    session: &Session<'_>,
) -> impl FnOnce(&directory::Snapshot) -> Result<(), String> + Send + 'static {
    let file = Arc::clone(&session.organization.settings);
    move |snapshot| effective(&file, snapshot).map(drop).map_err(|error| error.to_string())
}

pub(super) fn settings_now(session: &Session<'_>) -> Result<Settings, VerbError> {
    session.organization.settings_now().map_err(|error| VerbError::Invalid(error.to_string()))
}

fn invalid(error: ::config::Invalid) -> VerbError {
    VerbError::Invalid(error.to_string())
}

/// The object of that identity; the only one, where there is only one.
fn found<K: Administered>(
    session: &Session<'_>,
    all: Vec<(String, K::Value)>,
    identity: Option<&str>,
) -> Result<(String, K::Value), VerbError> {
    let identity = identity.unwrap_or_default();
    let wanted = name_in::<K>(session, identity);
    let found = all.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.ok_or_else(|| VerbError::NotFound { what: K::NAME, identity: identity.to_owned() })
}

/// The name in an identity: `SERVER\name` or the name alone. A single object is called by its
/// server or not at all.
fn name_in<'i, K: Administered>(session: &Session<'_>, identity: &'i str) -> &'i str {
    let server = &session.organization.server;
    if K::SINGLE && identity.eq_ignore_ascii_case(server) {
        return "";
    }
    match identity.split_once('\\') {
        Some((first, name)) if K::OF_SERVER && first.eq_ignore_ascii_case(server) => name,
        _ => identity,
    }
}

/// How an object is called in answers and logs.
fn shown_name<K: Administered>(session: &Session<'_>, name: &str) -> String {
    let server = &session.organization.server;
    match (K::SINGLE, K::OF_SERVER) {
        (true, _) => server.clone(),
        (false, true) => format!("{server}\\{name}"),
        (false, false) => name.to_owned(),
    }
}

fn object<K: Administered>(
    session: &Session<'_>,
    name: &str,
    value: &K::Value,
) -> Result<Object, VerbError> {
    let identity = Value::String(shown_name::<K>(session, name));
    let mut fields = Map::from_iter([("Identity".to_owned(), identity)]);
    fields.append(&mut shown(value)?);
    Ok(Object(fields))
}

/// The name that a new object was given.
fn name_of<K: Administered>(value: &K::Value) -> Result<String, VerbError> {
    let setting = K::Value::SETTINGS.iter().find(|setting| setting.is("Name"));
    let name = setting.map(|setting| document::texts(value, setting).concat());
    let name = name.filter(|name| !name.is_empty());
    name.ok_or_else(|| VerbError::Missing("Name".to_owned()))
}
