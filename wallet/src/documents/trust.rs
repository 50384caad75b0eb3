//! The certificate authorities whose cards this phone believes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::history::{HistoryEntry, HistoryEvent};
use super::record::{KeptBytes, Record};
use super::{Documents, StoreError, remove};
use crate::hex_name::hex_name;

/// A root certificate that the phone's owner, or its maker, trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedRoot {
    /// Its name for people.
    pub name: String,
    /// The certificate in DER.
    pub certificate: KeptBytes,
    /// Since when it is trusted.
    pub added_at: Timestamp,
}

impl TrustedRoot {
    /// The root's fingerprint.
    pub fn id(&self) -> RootId {
        RootId::of(Sha256::digest(self.certificate.as_slice()).into())
    }
}

impl Record for TrustedRoot {
    const KIND: &'static str = "root";
    const VERSION: u16 = 1;
}

hex_name!(
    /// A root's fingerprint: SHA-256 over its DER.
    RootId,
    32
);

impl Documents {
    /// All trusted roots with their fingerprints.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn roots(&self) -> Result<Vec<TrustedRoot>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, root)| root).collect())
    }

    /// Trusts `root` from now on. A root that is trusted already stays as it is.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn trust(&self, root: &TrustedRoot) -> Result<RootId, StoreError> {
        let writer = self.writer();
        let id = root.id();
        if self.record::<TrustedRoot>(id.as_str())?.is_none() {
            let event = HistoryEvent::RootTrusted { root: id.clone(), name: root.name.clone() };
            let mut changes = self.history_changes(HistoryEntry { at: root.added_at, card: None, event })?;
            changes.push(self.put(id.as_str(), root)?);
            writer.commit(changes)?;
        }
        Ok(id)
    }

    /// Trusts `id` no more; says whether it was trusted.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn distrust(&self, id: &RootId, at: Timestamp) -> Result<bool, StoreError> {
        let writer = self.writer();
        let Some(root) = self.record::<TrustedRoot>(id.as_str())? else { return Ok(false) };
        let event = HistoryEvent::RootDistrusted { root: id.clone(), name: root.name };
        let mut changes = self.history_changes(HistoryEntry { at, card: None, event })?;
        changes.push(remove::<TrustedRoot>(id.as_str()));
        writer.commit(changes)?;
        Ok(true)
    }
}
