//! What an issuer does while nobody asks: it seals the audit trail, goes on with what was left behind, and forgets
//! what has run out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::audit::{self, Actor};
use crate::issuance::Issuance;
use crate::issuance::revocation::LIST_TTL;
use crate::registry::import::{self, ForgetImports};
use crate::registry::photo_inbox::forget::ForgetPictures;
use crate::registry::sign_in::ForgetSessions;
use crate::store::tables::certificate::SpentNonce;
use crate::store::tables::credential_copy::CredentialCopy;
use crate::store::tables::idempotent_reply::IdempotentReply;
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Statements, StoreError, Verb};

/// Seals the audit trail twice a second and forgets what has run out once an hour,
/// until it is told to stop; what it is at is finished.
pub(crate) async fn keep_house(issuance: Issuance, mut stop: watch::Receiver<bool>) {
    let mut beats: u64 = 0;
    let mut beat = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = audit::seal(&issuance.store).await {
            tracing::warn!(%error, "cannot seal the audit trail");
        }
        if beats % 120 == 60
            && let Err(error) = issuance.settle_leftovers(SignedDuration::from_secs(60)).await
        {
            tracing::warn!(%error, "cannot settle certificates that were left prepared");
        }
        // At the start everything that runs was left behind by whoever ran before.
        let age = if beats == 0 { SignedDuration::ZERO } else { SignedDuration::from_secs(60) };
        if beats.is_multiple_of(120)
            && let Err(error) = import::start_abandoned(&issuance, age).await
        {
            tracing::warn!(%error, "cannot go on with imports");
        }
        if beats.is_multiple_of(7200)
            && let Err(error) = issuance.forget_expired().await
        {
            tracing::warn!(%error, "cannot forget what has expired");
        }
        beats += 1;
    }
}

impl Issuance {
    /// Forgets sessions, imports, spent nonces, idempotent replies and pictures from outside whose time is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_expired(&self) -> Result<(), StoreError> {
        self.store.write(ForgetSessions { now: self.now() }).await?;
        self.store.write(ForgetImports { act: self.act(Actor::System) }).await?;
        self.store.write(ForgetReplies { now: self.now() }).await?;
        while self.store.write(ForgetPictures::new(self.now(), &*self.entropy)).await? > 0 {}
        Ok(())
    }
}

/// Forgets what was kept so that nothing is answered twice.
struct ForgetReplies {
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ForgetReplies {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        SpentNonce::forget(tx, self.now).await?;
        IdempotentReply::forget(tx, self.now).await?;
        // Lists that tell of them may be held for as long as a list may be trusted.
        let told = self.now.saturating_sub(LIST_TTL).unwrap_or(self.now);
        StatusEntry::forget(tx, told).await?;
        CredentialCopy::forget(tx, told).await?;
        Ok(())
    }
}
