//! Exchange's words for who may do what on a Receive connector: AuthMechanism,
//! PermissionGroups and the rights they stand for.

use std::ops::BitOr;

/// Declares a set of named flags.
macro_rules! flags {
    ($(#[$head:meta])* $set:ident { $($(#[$doc:meta])* $name:ident = $bit:expr,)* }) => {
        $(#[$head])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $set(u16);

        impl $set {
            /// The empty set.
            pub const NONE: $set = $set(0);
            $($(#[$doc])* pub const $name: $set = $set(1 << $bit);)*

            /// All members with the names the administrator writes.
            pub const NAMED: &'static [(&'static str, $set)] =
                &[$((stringify!($name), $set::$name),)*];

            /// True when every member of `other` is in the set.
            pub const fn contains(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            /// What both sets have.
            #[must_use]
            pub const fn common(self, other: $set) -> $set {
                $set(self.0 & other.0)
            }

            /// True for the empty set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// What either set has; `|` in constants.
            #[must_use]
            pub const fn with(self, other: $set) -> $set {
                $set(self.0 | other.0)
            }
        }

        impl BitOr for $set {
            type Output = $set;

            fn bitor(self, other: $set) -> $set {
                self.with(other)
            }
        }
    };
}

flags! {
    /// AuthMechanism of a Receive connector.
    AuthMechanisms {
        /// STARTTLS is offered.
        TLS = 0,
        /// Passwords are taken: AUTH is offered.
        BASIC_AUTH = 1,
        /// AUTH only inside TLS.
        BASIC_AUTH_REQUIRE_TLS = 2,
        /// NTLM and Kerberos.
        INTEGRATED = 3,
        /// Servers of the same organization.
        EXCHANGE_SERVER = 4,
        /// The network itself vouches for the peer: it counts as one of our servers.
        EXTERNAL_AUTHORITATIVE = 5,
    }
}

flags! {
    /// PermissionGroups of a Receive connector, and the groups a peer belongs to.
    PermissionGroups {
        /// Who has not logged in.
        ANONYMOUS_USERS = 0,
        /// Authenticated users.
        EXCHANGE_USERS = 1,
        /// Servers of the organization.
        EXCHANGE_SERVERS = 2,
        /// Servers of older versions.
        EXCHANGE_LEGACY_SERVERS = 3,
        /// Partner organizations.
        PARTNERS = 4,
    }
}

flags! {
    /// What a peer may do (the `ms-Exch-` rights of a Receive connector).
    Rights {
        /// SMTP-Submit: may send mail here at all.
        SUBMIT = 0,
        /// SMTP-Accept-Any-Recipient: may relay.
        ACCEPT_ANY_RECIPIENT = 1,
        /// SMTP-Accept-Any-Sender: its sender addresses are believed.
        ACCEPT_ANY_SENDER = 2,
        /// SMTP-Accept-Authoritative-Domain-Sender: may send as our own domains.
        ACCEPT_AUTHORITATIVE_DOMAIN_SENDER = 3,
        /// SMTP-Accept-Authentication-Flag: its messages count as internal.
        ACCEPT_AUTHENTICATION_FLAG = 4,
        /// Accept-Headers-Routing: Received fields are kept.
        ACCEPT_HEADERS_ROUTING = 5,
        /// Accept-Headers-Organization and -Forest: our own X-headers are kept.
        ACCEPT_HEADERS_ORGANIZATION = 6,
        /// Bypass-Anti-Spam.
        BYPASS_ANTI_SPAM = 7,
        /// Bypass-Message-Size-Limit.
        BYPASS_MESSAGE_SIZE_LIMIT = 8,
    }
}

/// Rights of strangers: any sender, our own domains included as in Exchange (SPF and DMARC
/// judge those), no relay.
const STRANGER: Rights = Rights::SUBMIT
    .with(Rights::ACCEPT_ANY_SENDER)
    .with(Rights::ACCEPT_AUTHORITATIVE_DOMAIN_SENDER)
    .with(Rights::ACCEPT_HEADERS_ROUTING);

/// Rights of users who logged in. Their sender addresses are checked, not believed.
const USER: Rights = Rights::SUBMIT
    .with(Rights::ACCEPT_ANY_RECIPIENT)
    .with(Rights::ACCEPT_HEADERS_ROUTING)
    .with(Rights::BYPASS_ANTI_SPAM);

/// Rights of older servers of the organization.
const LEGACY_SERVER: Rights = USER
    .with(Rights::ACCEPT_ANY_SENDER)
    .with(Rights::ACCEPT_AUTHORITATIVE_DOMAIN_SENDER)
    .with(Rights::ACCEPT_AUTHENTICATION_FLAG)
    .with(Rights::BYPASS_MESSAGE_SIZE_LIMIT);

/// Rights of our servers.
const SERVER: Rights = LEGACY_SERVER.with(Rights::ACCEPT_HEADERS_ORGANIZATION);

/// Rights of partners.
const PARTNER: Rights = Rights::SUBMIT.with(Rights::ACCEPT_HEADERS_ROUTING);

impl PermissionGroups {
    /// The rights of the groups together.
    pub fn rights(self) -> Rights {
        let table = [
            (Self::ANONYMOUS_USERS, STRANGER),
            (Self::EXCHANGE_USERS, USER),
            (Self::EXCHANGE_SERVERS, SERVER),
            (Self::EXCHANGE_LEGACY_SERVERS, LEGACY_SERVER),
            (Self::PARTNERS, PARTNER),
        ];
        let held = table.into_iter().filter(|(group, _)| self.contains(*group));
        held.fold(Rights::NONE, |rights, (_, more)| rights | more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_of_groups() {
        let (anonymous, users) =
            (PermissionGroups::ANONYMOUS_USERS, PermissionGroups::EXCHANGE_USERS);
        for (groups, right, held) in [
            (PermissionGroups::NONE, Rights::SUBMIT, false),
            (anonymous, Rights::SUBMIT, true),
            (anonymous, Rights::ACCEPT_ANY_RECIPIENT, false),
            (anonymous, Rights::ACCEPT_AUTHORITATIVE_DOMAIN_SENDER, true),
            (users, Rights::ACCEPT_ANY_RECIPIENT, true),
            (users, Rights::ACCEPT_ANY_SENDER, false),
            (anonymous | users, Rights::ACCEPT_ANY_SENDER, true),
            (PermissionGroups::PARTNERS, Rights::BYPASS_ANTI_SPAM, false),
            (PermissionGroups::EXCHANGE_SERVERS, Rights::ACCEPT_HEADERS_ORGANIZATION, true),
            (PermissionGroups::EXCHANGE_LEGACY_SERVERS, Rights::ACCEPT_HEADERS_ORGANIZATION, false),
        ] {
            assert_eq!(groups.rights().contains(right), held, "{groups:?} {right:?}");
        }
    }
}
