//! What waits in the books, over all schools: for whoever watches the machine, not for an office.

use jiff::Timestamp;

use super::notice::{Channel, NoticeState};
use crate::store::{Statements, StoreError};

/// What is begun and not finished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Audit entries without a place in the chain.
    pub unsealed: i64,
    /// Certificates that are prepared and not signed.
    pub prepared: i64,
    /// Since when the notice that waits longest has been due.
    pub oldest_due: Option<Timestamp>,
}

/// Notices of one channel in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outbox {
    /// How they travel.
    pub channel: Channel,
    /// Where they stand.
    pub state: NoticeState,
    /// How many.
    pub notices: i64,
}

impl Waiting {
    /// Counts.
    pub async fn count(tx: &mut dyn Statements) -> Result<Self, StoreError> {
        let unsealed = tx.number("SELECT COUNT(*) FROM audit_entry WHERE position IS NULL", &[]).await?;
        let prepared = tx.number("SELECT COUNT(*) FROM certificate WHERE state = 'prepared'", &[]).await?;
        // What no diary is linked for waits for the school, not for this machine.
        let oldest = "SELECT MIN(next_attempt_at) FROM notice WHERE state = 'queued' AND channel <> 'portal' \
                      AND (channel <> 'e_diary' OR EXISTS \
                      (SELECT 1 FROM e_diary WHERE e_diary.school_id = notice.school_id))";
        let oldest_due = match tx.first(oldest, &[]).await? {
            Some(row) => row.take(0)?,
            None => None,
        };
        Ok(Self { unsealed, prepared, oldest_due })
    }
}

impl Outbox {
    /// Counts what waits and what was given up; what was delivered is history.
    pub async fn count(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        let mut lines = Vec::new();
        for channel in [Channel::Email, Channel::EDiary] {
            for state in [NoticeState::Queued, NoticeState::Failed] {
                let sql = "SELECT COUNT(*) FROM notice WHERE channel = $1 AND state = $2";
                let notices = tx.number(sql, crate::store::sql::params![channel, state]).await?;
                lines.push(Self { channel, state, notices });
            }
        }
        Ok(lines)
    }
}
