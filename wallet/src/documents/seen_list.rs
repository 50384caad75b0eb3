//! The latest revocation list of each authority that this phone has seen, so that an older one, which was signed all
//! the same, cannot be put in its place. Lists travel in the clear.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::x509::ca::CaCertificate;
use shared::x509::crl::VerifiedCrl;

use super::record::Record;
use super::{Documents, StoreError};
use crate::hex_name::hex_name;

hex_name!(
    /// What stands for an issuing authority: SHA-256 over its public key (SubjectPublicKeyInfo), which stays the same
    /// when its certificate is made anew.
    AuthorityId,
    32
);

impl From<&CaCertificate> for AuthorityId {
    fn from(authority: &CaCertificate) -> Self {
        Self::of(Sha256::digest(authority.public_key().spki_der()).into())
    }
}

impl AuthorityId {
    /// What stands for an authority's lists of one kind: those about all of its certificates, or about one part.
    /// Each kind is numbered by itself (RFC 5280 §5.2.3).
    pub fn of_list(authority: &CaCertificate, list: &VerifiedCrl) -> Self {
        match list.point() {
            None => Self::from(authority),
            Some(point) => {
                let hash = Sha256::new().chain_update(authority.public_key().spki_der()).chain_update(point);
                Self::of(hash.finalize().into())
            }
        }
    }
}

/// Which list it was. Ordered as RFC 5280 §5.2.3 orders lists: by number; the date decides where numbers are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenList {
    /// The list's number.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
}

impl From<&VerifiedCrl> for SeenList {
    fn from(list: &VerifiedCrl) -> Self {
        Self { number: list.number(), this_update: list.this_update() }
    }
}

impl Record for SeenList {
    const KIND: &'static str = "seen_list";
    const VERSION: u16 = 1;
}

impl Documents {
    /// Remembers `list`, unless a later one was seen before; yields the latest that was seen.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn see_list(&self, authority: &AuthorityId, list: SeenList) -> Result<SeenList, StoreError> {
        let writer = self.writer();
        let before: Option<SeenList> = self.record(authority.as_str())?;
        let latest = before.map_or(list, |before| before.max(list));
        if before != Some(latest) {
            writer.commit(vec![self.put(authority.as_str(), &latest)?])?;
        }
        Ok(latest)
    }
}
