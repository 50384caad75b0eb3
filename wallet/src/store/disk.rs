//! Bytes under names in sled 0.34.7, written so that what was acknowledged survives a power cut.
//!
//! Two things about this version of sled shape the file. Its `flush()` hands the log to the operating system
//! but does not make the disk write it, so every commit ends with `sync_data()` on the log. And a page beyond
//! an eighth of a mebibyte goes into a file of its own that nobody syncs; so values are cut into pieces small
//! enough that no page ever gets there (a page holds some 20 entries).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::{Change, MAX_VALUE, Store, StoreError, Stores};
use crate::home;

/// The most bytes of a value in one entry.
const PIECE: usize = 4096;
/// What separates a name from the number of the piece; never part of a name.
const SEPARATOR: u8 = 0;

/// Stores in files: that of a phone is the directory `documents` in the phone's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskStores;

/// A handle on one.
struct DiskStore {
    db: sled::Db,
    /// sled's log, for syncing.
    log: File,
    /// Readers see whole commits. Set once a commit failed, to whether that was for want of space: what memory holds is
    /// then not what the disk holds, and only opening the store again tells which.
    failed: RwLock<Option<bool>>,
}

fn dir(home: &Path) -> PathBuf {
    home.join("documents")
}

impl Stores for DiskStores {
    fn create(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        self.remove(home)?;
        Ok(Box::new(DiskStore::create(&dir(home))?))
    }

    fn open(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(DiskStore::open(&dir(home))?))
    }

    fn remove(&self, home: &Path) -> Result<(), StoreError> {
        Ok(home::remove_dir(&dir(home))?)
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        let (from, to) = (dir(from), dir(to));
        if !from.join("db").try_exists()? {
            return Err(StoreError::Missing);
        }
        home::remove_dir(&to)?;
        Ok(copy_dir(&from, &to)?)
    }
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    home::private_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl DiskStore {
    /// Makes an empty store in `dir`, where there must be none.
    fn create(dir: &Path) -> Result<Self, StoreError> {
        home::private_dir(dir)?;
        let store = Self::start(dir, true)?;
        // sled never syncs the names of its files, nor the parameters that it will insist on later.
        File::open(dir.join("conf"))?.sync_all()?;
        store.log.sync_all()?;
        home::sync_dir(dir)?;
        Ok(store)
    }

    /// Opens the store in `dir`.
    fn open(dir: &Path) -> Result<Self, StoreError> {
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
        Ok(Self { db, log, failed: RwLock::new(None) })
    }

    fn values(&self, prefix: &[u8]) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let failed = self.failed.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = *failed {
            return Err(StoreError::AfterFailure { full });
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

    fn batch(&self, changes: &[Change]) -> Result<sled::Batch, StoreError> {
        // Of several changes of one name the last one counts.
        let mut last: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for change in changes {
            let (name, value) = match change {
                Change::Put(name, value) => (name, value.as_slice()),
                Change::Remove(name) => (name, [].as_slice()),
            };
            if value.len() > MAX_VALUE {
                return Err(StoreError::TooBig);
            }
            last.insert(name, value);
        }
        let mut batch = sled::Batch::default();
        for (name, value) in last {
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

impl Store for DiskStore {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut values = self.values(&entry_prefix(name))?;
        Ok(values.pop().map(|(_, value)| value))
    }

    fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.values(prefix.as_bytes())
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut failed = self.failed.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = *failed {
            return Err(StoreError::AfterFailure { full });
        }
        let batch = self.batch(changes)?;
        let outcome = self
            .db
            .apply_batch(batch)
            .and_then(|()| self.db.flush())
            .map_err(StoreError::from)
            .and_then(|_| self.log.sync_data().map_err(StoreError::from));
        *failed = outcome.as_ref().err().map(|error| matches!(error, StoreError::DiskFull));
        outcome
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

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            // sled has no kind of error for this; its text is stable, as its version is pinned.
            sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock") => Self::InUse,
            sled::Error::Io(error) => Self::from(error),
            sled::Error::Corruption { .. } => Self::Damaged("its log is corrupt"),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

#[cfg(test)]
mod tests;
