//! Notices that an issuer has still to get: kept until they are delivered or nobody would read them any more.
//!
//! A notice keeps its device key alive, because only that key makes the issuer act on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::secret::Secret;
use shared::vci::notification::NotificationEvent;
use url::Url;

use super::record::Record;
use super::{Documents, StoreError, remove};
use crate::hex_name::hex_name;
use crate::secure_element::KeyHandle;

/// A notice under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What is to be said.
    pub event: NotificationEvent,
    /// About what, in the issuer's words.
    pub notification_id: String,
    /// The credential issuer identifier.
    pub issuer: String,
    /// Where it is to be said.
    pub notification_endpoint: Url,
    /// Where an access token for it is had.
    pub token_endpoint: Url,
    /// What that costs; bound to `key`.
    pub refresh_token: Secret,
    /// The key that proves who says it.
    pub key: KeyHandle,
    /// Since when it waits.
    pub since: Timestamp,
    /// From when on it need not be said any more: the card's end.
    pub until: Timestamp,
}

impl Notice {
    /// The name under which it is kept; the same for the same event about the same card.
    pub fn id(&self) -> NoticeId {
        let said = format!("{} {:?} {}", self.issuer, self.event, self.notification_id);
        NoticeId::of(Sha256::digest(said).into())
    }
}

impl Record for Notice {
    const KIND: &'static str = "notice";
    const VERSION: u16 = 1;
}

hex_name!(
    /// The name under which a notice is kept.
    NoticeId,
    32
);

impl Documents {
    /// All notices under way.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn notices(&self) -> Result<Vec<Notice>, StoreError> {
        Ok(self.records()?.into_iter().map(|(_, notice)| notice).collect())
    }

    /// Keeps a notice until it is delivered.
    pub(crate) fn keep_notice(&self, notice: &Notice) -> Result<(), StoreError> {
        self.writer().commit(vec![self.put(notice.id().as_str(), notice)?])
    }

    /// Forgets a notice; that there is none is no error.
    pub(crate) fn drop_notice(&self, id: &NoticeId) -> Result<(), StoreError> {
        self.writer().commit(vec![remove::<Notice>(id.as_str())])
    }
}
