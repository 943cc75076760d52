//! SPDX licence expressions, as far as crates use them.
//!
//! ```text
//! expression = term *("OR" term)      term = factor *("AND" factor)
//! factor     = "(" expression ")" / name ["WITH" exception]
//! ```
//! An old manifest's `/` means OR. A name with an exception is the name `NAME WITH EXCEPTION`.

/// Whether what is allowed suffices to use something under `expression`; `None` when it is
/// no expression.
pub fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let permitted = reader.expression()?;
    reader.words.is_empty().then_some(permitted)
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn expression(&mut self) -> Option<bool> {
        let mut permitted = self.term()?;
        while self.take("OR") {
            permitted |= self.term()?;
        }
        Some(permitted)
    }

    fn term(&mut self) -> Option<bool> {
        let mut permitted = self.factor()?;
        while self.take("AND") {
            permitted &= self.factor()?;
        }
        Some(permitted)
    }

    fn factor(&mut self) -> Option<bool> {
        if self.take("(") {
            let inside = self.expression()?;
            return self.take(")").then_some(inside);
        }
        let name = self.name()?;
        if self.take("WITH") {
            let exception = self.name()?;
            return Some((self.allowed)(&format!("{name} WITH {exception}")));
        }
        Some((self.allowed)(name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let (name, rest) = self.words.split_first()?;
        let is_operator = ["OR", "AND", "WITH", "(", ")"].contains(name);
        self.words = rest;
        (!is_operator).then_some(*name)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_weighed() {
        let allowed = |name: &str| ["MIT", "Apache-2.0 WITH LLVM-exception"].contains(&name);
        let cases = [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT", Some(true)),
            ("GPL-3.0/MIT", Some(true)),
            ("MIT AND GPL-3.0", Some(false)),
            ("(GPL-3.0 OR MIT) AND MIT", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT MIT", None),
            ("", None),
        ];
        for (expression, expected) in cases {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }
}
