//! Reminders of codes that end soon.

use jiff::SignedDuration;

use super::slip_expires;
use crate::audit::Act;
use crate::issuance::dossier::Dossier;
use crate::store::tables::grant::Grant;
use crate::store::{Statements, StoreError, Verb};

/// So long before its end people are reminded of a slip.
pub(super) const REMIND_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many slips are looked at in one transaction.
const BATCH: u32 = 50;

/// Reminds, once for each slip, of codes that end within seven days and that nobody has used. Slips that live
/// no longer than that from the beginning are told of when they are made, and that is enough.
#[derive(Debug)]
pub struct RemindOfSlips {
    /// The issuer's own act, now.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for RemindOfSlips {
    /// Of how many slips; there may be more as long as it is not 0.
    type Answer = usize;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.act.at;
        let until = now.saturating_add(REMIND_BEFORE).unwrap_or(jiff::Timestamp::MAX);
        let mut told = 0;
        for grant in Grant::to_remind_of(tx, now, until, BATCH).await? {
            // Whoever notes it first reminds: several issuers may look at the same time.
            if !grant.remind(tx, now).await? {
                continue;
            }
            told += 1;
            if let Some(dossier) = Dossier::load(tx, &grant.card_id, now, false).await? {
                slip_expires(tx, &dossier, &grant, &self.act).await?;
            }
        }
        Ok(told)
    }
}
