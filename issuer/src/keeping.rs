//! What an operator asks of the books: what still rests on an earlier master secret, and certificates that the books
//! have never heard of.

use jiff::Timestamp;
use serde_json::json;
use shared::x509::serial::SerialNumber;

use crate::app::{AppError, Surroundings};
use crate::audit::{Act, Actor};
use crate::authority::Authority;
use crate::config::Given;
use crate::master_secret::MasterSecret;
use crate::store::tables::certificate::Certificate;
use crate::store::tables::orphan::{self, Orphan};
use crate::store::{Statements, StoreError, Verb};

/// What rests on an earlier master secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rests {
    /// Slips that were made before it was changed and can still be used.
    pub slips: i64,
    /// API tokens that were made before and are not taken back.
    pub tokens: i64,
    /// Phones whose certificate is older: they renew with what they got then.
    pub phones: i64,
    /// Whether the books have followed the change.
    pub changed: bool,
}

struct LookFor {
    before: Timestamp,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for LookFor {
    type Answer = (i64, i64, i64);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        orphan::older_than(tx, self.before, self.now).await
    }
}

/// Counts what would be lost if the secrets that were followed at `before` were forgotten at `now`.
///
/// # Errors
/// When the folder or the database cannot be opened.
pub async fn rests_on(given: &Given, before: Timestamp, now: Timestamp) -> Result<Rests, AppError> {
    let keys = MasterSecret::read(&given.data_dir())?.keys();
    let store = crate::app::open_store(given).await?;
    let check = crate::app::recorded_check(&store).await?;
    let changed = check.is_some_and(|check| crate::issuance::keys::same(&check, &keys.installation_check()));
    let (slips, tokens, phones) = store.read(LookFor { before, now }).await?;
    // What the books have not followed yet cannot be let go.
    if !changed {
        return Ok(Rests { slips: slips.max(1), tokens, phones, changed });
    }
    if (slips, tokens, phones) == (0, 0, 0) {
        return Ok(Rests::default());
    }
    Ok(Rests { slips, tokens, phones, changed })
}

/// What became of serial numbers that somebody found in the logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Orphans {
    /// The books know them.
    pub known: u64,
    /// The books did not: they are on the revocation list now.
    pub revoked: u64,
}

/// Puts on the revocation list whichever of `serials` the books do not know: what was issued after a backup that had
/// to be restored. They stay on it until their issuing authority ends.
///
/// # Errors
/// When the folder or the database cannot be opened.
pub async fn revoke_orphans(
    given: &Given,
    serials: Vec<SerialNumber>,
    surroundings: &Surroundings,
) -> Result<Orphans, AppError> {
    let keys = crate::app::key_store(given)?;
    let folder = crate::app::authority_path(&given.data_dir());
    let authority = Authority::open(&folder, &keys, &*surroundings.entropy)?;
    let store = crate::app::open_store(given).await?;
    let act = Act::new(Actor::System, surroundings.clock.now(), &*surroundings.entropy);
    Ok(store.write(RevokeOrphans { serials, not_after: authority.longest_card(), act }).await?)
}

struct RevokeOrphans {
    serials: Vec<SerialNumber>,
    not_after: Timestamp,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for RevokeOrphans {
    type Answer = Orphans;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Orphans, StoreError> {
        let mut outcome = Orphans::default();
        let mut trail = self.act.trail();
        for serial in &self.serials {
            let serial = serial.to_string();
            if Certificate::find(tx, &serial).await?.is_some() || Orphan::find(tx, &serial).await?.is_some() {
                outcome.known += 1;
                continue;
            }
            let orphan =
                Orphan { serial: serial.clone(), revoked_at: self.act.at, not_after: self.not_after };
            orphan.record(tx).await?;
            trail.record(tx, "certificate.orphaned", &serial, json!({})).await?;
            outcome.revoked += 1;
        }
        Ok(outcome)
    }
}
