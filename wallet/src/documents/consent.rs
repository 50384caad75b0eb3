//! What the owner agreed to: the terms of use and the privacy notice, each with its version and time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::history::{HistoryEntry, HistoryEvent};
use super::record::Record;
use super::{Documents, ONLY, StoreError};

/// What was agreed to last; earlier versions are in the history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Consents {
    /// The terms of use (regulamin).
    pub terms: Option<Consent>,
    /// The privacy notice (klauzula informacyjna).
    pub privacy_notice: Option<Consent>,
}

/// A text that was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The text's version, as its author names it.
    pub version: String,
    /// When.
    pub at: Timestamp,
}

impl Record for Consents {
    const KIND: &'static str = "consents";
    const VERSION: u16 = 1;
}

impl Documents {
    /// What was agreed to last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consents(&self) -> Result<Consents, StoreError> {
        Ok(self.record(ONLY)?.unwrap_or_default())
    }

    /// The owner agrees to the terms of use.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn accept_terms(&self, consent: Consent) -> Result<(), StoreError> {
        let event = HistoryEvent::TermsAccepted { version: consent.version.clone() };
        self.accept(consent.at, event, |consents| consents.terms = Some(consent))
    }

    /// The owner has read the privacy notice.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn accept_privacy_notice(&self, consent: Consent) -> Result<(), StoreError> {
        let event = HistoryEvent::PrivacyNoticeAccepted { version: consent.version.clone() };
        self.accept(consent.at, event, |consents| consents.privacy_notice = Some(consent))
    }

    fn accept(
        &self,
        at: Timestamp,
        event: HistoryEvent,
        set: impl FnOnce(&mut Consents),
    ) -> Result<(), StoreError> {
        let writer = self.writer();
        let mut consents = self.consents()?;
        set(&mut consents);
        let mut changes = self.history_changes(HistoryEntry { at, card: None, event })?;
        changes.push(self.put(ONLY, &consents)?);
        writer.commit(changes)
    }
}
