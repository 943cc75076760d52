//! What is known of a recipient besides its mail: names, department, telephone, custom
//! attributes ([`filter::recipient::ATTRIBUTES`]). Address books show it, filters ask for it.

use std::collections::BTreeMap;

use filter::recipient::{ATTRIBUTES, attribute};

/// The attributes that have a value. An empty text is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub(crate) BTreeMap<u8, String>);

impl Attributes {
    /// The value of an attribute, by its name in any case: `Department`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&attribute(name)?).map(String::as_str)
    }

    /// Gives an attribute a value; an empty one takes it away. False: there is no attribute of
    /// that name.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let Some(number) = attribute(name) else { return false };
        match value.is_empty() {
            true => drop(self.0.remove(&number)),
            false => drop(self.0.insert(number, value.to_owned())),
        }
        true
    }

    /// Those with a value, by name, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ATTRIBUTES.iter().filter_map(|(number, name)| Some((*name, self.0.get(number)?.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_has_a_value_or_none() {
        let mut attributes = Attributes::default();
        assert!(attributes.set("department", "Sales") && attributes.set("City", "Bern"));
        assert!(!attributes.set("Color", "red"));
        assert_eq!(attributes.get("DEPARTMENT"), Some("Sales"));
        let all: Vec<_> = attributes.iter().collect();
        assert_eq!(all, [("Department", "Sales"), ("City", "Bern")]);
        assert!(attributes.set("City", ""));
        assert_eq!((attributes.get("City"), attributes.get("Color")), (None, None));
    }
}
