//! Tables of pupils that are being imported, and the rows of them that were rejected.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{ImportId, PupilId, SchoolId, StaffId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// Where an import stands.
    ImportState {
        /// Looked at; nothing is entered yet.
        Preview = "preview",
        /// Rows are being entered.
        Running = "running",
        /// Every row was entered or rejected.
        Done = "done",
        /// Ended before its last row; what was entered stays.
        Stopped = "stopped",
        /// Nobody asked for it within a day.
        Expired = "expired",
    }
}

row! {
    /// A table of pupils, and how far it has come.
    ImportBatch in "import_batch" {
        /// Name in the store.
        id: ImportId,
        /// Where the pupils are entered.
        school_id: SchoolId,
        /// Who sent it.
        staff_id: Option<StaffId>,
        /// What the file was called.
        file_name: String,
        /// Its columns: a JSON list.
        columns: String,
        /// Where it stands.
        state: ImportState,
        /// Its rows.
        total: u32,
        /// Rows that were gone through.
        done: u32,
        /// Rows that were entered, or could be.
        accepted: u32,
        /// Rows that were not, or could not.
        rejected: u32,
        /// When it was sent.
        created_at: Timestamp,
        /// When something last happened to it.
        touched_at: Timestamp,
        /// When what stands in it is erased.
        expires_at: Timestamp,
    }
}

row! {
    /// A row that was rejected, as it stood in the file.
    ImportReject in "import_reject" {
        /// In which table.
        batch_id: ImportId,
        /// Where it stood.
        line: u32,
        /// Its cells: a JSON list.
        cells: String,
        /// What is wrong with it: a JSON list.
        faults: String,
    }
}

impl ImportBatch {
    /// The table itself, while it is kept: JSON. Apart from the row, since it is large.
    pub async fn body(tx: &mut dyn Statements, id: &ImportId) -> Result<Option<Vec<u8>>, StoreError> {
        match tx.first("SELECT body FROM import_batch WHERE id = $1", params![id]).await? {
            Some(row) => row.take(0),
            None => Ok(None),
        }
    }

    /// Keeps the table itself.
    pub async fn keep_body(&self, tx: &mut dyn Statements, body: &[u8]) -> Result<(), StoreError> {
        tx.execute("UPDATE import_batch SET body = $2 WHERE id = $1", params![&self.id, body])
            .await
            .map(|_| ())
    }

    /// Writes state and counts back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE import_batch SET state = $2, done = $3, accepted = $4, rejected = $5, touched_at = $6 \
                   WHERE id = $1";
        let values = params![&self.id, self.state, self.done, self.accepted, self.rejected, self.touched_at];
        tx.execute(sql, values).await.map(|_| ())
    }

    /// Erases what stands in the table; rejected rows stay.
    pub async fn erase_body(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("UPDATE import_batch SET body = NULL WHERE id = $1", params![&self.id]).await.map(|_| ())
    }

    /// Erases what stands in the table, its name and its rejected rows.
    pub async fn erase(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        ImportReject::forget(tx, &self.id).await?;
        let sql = "UPDATE import_batch SET body = NULL, file_name = '' WHERE id = $1";
        tx.execute(sql, params![&self.id]).await.map(|_| ())
    }

    /// Those of a school, newest first, at most `limit`.
    pub async fn of_school(
        tx: &mut dyn Statements,
        school: &SchoolId,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE school_id = $1 ORDER BY id DESC LIMIT $2", params![school, limit]).await
    }

    /// Those that hold something to erase, of every school.
    pub async fn with_content(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE body IS NOT NULL OR file_name <> '' ORDER BY id";
        Self::select(tx, condition, &[]).await
    }

    /// Those that run and that nothing happened to since `before`.
    pub async fn abandoned(tx: &mut dyn Statements, before: Timestamp) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE state = 'running' AND touched_at <= $1 ORDER BY id";
        Self::select(tx, condition, params![before]).await
    }

    /// Forgets those that expired before then.
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        let sql =
            "DELETE FROM import_reject WHERE batch_id IN (SELECT id FROM import_batch WHERE expires_at < $1)";
        tx.execute(sql, params![before]).await?;
        tx.execute("DELETE FROM import_batch WHERE expires_at < $1", params![before]).await
    }
}

impl ImportReject {
    /// The rejected rows of a table, in their order, at most `limit`.
    pub async fn of_batch(
        tx: &mut dyn Statements,
        batch: &ImportId,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE batch_id = $1 ORDER BY line LIMIT $2", params![batch, limit]).await
    }

    /// Forgets those of a table.
    pub async fn forget(tx: &mut dyn Statements, batch: &ImportId) -> Result<(), StoreError> {
        tx.execute("DELETE FROM import_reject WHERE batch_id = $1", params![batch]).await.map(|_| ())
    }
}

/// Which of these PESELs stand in the books, of whichever school.
pub async fn known_pesels(tx: &mut dyn Statements, pesels: &[String]) -> Result<Vec<String>, StoreError> {
    let mut known = Vec::new();
    for some in pesels.chunks(200) {
        let places: Vec<String> = (1..=some.len()).map(|place| format!("${place}")).collect();
        let sql = format!("SELECT pesel FROM pupil WHERE pesel IN ({})", places.join(", "));
        let values: Vec<crate::store::Value> = some.iter().map(crate::store::Value::from).collect();
        for row in tx.query(&sql, &values).await? {
            known.push(row.take(0)?);
        }
    }
    Ok(known)
}

/// The pupil of a school who has this other document.
pub async fn holder_of(
    tx: &mut dyn Statements,
    school: &SchoolId,
    document: &str,
) -> Result<Option<PupilId>, StoreError> {
    let sql = "SELECT id FROM pupil WHERE school_id = $1 AND other_document = $2";
    match tx.first(sql, params![school, document]).await? {
        Some(row) => row.take(0).map(Some),
        None => Ok(None),
    }
}
