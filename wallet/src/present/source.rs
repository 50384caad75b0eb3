//! What was scanned or typed: a link to a request, or six digits that stand for one.

use shared::vci::uri::HttpUrl;
use shared::vp::rendezvous::Digits;
use shared::vp::request::link::{LinkError, RequestLink};

/// Where a request comes from.
#[derive(Debug, Clone)]
pub enum RequestSource {
    /// A link, from a QR code or a page.
    Link(RequestLink),
    /// Six digits, to be looked up at a meeting place.
    Digits {
        /// The digits.
        digits: Digits,
        /// The meeting place: `…/r/{digits}` below it is asked.
        at: HttpUrl,
    },
}

impl RequestSource {
    /// Reads a link.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub fn from_text(text: &str) -> Result<Self, LinkError> {
        RequestLink::parse(text).map(Self::Link)
    }

    /// Takes six digits, blanks between them or not; nothing for any other text.
    pub fn from_digits(text: &str, at: &HttpUrl) -> Option<Self> {
        Digits::parse(text).map(|digits| Self::Digits { digits, at: at.clone() })
    }
}
