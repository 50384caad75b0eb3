//! Certificates that the books have never heard of: issued after the backup from which the books were restored.

use jiff::Timestamp;

use super::row;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// A serial number that somebody found in the logs; nothing else is known of it.
    Orphan in "orphan" {
        /// Serial number, hexadecimal.
        serial: String,
        /// When it was revoked.
        revoked_at: Timestamp,
        /// Until when it must stand on the list: the end of its issuing authority.
        not_after: Timestamp,
    }
}

impl Orphan {
    /// Puts it on the revocation list.
    pub async fn record(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.insert(tx).await?;
        let counted = "UPDATE counter SET value = value + 1 WHERE name = 'revocations'";
        tx.execute(counted, &[]).await.map(|_| ())
    }

    /// Those that a list at `now` must name.
    pub async fn listed(tx: &mut dyn Statements, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE not_after >= $1 ORDER BY serial", params![now]).await
    }
}

/// Slips that were made before an instant and can still be used at `now`, API tokens, and phones whose newest
/// certificate is older.
pub async fn older_than(
    tx: &mut dyn Statements,
    before: Timestamp,
    now: Timestamp,
) -> Result<(i64, i64, i64), StoreError> {
    let slips =
        "SELECT COUNT(*) FROM issue_grant WHERE created_at <= $1 AND expires_at > $2 AND state = 'ready'";
    let tokens = "SELECT COUNT(*) FROM api_token WHERE created_at <= $1 AND ended_at IS NULL";
    let phones = "SELECT COUNT(*) FROM device WHERE state = 'live' AND activated_at <= $1 AND NOT EXISTS \
                  (SELECT 1 FROM certificate c WHERE c.device_id = device.id AND c.issued_at > $1)";
    Ok((
        tx.number(slips, params![before, now]).await?,
        tx.number(tokens, params![before]).await?,
        tx.number(phones, params![before]).await?,
    ))
}
