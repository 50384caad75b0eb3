//! Which installation a database belongs to: keys live outside it, and the wrong ones would be worse than none.

use super::row;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// The one row: digests of what lies in the data folder.
    Installation in "installation" {
        /// Always 1.
        only_one: i64,
        /// SHA-256 of the root certificate.
        root_sha256: [u8; 32],
        /// A keyed hash that only the master secret makes.
        secret_check: [u8; 32],
    }
}

impl Installation {
    /// Writes the check of another master secret.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE installation SET secret_check = $2 WHERE only_one = $1";
        tx.execute(sql, params![self.only_one, self.secret_check]).await.map(|_| ())
    }

    /// What the database says of itself; nothing before it was set up.
    pub async fn recorded(tx: &mut dyn Statements) -> Result<Option<Self>, StoreError> {
        Self::find(tx, 1_i64).await
    }
}
