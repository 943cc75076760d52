//! Names of folders as names of files, and back.

use std::ffi::OsStr;

use types::modified_utf7;

/// A name of a folder as one of a file: what a file system or a layout reserves is `%` and two
/// digits. `reserved` are the letters that the layout needs.
pub(crate) fn to_file(name: &str, reserved: &[char]) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let leading_dot = at == 0 && c == '.';
        match c {
            '%' | '/' | '\0'..='\x1f' | '\x7f' => escape(c, &mut out),
            c if leading_dot || reserved.contains(&c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out
}

fn escape(c: char, out: &mut String) {
    out.push_str(&format!("%{:02X}", u32::from(c)));
}

/// The name of a folder that a file has. Only what [`to_file`] writes is taken for an escape.
pub(crate) fn from_file(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('%') {
        out.push_str(plain);
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(|code| is_escaped(*code)) {
            Some(code) => {
                out.push(code.into());
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_escaped(code: u8) -> bool {
    code.is_ascii_control() || b"%/.".contains(&code)
}

/// The same for Maildir++, where `.` stands between levels and names are in modified UTF-7
/// (RFC 3501 section 5.1.3), as Dovecot and Courier write them.
pub(crate) fn to_maildir(name: &str) -> String {
    to_file(&modified_utf7::encode(name), &['.'])
}

/// Names that are no modified UTF-7 are taken as they stand.
pub(crate) fn from_maildir(name: &str) -> String {
    let name = from_file(name);
    modified_utf7::decode(&name).unwrap_or(name)
}

/// A file's name as text; octets that are none become U+FFFD.
pub(crate) fn text(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_as_files() {
        for (name, file) in [
            ("Work", "Work"),
            (".hidden", "%2Ehidden"),
            ("a/b", "a%2Fb"),
            ("100%", "100%25"),
            ("v1.2", "v1.2"),
        ] {
            assert_eq!(to_file(name, &[]), file);
            assert_eq!(from_file(file), name);
        }
        assert_eq!(from_file("50%off %4A"), "50%off %4A");
        assert_eq!(to_maildir("Entwürfe v1.2"), "Entw&APw-rfe v1%2E2");
        assert_eq!(from_maildir("A & B"), "A & B");
    }

    proptest! {
        #[test]
        fn names_come_back(name in "\\PC{1,30}") {
            prop_assert_eq!(from_file(&to_file(&name, &[])), name.clone());
            prop_assert_eq!(from_maildir(&to_maildir(&name)), name);
        }
    }
}
