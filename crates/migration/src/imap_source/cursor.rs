//! How far a folder has come.

use super::session::Selected;

/// How far a folder has come: the last UID that is done, of which UIDVALIDITY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// UIDVALIDITY.
    pub validity: u32,
    /// The last UID that is done.
    pub uid: u32,
    /// The source gave its messages new UIDs; those up to this one may have been carried over
    /// under other ones. 0: it never did.
    pub again_until: u32,
}

impl Cursor {
    /// Where to go on in a folder that is open now.
    pub(crate) fn of(after: Option<&[u8]>, now: Selected) -> Self {
        let fresh = Cursor { validity: now.validity, uid: 0, again_until: 0 };
        match after.and_then(Cursor::decode) {
            None => fresh,
            Some(cursor) if cursor.validity == now.validity => cursor,
            Some(_) => Cursor { again_until: now.last_uid, ..fresh },
        }
    }

    /// Behind a message.
    pub(crate) fn behind(self, uid: u32) -> Self {
        Cursor { uid, ..self }
    }

    /// Whether that message may have been carried over before.
    pub(crate) fn is_again(self, uid: u32) -> bool {
        uid <= self.again_until
    }

    pub(crate) fn encode(self) -> Vec<u8> {
        [self.validity, self.uid, self.again_until].map(u32::to_be_bytes).concat()
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let mut numbers =
            octets.chunks_exact(4).map(|four| four.try_into().map(u32::from_be_bytes));
        let mut number = || numbers.next()?.ok();
        Some(Cursor { validity: number()?, uid: number()?, again_until: number()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_on_behind_its_cursor_unless_its_uids_are_new() {
        let now = Selected { validity: 7, last_uid: 90 };
        let fresh = Cursor::of(None, now);
        assert_eq!((fresh.uid, fresh.is_again(1)), (0, false));
        let later = Cursor::of(Some(&fresh.behind(40).encode()), now);
        assert_eq!((later.uid, later.is_again(41)), (40, false));
        let renumbered = Cursor::of(Some(&later.encode()), Selected { validity: 8, last_uid: 50 });
        assert_eq!(
            (renumbered.uid, renumbered.is_again(50), renumbered.is_again(51)),
            (0, true, false)
        );
        let cut = Cursor::of(
            Some(&renumbered.behind(9).encode()),
            Selected { validity: 8, last_uid: 60 },
        );
        assert_eq!((cut.uid, cut.again_until), (9, 50));
    }
}
