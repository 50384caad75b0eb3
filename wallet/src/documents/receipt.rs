//! What was shown to whom: a receipt each.
//!
//! A copy is used before it leaves the phone, in one commit with its receipt: after a crash the phone may have used one
//! that nobody got, never shown one twice that it takes for fresh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::CardId;
use super::copy::TakenCopy;
use super::history::{HistoryEntry, HistoryEvent};
use super::record::Record;
use super::{Documents, StoreError, remove};
use crate::hex_name::hex_name;
use crate::store::Change;

/// How many receipts are kept; older ones go when new ones come.
const KEPT: usize = 500;

/// One request of a verifier, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its name.
    pub id: ReceiptId,
    /// When the holder decided, by the phone's clock.
    pub at: Timestamp,
    /// Who asked.
    pub verifier: ReceiptVerifier,
    /// Why, as they said it.
    pub purpose: Option<String>,
    /// With which cards.
    pub cards: Vec<CardId>,
    /// Which claims went to them, by their paths; no values.
    pub shared: Vec<String>,
    /// Which claims they asked and did not get.
    pub withheld: Vec<String>,
    /// What became of it.
    pub outcome: ReceiptOutcome,
}

/// Who asked, as far as the phone could tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptVerifier {
    /// Their name for people.
    pub name: String,
    /// Their client identifier, prefix included.
    pub client_id: String,
    /// The root that vouched for them; none if they vouched for themselves.
    pub vouched_by: Option<String>,
    /// The host that the answer went to.
    pub host: String,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// It was about to be sent; whether it arrived, nobody noted.
    Leaving,
    /// They have it.
    Shared,
    /// It was sent and they said no to it.
    RefusedByVerifier,
    /// It may have arrived: the connection broke.
    Uncertain,
    /// It did not leave the phone.
    NotSent,
    /// The holder said no.
    Declined,
}

impl ReceiptOutcome {
    /// Whether they may have seen what was shared.
    pub fn may_have_been_seen(self) -> bool {
        match self {
            Self::Leaving | Self::Shared | Self::RefusedByVerifier | Self::Uncertain => true,
            Self::NotSent | Self::Declined => false,
        }
    }
}

impl Record for Receipt {
    const KIND: &'static str = "receipt";
    const VERSION: u16 = 1;
}

hex_name!(
    /// The name under which a receipt is kept: the time, then randomness, so that names sort by time.
    ReceiptId,
    16
);

impl ReceiptId {
    /// The name of a receipt of `at`, told from others of the same instant by `random`.
    pub(crate) fn at(at: Timestamp, random: [u8; 8]) -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&at.as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(&random);
        Self::of(bytes)
    }
}

impl Documents {
    /// All receipts, oldest first; the last 500.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self) -> Result<Vec<Receipt>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, receipt)| receipt).collect())
    }

    /// One receipt.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipt(&self, id: &ReceiptId) -> Result<Option<Receipt>, StoreError> {
        self.record(id.as_str())
    }

    /// Keeps `receipt`, and with the same step takes a copy of each of `wanted` (a card and a credential configuration) to
    /// be shown: one that nobody has seen, else the one that was seen longest ago. `None`, and nothing is kept, when one
    /// of them has none that is good.
    pub(crate) fn spend(
        &self,
        receipt: &Receipt,
        wanted: &[(CardId, String)],
    ) -> Result<Option<Vec<TakenCopy>>, StoreError> {
        let writer = self.writer();
        let ids = self.ids::<Receipt>()?;
        let surplus = (ids.len() + 1).saturating_sub(KEPT);
        let mut changes: Vec<Change> = ids.iter().take(surplus).map(|id| remove::<Receipt>(id)).collect();
        changes.push(self.put(receipt.id.as_str(), receipt)?);
        let (mut taken, mut names) = (Vec::new(), Vec::new());
        for (card, configuration) in wanted {
            let Some(used) = self.use_copy(card, configuration, receipt.at, &names)? else { return Ok(None) };
            changes.push(used.change);
            names.push(used.id);
            taken.push(used.taken);
        }
        writer.commit(changes)?;
        Ok(Some(taken))
    }

    /// Notes what became of a receipt, and in the history what was seen.
    pub(crate) fn settle(
        &self,
        id: &ReceiptId,
        outcome: ReceiptOutcome,
    ) -> Result<Option<Receipt>, StoreError> {
        let writer = self.writer();
        let Some(mut receipt) = self.receipt(id)? else { return Ok(None) };
        receipt.outcome = outcome;
        let mut changes = vec![self.put(id.as_str(), &receipt)?];
        if outcome.may_have_been_seen() {
            let event = HistoryEvent::Presented {
                verifier: receipt.verifier.name.clone(),
                shared: receipt.shared.clone(),
            };
            let entry = HistoryEntry { at: receipt.at, card: receipt.cards.first().cloned(), event };
            changes.extend(self.history_changes(entry)?);
        }
        writer.commit(changes)?;
        Ok(Some(receipt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = r#"{"id":"00064b3f0c0e40000102030405060708","at":"2026-11-22T08:00:00Z",
        "verifier":{"name":"Kino","client_id":"x509_san_dns:kino.example","vouched_by":null,"host":"kino.example"},
        "purpose":"Bilet","cards":["000102030405060708090a0b0c0d0e0f"],"shared":["pupil_status"],"withheld":[],
        "outcome":"shared"}"#;

    #[test]
    fn the_present_version_is_frozen() {
        let receipt = Receipt::read(1, V1.as_bytes()).unwrap();
        assert_eq!(receipt.outcome, ReceiptOutcome::Shared);
        let written: serde_json::Value = serde_json::from_slice(&receipt.write().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(V1).unwrap());
    }

    #[test]
    fn names_of_receipts_sort_by_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let earlier = ReceiptId::at(at("2026-11-22T08:00:00Z"), [0xff; 8]);
        let later = ReceiptId::at(at("2026-11-22T08:00:00.000001Z"), [0; 8]);
        assert!(earlier < later);
    }
}
