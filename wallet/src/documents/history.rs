//! What happened on this phone, newest last, for its owner to read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::trust::RootId;
use super::{CardId, Documents, StoreError, remove};
use crate::store::Change;

/// How many entries are kept; older ones go when new ones come.
const KEPT: usize = 500;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When, by the phone's clock of that time.
    pub at: Timestamp,
    /// With which card, if with one.
    pub card: Option<CardId>,
    /// What.
    pub event: HistoryEvent,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "snake_case")]
pub enum HistoryEvent {
    /// The card was activated on this phone.
    Activated,
    /// A renewed card took the old one's place.
    Renewed,
    /// The issuer was asked and nothing had changed.
    Refreshed,
    /// The issuer revoked it.
    Revoked {
        /// Why, as the issuer says it.
        reason: String,
    },
    /// A later one took its place elsewhere.
    Superseded,
    /// It was deleted from this phone.
    Deleted,
    /// It was shown to a verifier.
    Presented {
        /// To whom, as they named themselves.
        verifier: String,
        /// Which data they got.
        shared: Vec<String>,
    },
    /// A root certificate is trusted.
    RootTrusted {
        /// Its fingerprint.
        root: RootId,
        /// Its name for people.
        name: String,
    },
    /// A root certificate is trusted no more.
    RootDistrusted {
        /// Its fingerprint.
        root: RootId,
        /// Its name for people.
        name: String,
    },
    /// The terms of use were agreed to.
    TermsAccepted {
        /// The text's version.
        version: String,
    },
    /// The privacy notice was read.
    PrivacyNoticeAccepted {
        /// The text's version.
        version: String,
    },
}

impl Record for HistoryEntry {
    const KIND: &'static str = "history";
    const VERSION: u16 = 1;
}

impl Documents {
    /// What happened, oldest first; the last 500 things.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn history(&self) -> Result<Vec<HistoryEntry>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, entry)| entry).collect())
    }

    /// Notes something that changed nothing else.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn note(&self, entry: HistoryEntry) -> Result<(), StoreError> {
        let writer = self.writer();
        let changes = self.history_changes(entry)?;
        writer.commit(changes)
    }

    /// The changes that append `entry`; to be made by whoever has the writer's turn.
    pub(super) fn history_changes(&self, entry: HistoryEntry) -> Result<Vec<Change>, StoreError> {
        let ids = self.ids::<HistoryEntry>()?;
        let last = match ids.last() {
            Some(id) => u64::from_str_radix(id, 16).map_err(|_| StoreError::Damaged("a history number"))?,
            None => 0,
        };
        let surplus = (ids.len() + 1).saturating_sub(KEPT);
        let mut changes: Vec<Change> =
            ids.iter().take(surplus).map(|id| remove::<HistoryEntry>(id)).collect();
        // Fixed width, so that the order of names is the order of time.
        changes.push(self.put(&format!("{:016x}", last + 1), &entry)?);
        Ok(changes)
    }
}
