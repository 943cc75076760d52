//! The grammar of a filter:
//!
//! ```text
//! any     = all *("-or" all)
//! all     = one *("-and" one)
//! one     = "-not" one / "(" any ")" / property operator value
//! ```

use types::limits::{FILTER_DEPTH_MAX, FILTER_TERMS_MAX};

use crate::lexis::{Token, tokens};
use crate::{Comparison, Condition, Expected, Literal, Operator};

/// Reads a filter, in braces or not. Errors: what would have been one.
pub(super) fn condition(text: &str) -> Result<Condition, Expected> {
    let text = text.trim();
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let words = tokens(inside).ok_or_else(|| expected("an end of what is quoted"))?;
    let mut parser = Parser { words: words.into_iter().peekable(), terms: 0 };
    let condition = parser.any(FILTER_DEPTH_MAX)?;
    match parser.words.next() {
        None => Ok(condition),
        Some(_) => Err(expected("-and, -or or the end")),
    }
}

fn expected(what: &str) -> Expected {
    Expected(format!("{what}, as in {{Property -eq 'value' -and Other -like 'a*'}}"))
}

struct Parser {
    words: std::iter::Peekable<std::vec::IntoIter<Token>>,
    terms: usize,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Condition, Expected> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("or") {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, Expected> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("and") {
            parts.push(self.one(depth)?);
        }
        Ok(single(parts, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, Expected> {
        let depth = depth.checked_sub(1).ok_or_else(|| expected("fewer levels"))?;
        if self.takes("not") {
            return Ok(Condition::Not(Box::new(self.one(depth)?)));
        }
        if self.words.next_if_eq(&Token::Open).is_some() {
            let inside = self.any(depth)?;
            self.words
                .next_if_eq(&Token::Close)
                .ok_or_else(|| expected("a closing parenthesis"))?;
            return Ok(inside);
        }
        self.comparison().map(Condition::Compare)
    }

    fn comparison(&mut self) -> Result<Comparison, Expected> {
        self.terms += 1;
        if self.terms > FILTER_TERMS_MAX {
            return Err(expected("fewer comparisons"));
        }
        let Some(Token::Bare(property)) = self.words.next() else {
            return Err(expected("a property"));
        };
        let operator = match self.words.next() {
            Some(Token::Dashed(name)) => operator(&name),
            _ => None,
        };
        let operator = operator.ok_or_else(|| expected("an operator"))?;
        let value = match self.words.next() {
            Some(Token::Quoted(text)) => Literal::Text(text),
            Some(Token::Bare(text)) if text.eq_ignore_ascii_case("$null") => Literal::Null,
            Some(Token::Bare(text)) => Literal::Text(text),
            _ => return Err(expected("a value")),
        };
        Ok(Comparison { property, operator, value })
    }

    /// Takes `-word`, if it is next.
    fn takes(&mut self, word: &str) -> bool {
        self.words.next_if(|token| matches!(token, Token::Dashed(name) if name == word)).is_some()
    }
}

/// The one there is, or all of them together.
fn single(mut parts: Vec<Condition>, together: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.len() {
        1 => parts.remove(0),
        _ => together(parts),
    }
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "eq" => Operator::Equal,
        "ne" => Operator::NotEqual,
        "gt" => Operator::Greater,
        "ge" => Operator::GreaterOrEqual,
        "lt" => Operator::Less,
        "le" => Operator::LessOrEqual,
        "like" => Operator::Like,
        "notlike" => Operator::NotLike,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(text: &str) -> String {
        condition(text).unwrap_err().0
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let grouped = condition("{(a -eq 1 -and b -eq 2) -or (c -eq 3)}").unwrap();
        assert_eq!(condition("a -eq 1 -and b -eq 2 -or c -eq 3").unwrap(), grouped);
        assert_ne!(condition("a -eq 1 -and (b -eq 2 -or c -eq 3)").unwrap(), grouped);
    }

    #[test]
    fn what_is_no_filter_says_what_is_missing() {
        for (text, what) in [
            ("", "a property"),
            ("a", "an operator"),
            ("a -is 1", "an operator"),
            ("a -eq", "a value"),
            ("a -eq 'x", "an end of what is quoted"),
            ("(a -eq 1", "a closing parenthesis"),
            ("a -eq 1 b", "-and, -or or the end"),
            ("'a' -eq 1", "a property"),
        ] {
            assert!(refused(text).starts_with(what), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn levels_and_comparisons_are_bounded() {
        let nested = |levels| format!("{}a -eq 1{}", "(".repeat(levels), ")".repeat(levels));
        assert!(condition(&nested(FILTER_DEPTH_MAX - 1)).is_ok());
        assert!(refused(&nested(FILTER_DEPTH_MAX)).starts_with("fewer levels"));
        let long = |terms| vec!["a -eq 1"; terms].join(" -or ");
        assert!(condition(&long(FILTER_TERMS_MAX)).is_ok());
        assert!(refused(&long(FILTER_TERMS_MAX + 1)).starts_with("fewer comparisons"));
    }
}
