//! The header firewall: who may set the organization's own header fields.
//!
//! `X-MS-Exchange-Organization-*` and `X-MS-Exchange-Forest-*` steer delivery (spam level,
//! "this came from inside"), so they are taken out of everything that does not come from a
//! server of the organization, and of everything that leaves it.

use std::ops::Range;

use crate::header::{self, HeaderEdits};

/// Prefix of the fields that count inside the organization.
pub const ORGANIZATION_PREFIX: &str = "X-MS-Exchange-Organization-";
/// Prefix of the fields that count inside the forest.
pub const FOREST_PREFIX: &str = "X-MS-Exchange-Forest-";

/// The rights ms-Exch-Accept-Headers-* (receiving) or ms-Exch-Send-Headers-* (sending).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderRights {
    /// Organization fields stay.
    pub organization: bool,
    /// Forest fields stay.
    pub forest: bool,
    /// Received and Resent-* stay.
    pub routing: bool,
}

impl HeaderRights {
    /// Strangers, clients and partners.
    pub const OUTSIDE: HeaderRights =
        HeaderRights { organization: false, forest: false, routing: true };
    /// Servers of the organization.
    pub const EXCHANGE_SERVERS: HeaderRights =
        HeaderRights { organization: true, forest: true, routing: true };
    /// Pickup, and the message enclosed in a report.
    pub const NONE: HeaderRights =
        HeaderRights { organization: false, forest: false, routing: false };

    fn keeps(self, field: &header::Field<'_>) -> bool {
        if field.starts_with(ORGANIZATION_PREFIX) {
            self.organization
        } else if field.starts_with(FOREST_PREFIX) {
            self.forest
        } else if field.is("Received") || field.starts_with("Resent-") {
            self.routing
        } else {
            true
        }
    }
}

/// The fields that `rights` do not cover.
pub fn removed(header_bytes: &[u8], rights: HeaderRights) -> Vec<Range<usize>> {
    header::fields(header_bytes)
        .filter(|field| !rights.keeps(field))
        .map(|field| field.range)
        .collect()
}

/// The header without them: what leaves by a Send connector, or is enclosed in a report.
pub fn clean(header_bytes: &[u8], rights: HeaderRights) -> Vec<u8> {
    let removed = removed(header_bytes, rights);
    HeaderEdits { removed, ..HeaderEdits::default() }.apply(header_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"Received: x\r\nx-ms-exchange-organization-SCL: -1\r\n more\r\n\
        X-MS-Exchange-Forest-RulesExecuted: y\r\nResent-From: a@b.test\r\nFrom: a@b.test\r\n";

    #[test]
    fn strangers_lose_ours_and_keep_theirs() {
        assert_eq!(
            clean(HEADER, HeaderRights::OUTSIDE),
            b"Received: x\r\nResent-From: a@b.test\r\nFrom: a@b.test\r\n"
        );
    }

    #[test]
    fn servers_keep_everything_and_pickup_nothing() {
        assert_eq!(clean(HEADER, HeaderRights::EXCHANGE_SERVERS), HEADER);
        assert_eq!(clean(HEADER, HeaderRights::NONE), b"From: a@b.test\r\n");
    }
}
