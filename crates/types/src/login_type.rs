//! How a mail client may log in (`Set-ImapSettings`, `Set-PopSettings`).

use std::fmt;
use std::str::FromStr;

/// LoginType of the IMAP4 and POP3 settings: what may happen without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LoginType {
    /// Anything, passwords in the clear among it.
    PlainTextLogin,
    /// A login that does not show the password.
    PlainTextAuthentication,
    /// No login.
    #[default]
    SecureLogin,
}

/// The text names no login type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a login type is PlainTextLogin, PlainTextAuthentication or SecureLogin")]
pub struct UnknownLoginType;

impl LoginType {
    const ALL: [LoginType; 3] =
        [LoginType::PlainTextLogin, LoginType::PlainTextAuthentication, LoginType::SecureLogin];

    /// True when a password may cross a connection.
    pub const fn allows_password(self, tls: bool) -> bool {
        tls || matches!(self, LoginType::PlainTextLogin)
    }

    /// True when a login that does not show the password may.
    pub const fn allows_login(self, tls: bool) -> bool {
        tls || !matches!(self, LoginType::SecureLogin)
    }

    const fn name(self) -> &'static str {
        match self {
            LoginType::PlainTextLogin => "PlainTextLogin",
            LoginType::PlainTextAuthentication => "PlainTextAuthentication",
            LoginType::SecureLogin => "SecureLogin",
        }
    }
}

impl fmt::Display for LoginType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for LoginType {
    type Err = UnknownLoginType;

    fn from_str(text: &str) -> Result<Self, UnknownLoginType> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or(UnknownLoginType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_allows() {
        for (login_type, password, login) in [
            (LoginType::PlainTextLogin, true, true),
            (LoginType::PlainTextAuthentication, false, true),
            (LoginType::SecureLogin, false, false),
        ] {
            assert_eq!(login_type.allows_password(false), password, "{login_type}");
            assert_eq!(login_type.allows_login(false), login, "{login_type}");
            assert!(login_type.allows_password(true) && login_type.allows_login(true));
            assert_eq!(login_type.to_string().parse(), Ok(login_type));
        }
    }
}
