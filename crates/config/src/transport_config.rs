//! `Set-TransportConfig`: limits of the whole organization, under Exchange's names.

use crate::section::section;
use crate::{ByteQuantity, Unlimited};

section! {
    /// Limits of the whole organization: keys, values and defaults of Set-TransportConfig.
    #[serde(rename_all = "PascalCase")]
    pub struct TransportConfig {
        /// The largest message, at most 150 MB. Clients that append learn it as APPENDLIMIT;
        /// connectors may allow less.
        max_receive_size: ByteQuantity = ByteQuantity::from_mb(36),
        /// Recipients of one message, before groups are expanded; connectors may allow less.
        max_recipient_envelope_limit: Unlimited<u32> = Unlimited::Limited(500),
    }
}
