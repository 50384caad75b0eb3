//! An activation under way: kept before anything is asked of the issuer, so that after a kill the same device
//! key is shown again and the issuer delivers again instead of refusing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::card::CardId;
use super::record::Record;
use super::{Documents, StoreError, remove};
use crate::hex_name::hex_name;
use crate::secure_element::KeyHandle;

hex_name!(
    /// What stands for an offer: the SHA-256 of its text. An offer opens a card to whoever holds it, so the
    /// text itself is not kept.
    OfferHash,
    32
);

impl OfferHash {
    /// The hash of an offer: of its URI as scanned, or of whatever else identifies a renewal.
    pub fn of_text(offer: &str) -> Self {
        Self::of(Sha256::digest(offer).into())
    }
}

/// An activation, or a renewal, that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingActivation {
    /// Which offer it answers.
    pub offer: OfferHash,
    /// The credential issuer identifier.
    pub issuer: String,
    /// The keys that were made for it, one for each credential configuration.
    pub keys: Vec<PendingKey>,
    /// The card that it renews, if it renews one.
    pub renews: Option<CardId>,
    /// When it was begun.
    pub started_at: Timestamp,
}

/// A key that waits for its credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingKey {
    /// The credential configuration.
    pub configuration: String,
    /// The key.
    pub key: KeyHandle,
}

impl PendingActivation {
    /// The key that was made for `configuration`.
    pub fn key(&self, configuration: &str) -> Option<&KeyHandle> {
        self.keys.iter().find(|pending| pending.configuration == configuration).map(|pending| &pending.key)
    }
}

impl Record for PendingActivation {
    const KIND: &'static str = "activation";
    const VERSION: u16 = 1;
}

impl Documents {
    /// All activations under way.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn activations(&self) -> Result<Vec<PendingActivation>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, activation)| activation).collect())
    }

    /// The activation of `offer`, if it is under way.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn activation(&self, offer: &OfferHash) -> Result<Option<PendingActivation>, StoreError> {
        self.record(offer.as_str())
    }

    /// Keeps an activation, new or changed.
    pub(crate) fn keep_activation(&self, activation: &PendingActivation) -> Result<(), StoreError> {
        self.writer().commit(vec![self.put(activation.offer.as_str(), activation)?])
    }

    /// Forgets an activation; that there is none is no error.
    pub(crate) fn drop_activation(&self, offer: &OfferHash) -> Result<(), StoreError> {
        self.writer().commit(vec![remove::<PendingActivation>(offer.as_str())])
    }
}
