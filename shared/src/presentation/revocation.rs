//! What an inspector's device knows about revocation, wherever it has it from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::status::token::{CopyStatus, StatusTokenFault};
use crate::status::{StatusReference, UnverifiedStatusToken, VerifiedStatusList};
use crate::x509::certificate::Fingerprint;
use crate::x509::chain::{ChainFault, TrustAnchor};

/// The longest address of a list, in characters.
pub const MAX_ADDRESS: usize = 200;

/// Whether a signed list or answer may be fetched there: http or https (what is fetched is signed), in printable ASCII, of
/// at most [`MAX_ADDRESS`] characters.
pub fn is_address(uri: &str) -> bool {
    let web = uri.starts_with("http://") || uri.starts_with("https://");
    web && uri.len() <= MAX_ADDRESS && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

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

/// The status lists that a device keeps: the newest of each address, by the root below which its signer stands.
#[derive(Debug, Clone, Default)]
pub struct StatusLists(BTreeMap<(Fingerprint, String), VerifiedStatusList>);

impl StatusLists {
    /// Takes a token, if a signer of status lists below one of `anchors` made it; returns the list's address. One that
    /// is older than the list that is kept changes nothing.
    ///
    /// # Errors
    /// When it is none, or nobody's who is believed.
    pub fn take(
        &mut self,
        token: &str,
        anchors: &[TrustAnchor],
        now: Timestamp,
    ) -> Result<String, StatusTokenFault> {
        let token = UnverifiedStatusToken::parse(token)?;
        let mut refusal = None;
        for anchor in anchors {
            match token.clone().verify(std::slice::from_ref(anchor), now) {
                Ok(list) => return Ok(self.keep(anchor.certificate().fingerprint(), list)),
                Err(fault) => refusal = Some(fault),
            }
        }
        Err(refusal.unwrap_or_else(|| StatusTokenFault::Signer(Box::new(ChainFault::UnknownRoot.into()))))
    }

    fn keep(&mut self, root: Fingerprint, list: VerifiedStatusList) -> String {
        let uri = list.uri().to_owned();
        let kept = self.0.entry((root, uri.clone())).or_insert_with(|| list.clone());
        if kept.issued_at() < list.issued_at() {
            *kept = list;
        }
        uri
    }

    /// The list of this address below `root`.
    pub fn list(&self, uri: &str, root: &TrustAnchor) -> Option<&VerifiedStatusList> {
        self.0.get(&(root.certificate().fingerprint(), uri.to_owned()))
    }

    /// Every list that is kept.
    pub fn iter(&self) -> impl Iterator<Item = &VerifiedStatusList> {
        self.0.values()
    }
}

impl RevocationData for StatusLists {
    fn standing(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) -> Standing {
        let Some(list) = self.list(&reference.uri, root) else { return Standing::Unknown };
        let (as_of, until) = (list.issued_at(), list.expires_at());
        match list.status_at(reference, now) {
            // A list that is from the future makes the clock doubtful, not the card.
            CopyStatus::Good | CopyStatus::FromTheFuture { .. } => Standing::Good { as_of, until },
            CopyStatus::Revoked | CopyStatus::Suspended => Standing::Revoked { since: as_of, exact: false },
            CopyStatus::Stale { .. } => Standing::Outdated { as_of },
            CopyStatus::NotOnList | CopyStatus::AnotherList => Standing::Unknown,
        }
    }

    fn latest_signed(&self) -> Option<Timestamp> {
        self.0.values().map(VerifiedStatusList::issued_at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder_code::sample::{at, chain_of, issuer, sign};
    use crate::status::StatusList;
    use crate::status::token::{StatusTokenFields, signing_input};
    use crate::x509::sample::{HIERARCHY, foreign_root};
    use crate::x509::signer::SignerPurpose;

    const URI: &str = "http://pki.example/pki/status/1";
    const NOW: &str = "2026-11-21T18:30:00Z";

    fn token(issued: &str, revoked: u32) -> String {
        let fields = StatusTokenFields {
            uri: URI.to_owned(),
            issued_at: at(issued),
            expires_at: at(issued) + jiff::SignedDuration::from_hours(24),
            ttl: 300,
        };
        let chain = chain_of(&issuer(), SignerPurpose::StatusList, &HIERARCHY.issuing);
        let input = signing_input(&fields, &StatusList::of_invalid(64, [revoked]), &chain).unwrap();
        let signature = sign(&issuer(), input.as_bytes());
        input.finish(signature)
    }

    #[test]
    fn the_newest_list_of_the_cards_own_root_tells() {
        let root = TrustAnchor::from_der(&HIERARCHY.root.der).unwrap();
        let foreign = TrustAnchor::from_der(&foreign_root().der).unwrap();
        let mut lists = StatusLists::default();
        let (old, new) = ("2026-11-20T18:31:00Z", "2026-11-21T06:00:00Z");
        assert!(lists.take(&token(new, 7), std::slice::from_ref(&foreign), at(NOW)).is_err());
        assert!(lists.take(&token(new, 7), &[], at(NOW)).is_err());
        let both = [foreign.clone(), root.clone()];
        assert_eq!(lists.take(&token(new, 7), &both, at(NOW)).unwrap(), URI);
        assert_eq!(lists.take(&token(old, 8), &both, at(NOW)).unwrap(), URI);
        assert_eq!(lists.latest_signed(), Some(at(new)));
        let standing = |idx, uri: &str, root, now| {
            lists.standing(&StatusReference { idx, uri: uri.to_owned() }, root, at(now))
        };
        let until = at("2026-11-22T06:00:00Z");
        assert_eq!(standing(8, URI, &root, NOW), Standing::Good { as_of: at(new), until });
        assert_eq!(standing(7, URI, &root, NOW), Standing::Revoked { since: at(new), exact: false });
        assert_eq!(standing(8, URI, &root, "2026-11-22T06:00:00Z"), Standing::Outdated { as_of: at(new) });
        assert_eq!(standing(64, URI, &root, NOW), Standing::Unknown);
        assert_eq!(standing(8, "http://pki.example/pki/status/2", &root, NOW), Standing::Unknown);
        assert_eq!(standing(7, URI, &foreign, NOW), Standing::Unknown, "another root's cards");
    }
}
