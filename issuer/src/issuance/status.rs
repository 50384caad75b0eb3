//! Token status lists: what has become of copies, in one signed token for many.

use jiff::{SignedDuration, Timestamp};
use shared::status::token::{StatusTokenFault, StatusTokenFields, signing_input};
use shared::status::{LIST_SIZE, StatusList};

use super::Issuance;
use super::revocation::LIST_TTL;
use crate::authority::{SignError, Signer};
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Statements, StoreError, Verb};

/// After how long whoever is online fetches a list again.
pub const STATUS_TTL: SignedDuration = SignedDuration::from_mins(5);

impl Issuance {
    /// The token of a list as it stands at this moment; `None` when there is no such list.
    ///
    /// Nothing is kept: packing 16 KiB and one signature cost less than keeping several issuers' copies alike.
    ///
    /// # Errors
    /// When the database or the signature fails.
    pub async fn status_list(&self, number: i64) -> Result<Option<String>, StatusListError> {
        let now = self.now();
        let Some(turned) = self.store.read(Turned { number, now }).await? else { return Ok(None) };
        let fields = StatusTokenFields {
            uri: self.addresses.status_list(number),
            issued_at: now,
            expires_at: now.saturating_add(LIST_TTL).unwrap_or(now),
            ttl: u32::try_from(STATUS_TTL.as_secs()).unwrap_or_default(),
        };
        let signer = self.authority.signer(Signer::StatusList);
        let input = signing_input(&fields, &StatusList::of_invalid(LIST_SIZE, turned), &signer.x5c())?;
        let signature = signer.sign_es256(input.as_bytes())?;
        Ok(Some(input.finish(signature)))
    }
}

struct Turned {
    number: i64,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for Turned {
    type Answer = Option<Vec<u32>>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        StatusEntry::ended(tx, self.number, self.now).await
    }
}

/// Messages complete "cannot publish the status list: …".
#[derive(Debug, thiserror::Error)]
pub enum StatusListError {
    /// It cannot be written down.
    #[error(transparent)]
    Writing(#[from] StatusTokenFault),
    /// The signature fails.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
