//! A phone with everything replaced that can be: network, store, secure element and clock are the embedder's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use issuer::app::SystemEntropy;
use jiff::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use shared::clock::{Clock, ManualClock};
use shared::entropy::Entropy;
use shared::secret::Secret;
use tests::office::Slip;
use tests::world::{PIN, World};
use wallet::acquire::event::Unobserved;
use wallet::acquire::offer::OfferSource;
use wallet::acquire::{ActivateError, Activated};
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::online::{OnlinePhone, Patience, Surroundings};
use wallet::phone::{LockedPhone, Parts, UnlockedPhone};
use wallet::pin::{NewPin, Pin, PinCost};
use wallet::secure_element::{
    ElementError, ElementId, ElementSession, Elements, KeyHandle, PinRefusal, SecureElement, Standing,
    StoreKey,
};
use wallet::store::{Fault, MemoryStores};
use wallet::transport::{Request, Response, Transport, TransportError};
use wallet::trust::RootCertificate;
use zeroize::Zeroizing;

/// An element in memory whose PIN is never wrong.
#[derive(Default)]
struct Chip {
    keys: Mutex<BTreeMap<KeyHandle, SigningKey>>,
    generation: Mutex<u64>,
}

struct ChipHandle(Arc<Chip>);

struct ChipSession(Arc<Chip>, StoreKey);

struct Chips(Arc<Chip>);

fn chip_id() -> ElementId {
    ElementId::parse("000102030405060708090a0b0c0d0e0f").unwrap()
}

impl Elements for Chips {
    fn at(&self, _home: &std::path::Path) -> Result<Box<dyn SecureElement>, ElementError> {
        Ok(Box::new(ChipHandle(Arc::clone(&self.0))))
    }
}

impl SecureElement for ChipHandle {
    fn id(&self) -> Result<Option<ElementId>, ElementError> {
        Ok(Some(chip_id()))
    }

    fn standing(&self, _now: Timestamp) -> Result<Standing, ElementError> {
        Ok(Standing::Ready { tries_left: 1, wait_until: None })
    }

    fn provision(&self, _pin: &NewPin) -> Result<ElementId, ElementError> {
        Ok(chip_id())
    }

    fn unlock(&self, _pin: &Pin, _now: Timestamp) -> Result<Box<dyn ElementSession>, PinRefusal> {
        Ok(Box::new(ChipSession(Arc::clone(&self.0), StoreKey::new(Zeroizing::new([5; 32])))))
    }

    fn change_pin(&self, _current: &Pin, _new: &NewPin, _now: Timestamp) -> Result<(), PinRefusal> {
        Ok(())
    }

    fn erase(&self) -> Result<(), ElementError> {
        self.0.keys.lock().unwrap().clear();
        Ok(())
    }
}

impl ElementSession for ChipSession {
    fn store_key(&self) -> &StoreKey {
        &self.1
    }

    fn generate_key(&self, entropy: &dyn Entropy) -> Result<KeyHandle, ElementError> {
        let handle = KeyHandle::random(entropy);
        let key = SigningKey::from_slice(&entropy.bytes::<32>()).unwrap();
        self.0.keys.lock().unwrap().insert(handle.clone(), key);
        Ok(handle)
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], ElementError> {
        let keys = self.0.keys.lock().unwrap();
        let key = keys.get(handle).ok_or(ElementError::NoSuchKey)?;
        Ok(key.verifying_key().to_sec1_point(false).as_bytes().try_into().unwrap())
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], ElementError> {
        let keys = self.0.keys.lock().unwrap();
        let signature: Signature = keys.get(handle).ok_or(ElementError::NoSuchKey)?.sign(message);
        Ok(signature.to_bytes().into())
    }

    fn delete_key(&self, handle: &KeyHandle) -> Result<(), ElementError> {
        self.0.keys.lock().unwrap().remove(handle);
        Ok(())
    }

    fn generation(&self) -> Result<u64, ElementError> {
        Ok(*self.0.generation.lock().unwrap())
    }

    fn raise_generation(&self, to: u64) -> Result<(), ElementError> {
        let mut generation = self.0.generation.lock().unwrap();
        *generation = to.max(*generation);
        Ok(())
    }

    fn key_handles(&self) -> Result<Vec<KeyHandle>, ElementError> {
        Ok(self.0.keys.lock().unwrap().keys().cloned().collect())
    }
}

/// A network that keeps count of what it carries.
struct Wire {
    inner: Arc<dyn Transport>,
    carried: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.carried.lock().unwrap().push(request.url.path().to_owned());
        self.inner.send(request).await
    }
}

/// What an embedder brings.
struct Bench {
    home: tempfile::TempDir,
    chip: Arc<Chip>,
    stores: Arc<MemoryStores>,
    clock: Arc<ManualClock>,
    wire: Arc<Wire>,
}

impl Bench {
    fn new(world: &World) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            chip: Arc::default(),
            stores: Arc::default(),
            clock: Arc::new(ManualClock::new(world.now())),
            wire: Arc::new(Wire { inner: world.network(), carried: Mutex::default() }),
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            elements: Arc::new(Chips(Arc::clone(&self.chip))),
            stores: Arc::clone(&self.stores) as _,
            ..Parts::with_pin_cost(Arc::new(SystemEntropy), PinCost::FOR_TESTS)
        }
    }

    fn surroundings(&self) -> Surroundings {
        let (clock, wire) = (Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::clone(&self.wire) as _);
        Surroundings { patience: Patience::NONE, ..Surroundings::new(clock, Arc::new(SystemEntropy), wire) }
    }

    /// A new phone that trusts the world's issuer.
    async fn phone(&self, world: &World) -> OnlinePhone {
        let device = DeviceDescription {
            name: DeviceName::parse("Telefon Zosi").unwrap(),
            platform: Platform::Android,
            os_version: Version::new(14, 0),
            app_version: Version::new(1, 0),
        };
        let (pin, now) = (NewPin::parse(PIN).unwrap(), self.clock.now());
        let phone = UnlockedPhone::create(self.home.path(), &device, &pin, now, self.parts()).unwrap();
        let phone = OnlinePhone::new(phone, self.surroundings());
        let root = RootCertificate::parse(&world.fetch("/pki/ca/root.pem").await).unwrap();
        phone.trust_root(&root, &[world.issuer()]).await.unwrap();
        phone.accept_terms().await.unwrap();
        phone
    }

    async fn reopen(&self) -> OnlinePhone {
        let locked = LockedPhone::open(self.home.path(), self.parts()).unwrap();
        let (pin, now) = (Pin::parse(PIN).unwrap(), self.clock.now());
        OnlinePhone::unlock(locked, pin, now, self.surroundings()).await.unwrap()
    }
}

async fn activate(phone: &OnlinePhone, slip: &Slip) -> Result<Activated, ActivateError> {
    let offer = phone.open_offer(OfferSource::from_text(&slip.offer_uri).unwrap(), &Unobserved).await?;
    let code = slip.activation_code.as_deref().map(Secret::new);
    phone.activate(&offer, code.as_ref(), &Unobserved).await
}

#[tokio::test(flavor = "multi_thread")]
async fn network_store_element_and_clock_are_the_embedders_own() {
    let world = World::legacy().await;
    let (slip, bench) = (world.codes().await, Bench::new(&world));
    let phone = bench.phone(&world).await;
    let card = activate(&phone, &slip).await.unwrap();
    assert!(card.standing.is_valid());
    drop(phone);

    // Of the four nothing is on disk: no element, no documents.
    let files = std::fs::read_dir(bench.home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert_eq!(files, ["lock", "phone.json"]);
    let carried = bench.wire.carried.lock().unwrap().clone();
    for path in ["/token", "/credential"] {
        assert!(carried.iter().any(|carried| carried.ends_with(path)), "{path} in {carried:?}");
    }

    // Opened again, refreshed with the chip's key, and over by the embedder's clock while the issuer's stands still.
    let phone = bench.reopen().await;
    assert_eq!(phone.refresh(&card.id, &Unobserved).await.unwrap().outcome.reason(), "unchanged");
    bench.clock.set("2027-10-01T00:00:00+02:00".parse().unwrap());
    assert_eq!(phone.show(&card.id).await.unwrap().unwrap().standing.reason(), "expired");
    bench.clock.set(world.now());
    phone.delete(&card.id, &Unobserved).await.unwrap();
    drop(phone);
    assert!(bench.chip.keys.lock().unwrap().is_empty(), "the key outlives its card");
    assert!(world.office.devices(&slip.card_id, "live").await.is_empty(), "the issuer was not told");
}

/// Wherever on the way to a card the disk fills up: once there is room the same slip leads to the card, on one device.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_at_any_step_loses_nothing() {
    let world = World::legacy().await;
    let mut failed = 0;
    for commits in 0.. {
        let (slip, bench) = (world.codes().await, Bench::new(&world));
        let phone = bench.phone(&world).await;
        bench.stores.fail(Fault::DiskFullAfter { commits });
        let outcome = activate(&phone, &slip).await;
        bench.stores.mend();
        drop(phone);
        let phone = bench.reopen().await;
        if let Err(error) = &outcome {
            failed += 1;
            assert_eq!(error.reason(), "disk_full", "after {commits} commits: {error}");
            let again = activate(&phone, &slip).await;
            assert!(again.is_ok(), "after {commits} commits: {:?}", again.err());
        }
        assert_eq!(phone.cards().await.unwrap().len(), 1, "after {commits} commits");
        assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1, "after {commits} commits");
        if outcome.is_ok() {
            break;
        }
    }
    assert!(failed >= 2, "the disk was full {failed} times only");
}
