//! Words of a filter.

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    /// `-eq`, without the dash and in lower case.
    Dashed(String),
    /// A name or a value without quotes.
    Bare(String),
    Quoted(String),
}

/// The words; None: a quotation does not end.
pub(crate) fn tokens(text: &str) -> Option<Vec<Token>> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let after = match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                &rest[1..]
            }
            '\'' | '"' => {
                let (quoted, after) = quoted(&rest[1..], first)?;
                tokens.push(Token::Quoted(quoted));
                after
            }
            _ => {
                let (word, after) = bare(rest);
                tokens.push(match word.strip_prefix('-').filter(|word| is_name(word)) {
                    Some(operator) => Token::Dashed(operator.to_ascii_lowercase()),
                    None => Token::Bare(word.to_owned()),
                });
                after
            }
        };
        rest = after.trim_start();
    }
    Some(tokens)
}

/// What is quoted, its doubled quotes undone, and what is behind.
fn quoted(text: &str, mark: char) -> Option<(String, &str)> {
    let (mut quoted, mut rest) = (String::new(), text);
    loop {
        let (part, after) = rest.split_once(mark)?;
        quoted.push_str(part);
        match after.strip_prefix(mark) {
            None => return Some((quoted, after)),
            Some(more) => {
                quoted.push(mark);
                rest = more;
            }
        }
    }
}

fn bare(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_whitespace() || "()'\"".contains(c));
    text.split_at(end.unwrap_or(text.len()))
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic())
}
