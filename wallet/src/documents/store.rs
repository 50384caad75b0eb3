//! Bytes under names in sled 0.34.7, written so that what was acknowledged survives a power cut.
//!
//! Two things about this version of sled shape the file. Its `flush()` hands the log to the operating system
//! but does not make the disk write it, so every commit ends with `sync_data()` on the log. And a page beyond
//! an eighth of a mebibyte goes into a file of its own that nobody syncs; so values are cut into pieces small
//! enough that no page ever gets there (a page holds some 20 entries).

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::failure::StoreError;
use crate::home;

/// The most bytes of a value in one entry.
const PIECE: usize = 4096;
/// The most bytes of a value: 16 MiB.
const MAX_VALUE: usize = 4096 * PIECE;
/// What separates a name from the number of the piece; never part of a name.
const SEPARATOR: u8 = 0;

/// An open store. It knows nothing of seals: what it keeps are opaque bytes under names.
///
/// One handle at a time has it, whatever the process.
pub(super) struct Store {
    db: sled::Db,
    /// sled's log, for syncing.
    log: File,
    /// Readers see whole commits. True once a commit failed: what memory holds is then not what the disk
    /// holds, and only opening the store again tells which.
    failed: RwLock<bool>,
}

/// One of the changes of a commit.
pub(super) enum Change {
    /// Sets the value under a name.
    Put(String, Vec<u8>),
    /// Removes the name with its value; that it is not there is no error.
    Remove(String),
}

impl Store {
    /// Makes an empty store in `dir`, where there must be none.
    pub(super) fn create(dir: &Path) -> Result<Self, StoreError> {
        home::private_dir(dir)?;
        let store = Self::start(dir, true)?;
        // sled never syncs the names of its files, nor the parameters that it will insist on later.
        File::open(dir.join("conf"))?.sync_all()?;
        store.log.sync_all()?;
        home::sync_dir(dir)?;
        Ok(store)
    }

    /// Opens the store in `dir`.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        if !dir.join("db").try_exists()? {
            return Err(StoreError::Missing);
        }
        Self::start(dir, false)
    }

    fn start(dir: &Path, create: bool) -> Result<Self, StoreError> {
        let config = sled::Config::new()
            .path(dir)
            .create_new(create)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(16 * 1024 * 1024)
            // Commits flush; a second thread that writes behind their backs is not wanted.
            .flush_every_ms(None);
        let db = open_patiently(&config)?;
        let log = File::open(dir.join("db"))?;
        Ok(Self { db, log, failed: RwLock::new(false) })
    }

    /// The value under `name`.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut values = self.values(&entry_prefix(name))?;
        Ok(values.pop().map(|(_, value)| value))
    }

    /// All names that begin with `prefix`, in their order, with their values.
    pub(super) fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.values(prefix.as_bytes())
    }

    fn values(&self, prefix: &[u8]) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let failed = self.failed.read().unwrap_or_else(PoisonError::into_inner);
        if *failed {
            return Err(StoreError::AfterFailure);
        }
        let mut values: Vec<(String, Vec<u8>)> = Vec::new();
        let mut pieces = 0;
        for entry in self.db.scan_prefix(prefix) {
            let (entry_key, piece) = entry?;
            let (name, number) =
                parse_entry_key(&entry_key).ok_or(StoreError::Damaged("a name is not one"))?;
            match values.last_mut() {
                Some((last, value)) if last == name && number == pieces => value.extend_from_slice(&piece),
                last if number == 0 && last.as_ref().is_none_or(|(last, _)| last != name) => {
                    pieces = 0;
                    values.push((name.to_owned(), piece.to_vec()));
                }
                _ => return Err(StoreError::Damaged("a piece of a value is missing")),
            }
            pieces += 1;
        }
        Ok(values)
    }

    /// Applies all `changes` or none, and returns once they are on disk.
    ///
    /// After an error the store refuses everything until it is opened again.
    pub(super) fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut failed = self.failed.write().unwrap_or_else(PoisonError::into_inner);
        if *failed {
            return Err(StoreError::AfterFailure);
        }
        let batch = self.batch(changes)?;
        let outcome = self
            .db
            .apply_batch(batch)
            .and_then(|()| self.db.flush())
            .map_err(StoreError::from)
            .and_then(|_| self.log.sync_data().map_err(StoreError::from));
        *failed = outcome.is_err();
        outcome
    }

    fn batch(&self, changes: &[Change]) -> Result<sled::Batch, StoreError> {
        let mut batch = sled::Batch::default();
        for change in changes {
            let (name, value) = match change {
                Change::Put(name, value) => (name, value.as_slice()),
                Change::Remove(name) => (name, [].as_slice()),
            };
            if value.len() > MAX_VALUE {
                return Err(StoreError::TooBig);
            }
            let prefix = entry_prefix(name);
            // The value before may have had more pieces.
            for entry in self.db.scan_prefix(&prefix).keys() {
                batch.remove(entry?);
            }
            for (number, piece) in (0_u16..).zip(value.chunks(PIECE)) {
                let mut entry_key = prefix.clone();
                entry_key.extend_from_slice(&number.to_be_bytes());
                batch.insert(entry_key, piece);
            }
        }
        Ok(batch)
    }
}

fn entry_prefix(name: &str) -> Vec<u8> {
    debug_assert!(!name.as_bytes().contains(&SEPARATOR), "names are made of letters, digits and slashes");
    let mut prefix = Vec::with_capacity(name.len() + 3);
    prefix.extend_from_slice(name.as_bytes());
    prefix.push(SEPARATOR);
    prefix
}

fn parse_entry_key(entry_key: &[u8]) -> Option<(&str, u16)> {
    let (prefix, number) = entry_key.split_last_chunk::<2>()?;
    let (&separator, name) = prefix.split_last()?;
    let name = std::str::from_utf8(name).ok()?;
    (separator == SEPARATOR).then_some((name, u16::from_be_bytes(*number)))
}

/// Opens, and waits a moment if the store is in use: a handle that was closed just now may still be held for
/// some milliseconds by sled's own threads.
fn open_patiently(config: &sled::Config) -> Result<sled::Db, StoreError> {
    for _ in 0..20 {
        match open_carefully(config) {
            Err(StoreError::InUse) => thread::sleep(Duration::from_millis(50)),
            outcome => return outcome,
        }
    }
    Err(StoreError::InUse)
}

/// sled asserts some of what it reads: damage may be a panic instead of an error.
fn open_carefully(config: &sled::Config) -> Result<sled::Db, StoreError> {
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::Damaged("its log cannot be read")),
    }
}

#[cfg(test)]
mod tests;
