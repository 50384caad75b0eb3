//! Where a school's electronic diary takes notices.

use jiff::Timestamp;

use super::row;
use crate::store::id::SchoolId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// The link to a school's electronic diary.
    EDiary in "e_diary" {
        /// Whose.
        school_id: SchoolId,
        /// Where notices are posted to.
        url: String,
        /// What they are signed with, sealed.
        sealed_secret: Vec<u8>,
        /// When it was linked.
        created_at: Timestamp,
    }
}

impl EDiary {
    /// Every link.
    pub async fn all(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "ORDER BY school_id", &[]).await
    }

    /// Writes address and secret back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE e_diary SET url = $2, sealed_secret = $3 WHERE school_id = $1";
        tx.execute(sql, params![&self.school_id, &self.url, self.sealed_secret.clone()]).await.map(|_| ())
    }

    /// Cuts the link.
    pub async fn delete(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("DELETE FROM e_diary WHERE school_id = $1", params![&self.school_id]).await.map(|_| ())
    }
}
