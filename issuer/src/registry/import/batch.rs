//! A file that is kept for a day: what was found in it, and whether its rows are to be entered.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::entropy::Entropy;

use super::column::Column;
use super::row::{Judged, RowFault};
use super::table::Table;
use crate::audit::Act;
use crate::registry::base_card::NewBaseCard;
use crate::registry::fault::FaultCode;
use crate::registry::pupil::Identity;
use crate::store::id::{ImportId, SchoolId, StaffId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::import_batch::{ImportBatch, ImportReject, ImportState, holder_of, known_pesels};
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// How long what stands in a file is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long it is kept that there was an import, and how many rows it had.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Takes a file in: judges its rows against the books and keeps both. Enters nothing.
pub struct TakeIn {
    batch: ImportBatch,
    body: Vec<u8>,
    rows: Vec<Judged>,
    act: Act,
}

impl std::fmt::Debug for TakeIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TakeIn({:?}, {} rows)", self.batch, self.rows.len())
    }
}

impl TakeIn {
    /// The act of taking `table`, whose rows were judged, in for `school`; by nobody of the staff where it came
    /// from the command line.
    pub fn new(
        school: SchoolId,
        staff: Option<StaffId>,
        file_name: &str,
        table: &Table,
        rows: Vec<Judged>,
        act: Act,
        entropy: &dyn Entropy,
    ) -> Self {
        let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let batch = ImportBatch {
            id: ImportId::fresh(act.at, entropy),
            school_id: school,
            staff_id: staff,
            file_name: name.chars().filter(|c| !c.is_control()).take(120).collect(),
            columns: json!(table.columns).to_string(),
            state: ImportState::Preview,
            total: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            done: 0,
            accepted: 0,
            rejected: 0,
            created_at: act.at,
            touched_at: act.at,
            expires_at: act.at.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
        };
        Self { batch, body: json!(table).to_string().into_bytes(), rows, act }
    }
}

#[async_trait::async_trait]
impl Verb for TakeIn {
    type Answer = Result<ImportBatch, ImportRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(school) = School::find(tx, &self.batch.school_id).await? else {
            return Ok(Err(ImportRefusal::Unknown));
        };
        let mut batch = self.batch.clone();
        batch.insert(tx).await?;
        batch.keep_body(tx, &self.body).await?;
        let known = Known::of(tx, &school, &self.rows).await?;
        for row in &self.rows {
            let faults = match &row.outcome {
                Err(faults) => faults.clone(),
                Ok(_) => known.faults(row),
            };
            if faults.is_empty() {
                batch.accepted += 1;
            } else {
                batch.rejected += 1;
                reject(&batch.id, row, &faults).insert(tx).await?;
            }
        }
        batch.update(tx).await?;
        let detail = json!({ "school": batch.school_id, "rows": batch.total });
        self.act.trail().record(tx, "import.taken_in", batch.id.as_str(), detail).await?;
        Ok(Ok(batch))
    }
}

pub(super) fn reject(batch: &ImportId, row: &Judged, faults: &[RowFault]) -> ImportReject {
    ImportReject {
        batch_id: batch.clone(),
        line: row.line,
        cells: json!(row.cells).to_string(),
        faults: json!(faults).to_string(),
    }
}

/// Who of a table stands in the books already, and which of its cards.
struct Known {
    pesels: BTreeSet<String>,
    documents: BTreeSet<String>,
    cards: BTreeSet<(u16, u32)>,
}

impl Known {
    async fn of(tx: &mut dyn Statements, school: &School, rows: &[Judged]) -> Result<Self, StoreError> {
        let good = || rows.iter().filter_map(|row| row.outcome.as_ref().ok());
        let (mut pesels, mut documents, mut cards) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for row in good() {
            match row.pupil.identity() {
                Identity::Pesel(pesel) => pesels.push(pesel.as_str().to_owned()),
                Identity::OtherDocument(document) => {
                    if holder_of(tx, &school.id, document.as_str()).await?.is_some() {
                        documents.insert(document.as_str().to_owned());
                    }
                }
            }
            if let Some(number) = row.card.as_ref().and_then(NewBaseCard::number) {
                let (year, number) = (number.year(), number.number());
                if BaseCard::by_key(tx, school.rspo, year.into(), number.into()).await?.is_some() {
                    cards.insert((year, number));
                }
            }
        }
        let pesels = known_pesels(tx, &pesels).await?.into_iter().collect();
        Ok(Self { pesels, documents, cards })
    }

    fn faults(&self, row: &Judged) -> Vec<RowFault> {
        let Ok(new) = &row.outcome else { return Vec::new() };
        let mut faults = Vec::new();
        let (entered, column) = match new.pupil.identity() {
            Identity::Pesel(pesel) => (self.pesels.contains(pesel.as_str()), Column::Pesel),
            Identity::OtherDocument(document) => {
                (self.documents.contains(document.as_str()), Column::OtherDocument)
            }
        };
        if entered {
            faults.push(RowFault::new(column, FaultCode::AlreadyEntered));
        }
        let number = new.card.as_ref().and_then(NewBaseCard::number);
        if number.is_some_and(|number| self.cards.contains(&(number.year(), number.number()))) {
            faults.push(RowFault::new(Column::CardNumber, FaultCode::CardNumberTaken));
        }
        faults
    }
}

/// An import as it stands.
pub struct ImportFile {
    /// The import.
    pub batch: ImportBatch,
    /// The table, while it is kept.
    pub table: Option<Table>,
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// Rejected rows: where they stood, their cells, and what is wrong with them.
    pub rejects: Vec<(u32, Vec<String>, Vec<RowFault>)>,
}

impl std::fmt::Debug for ImportFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Pupils stand in the rejected rows.
        write!(f, "ImportFile({:?}, {:?}, {} rejected)", self.batch, self.table, self.rejects.len())
    }
}

/// Reads an import of a school.
#[derive(Debug)]
pub struct ReadImport {
    /// Which.
    pub import: ImportId,
    /// Whose.
    pub school: SchoolId,
    /// At most so many rejected rows.
    pub rejects: u32,
}

#[async_trait::async_trait]
impl Verb for ReadImport {
    type Answer = Option<ImportFile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = ImportBatch::find(tx, &self.import).await?;
        let Some(batch) = found.filter(|batch| batch.school_id == self.school) else { return Ok(None) };
        let table = match batch.state {
            ImportState::Preview => table_of(tx, &batch.id).await?,
            ImportState::Running | ImportState::Done | ImportState::Stopped | ImportState::Expired => None,
        };
        let columns = from_json(&batch.columns)?;
        let mut rejects = Vec::new();
        for row in ImportReject::of_batch(tx, &batch.id, self.rejects).await? {
            rejects.push((row.line, from_json(&row.cells)?, from_json(&row.faults)?));
        }
        Ok(Some(ImportFile { batch, table, columns, rejects }))
    }
}

/// The table of an import, while it is kept.
pub(crate) async fn table_of(tx: &mut dyn Statements, id: &ImportId) -> Result<Option<Table>, StoreError> {
    let Some(body) = ImportBatch::body(tx, id).await? else { return Ok(None) };
    serde_json::from_slice(&body).map(Some).map_err(|_| StoreError::Damaged("expected a table of pupils"))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged("expected a row of an import"))
}

/// Reads the last imports of a school, newest first.
#[derive(Debug)]
pub struct ListImports(pub SchoolId);

#[async_trait::async_trait]
impl Verb for ListImports {
    type Answer = Vec<ImportBatch>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        ImportBatch::of_school(tx, &self.0, 10).await
    }
}

/// Says that the rows of an import are to be entered. Said twice, it is said once.
#[derive(Debug)]
pub struct ConfirmImport {
    /// Which.
    pub import: ImportId,
    /// Whose.
    pub school: SchoolId,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ConfirmImport {
    type Answer = Result<ImportBatch, ImportRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = ImportBatch::lock(tx, &self.import).await?;
        let Some(mut batch) = found.filter(|batch| batch.school_id == self.school) else {
            return Ok(Err(ImportRefusal::Unknown));
        };
        match batch.state {
            ImportState::Running | ImportState::Done => return Ok(Ok(batch)),
            ImportState::Stopped | ImportState::Expired => return Ok(Err(ImportRefusal::Over)),
            ImportState::Preview if batch.expires_at <= self.act.at => return Ok(Err(ImportRefusal::Over)),
            ImportState::Preview => {}
        }
        // What was found stays in the preview; what comes of it is counted anew.
        ImportReject::forget(tx, &batch.id).await?;
        (batch.done, batch.accepted, batch.rejected) = (0, 0, 0);
        batch.state = ImportState::Running;
        batch.touched_at = self.act.at;
        batch.update(tx).await?;
        self.act
            .trail()
            .record(tx, "import.begun", batch.id.as_str(), json!({ "rows": batch.total }))
            .await?;
        Ok(Ok(batch))
    }
}

/// Drops a file that was only looked at, or ends an import before its last row: what was entered stays.
#[derive(Debug)]
pub struct StopImport {
    /// Which.
    pub import: ImportId,
    /// Whose.
    pub school: SchoolId,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for StopImport {
    type Answer = Result<ImportBatch, ImportRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = ImportBatch::lock(tx, &self.import).await?;
        let Some(batch) = found.filter(|batch| batch.school_id == self.school) else {
            return Ok(Err(ImportRefusal::Unknown));
        };
        end(tx, batch, &self.act).await.map(Ok)
    }
}

/// Ends an import whose row is held.
pub(crate) async fn end(
    tx: &mut dyn Statements,
    mut batch: ImportBatch,
    act: &Act,
) -> Result<ImportBatch, StoreError> {
    let (state, action) = match batch.state {
        ImportState::Preview => (ImportState::Expired, "import.dropped"),
        ImportState::Running => (ImportState::Stopped, "import.stopped"),
        ImportState::Done | ImportState::Stopped | ImportState::Expired => return Ok(batch),
    };
    batch.state = state;
    batch.touched_at = act.at;
    batch.update(tx).await?;
    if state == ImportState::Expired {
        batch.erase(tx).await?
    } else {
        batch.erase_body(tx).await?
    }
    let act = act.part(batch.id.as_str());
    act.trail().record(tx, action, batch.id.as_str(), json!({ "rows_done": batch.done })).await?;
    Ok(batch)
}

/// Erases what has been kept for a day, and forgets imports of a month ago.
#[derive(Debug)]
pub struct ForgetImports {
    /// Who does it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ForgetImports {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        for batch in ImportBatch::with_content(tx).await? {
            if batch.expires_at > self.act.at {
                continue;
            }
            let Some(batch) = ImportBatch::lock(tx, &batch.id).await? else { continue };
            end(tx, batch, &self.act).await?.erase(tx).await?;
        }
        let before = self.act.at.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        ImportBatch::forget(tx, before).await?;
        Ok(())
    }
}

/// Messages complete "cannot import the table: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// No such import, or another school's.
    #[error("import is unknown")]
    Unknown,
    /// It was dropped, stopped or kept for too long.
    #[error("import is over")]
    Over,
}
