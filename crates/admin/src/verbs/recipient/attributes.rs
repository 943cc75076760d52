//! Attributes of recipients as parameters of Set verbs and as properties of objects: those of a
//! person (Department, Phone and so on), and CustomAttribute1 to 15, which Exchange's verbs have
//! for every kind of recipient. Which there are says [`filter::recipient::ATTRIBUTES`].

use ::filter::recipient::ATTRIBUTES;
use directory::{Attributes, Recipient};
use serde::{Serialize, Serializer};

use crate::verb::{
    Arguments, Blank, MoreParameters, MoreProperties, Parameter, Property, Setting, VerbError,
};

/// How many of [`ATTRIBUTES`] are a person's; the custom ones follow.
const PERSONAL: usize = ATTRIBUTES.len() - CUSTOM;
const CUSTOM: usize = 15;

/// The attributes of a person, as parameters.
pub type PersonalChanges = AttributeChanges<0, PERSONAL>;
/// CustomAttribute1 to 15, as parameters.
pub type CustomChanges = AttributeChanges<PERSONAL, CUSTOM>;
/// All of them, as properties.
pub type AllAttributes = ShownAttributes<0, { ATTRIBUTES.len() }>;
/// CustomAttribute1 to 15, as properties.
pub type CustomAttributes = ShownAttributes<PERSONAL, CUSTOM>;

/// What was written for so many attributes from one on.
#[derive(Default)]
pub struct AttributeChanges<const FIRST: usize, const COUNT: usize>(
    Vec<(&'static str, Setting<String>)>,
);

impl<const FIRST: usize, const COUNT: usize> AttributeChanges<FIRST, COUNT> {
    const ALL: [Parameter; COUNT] = {
        let mut all = [Parameter::BLANK; COUNT];
        let mut at = 0;
        while at < COUNT {
            all[at].field = ATTRIBUTES[FIRST + at].1;
            all[at].about =
                &[" An attribute that address books and filters see; `$null` clears it."];
            at += 1;
        }
        all
    };

    /// Changes a recipient accordingly.
    pub fn apply(self, recipient: &mut Recipient) {
        for (name, change) in self.0 {
            match change {
                Setting::Keep => {}
                Setting::Clear => drop(recipient.attributes.set(name, "")),
                Setting::To(value) => drop(recipient.attributes.set(name, &value)),
            }
        }
    }
}

impl<const FIRST: usize, const COUNT: usize> MoreParameters for AttributeChanges<FIRST, COUNT> {
    const PARAMETERS: &'static [Parameter] = &Self::ALL;

    fn read(arguments: &mut Arguments) -> Result<Self, VerbError> {
        let names = ATTRIBUTES.iter().skip(FIRST).take(COUNT);
        let read = names.map(|(_, name)| Ok((*name, arguments.take(name)?)));
        read.collect::<Result<_, _>>().map(AttributeChanges)
    }
}

/// So many attributes from one on; a property without a value is null.
#[derive(Clone, Debug)]
pub struct ShownAttributes<const FIRST: usize, const COUNT: usize>(Attributes);

impl<const FIRST: usize, const COUNT: usize> ShownAttributes<FIRST, COUNT> {
    const ALL: [Property; COUNT] = {
        let mut all = [Property::BLANK; COUNT];
        let mut at = 0;
        while at < COUNT {
            all[at].field = ATTRIBUTES[FIRST + at].1;
            all[at].about = &[" An attribute that address books and filters see."];
            at += 1;
        }
        all
    };

    /// Those of a recipient.
    pub fn of(recipient: &Recipient) -> Self {
        ShownAttributes(recipient.attributes.clone())
    }
}

impl<const FIRST: usize, const COUNT: usize> MoreProperties for ShownAttributes<FIRST, COUNT> {
    const PROPERTIES: &'static [Property] = &Self::ALL;
}

impl<const FIRST: usize, const COUNT: usize> Serialize for ShownAttributes<FIRST, COUNT> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let names = ATTRIBUTES.iter().skip(FIRST).take(COUNT);
        to.collect_map(names.map(|(_, name)| (*name, self.0.get(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_custom_ones_stand_last() {
        assert_eq!(ATTRIBUTES[PERSONAL].1, "CustomAttribute1");
        assert_eq!(ATTRIBUTES[PERSONAL + CUSTOM - 1].1, "CustomAttribute15");
    }
}
