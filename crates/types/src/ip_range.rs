//! Ranges of IP addresses as Exchange writes them: `192.0.2.1`, `192.0.2.0/24`,
//! `192.0.2.1-192.0.2.9`, and the same for IPv6. A zone (`%eth0`) is read and ignored.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why a text is not an address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IpRangeError {
    /// One of the addresses cannot be read.
    #[error("not an IP address")]
    Address,
    /// The prefix length is no number or longer than the address.
    #[error("bad prefix length")]
    Prefix,
    /// The ends are of two families, or the last address comes before the first.
    #[error("an address range goes upwards within one address family")]
    Order,
}

/// All addresses from the first to the last one, of one family. IPv4-mapped IPv6 addresses
/// count as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpRange {
    first: IpAddr,
    last: IpAddr,
}

impl IpRange {
    /// Every IPv4 address.
    pub const ALL_V4: IpRange =
        IpRange { first: IpAddr::V4(Ipv4Addr::UNSPECIFIED), last: IpAddr::V4(Ipv4Addr::BROADCAST) };
    /// Every IPv6 address.
    pub const ALL_V6: IpRange = IpRange {
        first: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        last: IpAddr::V6(Ipv6Addr::new(!0, !0, !0, !0, !0, !0, !0, !0)),
    };

    /// The range between two addresses, both included.
    pub fn new(first: IpAddr, last: IpAddr) -> Result<Self, IpRangeError> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        if first.is_ipv4() != last.is_ipv4() || last < first {
            return Err(IpRangeError::Order);
        }
        Ok(IpRange { first, last })
    }

    /// The network an address lies in. Host bits may be set, as Exchange allows.
    pub fn network(address: IpAddr, prefix: u8) -> Result<Self, IpRangeError> {
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host_bits = width.checked_sub(u32::from(prefix)).ok_or(IpRangeError::Prefix)?;
        let host_mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |bit| bit - 1);
        let number = to_number(address);
        IpRange::new(
            from_number(number & !host_mask, address),
            from_number(number | host_mask, address),
        )
    }

    /// True when the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// True when every address of this range lies in the other.
    pub fn is_within(&self, other: &IpRange) -> bool {
        other.contains(self.first) && other.contains(self.last)
    }

    /// True when the two have an address in common.
    pub fn overlaps(&self, other: &IpRange) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }

    /// How many addresses follow the first one: the measure of how specific a range is.
    pub fn span(&self) -> u128 {
        to_number(self.last) - to_number(self.first)
    }

    /// The first address.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// The last address.
    pub fn last(&self) -> IpAddr {
        self.last
    }
}

impl From<IpAddr> for IpRange {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        IpRange { first: address, last: address }
    }
}

impl FromStr for IpRange {
    type Err = IpRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((first, last)) = text.split_once('-') {
            return IpRange::new(parse_address(first)?, parse_address(last)?);
        }
        match text.split_once('/') {
            Some((address, prefix)) => {
                let prefix = prefix.trim().parse().map_err(|_| IpRangeError::Prefix)?;
                IpRange::network(parse_address(address)?, prefix)
            }
            None => parse_address(text).map(IpRange::from),
        }
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => self.first.fmt(f),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

fn parse_address(text: &str) -> Result<IpAddr, IpRangeError> {
    let text = text.trim();
    let without_zone = text.split_once('%').map_or(text, |(address, _)| address);
    without_zone.parse().map_err(|_| IpRangeError::Address)
}

fn to_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address of `family`'s family with this number; the upper bits of an IPv4 number go.
fn from_number(number: u128, family: IpAddr) -> IpAddr {
    match family {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(number as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(number)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn range(text: &str) -> IpRange {
        text.parse().unwrap()
    }

    #[test]
    fn reads_every_notation() {
        for (text, shown) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.77/24", "192.0.2.0-192.0.2.255"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("0.0.0.0/0", "0.0.0.0-255.255.255.255"),
            (" 192.0.2.1 - 192.0.2.9 ", "192.0.2.1-192.0.2.9"),
            ("::1", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("2001:db8::/127", "2001:db8::-2001:db8::1"),
            ("::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(range(text).to_string(), shown, "{text}");
            assert_eq!(range(shown), range(text), "{shown} reads back");
        }
        assert_eq!(range("0.0.0.0/0"), IpRange::ALL_V4);
        assert_eq!(range("::/0"), IpRange::ALL_V6);
    }

    #[test]
    fn refuses_what_is_no_range() {
        for (text, error) in [
            ("", IpRangeError::Address),
            ("192.0.2", IpRangeError::Address),
            ("192.0.2.1/33", IpRangeError::Prefix),
            ("192.0.2.1/x", IpRangeError::Prefix),
            ("::1/129", IpRangeError::Prefix),
            ("192.0.2.9-192.0.2.1", IpRangeError::Order),
            ("192.0.2.9-::1", IpRangeError::Order),
        ] {
            assert_eq!(text.parse::<IpRange>(), Err(error), "{text}");
        }
    }

    #[test]
    fn contains_and_overlaps() {
        let network = range("192.0.2.0/24");
        assert!(network.contains("192.0.2.255".parse().unwrap()));
        assert!(network.contains("::ffff:192.0.2.3".parse().unwrap()));
        assert!(!network.contains("192.0.3.0".parse().unwrap()));
        assert!(!IpRange::ALL_V6.contains("192.0.2.1".parse().unwrap()));
        assert!(network.is_within(&IpRange::ALL_V4));
        assert!(!IpRange::ALL_V4.is_within(&network));
        assert!(network.overlaps(&range("192.0.2.200-192.0.4.0")));
        assert!(!network.overlaps(&range("192.0.3.0/24")));
        assert_eq!(network.span(), 255);
        assert_eq!(IpRange::ALL_V6.span(), u128::MAX);
    }
}
