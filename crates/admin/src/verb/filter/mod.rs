//! -Filter: which objects a Get verb shows, in the language of crate `filter`:
//! `{Status -eq 'Retry' -and MessageCount -gt 10}`.
//!
//! Texts compare without case; quantities, moments and numbers by what they mean. A property of
//! many values matches when one of them does.
//!
//! What it is not: a way to find objects faster. It looks at every object the verb would show.

mod matches;

use ::filter::{Comparison, Condition, RecipientFilter};
use serde::Serialize;

use super::argument::{Expected, Scalar, Shape};
use super::error::VerbError;
use super::object::{Object, ObjectType, Property};

/// What an object must fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Condition);

/// What a verb with a filter answers with.
pub(crate) trait Filtered: Serialize {
    /// Its description.
    const TYPE: ObjectType;
}

impl Scalar for Filter {
    const SHAPE: Shape = Shape::Filter;

    fn parse(text: &str) -> Result<Self, Expected> {
        let condition =
            Condition::parse(text).map_err(|::filter::Expected(what)| Expected(what))?;
        Ok(Filter(condition))
    }
}

impl Scalar for RecipientFilter {
    const SHAPE: Shape = Shape::Filter;

    fn parse(text: &str) -> Result<Self, Expected> {
        RecipientFilter::parse(text).map_err(|::filter::Expected(what)| Expected(what))
    }
}

impl Filter {
    /// A filter for objects of that type. Errors: Invalid, when they have no such property, or
    /// a value is none of its property's.
    pub(crate) fn check(&self, of: &ObjectType) -> Result<(), VerbError> {
        self.0.try_each(&mut |comparison| check(comparison, of))
    }

    /// Whether an object fulfils it. The filter has been checked against its type.
    pub(crate) fn takes<T: Filtered>(&self, object: &T) -> Result<bool, VerbError> {
        let object = Object::of(object)?;
        Ok(self.0.holds(&|comparison| matches::holds(comparison, &T::TYPE, &object)))
    }
}

/// The objects that a filter takes; all, when there is none. Errors: as of [`Filter::check`].
pub(crate) fn filtered<T: Filtered>(
    filter: Option<&Filter>,
    objects: Vec<T>,
) -> Result<Vec<T>, VerbError> {
    let Some(filter) = filter else { return Ok(objects) };
    filter.check(&T::TYPE)?;
    let mut kept = Vec::new();
    for object in objects {
        if filter.takes(&object)? {
            kept.push(object);
        }
    }
    Ok(kept)
}

fn property<'t>(of: &'t ObjectType, name: &str) -> Option<&'t Property> {
    of.properties.iter().find(|property| property.name().eq_ignore_ascii_case(name))
}

fn check(comparison: &Comparison, of: &ObjectType) -> Result<(), VerbError> {
    let Some(property) = property(of, &comparison.property) else {
        let name = &comparison.property;
        return Err(VerbError::Invalid(format!("{} has no property {name}", of.name)));
    };
    matches::check(comparison, property)
        .map_err(|Expected(expected)| VerbError::Value { parameter: property.name(), expected })
}
