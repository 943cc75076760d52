//! Verbs: what an administrator can do, under the names of Exchange's cmdlets.
//!
//! A verb is declared once, with `verb!`: its name, its parameters with types and help, the
//! management role it belongs to, whether it changes anything. The command line, the
//! administration interface, completion, manual pages and the reference in docs/ follow from
//! that declaration. What it answers with is declared with `object!`.
//!
//! What this is not: the verbs themselves are in [`crate::verbs`], one file a noun; what the
//! command line looks like is in [`crate::shell`].
//!
//! Invariants: a verb that changes anything asks [`Session::should_process`] before it does;
//! so `-WhatIf` changes nothing. Nothing runs that the caller's roles do not hold. A verb of a role
//! with write scopes asks [`Session::may_change`] or [`Session::may_make`] before that; one that
//! does not changes nothing for a caller who is kept to a scope. Every run of a changing verb leaves an entry in the administrator audit log, refused ones too.

mod argument;
mod arguments;
mod declare;
mod error;
mod filter;
mod identity;
mod invoke;
mod moment;
mod name;
mod object;
mod role;
mod session;
pub(crate) mod settings;

use std::future::Future;
use std::pin::Pin;

pub use argument::{Argument, Edit, Expected, Parameter, Password, Scalar, Setting, Shape, Switch};
pub use arguments::Arguments;
pub(crate) use declare::{Blank, MoreParameters, MoreProperties, joined, object, positional, verb};
pub use error::{ErrorCode, VerbError};
pub use filter::Filter;
pub(crate) use filter::{Filtered, filtered};
pub use identity::Identity;
pub use invoke::{Call, Reply, invoke};
pub use moment::ExactMoment;
pub use name::{VerbName, nearest, words};
pub use object::{
    Bytes, Moment, Object, ObjectType, Octets, Property, Quota, Shaped, Span, guid_text,
};
pub use role::{Caller, OwnRoleGroup, Role, RoleGroup};
pub use session::Session;

/// The lines of a doc comment as one text: every line begins with a blank.
pub fn prose(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// What running a verb does to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing. Not in the audit log.
    Read,
    /// Something that can be changed back.
    Change,
    /// Something that is lost afterwards: the command line asks before.
    Destroy,
}

/// A verb, as everything that lists or runs verbs sees it.
#[derive(Clone, Copy)]
pub struct Verb {
    /// `New-Mailbox`.
    pub name: VerbName,
    /// What it does, line by line; the first sentence says it all in short.
    pub about: &'static [&'static str],
    /// The management role that holds it.
    pub role: Role,
    /// What it does to the organization.
    pub effect: Effect,
    /// What it takes, in the order of help.
    pub parameters: &'static [Parameter],
    /// What it answers with; None: nothing.
    pub answers: Option<ObjectType>,
    /// See [`Cmdlet::missing_secret`].
    missing_secret: fn(&Arguments) -> Option<&'static str>,
    /// Reads the arguments and does it.
    run: Run,
}

/// A verb under way.
type Running<'a> = Pin<Box<dyn Future<Output = Result<Vec<Object>, VerbError>> + Send + 'a>>;

type Run = for<'a> fn(&'a Session<'a>, Arguments) -> Running<'a>;

/// What `verb!` makes of a declaration.
pub trait Declared: Sized + Send + 'static {
    /// Exchange's name of it.
    const NAME: &'static str;
    /// What it does.
    const ABOUT: &'static [&'static str];
    /// The management role that holds it.
    const ROLE: Role;
    /// What it does to the organization.
    const EFFECT: Effect;
    /// What it takes.
    const PARAMETERS: &'static [Parameter];

    /// The arguments in their types. Errors: a missing, unknown or wrong one.
    fn read(arguments: Arguments) -> Result<Self, VerbError>;
}

/// A declared verb with what it does.
pub trait Cmdlet: Declared {
    /// What it answers with; `()` when it answers with nothing.
    type Answer: Answer;

    /// The field of a secret that the arguments lack and that a person is asked for. The verb
    /// itself does not insist on it.
    fn missing_secret(_arguments: &Arguments) -> Option<&'static str> {
        None
    }

    /// Does it.
    fn run(
        self,
        session: &Session<'_>,
    ) -> impl Future<Output = Result<Self::Answer, VerbError>> + Send;
}

/// What a verb can answer with: nothing, an object, objects.
pub trait Answer: Send {
    /// The type of the objects.
    const TYPE: Option<ObjectType>;

    /// The objects.
    fn into_objects(self) -> Result<Vec<Object>, VerbError>;
}

impl Answer for () {
    const TYPE: Option<ObjectType> = None;

    fn into_objects(self) -> Result<Vec<Object>, VerbError> {
        Ok(Vec::new())
    }
}

impl Verb {
    /// The verb that a type declares.
    pub const fn of<C: Cmdlet>() -> Self {
        Verb {
            name: VerbName::new(C::NAME),
            about: C::ABOUT,
            role: C::ROLE,
            effect: C::EFFECT,
            parameters: C::PARAMETERS,
            answers: <C::Answer as Answer>::TYPE,
            missing_secret: C::missing_secret,
            run: |session, arguments| {
                Box::pin(async move { C::read(arguments)?.run(session).await?.into_objects() })
            },
        }
    }

    /// What it does: the first sentence.
    pub fn synopsis(&self) -> String {
        let about = prose(self.about);
        about.split_once(". ").map(|(first, _)| format!("{first}.")).unwrap_or(about)
    }

    /// The secret that a person has to be asked for before the verb can run with these.
    pub fn missing_secret(&self, arguments: &Arguments) -> Option<&'static Parameter> {
        self.parameter((self.missing_secret)(arguments)?)
    }

    /// The parameter of that name, in either spelling.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.is_called(name))
    }
}
