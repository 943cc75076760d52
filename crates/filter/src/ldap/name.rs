//! How an account is called in another directory: a text with places for its address.

/// A text with `%s` for an address, `%u` for what is before its `@` and `%d` for its domain; `%%` is
/// a percent sign. Where it is a distinguished name (it has an equals sign), what is put in is
/// escaped (RFC 4514 section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate(String);

impl NameTemplate {
    /// Of a text. None: it has no place for the account, so everybody would be the same one; or a
    /// percent sign that stands for nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut places) = (text, 0);
        while let Some(at) = rest.find('%') {
            match rest.as_bytes().get(at + 1) {
                Some(b's' | b'u') => places += 1,
                Some(b'd' | b'%') => {}
                _ => return None,
            }
            rest = &rest[at + 2..];
        }
        (places > 0).then(|| NameTemplate(text.to_owned()))
    }

    /// The name of the account with that address.
    pub fn of(&self, address: &str) -> String {
        match self.0.contains('=') {
            true => self.put(address, escape),
            false => self.put(address, str::to_owned),
        }
    }

    /// The text for that address, as it is.
    pub fn plain(&self, address: &str) -> String {
        self.put(address, str::to_owned)
    }

    fn put(&self, address: &str, form: impl Fn(&str) -> String) -> String {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        let (mut name, mut rest) = (String::new(), self.0.as_str());
        while let Some((before, after)) = rest.split_once('%') {
            name.push_str(before);
            match after.as_bytes().first() {
                Some(b's') => name.push_str(&form(address)),
                Some(b'u') => name.push_str(&form(local)),
                Some(b'd') => name.push_str(&form(domain)),
                _ => name.push('%'),
            }
            rest = after.get(1..).unwrap_or_default();
        }
        name + rest
    }
}

/// A value in a distinguished name (RFC 4514 section 2.4); more is escaped than has to be.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (at, char) in value.char_indices() {
        let is_edge = at == 0 || at + char.len_utf8() == value.len();
        match char {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' | '#' => escaped.extend(['\\', char]),
            ' ' if is_edge => escaped.push_str("\\ "),
            '\0' => escaped.push_str("\\00"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_put_in() {
        let of = |template, address| NameTemplate::parse(template).unwrap().of(address);
        assert_eq!(of("%s", "a=b@x.test"), "a=b@x.test");
        assert_eq!(of(r"CONTOSO\%u", "a@x.test"), r"CONTOSO\a");
        assert_eq!(of("uid=%u,ou=%d,dc=x", "a@x.test"), "uid=a,ou=x.test,dc=x");
        assert_eq!(of("cn=100%%%u", "a@x.test"), "cn=100%a");
        assert_eq!(of("uid=%u,dc=x", "a,ou=admins@x.test"), r"uid=a\,ou\=admins,dc=x");
        assert_eq!(of("uid=%u,dc=x", " #\"+<>;\\\0 @x.test"), r#"uid=\ \#\"\+\<\>\;\\\00\ ,dc=x"#);
    }

    #[test]
    fn one_without_a_place_is_none() {
        for wrong in ["", "cn=all", "%d", "%%", "%u%", "%x %u", "%ü %s"] {
            assert_eq!(NameTemplate::parse(wrong), None, "{wrong}");
        }
    }
}
