//! The operating system's name of a user, for the audit log.

use std::fs;

use crate::verb::Caller;

/// The caller that a user of this host is.
pub fn local_caller(user: u32) -> Caller {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name(&accounts, user).map(str::to_owned);
    Caller::Local { user: name.unwrap_or_else(|| format!("uid {user}")) }
}

/// The user's line in the form of passwd(5): `name:password:number:…`. Users of a directory
/// service have none, and go by their number.
fn name(accounts: &str, user: u32) -> Option<&str> {
    let of_line = |line: &'_ str| {
        let mut fields = line.split(':');
        let name = fields.next()?.len();
        (fields.nth(1)?.parse() == Ok(user)).then_some(name)
    };
    accounts.lines().find_map(|line| line.get(..of_line(line)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_by_their_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# note\nrialto:x:997:995::/:/bin/false\n";
        assert_eq!(name(accounts, 997), Some("rialto"));
        assert_eq!(name(accounts, 0), Some("root"));
        assert_eq!(name(accounts, 1), None);
    }
}
