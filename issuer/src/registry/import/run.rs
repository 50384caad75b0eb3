//! Entering the rows, a few in each transaction: other people's work goes on between them, and whoever goes on
//! after a crash goes on where the last transaction ended.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::validity::warsaw_date;

use super::batch::{reject, table_of};
use super::column::Column;
use super::row::{Judged, NewRow, RowFault, judge};
use super::table::Table;
use crate::audit::{Act, Actor};
use crate::issuance::Issuance;
use crate::registry::base_card::{BaseCardEntryRefusal, EnterBaseCard};
use crate::registry::fault::FaultCode;
use crate::registry::guardian::EnterGuardian;
use crate::registry::pupil::{EnterPupil, Identity, PupilRefusal};
use crate::store::id::{ImportId, SchoolId};
use crate::store::tables::import_batch::{ImportBatch, ImportState, holder_of};
use crate::store::tables::school::School;
use crate::store::{Statements, Store, StoreError, Verb};

/// Rows entered in one transaction.
const CHUNK: usize = 25;

/// What entering rows needs: the books, the time and randomness, and nothing that signs.
#[derive(Clone)]
pub struct Means {
    /// The books.
    pub store: Store,
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    /// Where names of rows come from.
    pub entropy: Arc<dyn Entropy>,
}

impl From<&Issuance> for Means {
    fn from(issuance: &Issuance) -> Self {
        let (store, clock) = (issuance.store.clone(), Arc::clone(&issuance.clock));
        Self { store, clock, entropy: Arc::clone(&issuance.entropy) }
    }
}

/// Goes on with an import in a task of its own.
pub fn start(issuance: &Issuance, import: ImportId) {
    let issuance = issuance.clone();
    tokio::spawn(async move {
        if let Err(error) = run(&Means::from(&issuance), &import, &mut |_| ()).await {
            tracing::error!(%error, "an import stands still");
        }
    });
}

/// Goes on with imports that nobody has gone on with for `age`: the process that did has ended.
///
/// # Errors
/// When the database fails.
pub async fn start_abandoned(issuance: &Issuance, age: SignedDuration) -> Result<(), StoreError> {
    let before = issuance.now().saturating_sub(age).unwrap_or(jiff::Timestamp::MIN);
    for import in issuance.store.read(Abandoned(before)).await? {
        start(issuance, import);
    }
    Ok(())
}

/// Enters the rows of an import that was confirmed, from where it stands to its end; says after each transaction
/// how many rows are done.
///
/// # Errors
/// When the database fails; what was entered stays, and the import goes on when it is run again.
pub async fn run(
    means: &Means,
    import: &ImportId,
    told: &mut (dyn FnMut(usize) + Send),
) -> Result<(), StoreError> {
    let Some((batch, table)) = means.store.read(Load(import.clone())).await? else { return Ok(()) };
    let today = warsaw_date(means.clock.now());
    let judging = tokio::task::spawn_blocking(move || judge(&table, today)).await;
    let rows = Arc::new(judging.map_err(|_| StoreError::Damaged("an import cannot be judged"))?);
    let actor = batch.staff_id.map_or(Actor::System, Actor::Staff);
    let mut from = batch.done as usize;
    loop {
        told(from);
        let chunk = EnterRows {
            entropy: Arc::clone(&means.entropy),
            import: import.clone(),
            rows: Arc::clone(&rows),
            from,
            act: Act::new(actor.clone(), means.clock.now(), &*means.entropy),
        };
        match means.store.write(chunk).await? {
            // Somebody else may have gone on: their place is as good as ours.
            Some(place) => from = place,
            None => return Ok(()),
        }
    }
}

struct Abandoned(jiff::Timestamp);

#[async_trait::async_trait]
impl Verb for Abandoned {
    type Answer = Vec<ImportId>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(ImportBatch::abandoned(tx, self.0).await?.into_iter().map(|batch| batch.id).collect())
    }
}

/// An import that runs, with its table.
struct Load(ImportId);

#[async_trait::async_trait]
impl Verb for Load {
    type Answer = Option<(ImportBatch, Table)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = ImportBatch::find(tx, &self.0).await?;
        let Some(batch) = found.filter(|batch| batch.state == ImportState::Running) else { return Ok(None) };
        Ok(table_of(tx, &batch.id).await?.map(|table| (batch, table)))
    }
}

/// Enters a few rows. Answers where to go on, or nothing when there is nothing left to do.
struct EnterRows {
    entropy: Arc<dyn Entropy>,
    import: ImportId,
    rows: Arc<Vec<Judged>>,
    from: usize,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for EnterRows {
    type Answer = Option<usize>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut batch) = ImportBatch::lock(tx, &self.import).await? else { return Ok(None) };
        if batch.state != ImportState::Running {
            return Ok(None);
        }
        if batch.done as usize != self.from {
            return Ok(Some(batch.done as usize));
        }
        for row in self.rows.iter().skip(self.from).take(CHUNK) {
            let faults = match &row.outcome {
                Err(faults) => faults.clone(),
                Ok(new) => {
                    tx.set_mark().await?;
                    let act = self.act.part(&format!("{:05}", batch.done));
                    let entered = self.enter(tx, &batch.school_id, new, &act).await?;
                    match entered {
                        Ok(()) => tx.release_mark().await?,
                        Err(_) => tx.back_to_mark().await?,
                    }
                    entered.err().unwrap_or_default()
                }
            };
            if faults.is_empty() {
                batch.accepted += 1;
            } else {
                batch.rejected += 1;
                reject(&batch.id, row, &faults).insert(tx).await?;
            }
            batch.done += 1;
        }
        batch.touched_at = self.act.at;
        let over = batch.done >= batch.total;
        if over {
            batch.state = ImportState::Done;
            batch.erase_body(tx).await?;
            let detail = json!({ "entered": batch.accepted, "rejected": batch.rejected });
            self.act.trail().record(tx, "import.done", batch.id.as_str(), detail).await?;
        }
        batch.update(tx).await?;
        Ok((!over).then_some(batch.done as usize))
    }
}

impl EnterRows {
    /// One row, by the same verbs as one pupil at a time. What was written before a refusal is taken back by
    /// the caller.
    async fn enter(
        &self,
        tx: &mut dyn Statements,
        school: &SchoolId,
        row: &NewRow,
        act: &Act,
    ) -> Result<Result<(), Vec<RowFault>>, StoreError> {
        let entropy = &*self.entropy;
        let refuse = |column, code| Ok(Err(vec![RowFault::new(column, code)]));
        let column = match row.pupil.identity() {
            Identity::Pesel(_) => Column::Pesel,
            Identity::OtherDocument(document) => {
                // No unique key stands behind other documents: two imports at once wait for each other here.
                School::lock(tx, school).await?;
                if holder_of(tx, school, document.as_str()).await?.is_some() {
                    return refuse(Column::OtherDocument, FaultCode::AlreadyEntered);
                }
                Column::OtherDocument
            }
        };
        let enter = EnterPupil::new(school.clone(), row.pupil.clone(), act.part("p"), entropy);
        let pupil = match enter.run(tx).await? {
            Ok(pupil) => pupil,
            Err(PupilRefusal::PeselTaken) => return refuse(column, FaultCode::AlreadyEntered),
            Err(
                PupilRefusal::UnknownPupil
                | PupilRefusal::UnknownSchool
                | PupilRefusal::ChangedMeanwhile
                | PupilRefusal::Implausible(_),
            ) => return Err(StoreError::Damaged("an import lacks its school")),
        };
        for (place, guardian) in row.guardians.iter().enumerate() {
            let act = act.part(&format!("g{place}"));
            let enter = EnterGuardian::new(pupil.id.clone(), guardian.clone(), act, entropy);
            if enter.run(tx).await?.is_err() {
                return Err(StoreError::Damaged("a pupil that was just entered is unknown"));
            }
        }
        let Some(card) = &row.card else { return Ok(Ok(())) };
        let enter = EnterBaseCard::new(pupil.id, card.clone(), act.part("c"), entropy);
        match enter.run(tx).await? {
            Ok(_) => Ok(Ok(())),
            Err(BaseCardEntryRefusal::NumberTaken) => refuse(Column::CardNumber, FaultCode::CardNumberTaken),
            Err(BaseCardEntryRefusal::RegisterFull) => refuse(Column::CardNumber, FaultCode::RegisterFull),
            Err(
                BaseCardEntryRefusal::UnknownPupil
                | BaseCardEntryRefusal::UnknownDuplicate
                | BaseCardEntryRefusal::HoldsCard,
            ) => Err(StoreError::Damaged("a pupil that was just entered has a card already")),
        }
    }
}
