//! The books from the command line, by whoever may read the data folder: many pupils in, one pupil out, and many
//! cards off their phones.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use shared::validity::warsaw_date;

use crate::app::{AppError, Surroundings};
use crate::audit::{Act, Actor};
use crate::config::Given;
use crate::issuance::revocation::{HeldCards, RevocationRefusal, RevokeCard};
use crate::master_secret::MasterSecret;
use crate::registry::export::ExportPupil;
use crate::registry::import::{
    self, ConfirmImport, FILE_LIMIT, ImportFile, ImportRefusal, Means, ReadImport, StopImport, Table,
    TableRefusal, TakeIn,
};
use crate::registry::school::ListSchools;
use crate::store::id::{ImportId, PupilId, SchoolId};
use crate::store::tables::device::EndReason;
use crate::store::tables::mobile_card::HeldBy;
use crate::store::tables::school::School;
use crate::store::{Store, StoreError};

/// The books, opened from the command line.
pub struct Books {
    store: Store,
    surroundings: Surroundings,
}

/// What came of a file of pupils, or would come of it.
#[derive(Debug)]
pub struct Imported {
    /// The rows that were entered and rejected, as counted; the rejected ones with what is wrong with them.
    pub file: ImportFile,
    /// Headings that name no column we know: what stood below them was not read.
    pub unread: Vec<String>,
}

/// Whose cards are to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those of every school.
    AllSchools,
    /// Those of the school with this RSPO number; of one class, if one is named.
    School(u32, Option<String>),
}

/// How many cards are looked for at a time.
const CARDS_AT_ONCE: u32 = 200;

impl Books {
    /// Opens the books behind `given`.
    ///
    /// # Errors
    /// When the folder was never set up, or the database cannot be opened.
    pub async fn open(given: &Given, surroundings: &Surroundings) -> Result<Self, AppError> {
        // A folder without keys has no books either.
        MasterSecret::read(&given.data_dir())?;
        Ok(Self { store: crate::app::open_store(given).await?, surroundings: surroundings.clone() })
    }

    fn act(&self) -> Act {
        Act::new(Actor::System, self.surroundings.clock.now(), &*self.surroundings.entropy)
    }

    /// The school with this RSPO number; the only one there is, where none is named.
    async fn school(&self, rspo: Option<u32>) -> Result<SchoolId, BooksError> {
        let schools = self.store.read(ListSchools).await?;
        let named = |school: &&School| rspo.is_none_or(|rspo| school.rspo == i64::from(rspo));
        let mut found = schools.iter().filter(named);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.id.clone()),
            (Some(_), Some(_)) => Err(BooksError::WhichSchool),
            (None, _) => Err(BooksError::UnknownSchool),
        }
    }

    /// Reads a file of pupils, judges every row, and enters the good ones unless it is a dry run; `told` hears how
    /// many rows are done.
    ///
    /// # Errors
    /// When the file is no table of pupils, the school is not known, or the database fails: what was entered
    /// before that stays, and goes on when the issuer serves.
    pub async fn import(
        &self,
        path: &Path,
        rspo: Option<u32>,
        dry_run: bool,
        told: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<Imported, BooksError> {
        let school = self.school(rspo).await?;
        let table = Table::read(&read(path)?)?;
        let rows = import::judge(&table, warsaw_date(self.surroundings.clock.now()));
        let total = rows.len();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let entropy = &*self.surroundings.entropy;
        let take = TakeIn::new(school.clone(), None, &name, &table, rows, self.act(), entropy);
        let import = self.store.write(take).await??.id;
        if dry_run {
            // Looked at, told, and nothing of it kept.
            let file = self.read(&import, &school).await;
            self.store.write(StopImport { import, school, act: self.act() }).await??;
            return Ok(Imported { file: file?, unread: table.unread });
        }
        let confirm = ConfirmImport { import: import.clone(), school: school.clone(), act: self.act() };
        self.store.write(confirm).await??;
        let Surroundings { clock, entropy } = self.surroundings.clone();
        let means = Means { store: self.store.clone(), clock, entropy };
        import::run(&means, &import, &mut |done| told(done, total)).await?;
        Ok(Imported { file: self.read(&import, &school).await?, unread: table.unread })
    }

    async fn read(&self, import: &ImportId, school: &SchoolId) -> Result<ImportFile, BooksError> {
        let read = ReadImport { import: import.clone(), school: school.clone(), rejects: u32::MAX };
        self.store.read(read).await?.ok_or(BooksError::Import(ImportRefusal::Unknown))
    }

    /// All that is kept on a pupil, as one document; that it was taken out is recorded.
    ///
    /// # Errors
    /// When there is no such pupil, or the database fails.
    pub async fn export(&self, pupil: &str) -> Result<Value, BooksError> {
        let pupil = PupilId::parse(pupil).ok_or(BooksError::UnknownPupil)?;
        let verb = ExportPupil { pupil, act: self.act() };
        self.store.write(verb).await?.ok_or(BooksError::UnknownPupil)
    }

    /// Revokes the cards of `scope` on all their devices, with their open slips: those with a device that has no
    /// certificate issued at `issued_before` or later. `told` hears how many are done. Answers how many there were.
    ///
    /// Each card is an act of its own. What breaks off in the middle is done by the same call again.
    ///
    /// # Errors
    /// When the school is not known, or the database fails: what was revoked before that stays so.
    pub async fn revoke(
        &self,
        scope: Scope,
        issued_before: Timestamp,
        reason: EndReason,
        dry_run: bool,
        told: &mut (dyn FnMut(usize) + Send),
    ) -> Result<usize, BooksError> {
        let whose = match scope {
            Scope::AllSchools => HeldBy::Everybody,
            Scope::School(rspo, None) => HeldBy::School(self.school(Some(rspo)).await?),
            Scope::School(rspo, Some(class)) => HeldBy::Class(self.school(Some(rspo)).await?, class),
        };
        let (mut done, mut after) = (0, None);
        loop {
            let held = HeldCards { whose: whose.clone(), issued_before, after, limit: CARDS_AT_ONCE };
            let cards = self.store.read(held).await?;
            let Some(last) = cards.last().cloned() else { return Ok(done) };
            for card in cards {
                if !dry_run {
                    match self.store.write(RevokeCard { card, reason, act: self.act() }).await? {
                        // An erased pupil's: gone in between.
                        Ok(_) | Err(RevocationRefusal::UnknownCard | RevocationRefusal::UnknownDevice) => {}
                    }
                }
                done += 1;
                told(done);
            }
            after = Some(last);
        }
    }
}

/// The file, unless it is larger than any that is taken.
fn read(path: &Path) -> Result<Vec<u8>, BooksError> {
    let disk = |cause| BooksError::Disk { path: path.to_owned(), cause };
    if fs::metadata(path).map_err(disk)?.len() > FILE_LIMIT as u64 {
        return Err(BooksError::Table(TableRefusal::TooLarge));
    }
    fs::read(path).map_err(disk)
}

/// Messages complete "cannot import" and "cannot export".
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The file cannot be read or written.
    #[error("{}: {cause}", .path.display())]
    Disk {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is no table of pupils.
    #[error("cannot read the table: {0}")]
    Table(#[from] TableRefusal),
    /// No such school.
    #[error("there is no such school")]
    UnknownSchool,
    /// There are several, and none was named.
    #[error("there are several schools")]
    WhichSchool,
    /// No such pupil, or one that was erased.
    #[error("there is no such pupil")]
    UnknownPupil,
    /// Somebody at the office stopped it.
    #[error(transparent)]
    Import(#[from] ImportRefusal),
    /// The database fails.
    #[error("database: {0}")]
    Store(#[from] StoreError),
}
