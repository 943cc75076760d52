//! Moving all ports by a number, so that a demonstration needs no privilege and several
//! servers fit on one host: 25 becomes 20025.

use types::Port;

/// Above this, an offset is taken off instead of added: 50636 becomes 30636.
const ADDED_MAX: u16 = 45_535;

/// The moved port does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("port {port} cannot be moved by {offset}")]
pub struct OffsetError {
    /// The documented port.
    pub port: Port,
    /// The offset.
    pub offset: u16,
}

/// The port that a documented port becomes. Port 0 (any free one) stays.
pub fn offset_port(port: Port, offset: u16) -> Result<Port, OffsetError> {
    let moved = match port.number() {
        0 => Some(0),
        number if number > ADDED_MAX => number.checked_sub(offset).filter(|moved| *moved > 0),
        number => number.checked_add(offset),
    };
    moved.map(Port::new).ok_or(OffsetError { port, offset })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn ports_move_up_or_down_or_not_at_all() {
        for (port, offset, moved) in [
            (25, 0, Some(25)),
            (25, 20_000, Some(20_025)),
            (993, 20_000, Some(20_993)),
            (45_535, 20_000, Some(65_535)),
            (45_536, 20_000, Some(25_536)),
            (50_636, 20_000, Some(30_636)),
            (64_327, 20_000, Some(44_327)),
            (0, 20_000, Some(0)),
            (45_535, 20_001, None),
            (25, 65_535, None),
            (50_389, 50_389, None),
            (50_389, 60_000, None),
        ] {
            let found = offset_port(Port::new(port), offset).ok().map(Port::number);
            assert_eq!(found, moved, "{port} by {offset}");
        }
    }

    #[test]
    fn the_usual_offset_keeps_all_documented_ports_apart() {
        let mut taken = HashMap::new();
        for listener in ports::LISTENERS {
            let moved = offset_port(listener.port(), 20_000).unwrap();
            let before = taken.insert(moved, listener.port());
            assert!(before.is_none_or(|port| port == listener.port()), "{moved} twice");
        }
    }
}
