//! The audit trail: entries are written with the change that they record and chained right after.

use jiff::Timestamp;

use super::row;
use crate::audit::SearchTrail;
use crate::store::sql::params;
use crate::store::{Statements, StoreError, Value};

row! {
    /// Who did what to what, when. Holds ids only, so that a pupil can be erased without breaking the chain.
    AuditEntry in "audit_entry" {
        /// Name in the store; sorts by age.
        id: String,
        /// Position in the chain, from 1; none until it is sealed.
        position: Option<i64>,
        /// When.
        at: Timestamp,
        /// Who: `staff:…`, `token:…`, `wallet`, `system`.
        actor: String,
        /// What, as `noun.verb`.
        action: String,
        /// To what, as an id.
        subject: String,
        /// More, JSON without personal data.
        detail: String,
        /// Hash of the entry before.
        previous: Option<[u8; 32]>,
        /// Hash of this entry.
        hash: Option<[u8; 32]>,
    }
}

impl AuditEntry {
    /// The last sealed entry.
    pub async fn last_sealed(tx: &mut dyn Statements) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1";
        Ok(Self::select(tx, condition, &[]).await?.into_iter().next())
    }

    /// Entries that are not sealed yet, oldest first.
    pub async fn unsealed(tx: &mut dyn Statements, limit: u32) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE position IS NULL ORDER BY id LIMIT $1", params![limit]).await
    }

    /// Gives an entry its place in the chain, with what comes next.
    pub async fn seal(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE audit_entry SET position = $2, previous = $3, hash = $4 WHERE id = $1";
        tx.later(sql, params![&self.id, self.position, self.previous, self.hash].to_vec()).await
    }

    /// Sealed entries after `position`, in order.
    pub async fn after(tx: &mut dyn Statements, position: i64, limit: u32) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE position > $1 ORDER BY position LIMIT $2", params![position, limit]).await
    }

    /// Holds the end of the chain until the act ends: one sealer at a time, whichever issuer it runs in.
    pub async fn hold_chain(tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = format!("SELECT value FROM counter WHERE name = 'audit'{}", tx.for_update());
        tx.query(&sql, &[]).await.map(|_| ())
    }

    /// Sealed entries that a search finds, the end of the chain first. Their order is that of the chain: instants and
    /// names go back with a clock that is set back.
    pub async fn search(tx: &mut dyn Statements, search: &SearchTrail) -> Result<Vec<Self>, StoreError> {
        let mut condition = "WHERE position IS NOT NULL".to_owned();
        let mut values = Vec::new();
        let mut narrow = |clause: &str, value: Value| {
            values.push(value);
            condition += &clause.replace('?', &format!("${}", values.len()));
        };
        if let Some(subject) = &search.subject {
            narrow(" AND subject = ?", subject.into());
        }
        for (column, wanted) in [("action", &search.action), ("actor", &search.actor)] {
            match wanted {
                Some(start) if start.ends_with(['.', ':']) => {
                    let length = i64::try_from(start.chars().count()).unwrap_or(i64::MAX);
                    narrow(&format!(" AND substr({column}, 1, CAST(? AS INTEGER))"), length.into());
                    narrow(" = ?", start.into());
                }
                Some(whole) => narrow(&format!(" AND {column} = ?"), whole.into()),
                None => {}
            }
        }
        if let Some(from) = search.from {
            narrow(" AND at >= ?", from.into());
        }
        if let Some(until) = search.until {
            narrow(" AND at < ?", until.into());
        }
        if let Some(before) = search.before {
            narrow(" AND position < ?", before.into());
        }
        narrow(" ORDER BY position DESC LIMIT ?", search.limit.into());
        Self::select(tx, &condition, &values).await
    }

    /// Every action that stands in the trail, by its word.
    pub async fn actions(tx: &mut dyn Statements) -> Result<Vec<String>, StoreError> {
        let rows = tx.query("SELECT DISTINCT action FROM audit_entry ORDER BY action", &[]).await?;
        rows.iter().map(|row| row.take(0)).collect()
    }

    /// What was done to one subject, oldest first, at most `limit` entries: those that are not sealed yet, and
    /// those after `position`.
    pub async fn of_subject(
        tx: &mut dyn Statements,
        subject: &str,
        position: i64,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE subject = $1 AND (position > $2 OR position IS NULL) ORDER BY at, id LIMIT $3";
        Self::select(tx, condition, params![subject, position, limit]).await
    }
}
