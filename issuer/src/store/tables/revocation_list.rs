//! Signed revocation lists, so that every issuer on one database serves the same.

use jiff::Timestamp;

use super::row;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// A signed list.
    RevocationList in "revocation_list" {
        /// CRL number; grows by one.
        number: i64,
        /// How many acts of revocation it has seen.
        revision: i64,
        /// The list.
        der: Vec<u8>,
        /// When it was signed.
        this_update: Timestamp,
        /// Until when it may be trusted.
        next_update: Timestamp,
    }
}

impl RevocationList {
    /// The newest list.
    pub async fn newest(tx: &mut dyn Statements) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "ORDER BY number DESC LIMIT 1", &[]).await?.into_iter().next())
    }

    /// How many acts of revocation there have been; holds the counter when the act writes.
    pub async fn revision(tx: &mut dyn Statements, hold: bool) -> Result<i64, StoreError> {
        let lock = if hold { tx.for_update() } else { "" };
        tx.number(&format!("SELECT value FROM counter WHERE name = 'revocations'{lock}"), &[]).await
    }

    /// Goes on `by` numbers further: acts of revocation, and lists that were signed, may have been forgotten.
    pub async fn skip(tx: &mut dyn Statements, by: i64) -> Result<(), StoreError> {
        let sql = "UPDATE counter SET value = value + $1 WHERE name = 'revocations'";
        tx.execute(sql, params![by]).await?;
        // Never served again: the acts have been counted on since it was signed.
        let sql = "UPDATE revocation_list SET number = number + $1 \
                   WHERE number = (SELECT MAX(number) FROM revocation_list)";
        tx.execute(sql, params![by]).await.map(|_| ())
    }

    /// Keeps only lists from `number` on.
    pub async fn forget_before(tx: &mut dyn Statements, number: i64) -> Result<(), StoreError> {
        tx.execute("DELETE FROM revocation_list WHERE number < $1", params![number]).await.map(|_| ())
    }
}
