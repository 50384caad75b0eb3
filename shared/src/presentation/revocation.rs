//! What an inspector's device knows about revocation, wherever it has it from.

use std::fmt;

use jiff::Timestamp;

use crate::x509::chain::TrustAnchor;

/// The longest address of a list, in characters.
pub const MAX_URI: usize = 200;

/// Where a credential's status stands: a place in a Token Status List.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusReference {
    index: u32,
    uri: String,
}

impl StatusReference {
    /// Place `index` in the list at `uri`.
    ///
    /// # Errors
    /// When `uri` is no http address in printable ASCII of at most [`MAX_URI`] characters.
    pub fn new(index: u32, uri: &str) -> Result<Self, StatusReferenceError> {
        let web = uri.starts_with("http://") || uri.starts_with("https://");
        if web && uri.len() <= MAX_URI && uri.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self { index, uri: uri.to_owned() })
        } else {
            Err(StatusReferenceError)
        }
    }

    /// The place in the list.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The list's address.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

/// An index stands for a person.
impl fmt::Debug for StatusReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusReference").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// Messages complete "cannot use status reference: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its address is not a short http address")]
pub struct StatusReferenceError;

/// What is known about one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not revoked, by data that may be trusted at the time that was asked for.
    Good {
        /// Of when the data are.
        as_of: Timestamp,
        /// Until when they may be trusted.
        until: Timestamp,
    },
    /// Revoked; nothing is ever taken back, so old data prove it as well.
    Revoked {
        /// Since when, or of when the data are that tell of it.
        since: Timestamp,
        /// Whether `since` is the instant of revocation itself.
        exact: bool,
    },
    /// Not revoked by data that are too old to be trusted.
    Outdated {
        /// Of when the data are.
        as_of: Timestamp,
    },
    /// There are no data about it.
    Unknown,
}

/// Verified revocation data that a device keeps.
pub trait RevocationData {
    /// What is known at `now` about the credential at `reference`, from data whose signer stands below `root`: one
    /// root's list must not speak about the cards of another.
    fn standing(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) -> Standing;

    /// The latest instant that the signatures over these data vouch for, if there are any data: no clock may stand
    /// before it.
    fn latest_signed(&self) -> Option<Timestamp>;
}

/// A device that knows nothing yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRevocationData;

impl RevocationData for NoRevocationData {
    fn standing(&self, _: &StatusReference, _: &TrustAnchor, _: Timestamp) -> Standing {
        Standing::Unknown
    }

    fn latest_signed(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_short_http_address() {
        for uri in ["http://127.0.0.1:8081/pki/status/1", "https://a.example/s"] {
            assert_eq!(StatusReference::new(7, uri).unwrap().uri(), uri);
        }
        let long = format!("https://{}", "a".repeat(MAX_URI));
        for uri in ["", "ftp://a.example", "https://a b", "https://łódź.example", &long] {
            assert_eq!(StatusReference::new(7, uri), Err(StatusReferenceError), "{uri}");
        }
    }
}
