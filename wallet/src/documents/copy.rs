//! Copies of a card in further formats: one for each verifier, each under a key of its own.
//!
//! A copy is kept as two records: a small one that says what it is and how it stands, and its text, which holds the
//! photo and is read only when it is shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::entropy::Entropy;

use super::card::{CardId, HeldCard};
use super::holding::KeepError;
use super::record::{KeptBytes, Record};
use super::{Documents, StoreError, remove};
use crate::hex_name::hex_name;
use crate::secure_element::KeyHandle;
use crate::store::Change;

/// A copy of a card, or the key for one that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCopy {
    /// Of which card.
    pub card: CardId,
    /// The credential configuration.
    pub configuration: String,
    /// The key that it is bound to.
    pub key: KeyHandle,
    /// How it stands.
    pub state: CopyState,
}

/// How a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CopyState {
    /// Its key is made, and the issuer is being asked: after a crash the same key gets the same copy.
    Asked,
    /// Nobody has seen it.
    Unused {
        /// The first instant at which it is no longer good.
        expires_at: Timestamp,
    },
    /// Shown to somebody.
    Used {
        /// The first instant at which it is no longer good.
        expires_at: Timestamp,
        /// When it was last shown.
        at: Timestamp,
    },
}

impl CardCopy {
    /// Whether it can be shown at `now` and nobody has seen it.
    pub fn is_unused(&self, now: Timestamp) -> bool {
        matches!(self.state, CopyState::Unused { expires_at } if now < expires_at)
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        match self.state {
            CopyState::Asked => false,
            CopyState::Unused { expires_at } | CopyState::Used { expires_at, .. } => now >= expires_at,
        }
    }
}

impl Record for CardCopy {
    const KIND: &'static str = "copy";
    const VERSION: u16 = 1;
}

/// The text of a copy, exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CopyText {
    credential: KeptBytes,
}

impl Record for CopyText {
    const KIND: &'static str = "copy_text";
    const VERSION: u16 = 1;
}

hex_name!(
    /// The name under which a copy is kept.
    CopyId,
    16
);

impl CopyId {
    /// A new one.
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        Self::of(entropy.bytes())
    }
}

/// A copy that came and was verified, by whoever hands it in.
#[derive(Clone)]
pub struct ArrivedCopy {
    /// The name of the expected copy.
    pub id: CopyId,
    /// The credential, exactly as it came.
    pub credential: String,
    /// The first instant at which it is no longer good.
    pub expires_at: Timestamp,
}

/// Personal data.
impl std::fmt::Debug for ArrivedCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ArrivedCopy({})", self.id)
    }
}

/// A copy that is about to be shown, with the change that notes it.
pub(super) struct UsedCopy {
    pub(super) id: CopyId,
    pub(super) taken: TakenCopy,
    pub(super) change: Change,
}

/// A copy to be shown to one verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct TakenCopy {
    /// The key that signs for it.
    pub key: KeyHandle,
    /// The credential, exactly as it came.
    pub credential: String,
    /// Whether nobody has seen it before. Where none was left, the one that was seen longest ago is taken again, and
    /// two verifiers could tell that it is the same.
    pub first_use: bool,
}

/// Personal data.
impl std::fmt::Debug for TakenCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TakenCopy(first use: {})", self.first_use)
    }
}

impl Documents {
    /// The copies of a card in one configuration, keys still waiting for theirs among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn copies(&self, card: &CardId, configuration: &str) -> Result<Vec<(CopyId, CardCopy)>, StoreError> {
        let mut copies = self.all_copies()?;
        copies.retain(|(_, copy)| copy.card == *card && copy.configuration == configuration);
        Ok(copies)
    }

    pub(super) fn all_copies(&self) -> Result<Vec<(CopyId, CardCopy)>, StoreError> {
        let records = self.records::<CardCopy>()?;
        let named = records.into_iter().map(|(id, copy)| {
            let id = CopyId::parse(&id).map_err(|_| StoreError::Damaged("a copy has no name"))?;
            Ok((id, copy))
        });
        named.collect()
    }

    /// Keeps keys for which copies of `card` will be asked.
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`] when the card has gone meanwhile, or when the store cannot be read or written.
    pub(crate) fn expect_copies(
        &self,
        card: &CardId,
        expected: &[(CopyId, CardCopy)],
    ) -> Result<(), KeepError> {
        let writer = self.writer();
        if !self.holds(card)? {
            return Err(KeepError::NoSuchCard);
        }
        let changes = expected.iter().map(|(id, copy)| self.put(id.as_str(), copy));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        if changes.is_empty() { Ok(()) } else { Ok(writer.commit(changes)?) }
    }

    /// Keeps copies that came for keys that still wait for theirs; others, as when an answer comes twice or the card
    /// has gone meanwhile, are passed over. Copies that are over, or whose card has gone, go with the same step.
    pub(crate) fn keep_copies(&self, arrived: &[ArrivedCopy], now: Timestamp) -> Result<(), StoreError> {
        let writer = self.writer();
        let mut changes = Vec::new();
        for one in arrived {
            let expected = self.record::<CardCopy>(one.id.as_str())?;
            let Some(expected) = expected.filter(|copy| copy.state == CopyState::Asked) else { continue };
            let state = CopyState::Unused { expires_at: one.expires_at };
            changes.push(self.put(one.id.as_str(), &CardCopy { state, ..expected })?);
            let text = CopyText { credential: one.credential.clone().into_bytes().into() };
            changes.push(self.put(one.id.as_str(), &text)?);
        }
        let held = self.ids::<HeldCard>()?;
        let useless = |copy: &CardCopy| copy.is_over(now) || !held.iter().any(|id| copy.card.as_str() == id);
        for (id, _) in self.all_copies()?.iter().filter(|(_, copy)| useless(copy)) {
            changes.extend(removal(id));
        }
        if changes.is_empty() { Ok(()) } else { writer.commit(changes) }
    }

    /// Gives up keys that wait for copies; such as have theirs are passed over.
    pub(crate) fn give_up_copies(&self, ids: &[CopyId]) -> Result<(), StoreError> {
        let writer = self.writer();
        let mut changes = Vec::new();
        for id in ids {
            let waiting = self.record::<CardCopy>(id.as_str())?;
            if waiting.is_some_and(|copy| copy.state == CopyState::Asked) {
                changes.extend(removal(id));
            }
        }
        if changes.is_empty() { Ok(()) } else { writer.commit(changes) }
    }

    /// Takes a copy to be shown now: one that nobody has seen, else the one that was seen longest ago. That it is used
    /// is on disk before anybody sees it. `None` when there is none that is good.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn take_copy(
        &self,
        card: &CardId,
        configuration: &str,
        now: Timestamp,
    ) -> Result<Option<TakenCopy>, StoreError> {
        let writer = self.writer();
        let Some(used) = self.use_copy(card, configuration, now, &[])? else { return Ok(None) };
        writer.commit(vec![used.change])?;
        Ok(Some(used.taken))
    }

    /// The copy that [`take_copy`](Self::take_copy) would take; nothing changes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn look_at_copy(
        &self,
        card: &CardId,
        configuration: &str,
        now: Timestamp,
    ) -> Result<Option<TakenCopy>, StoreError> {
        Ok(self.use_copy(card, configuration, now, &[])?.map(|used| used.taken))
    }

    /// The copy to be shown, which is none of `except`, and the change that notes it; to be made by whoever has the
    /// writer's turn.
    pub(super) fn use_copy(
        &self,
        card: &CardId,
        configuration: &str,
        now: Timestamp,
        except: &[CopyId],
    ) -> Result<Option<UsedCopy>, StoreError> {
        let mut good = self.copies(card, configuration)?;
        good.retain(|(id, copy)| {
            copy.state != CopyState::Asked && !copy.is_over(now) && !except.contains(id)
        });
        good.sort_by_key(|(_, copy)| match copy.state {
            CopyState::Used { at, .. } => Some(at),
            CopyState::Asked | CopyState::Unused { .. } => None,
        });
        let Some((id, copy)) = good.into_iter().next() else { return Ok(None) };
        let first_use = copy.is_unused(now);
        let expires_at = match copy.state {
            CopyState::Unused { expires_at } | CopyState::Used { expires_at, .. } => expires_at,
            CopyState::Asked => return Ok(None),
        };
        let text: CopyText = self.record(id.as_str())?.ok_or(StoreError::Damaged("a copy has no text"))?;
        let credential = String::from_utf8(text.credential.as_slice().to_vec())
            .map_err(|_| StoreError::Damaged("a copy is no text"))?;
        let used = CardCopy { state: CopyState::Used { expires_at, at: now }, ..copy };
        let change = self.put(id.as_str(), &used)?;
        Ok(Some(UsedCopy { id, taken: TakenCopy { key: used.key, credential, first_use }, change }))
    }

    /// The changes that remove every copy of a card.
    pub(super) fn copies_ended(&self, card: &CardId) -> Result<Vec<Change>, StoreError> {
        let copies = self.all_copies()?;
        Ok(copies.iter().filter(|(_, copy)| copy.card == *card).flat_map(|(id, _)| removal(id)).collect())
    }
}

fn removal(id: &CopyId) -> [Change; 2] {
    [remove::<CardCopy>(id.as_str()), remove::<CopyText>(id.as_str())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: what this version wrote must be read for as long as versions are read.
    #[test]
    fn the_present_version_is_frozen() {
        let card = "000102030405060708090a0b0c0d0e0f";
        for (state, unused) in [
            (r#"{"is":"asked"}"#, false),
            (r#"{"is":"unused","expires_at":"2026-12-21T23:00:00Z"}"#, true),
            (r#"{"is":"used","expires_at":"2026-12-21T23:00:00Z","at":"2026-11-22T12:00:00Z"}"#, false),
        ] {
            let json = format!(
                r#"{{"card":"{card}","configuration":"mlegitymacja_sd_jwt","key":"{card}","state":{state}}}"#
            );
            let copy = CardCopy::read(1, json.as_bytes()).unwrap();
            assert_eq!(copy.write().unwrap().as_slice(), json.as_bytes());
            assert_eq!(copy.is_unused("2026-12-21T22:59:59Z".parse().unwrap()), unused);
            assert!(!copy.is_unused("2026-12-21T23:00:00Z".parse().unwrap()), "over");
        }
        let text = CopyText::read(1, br#"{"credential":"YS5iLmN+"}"#).unwrap();
        assert_eq!(text.credential.as_slice(), b"a.b.c~");
    }
}
