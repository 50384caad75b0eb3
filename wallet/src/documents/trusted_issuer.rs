//! Which root is believed for which issuer: an activation code goes to nobody else.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::record::Record;
use super::trust::{RootId, TrustedRoot};
use super::{Documents, StoreError};
use crate::hex_name::hex_name;

/// An issuer that the phone's owner trusts, as far as it is vouched for by these roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedIssuer {
    /// The credential issuer identifier, byte for byte.
    pub identifier: String,
    /// The roots in which its cards' certificates may end.
    pub roots: BTreeSet<RootId>,
    /// Since when it is trusted.
    pub since: Timestamp,
}

impl Record for TrustedIssuer {
    const KIND: &'static str = "trusted_issuer";
    const VERSION: u16 = 1;
}

hex_name!(
    /// The name under which an issuer is kept: identifiers are too free to be names themselves.
    IssuerHash,
    32
);

impl IssuerHash {
    fn of_identifier(identifier: &str) -> Self {
        Self::of(Sha256::digest(identifier).into())
    }
}

impl Documents {
    /// All trusted issuers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn trusted_issuers(&self) -> Result<Vec<TrustedIssuer>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, issuer)| issuer).collect())
    }

    /// The roots that are believed for `identifier`; none for an issuer that is not trusted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn roots_for(&self, identifier: &str) -> Result<Vec<TrustedRoot>, StoreError> {
        let name = IssuerHash::of_identifier(identifier);
        let issuer: Option<TrustedIssuer> = self.record(name.as_str())?;
        let Some(issuer) = issuer.filter(|issuer| issuer.identifier == identifier) else {
            return Ok(Vec::new());
        };
        let roots = self.roots()?;
        Ok(roots.into_iter().filter(|root| issuer.roots.contains(&root.id())).collect())
    }

    /// Believes the root `root` for the issuer `identifier` from now on, beside other roots.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn trust_issuer(&self, identifier: &str, root: &RootId, at: Timestamp) -> Result<(), StoreError> {
        let writer = self.writer();
        let name = IssuerHash::of_identifier(identifier);
        let known: Option<TrustedIssuer> = self.record(name.as_str())?;
        let mut issuer = known.unwrap_or_else(|| TrustedIssuer {
            identifier: identifier.to_owned(),
            roots: BTreeSet::new(),
            since: at,
        });
        if !issuer.roots.insert(root.clone()) {
            return Ok(());
        }
        writer.commit(vec![self.put(name.as_str(), &issuer)?])
    }
}
