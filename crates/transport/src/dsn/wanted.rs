//! Whether a report is due: the rules of RFC 3461 section 4.1 and RFC 5321 section 4.5.5.

use types::{Address, ReversePath};

use crate::dsn::Action;
use crate::envelope::{Origin, Recipient};

/// The address a report goes to, if one may be sent: never for a null reverse path, and
/// never to a stranger whose address was shown forged, which would be backscatter.
pub fn reportable<'a>(reverse_path: &'a ReversePath, origin: &Origin) -> Option<&'a Address> {
    reverse_path.address().filter(|_| origin.may_be_reported_to())
}

/// Whether the sender asked to hear of that about this recipient.
pub fn asked_for(recipient: &Recipient, action: Action) -> bool {
    let notify = recipient.notify_or_default();
    match action {
        Action::Failed => notify.failure,
        Action::Delayed => notify.delay,
        Action::Delivered | Action::Relayed | Action::Expanded => notify.success,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::envelope::Source;
    use types::Notify;

    #[test]
    fn notify_decides() {
        use Action::{Delayed, Delivered, Expanded, Failed, Relayed};
        let all = [Failed, Delayed, Delivered, Relayed, Expanded];
        let success = Notify { success: true, ..Notify::NEVER };
        for (notify, wanted) in [
            (None, &all[..2]),
            (Some(Notify::NEVER), &[]),
            (Some(success), &all[2..]),
            (Some(Notify { failure: true, ..Notify::NEVER }), &all[..1]),
        ] {
            let recipient = Recipient { notify, ..Recipient::new("a@b.test".parse().unwrap()) };
            let got: Vec<_> = all.into_iter().filter(|a| asked_for(&recipient, *a)).collect();
            assert_eq!(got, wanted, "{notify:?}");
        }
    }

    #[test]
    fn nobody_reports_to_nobody() {
        assert_eq!(reportable(&ReversePath::Null, &Origin::own(Source::StoreDriver)), None);
    }
}
