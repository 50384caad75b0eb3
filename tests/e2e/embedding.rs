//! A phone with everything replaced that can be: network, store, secure element and clock are the embedder's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use issuer::app::SystemEntropy;
use jiff::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
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

fn device() -> DeviceDescription {
    DeviceDescription {
        name: DeviceName::parse("Telefon Zosi").unwrap(),
        platform: Platform::Android,
        os_version: Version::new(14, 0),
        app_version: Version::new(1, 0),
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
        let (pin, now) = (NewPin::parse(PIN).unwrap(), self.clock.now());
        let phone = UnlockedPhone::create(self.home.path(), &device(), &pin, now, self.parts()).unwrap();
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

/// What the phone is doing when its disk fills up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Activation,
    Renewal,
    Deletion,
}

/// A phone that is about to do something.
struct Stage {
    bench: Bench,
    phone: OnlinePhone,
    slip: Slip,
}

impl Stage {
    async fn set(world: &World, act: Act) -> Self {
        let (pupil, bench) = (world.pupil().await, Bench::new(world));
        let slip = world.codes_for(&pupil).await;
        let phone = bench.phone(world).await;
        if act != Act::Activation {
            activate(&phone, &slip).await.unwrap();
        }
        if act == Act::Renewal {
            let path = format!("/pupils/{}", pupil.id);
            let version = world.office.done("GET", &path, None).await["pupil"]["version"].clone();
            let address =
                json!({ "street_line": "ul. Inna 2", "postal_code": "00-951", "city": "Przykładowo" });
            let change = json!({ "version": version, "address": address });
            world.office.done("PATCH", &path, Some(change)).await;
        }
        Self { bench, phone, slip }
    }

    /// Does it, or what is left of it to do. An error is its name for programs.
    async fn run(&self, act: Act) -> Result<(), String> {
        let card = self.phone.cards().await.unwrap().first().map(|shown| shown.card.id().clone());
        match (act, card) {
            (Act::Activation, _) => {
                let activated = activate(&self.phone, &self.slip).await;
                activated.map(drop).map_err(|error| error.reason().to_owned())
            }
            (Act::Renewal, Some(card)) => {
                let refreshed = self.phone.refresh(&card, &Unobserved).await;
                refreshed.map(drop).map_err(|error| error.reason().to_owned())
            }
            (Act::Renewal, None) => panic!("the card is gone"),
            (Act::Deletion, Some(card)) => {
                let deleted = self.phone.delete(&card, &Unobserved).await;
                deleted.map(drop).map_err(|error| error.reason().to_owned())
            }
            (Act::Deletion, None) => Ok(()),
        }
    }

    /// What is there is whole: it holds, and has its key.
    async fn nothing_half(&self, what: &str) -> usize {
        let cards = self.phone.cards().await.expect(what);
        for shown in &cards {
            assert!(shown.standing.is_valid(), "{what}: {:?}", shown.standing);
            let key = self.phone.phone().element().public_key(&shown.card.held().key).expect(what);
            assert_eq!(shown.card.certificate().public_key().sec1(), key, "{what}");
        }
        cards.len()
    }

    /// As if there had always been room.
    async fn done(&self, world: &World, act: Act, what: &str) {
        self.phone.refresh_all(&Unobserved).await.expect(what);
        let live = world.office.devices(&self.slip.card_id, "live").await.len();
        let notices = self.phone.phone().documents().notices().unwrap().len();
        let wanted = usize::from(act != Act::Deletion);
        assert_eq!((self.nothing_half(what).await, live, notices), (wanted, wanted, 0), "{what}");
        if act == Act::Deletion {
            assert!(self.bench.chip.keys.lock().unwrap().is_empty(), "{what}: a key outlives its card");
            return;
        }
        let card = self.phone.cards().await.unwrap().remove(0);
        let again = self.phone.refresh(card.card.id(), &Unobserved).await.expect(what);
        assert_eq!(again.outcome.reason(), "unchanged", "{what}");
        let file = world.office.card(&self.slip.card_id).await;
        let certificates = file["devices"].as_array().unwrap().iter().flat_map(|device| {
            device["certificates"].as_array().unwrap().iter().filter(|c| c["state"] == "issued")
        });
        let issued: Vec<_> = certificates.map(|c| c["serial"].as_str().unwrap().to_owned()).collect();
        assert_eq!(issued, [card.card.certificate().serial().to_string()], "{what}");
    }
}

/// Lets the disk fill up before each commit that `act` makes: it says so, never shows half a card, and once there is room
/// the same act comes to its end.
async fn the_disk_may_fill_up(act: Act) {
    let world = if act == Act::Renewal { World::zpe().await } else { World::legacy().await };
    let mut failed = 0;
    for commits in 0.. {
        let what = format!("{act:?} after {commits} commits");
        let mut stage = Stage::set(&world, act).await;
        stage.bench.stores.fail(Fault::DiskFullAfter { commits });
        let outcome = stage.run(act).await;
        // Copies are no part of a card's standing: without room for them it is done all the same.
        let room_left = stage.phone.phone().describe(&device()).is_ok();
        stage.bench.stores.mend();
        let Stage { bench, phone, slip } = stage;
        drop(phone);
        stage = Stage { phone: bench.reopen().await, bench, slip };
        if let Err(reason) = &outcome {
            failed += 1;
            // After the first commit without room the store is shut, and says that it was.
            assert!(["disk_full", "store_failed_before"].contains(&reason.as_str()), "{what}: {reason}");
        }
        assert!(stage.nothing_half(&what).await <= 1, "{what}");
        if outcome.is_err() {
            assert_eq!(stage.run(act).await, Ok(()), "{what}");
        }
        stage.done(&world, act, &what).await;
        if room_left {
            assert!(outcome.is_ok(), "{what}");
            break;
        }
    }
    assert!(failed >= 2, "{act:?}: the disk was full {failed} times only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_on_the_way_to_a_card_loses_nothing() {
    the_disk_may_fill_up(Act::Activation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_a_card_is_renewed_loses_nothing() {
    the_disk_may_fill_up(Act::Renewal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_a_card_is_deleted_loses_nothing() {
    the_disk_may_fill_up(Act::Deletion).await;
}
