//! What a call with an idempotency key was answered with.

use jiff::Timestamp;

use super::row;
use crate::store::id::TokenId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// A remembered reply; it never holds a secret.
    IdempotentReply in "idempotent_reply" {
        /// Whose key.
        token_id: TokenId,
        /// The key.
        key: String,
        /// SHA-256 of method, path and body.
        request_hash: [u8; 32],
        /// HTTP status.
        status: i64,
        /// JSON.
        body: String,
        /// When it may be forgotten.
        expires_at: Timestamp,
    }
}

impl IdempotentReply {
    /// What was answered to this key.
    pub async fn by_key(
        tx: &mut dyn Statements,
        token: &TokenId,
        key: &str,
    ) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE token_id = $1 AND key = $2";
        Ok(Self::select(tx, condition, params![token, key]).await?.into_iter().next())
    }

    /// Records what was answered to a key that was claimed before.
    pub async fn settle(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE idempotent_reply SET status = $3, body = $4 WHERE token_id = $1 AND key = $2";
        tx.execute(sql, params![&self.token_id, &self.key, self.status, &self.body]).await.map(|_| ())
    }

    /// Gives a key free again.
    pub async fn release(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "DELETE FROM idempotent_reply WHERE token_id = $1 AND key = $2";
        tx.execute(sql, params![&self.token_id, &self.key]).await.map(|_| ())
    }

    /// Gives a key free again if its time is up.
    pub async fn release_expired(&self, tx: &mut dyn Statements, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM idempotent_reply WHERE token_id = $1 AND key = $2 AND expires_at <= $3";
        tx.execute(sql, params![&self.token_id, &self.key, now]).await.map(|_| ())
    }

    /// Forgets what is older than a day.
    pub async fn forget(tx: &mut dyn Statements, now: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM idempotent_reply WHERE expires_at < $1", params![now]).await
    }
}
