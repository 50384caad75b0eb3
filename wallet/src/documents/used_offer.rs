//! Which slip opened which card, so that the same slip shown again is recognised before anything is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::activation::OfferHash;
use super::card::CardId;
use super::record::Record;
use super::{Documents, StoreError, remove};
use crate::store::Change;

/// An offer that was followed to its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UsedOffer {
    card: CardId,
    at: Timestamp,
}

impl Record for UsedOffer {
    const KIND: &'static str = "used_offer";
    const VERSION: u16 = 1;
}

impl Documents {
    /// The card on this phone that `offer` has opened; nothing for an offer whose card is gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn opened_by(&self, offer: &OfferHash) -> Result<Option<CardId>, StoreError> {
        let used: Option<UsedOffer> = self.record(offer.as_str())?;
        match used {
            Some(used) if self.card(&used.card)?.is_some() => Ok(Some(used.card)),
            _ => Ok(None),
        }
    }

    /// The change that remembers an offer.
    pub(super) fn remember_offer(
        &self,
        offer: &OfferHash,
        card: &CardId,
        at: Timestamp,
    ) -> Result<Change, StoreError> {
        self.put(offer.as_str(), &UsedOffer { card: card.clone(), at })
    }

    /// The changes that forget the offers that opened `card`.
    pub(super) fn forget_offers_of(&self, card: &CardId) -> Result<Vec<Change>, StoreError> {
        let used: Vec<(String, UsedOffer)> = self.records()?;
        let of_card = used.into_iter().filter(|(_, used)| used.card == *card);
        Ok(of_card.map(|(offer, _)| remove::<UsedOffer>(&offer)).collect())
    }
}
