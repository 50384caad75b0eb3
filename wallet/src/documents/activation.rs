//! An activation under way: kept before anything is asked of the issuer, so that after a kill the same device
//! key is shown again and the issuer delivers again instead of refusing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::secret::Secret;

use super::card::{CardId, CopyOffer, Endpoints};
use super::record::{Record, parse};
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
    /// What finishes it without its offer; kept before the card is asked for.
    pub resumption: Option<Resumption>,
}

/// What brings the card of an activation once the issuer has bound it to this phone, even if the slip has run out
/// since: the refresh token that came for the code, and what the issuer's documents said then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// The issuer's name for people.
    pub issuer_name: String,
    /// Where the issuer listens.
    pub endpoints: Endpoints,
    /// The credential configuration.
    pub configuration: String,
    /// In which further formats the card is given.
    pub copies: Vec<CopyOffer>,
    /// Bound to the key of that configuration; opens nothing before the issuer has bound the card to it.
    pub refresh_token: Secret,
    /// Whose phone it was, where the phone is a pupil's own.
    pub pupil: Option<String>,
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
    const VERSION: u16 = 2;

    fn upgrade(version: u16, json: &[u8]) -> Result<Self, StoreError> {
        match version {
            1 => parse::<PendingActivationV1>(json).map(Self::from),
            found => Err(StoreError::TooOld { what: Self::KIND, found }),
        }
    }
}

/// Version 1 needed the slip to the end.
#[derive(Deserialize)]
struct PendingActivationV1 {
    offer: OfferHash,
    issuer: String,
    keys: Vec<PendingKey>,
    renews: Option<CardId>,
    started_at: Timestamp,
}

impl From<PendingActivationV1> for PendingActivation {
    fn from(old: PendingActivationV1) -> Self {
        Self {
            offer: old.offer,
            issuer: old.issuer,
            keys: old.keys,
            renews: old.renews,
            started_at: old.started_at,
            resumption: None,
        }
    }
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

    /// Keeps what finishes the activation of `offer`, or forgets it; passed over where it is not under way.
    pub(crate) fn keep_resumption(
        &self,
        offer: &OfferHash,
        resumption: Option<Resumption>,
    ) -> Result<(), StoreError> {
        let writer = self.writer();
        match self.activation(offer)? {
            Some(begun) if begun.resumption != resumption => {
                let changed = PendingActivation { resumption, ..begun };
                writer.commit(vec![self.put(offer.as_str(), &changed)?])
            }
            _ => Ok(()),
        }
    }

    /// Forgets an activation; that there is none is no error.
    pub(crate) fn drop_activation(&self, offer: &OfferHash) -> Result<(), StoreError> {
        self.writer().commit(vec![remove::<PendingActivation>(offer.as_str())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activation_kept_by_version_1_is_read_and_needs_its_slip() {
        let (id, hash) = ("000102030405060708090a0b0c0d0e0f", "00".repeat(32));
        let json = format!(
            r#"{{"offer":"{hash}","issuer":"https://issuer.example","keys":[{{"configuration":"mlegitymacja_x509",
            "key":"{id}"}}],"renews":null,"started_at":"2026-11-21T18:30:00Z"}}"#
        );
        let begun = PendingActivation::read(1, json.as_bytes()).unwrap();
        assert_eq!(begun.key("mlegitymacja_x509").unwrap().as_str(), id);
        assert_eq!(begun.resumption, None);
        assert_eq!(PendingActivation::read(2, &begun.write().unwrap()).unwrap(), begun);
    }
}
