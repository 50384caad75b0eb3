//! Which cards the phone holds, and the whole steps in which that changes.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::activation::{OfferHash, PendingActivation};
use super::card::{CardId, CardIdentity, CardState, CopyOffer, HeldCard};
use super::history::{HistoryEntry, HistoryEvent};
use super::notice::Notice;
use super::{Documents, StoreError, name, remove};
use crate::secure_element::KeyHandle;
use crate::store::Change;

impl Documents {
    /// All cards with their names, the longest held first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cards(&self) -> Result<Vec<(CardId, HeldCard)>, StoreError> {
        let mut cards: Vec<(CardId, HeldCard)> = self
            .records()?
            .into_iter()
            .map(|(_, card): (_, HeldCard)| (self.card_id(&card.identity), card))
            .collect();
        cards.sort_by_key(|(_, card)| card.acquired_at);
        Ok(cards)
    }

    /// One card.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn card(&self, id: &CardId) -> Result<Option<HeldCard>, StoreError> {
        self.record(id.as_str())
    }

    /// Whether a card is held; its content, photo and all, is not opened for that.
    pub(super) fn holds(&self, id: &CardId) -> Result<bool, StoreError> {
        Ok(self.locked.store.read(&name::<HeldCard>(id.as_str()))?.is_some())
    }

    /// The name that a card of this `identity` has on this phone, whether it is held or not.
    pub fn card_id(&self, identity: &CardIdentity) -> CardId {
        CardId::of(self.sealer.pseudonym(identity.as_str()))
    }

    /// Keeps a card that was activated, and with the same step ends the activation of `offer`, if one is named.
    ///
    /// The same card is held once: where it is held as revoked or superseded, the new one takes its place.
    ///
    /// # Errors
    /// [`KeepError::AlreadyHeld`] when it is held and nothing is known against it (an expired one is replaced
    /// by [`replace_card`](Self::replace_card), since only validity's judge knows that it has expired).
    pub(crate) fn insert_card(
        &self,
        card: &HeldCard,
        offer: Option<&OfferHash>,
        at: Timestamp,
    ) -> Result<Inserted, KeepError> {
        let writer = self.writer();
        let id = self.card_id(&card.identity);
        let before = self.card(&id)?;
        if before.as_ref().is_some_and(|held| held.state == CardState::Valid) {
            return Err(KeepError::AlreadyHeld { id });
        }
        let entry = HistoryEntry { at, card: Some(id.clone()), event: HistoryEvent::Activated };
        let mut changes = self.history_changes(entry)?;
        changes.extend(self.copies_ended(&id)?);
        changes.push(self.put(id.as_str(), card)?);
        changes.extend(self.activation_ended(offer, &id, at)?);
        writer.commit(changes)?;
        Ok(Inserted { id, replaced: before.is_some() })
    }

    /// Puts `card` in the place of the card `old` in one step, and with the same step ends the activation of
    /// `offer`, if one is named. The new card may have another identity (a new number after a duplicate).
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`]; [`KeepError::AlreadyHeld`] when the new card is another one that is held.
    pub(crate) fn replace_card(
        &self,
        old: &CardId,
        card: &HeldCard,
        offer: Option<&OfferHash>,
        at: Timestamp,
    ) -> Result<CardId, KeepError> {
        let writer = self.writer();
        if self.card(old)?.is_none() {
            return Err(KeepError::NoSuchCard);
        }
        let id = self.card_id(&card.identity);
        if id != *old && self.card(&id)?.is_some_and(|held| held.state == CardState::Valid) {
            return Err(KeepError::AlreadyHeld { id });
        }
        let entry = HistoryEntry { at, card: Some(id.clone()), event: HistoryEvent::Renewed };
        let mut changes = self.history_changes(entry)?;
        // They show what the old card said; their places on the status list are turned.
        changes.extend(self.copies_ended(old)?);
        if id != *old {
            changes.push(remove::<HeldCard>(old.as_str()));
            changes.extend(self.forget_offers_of(old)?);
        }
        changes.push(self.put(id.as_str(), card)?);
        changes.extend(self.activation_ended(offer, &id, at)?);
        writer.commit(changes)?;
        Ok(id)
    }

    /// Notes that the issuer was asked at `at` and what it said about the card's standing.
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`], or when the store cannot be read or written.
    pub fn refreshed(&self, id: &CardId, state: CardState, at: Timestamp) -> Result<(), KeepError> {
        let writer = self.writer();
        let mut card = self.card(id)?.ok_or(KeepError::NoSuchCard)?;
        let event = match &state {
            unchanged if *unchanged == card.state => HistoryEvent::Refreshed,
            CardState::Valid => HistoryEvent::Refreshed,
            CardState::Revoked { reason, .. } => HistoryEvent::Revoked { reason: reason.clone() },
            CardState::Superseded { .. } => HistoryEvent::Superseded,
        };
        card.state = state;
        card.last_refresh = Some(at);
        let mut changes = self.history_changes(HistoryEntry { at, card: Some(id.clone()), event })?;
        changes.push(self.put(id.as_str(), &card)?);
        writer.commit(changes)?;
        Ok(())
    }

    /// Adds formats in which the issuer of a card gives copies.
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`], or when the store cannot be read or written.
    pub(crate) fn add_copy_offers(&self, id: &CardId, offers: Vec<CopyOffer>) -> Result<(), KeepError> {
        let writer = self.writer();
        let mut card = self.card(id)?.ok_or(KeepError::NoSuchCard)?;
        let known = card.copies.len();
        for offer in offers {
            if !card.copies.iter().any(|other| other.configuration == offer.configuration) {
                card.copies.push(offer);
            }
        }
        if card.copies.len() == known {
            return Ok(());
        }
        let change = self.put(id.as_str(), &card)?;
        Ok(writer.commit(vec![change])?)
    }

    /// Deletes a card, and with the same step keeps the notice that tells its issuer, if one is given.
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`], or when the store cannot be read or written.
    pub(crate) fn delete_card(
        &self,
        id: &CardId,
        notice: Option<&Notice>,
        at: Timestamp,
    ) -> Result<(), KeepError> {
        let writer = self.writer();
        if self.card(id)?.is_none() {
            return Err(KeepError::NoSuchCard);
        }
        let entry = HistoryEntry { at, card: Some(id.clone()), event: HistoryEvent::Deleted };
        let mut changes = self.history_changes(entry)?;
        changes.push(remove::<HeldCard>(id.as_str()));
        changes.extend(self.copies_ended(id)?);
        changes.extend(self.forget_offers_of(id)?);
        if let Some(notice) = notice {
            changes.push(self.put(notice.id().as_str(), notice)?);
        }
        writer.commit(changes)?;
        Ok(())
    }

    /// The changes with which the activation of `offer` ends in the card `id`.
    fn activation_ended(
        &self,
        offer: Option<&OfferHash>,
        id: &CardId,
        at: Timestamp,
    ) -> Result<Vec<Change>, StoreError> {
        let Some(offer) = offer else { return Ok(Vec::new()) };
        Ok(vec![remove::<PendingActivation>(offer.as_str()), self.remember_offer(offer, id, at)?])
    }

    /// Every device key that a card, a copy, an activation or a notice needs.
    pub(crate) fn keys_in_use(&self) -> Result<BTreeSet<KeyHandle>, StoreError> {
        let mut keys = BTreeSet::new();
        for (_, card) in self.records::<HeldCard>()? {
            keys.insert(card.key);
        }
        keys.extend(self.all_copies()?.into_iter().map(|(_, copy)| copy.key));
        for activation in self.activations()? {
            keys.extend(activation.keys.into_iter().map(|pending| pending.key));
        }
        keys.extend(self.notices()?.into_iter().map(|notice| notice.key));
        Ok(keys)
    }
}

/// A card that was kept.
pub(crate) struct Inserted {
    /// Its name.
    pub(crate) id: CardId,
    /// Whether it took the place of another, whose keys nobody needs now.
    pub(crate) replaced: bool,
}

/// Why the cards could not be changed. Messages complete "cannot change the cards: …".
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The same card is held already, and nothing is known against it.
    #[error("this card is on this phone already")]
    AlreadyHeld {
        /// Its name.
        id: CardId,
    },
    /// No such card is held.
    #[error("there is no such card on this phone")]
    NoSuchCard,
    /// The secure element does not have one of the keys that the card is bound to: nobody could show it.
    #[error("the key of this card is not on this phone")]
    KeyMissing,
    /// The store did not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeepError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::AlreadyHeld { .. } => "already_held",
            Self::NoSuchCard => "no_such_card",
            Self::KeyMissing => "key_missing",
            Self::Store(error) => error.reason(),
        }
    }
}
