//! Stores in memory, for tests: quick, and failing when they are told to.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Change, MAX_VALUE, Store, StoreError, Stores};

/// Stores that live as long as this value, one for each directory that is named; nothing is on disk.
#[derive(Default)]
pub struct MemoryStores(Arc<Disk>);

/// What is wrong with the memory that stands for a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every commit finds no space left.
    DiskFull,
    /// The next so many commits still find room; none after them does.
    DiskFullAfter {
        /// How many.
        commits: u32,
    },
    /// Nothing can be read.
    Unreadable,
}

#[derive(Default)]
struct Disk {
    stores: Mutex<BTreeMap<PathBuf, Arc<Kept>>>,
    fault: Mutex<Option<Fault>>,
}

/// One store, open or not.
#[derive(Default)]
struct Kept {
    values: Mutex<BTreeMap<String, Vec<u8>>>,
    open: AtomicBool,
}

/// A handle.
struct MemoryStore {
    disk: Arc<Disk>,
    kept: Arc<Kept>,
    /// Set once a commit failed: whether that was for want of space.
    failed: Mutex<Option<bool>>,
}

impl MemoryStores {
    /// From now on `fault` is wrong with all of them.
    pub fn fail(&self, fault: Fault) {
        *held(&self.0.fault) = Some(fault);
    }

    /// Nothing is wrong any more.
    pub fn mend(&self) {
        *held(&self.0.fault) = None;
    }

    fn handle(&self, kept: Arc<Kept>) -> Result<Box<dyn Store>, StoreError> {
        if kept.open.swap(true, Ordering::SeqCst) {
            return Err(StoreError::InUse);
        }
        Ok(Box::new(MemoryStore { disk: Arc::clone(&self.0), kept, failed: Mutex::new(None) }))
    }
}

impl Stores for MemoryStores {
    fn create(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        self.0.take_room()?;
        let kept = Arc::default();
        held(&self.0.stores).insert(home.to_owned(), Arc::clone(&kept));
        self.handle(kept)
    }

    fn open(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        self.0.check_readable()?;
        let kept = held(&self.0.stores).get(home).cloned().ok_or(StoreError::Missing)?;
        self.handle(kept)
    }

    fn remove(&self, home: &Path) -> Result<(), StoreError> {
        held(&self.0.stores).remove(home);
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        self.0.check_readable()?;
        self.0.take_room()?;
        let mut stores = held(&self.0.stores);
        let values = held(&stores.get(from).ok_or(StoreError::Missing)?.values).clone();
        stores.insert(
            to.to_owned(),
            Arc::new(Kept { values: Mutex::new(values), open: AtomicBool::new(false) }),
        );
        Ok(())
    }
}

impl Disk {
    fn check_readable(&self) -> Result<(), StoreError> {
        match *held(&self.fault) {
            Some(Fault::Unreadable) => Err(StoreError::Io(io::Error::other("the memory is told to fail"))),
            Some(Fault::DiskFull | Fault::DiskFullAfter { .. }) | None => Ok(()),
        }
    }

    fn take_room(&self) -> Result<(), StoreError> {
        match &mut *held(&self.fault) {
            Some(Fault::DiskFull | Fault::DiskFullAfter { commits: 0 }) => Err(StoreError::DiskFull),
            Some(Fault::DiskFullAfter { commits }) => {
                *commits -= 1;
                Ok(())
            }
            Some(Fault::Unreadable) | None => Ok(()),
        }
    }
}

impl MemoryStore {
    fn check(&self) -> Result<(), StoreError> {
        match *held(&self.failed) {
            Some(full) => Err(StoreError::AfterFailure { full }),
            None => Ok(()),
        }
    }
}

impl Store for MemoryStore {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        self.disk.check_readable()?;
        Ok(held(&self.kept.values).get(name).cloned())
    }

    fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.check()?;
        self.disk.check_readable()?;
        let values = held(&self.kept.values);
        let fitting = values.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        Ok(fitting.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut failed = held(&self.failed);
        if let Some(full) = *failed {
            return Err(StoreError::AfterFailure { full });
        }
        if changes.iter().any(|change| matches!(change, Change::Put(_, value) if value.len() > MAX_VALUE)) {
            return Err(StoreError::TooBig);
        }
        let mut values = held(&self.kept.values);
        if let Err(error) = self.disk.take_room() {
            *failed = Some(true);
            return Err(error);
        }
        for change in changes {
            match change {
                Change::Put(name, value) => values.insert(name.clone(), value.clone()),
                Change::Remove(name) => values.remove(name),
            };
        }
        Ok(())
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.kept.open.store(false, Ordering::SeqCst);
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;

    fn put(name: &str) -> [Change; 1] {
        [Change::Put(name.to_owned(), vec![1])]
    }

    #[test]
    fn memory_keeps_the_contract() {
        contract::run(&MemoryStores::default(), Path::new("/nowhere")).unwrap();
    }

    #[test]
    fn it_fails_as_it_is_told_and_keeps_what_it_had() {
        let (stores, home) = (MemoryStores::default(), Path::new("/nowhere"));
        let store = stores.create(home).unwrap();
        stores.fail(Fault::DiskFullAfter { commits: 1 });
        store.commit(&put("a")).unwrap();
        assert_eq!(store.commit(&put("b")).unwrap_err().reason(), "disk_full");
        assert!(matches!(store.read("a"), Err(StoreError::AfterFailure { full: true })));
        drop(store);
        stores.fail(Fault::Unreadable);
        assert_eq!(stores.open(home).err().unwrap().reason(), "store_io");
        stores.mend();
        let store = stores.open(home).unwrap();
        assert_eq!(store.scan("").unwrap(), [("a".to_owned(), vec![1])]);
        stores.fail(Fault::Unreadable);
        assert_eq!(store.read("a").unwrap_err().reason(), "store_io");
        stores.mend();
        assert!(store.read("a").unwrap().is_some(), "a failed reading is no failed change");
    }
}
