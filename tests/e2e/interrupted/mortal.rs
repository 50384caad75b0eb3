//! A phone whose power fails before the n-th write, be it to its store or to its secure element. From then on nothing more
//! is written: whatever still runs ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shared::entropy::Entropy;
use tests::world::{PIN, Phone, World, parts};
use tokio::task::JoinError;
use wallet::online::OnlinePhone;
use wallet::phone::{LockedPhone, OpenError, Parts};
use wallet::pin::{NewPin, Pin};
use wallet::secure_element::{
    ElementError, ElementId, ElementSession, Elements, KeyHandle, PinRefusal, SecureElement, Standing,
    StoreKey,
};
use wallet::store::{Change, MemoryStores, Store, StoreError, Stores};

/// What a blocking thread dies with, and with it whoever waits for it.
struct PowerCut;

/// Whether a task ended because the lights went out.
pub(super) fn was_power_cut(error: &JoinError) -> bool {
    error.is_panic()
}

/// How many writes are left; below zero there is no power.
#[derive(Clone)]
struct Power(Arc<AtomicI64>);

impl Power {
    fn spend(&self) {
        if self.0.fetch_sub(1, Ordering::SeqCst) <= 0 {
            std::panic::resume_unwind(Box::new(PowerCut));
        }
    }
}

/// What a mortal phone is made of: its parts outlive it.
pub(super) struct Mortal {
    power: Power,
    stores: Arc<MemoryStores>,
}

impl Default for Mortal {
    fn default() -> Self {
        Self { power: Power(Arc::new(AtomicI64::new(i64::MAX))), stores: Arc::default() }
    }
}

impl Mortal {
    /// The power fails when so many writes were made.
    pub(super) fn dies_after(&self, writes: u32) {
        self.power.0.store(writes.into(), Ordering::SeqCst);
    }

    /// There is power again.
    pub(super) fn lives(&self) {
        self.power.0.store(i64::MAX, Ordering::SeqCst);
    }

    fn parts(&self) -> Parts {
        let usual = parts();
        Parts {
            stores: Arc::new(MortalStores {
                inner: Arc::clone(&self.stores) as _,
                power: self.power.clone(),
            }),
            elements: Arc::new(MortalElements {
                inner: Arc::clone(&usual.elements),
                power: self.power.clone(),
            }),
            ..usual
        }
    }

    /// A new phone that trusts the world's issuer.
    pub(super) async fn phone(&self, world: &World) -> Phone {
        world.phone_of(self.parts(), "Pixel", wallet::device::Platform::Android, "14", "1.0.0").await
    }

    /// The same phone, switched on again; what ran on it when the lights went out has a moment to end.
    pub(super) async fn reopen(&self, world: &World, home: &Path) -> Phone {
        for _ in 0..250 {
            match LockedPhone::open(home, self.parts()) {
                Ok(locked) => {
                    let pin = Pin::parse(PIN).unwrap();
                    let surroundings = world.phone_surroundings();
                    let online = OnlinePhone::unlock(locked, pin, world.now(), surroundings).await;
                    let online = online.map_err(|locked| locked.refusal).unwrap();
                    return world.adopt(online, home);
                }
                Err(OpenError::InUse) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("the phone does not open: {error}"),
            }
        }
        panic!("the phone stays in use");
    }
}

struct MortalStores {
    inner: Arc<dyn Stores>,
    power: Power,
}

struct MortalStore {
    inner: Box<dyn Store>,
    power: Power,
}

impl MortalStores {
    fn handle(&self, inner: Box<dyn Store>) -> Box<dyn Store> {
        Box::new(MortalStore { inner, power: self.power.clone() })
    }
}

impl Stores for MortalStores {
    fn create(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        self.power.spend();
        Ok(self.handle(self.inner.create(home)?))
    }

    fn open(&self, home: &Path) -> Result<Box<dyn Store>, StoreError> {
        Ok(self.handle(self.inner.open(home)?))
    }

    fn remove(&self, home: &Path) -> Result<(), StoreError> {
        self.power.spend();
        self.inner.remove(home)
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        self.power.spend();
        self.inner.copy(from, to)
    }
}

impl Store for MortalStore {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.read(name)
    }

    fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        self.power.spend();
        self.inner.commit(changes)
    }
}

struct MortalElements {
    inner: Arc<dyn Elements>,
    power: Power,
}

struct MortalElement {
    inner: Box<dyn SecureElement>,
    power: Power,
}

struct MortalSession {
    inner: Box<dyn ElementSession>,
    power: Power,
}

impl Elements for MortalElements {
    fn at(&self, home: &Path) -> Result<Box<dyn SecureElement>, ElementError> {
        Ok(Box::new(MortalElement { inner: self.inner.at(home)?, power: self.power.clone() }))
    }
}

impl SecureElement for MortalElement {
    fn id(&self) -> Result<Option<ElementId>, ElementError> {
        self.inner.id()
    }

    fn standing(&self, now: Timestamp) -> Result<Standing, ElementError> {
        self.inner.standing(now)
    }

    fn provision(&self, pin: &NewPin) -> Result<ElementId, ElementError> {
        self.power.spend();
        self.inner.provision(pin)
    }

    fn unlock(&self, pin: &Pin, now: Timestamp) -> Result<Box<dyn ElementSession>, PinRefusal> {
        Ok(Box::new(MortalSession { inner: self.inner.unlock(pin, now)?, power: self.power.clone() }))
    }

    fn change_pin(&self, current: &Pin, new: &NewPin, now: Timestamp) -> Result<(), PinRefusal> {
        self.power.spend();
        self.inner.change_pin(current, new, now)
    }

    fn erase(&self) -> Result<(), ElementError> {
        self.power.spend();
        self.inner.erase()
    }
}

impl ElementSession for MortalSession {
    fn store_key(&self) -> &StoreKey {
        self.inner.store_key()
    }

    fn generate_key(&self, entropy: &dyn Entropy) -> Result<KeyHandle, ElementError> {
        self.power.spend();
        self.inner.generate_key(entropy)
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], ElementError> {
        self.inner.public_key(handle)
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], ElementError> {
        self.inner.sign(handle, message)
    }

    fn delete_key(&self, handle: &KeyHandle) -> Result<(), ElementError> {
        self.power.spend();
        self.inner.delete_key(handle)
    }

    fn generation(&self) -> Result<u64, ElementError> {
        self.inner.generation()
    }

    fn raise_generation(&self, to: u64) -> Result<(), ElementError> {
        self.power.spend();
        self.inner.raise_generation(to)
    }

    fn key_handles(&self) -> Result<Vec<KeyHandle>, ElementError> {
        self.inner.key_handles()
    }
}
