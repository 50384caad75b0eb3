//! What the phone keeps: sealed, versioned records in a store that belongs to this phone's secure element.
//!
//! Locked, they are bytes on disk that can say whose they are; only with an element's session do they become
//! [`Documents`], which read and keep. Every change is one commit: it happened or it did not, whatever the
//! crash, and when the call returns it is on disk.

mod activation;
mod app;
mod card;
mod clock;
mod consent;
mod copy;
mod device;
mod history;
mod holder;
mod holding;
mod notice;
mod receipt;
mod record;
mod seal;
mod seen_list;
mod time_floor;
mod trust;
mod trusted_issuer;
mod used_offer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use shared::entropy::Entropy;

pub use self::activation::{OfferHash, PendingActivation, PendingKey, Resumption};
pub use self::card::{CardId, CardIdentity, CardState, CopyOffer, Endpoints, HeldCard, Issuer};
pub use self::consent::{Consent, Consents};
pub use self::copy::{ArrivedCopy, CardCopy, CopyId, CopyState, TakenCopy};
pub use self::history::{HistoryEntry, HistoryEvent};
pub use self::holder::{HolderSession, HolderToken};
pub use self::holding::KeepError;
pub use self::notice::{Notice, NoticeId};
pub use self::receipt::{Receipt, ReceiptId, ReceiptOutcome, ReceiptVerifier};
pub use self::record::KeptBytes;
pub use self::seen_list::{AuthorityId, SeenList};
pub use self::time_floor::{AuthenticatedTime, ClockVerdict, TimeFloor, TimeSource};
pub use self::trust::{RootId, TrustedRoot};
pub use self::trusted_issuer::{IssuerHash, TrustedIssuer};

use self::record::{Record, parse};
use self::seal::Sealer;
use crate::app_kind::AppKind;
use crate::device::DeviceDescription;
use crate::secure_element::{ElementId, ElementSession};
pub use crate::store::StoreError;
use crate::store::{Change, Store};

/// The version of the store as a whole: how names, pieces and seals are laid out.
const STORE_VERSION: u16 = 1;
/// In the clear: which element the store belongs to.
const HEADER: &str = "header";

/// Documents on disk, which nobody can read.
pub(crate) struct LockedDocuments {
    store: Box<dyn Store>,
    element: ElementId,
}

/// The one record that is not sealed; what it says is only believed once a sealed record agrees.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u16,
    element: ElementId,
}

/// Read first, so that a later version's header is named as such whatever else it holds.
#[derive(Deserialize)]
struct HeaderVersion {
    version: u16,
}

impl LockedDocuments {
    /// The documents in `store`, which must belong to `element`.
    pub(crate) fn open(store: Box<dyn Store>, element: &ElementId) -> Result<Self, StoreError> {
        let json = store.read(HEADER)?.ok_or(StoreError::Damaged("the store has no header"))?;
        let HeaderVersion { version } = parse(&json)?;
        if version > STORE_VERSION {
            return Err(StoreError::Newer { what: "the store", found: version, known: STORE_VERSION });
        }
        let header: Header = parse(&json)?;
        if header.element != *element {
            return Err(StoreError::OtherDevice);
        }
        Ok(Self { store, element: header.element })
    }

    /// Opens the seals with the session of the element. On failure the documents stay locked.
    pub(crate) fn unlock(
        self,
        session: Arc<dyn ElementSession>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Documents, Box<(Self, StoreError)>> {
        let sealer = Sealer::new(session.store_key(), entropy);
        let mut documents = Documents { locked: self, sealer, session, writer: Mutex::new(0) };
        match documents.check() {
            Ok(generation) => {
                documents.writer = Mutex::new(generation);
                Ok(documents)
            }
            Err(error) => Err(Box::new((documents.lock(), error))),
        }
    }
}

/// Documents that can be read and changed; they exist only while the phone is unlocked.
///
/// May be shared by threads; changes happen one after the other.
pub struct Documents {
    locked: LockedDocuments,
    sealer: Sealer,
    session: Arc<dyn ElementSession>,
    /// How many commits there were. Held by whoever decides and then changes, so that a decision still holds
    /// when its change is made.
    writer: Mutex<u64>,
}

/// The number of the last commit, sealed; part of every commit.
#[derive(Serialize, Deserialize)]
struct Generation {
    number: u64,
    /// Whose store this is: the sealed word that the header must agree with.
    element: ElementId,
}

impl Record for Generation {
    const KIND: &'static str = "generation";
    const VERSION: u16 = 1;
}

impl Documents {
    /// Makes the documents of a new phone in `store`, which must be empty.
    pub(crate) fn create(
        store: Box<dyn Store>,
        element: ElementId,
        session: Arc<dyn ElementSession>,
        (device, app): (&DeviceDescription, AppKind),
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let header = Header { version: STORE_VERSION, element: element.clone() };
        let header = serde_json::to_vec(&header).map_err(std::io::Error::from)?;
        let sealer = Sealer::new(session.store_key(), entropy);
        let locked = LockedDocuments { store, element };
        let documents = Self { locked, sealer, session, writer: Mutex::new(0) };
        let device = documents.put(ONLY, &device::DeviceRecord::from(device))?;
        let app = documents.app_change(app)?;
        documents.writer().commit(vec![Change::Put(HEADER.to_owned(), header), device, app])?;
        Ok(documents)
    }

    /// Gives up the session; what remains is on disk and sealed.
    pub(crate) fn lock(self) -> LockedDocuments {
        self.locked
    }

    /// Whether this store is sealed by this element, and is not older than what the element remembers.
    fn check(&self) -> Result<u64, StoreError> {
        let generation: Generation = match self.record(ONLY) {
            Ok(Some(generation)) => generation,
            Ok(None) => return Err(StoreError::Damaged("the store has no generation")),
            // Every seal is another element's; whoever forged the header cannot forge those.
            Err(StoreError::Damaged(_)) => return Err(StoreError::OtherDevice),
            Err(error) => return Err(error),
        };
        if generation.element != self.locked.element {
            return Err(StoreError::OtherDevice);
        }
        let known = self.session.generation()?;
        if generation.number < known {
            return Err(StoreError::RolledBack);
        }
        if known < generation.number {
            // It was cut off behind its store, or lost: from here on what is older is noticed again.
            let _behind = self.session.raise_generation(generation.number);
        }
        Ok(generation.number)
    }

    /// The record of kind `R` under `id`.
    fn record<R: Record>(&self, id: &str) -> Result<Option<R>, StoreError> {
        let name = name::<R>(id);
        match self.locked.store.read(&name)? {
            Some(sealed) => self.unseal(&name, &sealed).map(Some),
            None => Ok(None),
        }
    }

    /// All records of kind `R` with their ids, in the order of the ids.
    fn records<R: Record>(&self) -> Result<Vec<(String, R)>, StoreError> {
        let prefix = name::<R>("");
        let mut records = Vec::new();
        for (name, sealed) in self.locked.store.scan(&prefix)? {
            let record = self.unseal(&name, &sealed)?;
            records.push((name.split_at(prefix.len()).1.to_owned(), record));
        }
        Ok(records)
    }

    /// The ids of all records of kind `R`, in their order.
    fn ids<R: Record>(&self) -> Result<Vec<String>, StoreError> {
        let prefix = name::<R>("");
        let entries = self.locked.store.scan(&prefix)?;
        Ok(entries.into_iter().map(|(name, _)| name.split_at(prefix.len()).1.to_owned()).collect())
    }

    fn unseal<R: Record>(&self, name: &str, sealed: &[u8]) -> Result<R, StoreError> {
        let (version, content) = self.sealer.open(name, sealed)?;
        R::read(version, &content)
    }

    /// The change that keeps `record` under `id`.
    fn put<R: Record>(&self, id: &str, record: &R) -> Result<Change, StoreError> {
        let name = name::<R>(id);
        let sealed = self.sealer.seal(&name, R::VERSION, &record.write()?);
        Ok(Change::Put(name, sealed))
    }

    /// The turn to decide and to change; every change goes through it.
    fn writer(&self) -> Writer<'_> {
        let generation = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Writer { documents: self, generation }
    }
}

/// The turn of one who changes the documents.
struct Writer<'a> {
    documents: &'a Documents,
    generation: MutexGuard<'a, u64>,
}

impl Writer<'_> {
    /// Makes all `changes` or none; on return they are on disk.
    fn commit(mut self, mut changes: Vec<Change>) -> Result<(), StoreError> {
        let documents = self.documents;
        let number = *self.generation + 1;
        let generation = Generation { number, element: documents.locked.element.clone() };
        changes.push(documents.put(ONLY, &generation)?);
        documents.locked.store.commit(&changes)?;
        *self.generation = number;
        // The change is kept. A counter that could not follow only notices less: no reason to deny the change.
        let _behind = documents.session.raise_generation(number);
        Ok(())
    }
}

/// The id of records of which there is one.
const ONLY: &str = "0";

fn name<R: Record>(id: &str) -> String {
    format!("{}/{id}", R::KIND)
}

/// The change that removes the record of kind `R` under `id`.
fn remove<R: Record>(id: &str) -> Change {
    Change::Remove(name::<R>(id))
}

#[cfg(test)]
mod tests;
