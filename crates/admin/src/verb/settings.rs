//! Parameters and properties of verbs over sections of the settings (crate `config`), whose own
//! declarations say what they are.

use ::config::kind::Kind;
use ::config::object::document;
use ::config::section::{Section, Setting as Key};
use serde_json::{Map, Value};

use super::argument::{Edit, Parameter, Setting, Shape};
use super::arguments::Arguments;
use super::error::VerbError;
use super::name::property_name;
use super::object::Property;

/// Parameters: `first`, then the settings, of which `skipped` at the front are left out.
pub(crate) const fn parameters<const N: usize>(
    first: Parameter,
    settings: &[Key],
    skipped: usize,
) -> [Parameter; N] {
    let mut all = [first; N];
    let mut at = 1;
    while at < N {
        let setting = settings[at - 1 + skipped];
        all[at] = Parameter {
            field: setting.exchange_name(),
            about: setting.about,
            shape: shape(setting.kind),
            required: false,
            many: setting.many,
            positional: false,
        };
        at += 1;
    }
    all
}

/// Properties: `first`, then the settings.
pub(crate) const fn properties<const N: usize>(first: Property, settings: &[Key]) -> [Property; N] {
    let mut all = [first; N];
    let mut at = 1;
    while at < N {
        let setting = settings[at - 1];
        let field = setting.exchange_name();
        let shape = shape(setting.kind);
        all[at] = Property { field, about: setting.about, shape, many: setting.many };
        at += 1;
    }
    all
}

const fn shape(kind: Kind) -> Shape {
    match kind {
        Kind::Flag => Shape::Flag,
        Kind::Number => Shape::Number,
        Kind::NumberOrUnlimited => Shape::NumberOrUnlimited,
        Kind::Bytes => Shape::Bytes,
        Kind::BytesOrUnlimited => Shape::BytesOrUnlimited,
        Kind::Span => Shape::Span,
        Kind::Text | Kind::Section => Shape::Text,
        Kind::OneOf(words) => Shape::OneOf(words),
    }
}

/// What was written for the settings of a section.
pub(crate) struct Changes(Vec<(&'static Key, Change)>);

enum Change {
    One(Setting<String>),
    Many(Edit<String>),
}

impl Changes {
    /// Takes them out of the arguments.
    pub(crate) fn read(
        arguments: &mut Arguments,
        settings: &'static [Key],
    ) -> Result<Self, VerbError> {
        let change = |setting: &'static Key| {
            let field = setting.exchange_name();
            let change = match setting.many {
                true => Change::Many(arguments.take(field)?),
                false => Change::One(arguments.take(field)?),
            };
            Ok((setting, change))
        };
        settings.iter().map(change).collect::<Result<_, _>>().map(Changes)
    }

    /// The section with the changes made. Errors: the parameter at fault.
    pub(crate) fn apply<V: Section>(self, mut value: V) -> Result<V, VerbError> {
        for (setting, change) in self.0 {
            let texts = match change {
                Change::One(Setting::Keep) | Change::Many(Edit::Keep) => continue,
                Change::One(Setting::Clear) => Vec::new(),
                Change::One(Setting::To(text)) => vec![text],
                Change::Many(edit) => edited(&value, setting, edit)?,
            };
            value = with(&value, setting, &texts)?;
        }
        Ok(value)
    }
}

fn with<V: Section>(value: &V, setting: &Key, texts: &[String]) -> Result<V, VerbError> {
    document::with(value, setting, texts).map_err(|expected| VerbError::Value {
        parameter: property_name(setting.exchange_name()),
        expected,
    })
}

/// The values of a list after an edit. What is added and removed is brought into the form that
/// the list has, so that `192.0.2.0/24` removes `192.0.2.0-192.0.2.255`.
fn edited<V: Section>(
    value: &V,
    setting: &Key,
    edit: Edit<String>,
) -> Result<Vec<String>, VerbError> {
    let mut texts = document::texts(value, setting);
    let in_form = |text: String| {
        let alone = with(value, setting, &[text])?;
        Ok::<_, VerbError>(document::texts(&alone, setting).concat())
    };
    edit.try_map(in_form)?.apply(&mut texts);
    Ok(texts)
}

/// A section as an object has it: Exchange's names, octets as numbers.
pub(crate) fn shown<V: Section>(value: &V) -> Result<Map<String, Value>, VerbError> {
    let Value::Object(mut fields) = serde_json::to_value(value)? else { return Ok(Map::new()) };
    let property = |setting: &Key| {
        let value = fields.remove(&setting.name()).unwrap_or(Value::Null);
        (property_name(setting.exchange_name()), in_octets(setting.kind, value))
    };
    Ok(V::SETTINGS.iter().map(property).collect())
}

fn in_octets(kind: Kind, value: Value) -> Value {
    let quantity = match (kind, &value) {
        (Kind::Bytes | Kind::BytesOrUnlimited, Value::String(text)) => text,
        _ => return value,
    };
    let octets = quantity.parse::<::config::ByteQuantity>().ok();
    octets.map_or(value, |quantity| Value::from(quantity.bytes()))
}
