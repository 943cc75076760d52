//! What a server's EHLO reply amounts to.

use crate::codec::{Keyword, Reply, ServerLimits};
use types::BodyType;

/// The extensions we make use of.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// SIZE is known, with or without a limit.
    pub(super) size: bool,
    pub(super) size_max: Option<u64>,
    pub(super) pipelining: bool,
    pub(super) dsn: bool,
    pub(super) starttls: bool,
    pub(super) auth: Vec<String>,
    pub(super) eight_bit_mime: bool,
    pub(super) binary_mime: bool,
    pub(super) chunking: bool,
    pub(super) smtp_utf8: bool,
    pub(super) require_tls: bool,
    pub(super) limits: ServerLimits,
}

impl Offer {
    /// Reads the lines behind the first.
    pub(super) fn of(ehlo: &Reply) -> Self {
        let mut offer = Offer::default();
        for line in ehlo.lines.iter().skip(1) {
            offer.add(Keyword::parse(line));
        }
        offer
    }

    fn add(&mut self, keyword: Keyword) {
        match keyword {
            Keyword::Size(octets) => {
                self.size = true;
                self.size_max = octets.filter(|&octets| octets > 0);
            }
            Keyword::Pipelining => self.pipelining = true,
            Keyword::Dsn => self.dsn = true,
            Keyword::StartTls => self.starttls = true,
            Keyword::Auth(mechanisms) => self.auth.extend(mechanisms),
            Keyword::EightBitMime => self.eight_bit_mime = true,
            Keyword::BinaryMime => self.binary_mime = true,
            Keyword::Chunking => self.chunking = true,
            Keyword::SmtpUtf8 => self.smtp_utf8 = true,
            Keyword::RequireTls => self.require_tls = true,
            Keyword::Limits(limits) => self.limits = limits,
            Keyword::EnhancedStatusCodes | Keyword::Other(_) => {}
        }
    }

    /// The widest content the server takes.
    pub(super) fn body(&self) -> BodyType {
        if self.takes_binary() {
            BodyType::BinaryMime
        } else if self.eight_bit_mime {
            BodyType::EightBitMime
        } else {
            BodyType::SevenBit
        }
    }

    /// BINARYMIME can only be sent by BDAT.
    pub(super) fn takes_binary(&self) -> bool {
        self.binary_mime && self.chunking
    }
}
