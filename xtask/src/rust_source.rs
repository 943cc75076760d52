//! Rust source as far as the checks need it: code without comments and literals, which lines
//! belong to tests, where functions begin and end.
//!
//! What it is not: a parser. It follows comments, literals and braces, which is enough for
//! formatted source and costs no dependency.

/// One file.
pub struct Source {
    /// Its lines as they are written.
    pub raw: Vec<String>,
    /// The same lines with comments and the contents of literals blanked out.
    pub code: Vec<String>,
    /// Whether a line belongs to an item under `#[cfg(test)]`.
    pub test: Vec<bool>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Counted from zero.
    pub first_line: usize,
    /// From `fn` to the closing brace.
    pub lines: usize,
}

impl Source {
    pub fn read(text: &str) -> Source {
        let code: Vec<String> = blank(text).lines().map(str::to_owned).collect();
        let test = test_lines(&code);
        Source { raw: text.lines().map(str::to_owned).collect(), code, test }
    }

    /// Lines outside of tests as (number from zero, code).
    pub fn production_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().enumerate();
        lines
            .filter(|(number, _)| !self.test[*number])
            .map(|(number, line)| (number, line.as_str()))
    }

    /// Names of modules in files of their own that only tests compile.
    pub fn test_modules(&self) -> impl Iterator<Item = &str> {
        let lines = self.code.iter().zip(&self.test).filter(|(_, test)| **test);
        lines.filter_map(|(line, _)| {
            line.trim().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')
        })
    }

    /// Functions outside of tests.
    pub fn functions(&self) -> Vec<Function> {
        let starts = self.production_lines();
        let named = starts.filter_map(|(line, code)| Some((line, function_name(code)?)));
        named
            .filter_map(|(first_line, name)| {
                let lines = self.body_end(first_line)? - first_line + 1;
                Some(Function { name: name.to_owned(), first_line, lines })
            })
            .collect()
    }

    /// Share of comment lines among all lines that are not empty.
    pub fn comment_lines(&self) -> usize {
        let pairs = self.raw.iter().zip(&self.code);
        pairs.filter(|(raw, code)| !raw.trim().is_empty() && code.trim().is_empty()).count()
    }

    /// The line of the brace that closes the body of the function at `line`; `None` for a
    /// declaration without a body.
    fn body_end(&self, line: usize) -> Option<usize> {
        item_end(&self.code, line).filter(|(_, has_body)| *has_body).map(|(end, _)| end)
    }
}

/// The name after `fn` where a line declares a function.
fn function_name(code: &str) -> Option<&str> {
    let before = code.find("fn ")?;
    let is_word = before == 0 || code.as_bytes()[before - 1] == b' ';
    let rest = &code[before + 3..];
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    (is_word && end > 0).then_some(&rest[..end])
}

/// The last line of the item that begins at `line`, and whether it has a body in braces.
fn item_end(code: &[String], line: usize) -> Option<(usize, bool)> {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for (number, text) in code.iter().enumerate().skip(line) {
        for letter in text.chars() {
            match letter {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                '{' => braces += 1,
                '}' => braces -= 1,
                ';' if braces == 0 && brackets == 0 => return Some((number, false)),
                _ => continue,
            }
            if letter == '}' && braces == 0 {
                return Some((number, true));
            }
        }
    }
    None
}

/// Marks what `#[cfg(test)]`, `#[cfg(any(test, ..))]` and `#[test]` stand on.
fn test_lines(code: &[String]) -> Vec<bool> {
    let mut test = vec![false; code.len()];
    for (number, line) in code.iter().enumerate() {
        let attribute = line.trim();
        let is_test = attribute.starts_with("#[cfg(test)]")
            || attribute.starts_with("#[cfg(any(test,")
            || attribute == "#[test]";
        if let (true, Some((end, _))) = (is_test, item_end(code, number)) {
            test[number..=end].fill(true);
        }
    }
    test
}

/// Blanks comments and the contents of literals; lines stay where they are.
fn blank(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = skip(&letters, at);
        if end == at {
            out.push(letters[at]);
            at += 1;
        } else {
            out.extend(letters[at..end].iter().map(|letter| match letter {
                '\n' => '\n',
                _ => ' ',
            }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself when none begins there.
fn skip(letters: &[char], at: usize) -> usize {
    let next = letters.get(at + 1).copied();
    match letters[at] {
        '/' if next == Some('/') => line_end(letters, at),
        '/' if next == Some('*') => comment_end(letters, at),
        '"' => string_end(letters, at + 1),
        'r' if starts_word(letters, at) => raw_string_end(letters, at + 1).unwrap_or(at),
        'b' if next == Some('r') && starts_word(letters, at) => {
            raw_string_end(letters, at + 2).unwrap_or(at)
        }
        '\'' => character_end(letters, at).unwrap_or(at),
        _ => at,
    }
}

fn starts_word(letters: &[char], at: usize) -> bool {
    at == 0 || !(letters[at - 1].is_alphanumeric() || letters[at - 1] == '_')
}

fn line_end(letters: &[char], at: usize) -> usize {
    letters[at..].iter().position(|letter| *letter == '\n').map_or(letters.len(), |line| at + line)
}

/// Comments in comments count.
fn comment_end(letters: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < letters.len() {
        match (letters[at], letters.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    letters.len()
}

fn string_end(letters: &[char], mut at: usize) -> usize {
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    letters.len()
}

/// `at` stands behind the `r`. `None` when this is no raw string.
fn raw_string_end(letters: &[char], at: usize) -> Option<usize> {
    let hashes = letters[at..].iter().take_while(|letter| **letter == '#').count();
    if letters.get(at + hashes) != Some(&'"') {
        return None;
    }
    let closes = |end: usize| {
        letters[end] == '"'
            && letters[end + 1..].iter().take(hashes).filter(|letter| **letter == '#').count()
                == hashes
    };
    let end = (at + hashes + 1..letters.len()).find(|end| closes(*end));
    Some(end.map_or(letters.len(), |end| end + 1 + hashes))
}

/// A character literal; a lifetime is none.
fn character_end(letters: &[char], at: usize) -> Option<usize> {
    match (letters.get(at + 1)?, letters.get(at + 2)?) {
        ('\\', _) => {
            let end = letters[at + 3..].iter().position(|letter| *letter == '\'')?;
            Some(at + 3 + end + 1)
        }
        (_, '\'') => Some(at + 3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank() {
        let cases = [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"a("b\"c") d"#, "a(      ) d"),
            (r##"a(r#"b"c"#) d"##, "a(        ) d"),
            ("a('x', '\\'', b)", "a(   ,     , b)"),
            ("fn a<'x>(b: &'x str)", "fn a<'x>(b: &'x str)"),
            ("for_r\"x\"", "for_r   "),
        ];
        for (source, code) in cases {
            assert_eq!(blank(source), code, "{source}");
        }
    }

    #[test]
    fn functions_have_a_name_and_a_length() {
        let text = "fn one() {}\n\npub async fn two(\n    a: u8,\n) -> u8 {\n    { a }\n}\ntrait T {\n    fn three();\n}\n";
        let found: Vec<(String, usize, usize)> = Source::read(text)
            .functions()
            .into_iter()
            .map(|function| (function.name, function.first_line, function.lines))
            .collect();
        assert_eq!(found, [("one".to_owned(), 0, 1), ("two".to_owned(), 2, 5)]);
    }

    #[test]
    fn arrays_in_signatures_are_no_end() {
        let text = "fn digest(a: [u8; 4]) -> [u8; 4] {\n    a\n}\n";
        assert_eq!(Source::read(text).functions()[0].lines, 3);
    }

    #[test]
    fn tests_are_told_from_production() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let source = Source::read(text);
        assert_eq!(source.test, [false, true, true, true, true, false]);
        assert_eq!(source.functions().len(), 2);
    }

    #[test]
    fn test_modules_in_files_are_named() {
        let source = Source::read(
            "mod a;\n#[cfg(test)]\nmod b;\n#[cfg(any(test, feature = \"x\"))]\npub mod c;\n",
        );
        assert_eq!(source.test_modules().collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn comments_are_counted_by_line() {
        assert_eq!(Source::read("//! a\n\n/// b\nfn c() {} // d\n").comment_lines(), 2);
    }
}
