//! The filter language of Exchange's cmdlets (OPATH): `{Status -eq 'Retry' -and MessageCount -gt
//! 10}` of a Get verb's -Filter, `{Department -eq 'Sales'}` of a group's -RecipientFilter.
//!
//! What is understood: `-eq -ne -gt -ge -lt -le -like -notlike`, `-not`, `-and`, `-or`,
//! parentheses, texts in quotes of either kind or bare, `$true $false $null`. `-and` binds
//! tighter than `-or`.
//!
//! Beside it, [`ldap`]: the filters that other directories understand.
//!
//! What it is not: it knows no objects. Which properties there are and how their values compare
//! is said by whoever has the objects: crate `admin` for the objects of verbs, [`recipient`] for
//! recipients.

pub mod ldap;
mod lexis;
mod parse;
pub mod recipient;

pub use ldap::LdapFilter;
pub use recipient::RecipientFilter;

/// A condition on the properties of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every one of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A single comparison.
    Compare(Comparison),
}

/// `property operator value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The property as it was written.
    pub property: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub value: Literal,
}

/// How a property is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `-eq`
    Equal,
    /// `-ne`
    NotEqual,
    /// `-gt`
    Greater,
    /// `-ge`
    GreaterOrEqual,
    /// `-lt`
    Less,
    /// `-le`
    LessOrEqual,
    /// `-like`: `*` stands for anything.
    Like,
    /// `-notlike`
    NotLike,
}

/// What a property is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `$null`: the property has no value.
    Null,
    /// Anything else, as it was written.
    Text(String),
}

/// A text that is no filter; says what would have been one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Expected(pub String);

impl Condition {
    /// Reads a filter, in braces or not. Errors: what would have been one, or that it has too
    /// many levels (`FILTER_DEPTH_MAX`) or comparisons (`FILTER_TERMS_MAX`).
    pub fn parse(text: &str) -> Result<Self, Expected> {
        parse::condition(text)
    }

    /// Shows every comparison until one fails.
    pub fn try_each<E>(
        &self,
        visit: &mut dyn FnMut(&Comparison) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| part.try_each(visit))
            }
            Condition::Not(part) => part.try_each(visit),
            Condition::Compare(comparison) => visit(comparison),
        }
    }

    /// Whether an object fulfils it, of which `compare` decides a single comparison.
    pub fn holds(&self, compare: &dyn Fn(&Comparison) -> bool) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(compare)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(compare)),
            Condition::Not(part) => !part.holds(compare),
            Condition::Compare(comparison) => compare(comparison),
        }
    }
}

/// Whether a text is like a pattern: `*` stands for anything, case does not count.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asterisks_stand_for_anything() {
        let like = |pattern: &str| like(pattern, "abcABC");
        assert!(like("*") && like("abc*") && like("*abc") && like("a*c*c") && like("ABCabc"));
        assert!(!like("") && !like("abc") && !like("*b") && !like("a*d*c") && !like("abcabc*c"));
    }
}
