//! A backup is made while phones activate, the machine is lost, and another one goes on from the backup.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use issuer::app::SystemEntropy;
use issuer::audit::{self, ChainVerdict};
use issuer::backup::{self, BackupError, Manifest};
use issuer::config::Given;
use issuer::registry::sign_in::FindSession;
use issuer::store::id::DeviceId;
use issuer::store::tables::session::{Realm, Session};
use issuer::store::tables::status_entry::StatusEntry;
use issuer::store::{Statements, StoreError, Verb};
use issuer::{doctor, keeping};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::status::token::CopyStatus;
use shared::status::{StatusReference, UnverifiedStatusToken};
use shared::x509::certificate::DeviceCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::VerifiedCrl;
use shared::x509::serial::SerialNumber;
use tests::office::Slip;
use tests::postgres;
use tests::world::{Plan, World};
use wallet::refresh::Outcome;

use crate::wire::{Key, Wire};

/// The serial number of the card that was delivered.
pub(super) fn serial(delivered: &Value) -> SerialNumber {
    let leaf = delivered["credentials"][0]["credential"]["x5c"][0].as_str().unwrap();
    DeviceCertificate::parse(&BASE64.decode(leaf).unwrap()).unwrap().serial()
}

/// Activates slip after slip until it is told to stop; what was acknowledged.
async fn load(wire: Wire, slips: Vec<Slip>, stop: Arc<AtomicBool>) -> Vec<(Slip, SerialNumber)> {
    let mut done = Vec::new();
    for slip in slips {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let reply = wire.activate(&slip, &Key::fresh()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        done.push((slip, serial(&reply.body)));
    }
    done
}

fn lists(list: &VerifiedCrl, serial: SerialNumber) -> bool {
    list.entries().any(|(listed, _)| listed == serial)
}

fn make(world: &World, to: &Path) -> Result<backup::Made, BackupError> {
    backup::make(world.given(), None, true, to, world.now(), &SystemEntropy)
}

fn elsewhere(world: &World, data: PathBuf, database: Option<String>) -> Given {
    Given { data: Some(data), database, ..world.given().clone() }
}

fn modes(folder: &Path, found: &mut BTreeSet<(bool, u32)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let metadata = entry.metadata().unwrap();
        found.insert((metadata.is_dir(), metadata.permissions().mode() & 0o777));
        if metadata.is_dir() {
            modes(&entry.path(), found);
        }
    }
}

/// Signs somebody in, by the hash of a cookie.
struct SignIn([u8; 32], Timestamp);

#[async_trait::async_trait]
impl Verb for SignIn {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let session = Session {
            hash: self.0,
            realm: Realm::Office,
            account_id: "somebody".to_owned(),
            school_id: None,
            created_at: self.1,
            seen_at: self.1,
            expires_at: self.1 + SignedDuration::from_hours(10),
        };
        session.insert(tx).await
    }
}

/// The places on status lists of the only device of a card.
async fn places(world: &World, card: &str) -> Vec<StatusEntry> {
    struct Places(DeviceId);

    #[async_trait::async_trait]
    impl Verb for Places {
        type Answer = Vec<StatusEntry>;

        async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
            StatusEntry::of_device(tx, &self.0).await
        }
    }

    let device = world.office.devices(card, "live").await.remove(0);
    let places = world.issuance().store.read(Places(DeviceId::parse(&device).unwrap())).await.unwrap();
    assert!(!places.is_empty(), "a phone fetches copies with its card");
    places
}

/// How many of these places are turned on the lists that the issuer signs.
async fn turned(world: &World, places: &[StatusEntry]) -> usize {
    let root = world.fetch("/pki/ca/root.cer").await;
    let mut turned = 0;
    for place in places {
        let token = world.issuance().status_list(place.list).await.unwrap().unwrap();
        let token = UnverifiedStatusToken::parse(&token).unwrap();
        let list = token.verify(&[TrustAnchor::from_der(&root).unwrap()], world.now()).unwrap();
        let uri = world.issuance().addresses.status_list(place.list);
        let reference = StatusReference { uri, idx: u64::try_from(place.place).unwrap() };
        turned += usize::from(list.status_at(&reference, world.now()) == CopyStatus::Revoked);
    }
    turned
}

async fn another_machine_goes_on(plan: Plan, other_database: Option<String>) {
    let world = World::of(plan).await;
    let folder = tempfile::tempdir().unwrap();
    // Before: a phone with a card, slips that nobody has used yet, and a list that was published.
    let phone = world.phone("Pixel 9").await;
    let own = world.codes().await;
    let card = phone.activate(&own).await.unwrap();
    let unused = world.codes().await;
    let wire = Wire::of(&world);
    let mut before = Vec::new();
    let mut slips = Vec::new();
    for _ in 0..14 {
        slips.push(world.codes().await);
    }
    let rest = slips.split_off(4);
    for slip in slips {
        let reply = wire.activate(&slip, &Key::fresh()).await;
        before.push((slip, serial(&reply.body)));
    }
    let revoked = world.office.devices(&before[0].0.card_id, "live").await;
    world.office.revoke_device(&revoked[0], "phone_lost").await;
    let published = world.revocation_list().await.number();

    let signed_in = [5; 32];
    world.issuance().store.write(SignIn(signed_in, world.now())).await.unwrap();

    // Meanwhile: activations, of which some fall before and some after the instant of the backup.
    let stop = Arc::new(AtomicBool::new(false));
    let running = tokio::spawn(load(wire.clone(), rest, Arc::clone(&stop)));
    let to = folder.path().join("backup");
    let made = tokio::task::block_in_place(|| make(&world, &to)).unwrap();
    stop.store(true, Ordering::SeqCst);
    let meanwhile = running.await.unwrap();
    let lost = {
        let slip = world.codes().await;
        let reply = wire.activate(&slip, &Key::fresh()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        serial(&reply.body)
    };
    let mut found = BTreeSet::new();
    modes(&to, &mut found);
    assert_eq!(found, BTreeSet::from([(false, 0o600), (true, 0o700)]), "for its owner alone");
    assert!(made.bytes > 10_000);
    assert!(matches!(make(&world, &to), Err(BackupError::AlreadyThere(_))), "nothing is written over");
    let (remembered, forgotten) = {
        let slip = world.codes().await;
        world.phone("Moto").await.activate(&slip).await.unwrap();
        (places(&world, &own.card_id).await, places(&world, &slip.card_id).await)
    };
    let findings = doctor::examine(world.given(), &world.surroundings()).await;
    assert!(findings.iter().any(|finding| finding.check == "backup" && finding.problem.is_none()));
    world.kill_issuer();

    // Afterwards, elsewhere.
    let data = folder.path().join("restored");
    let given = elsewhere(&world, data.clone(), other_database.clone());
    let restored = backup::restore(&to, &given, &world.surroundings()).await.unwrap();
    assert!(restored.audit_entries > 0);
    let again = backup::restore(&to, &given, &world.surroundings()).await;
    assert!(matches!(again, Err(BackupError::AlreadyThere(_))), "{again:?}");
    world.start_issuer_as(given.clone()).await;
    let live = async |slip: &Slip| world.office.devices(&slip.card_id, "live").await.len();
    for (at, (slip, _)) in before.iter().enumerate() {
        assert_eq!(live(slip).await, usize::from(at > 0), "acknowledged before the backup began");
    }
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged);
    assert!(phone.standing(&card.id).await.is_valid());
    let second = world.phone("Galaxy").await;
    second.activate(&unused).await.unwrap();
    let list = world.revocation_list().await;
    assert!(
        list.number() > published + 1000,
        "older lists stay the older ones: {published} {}",
        list.number()
    );
    assert!(lists(&list, before[0].1), "what was revoked stays revoked");
    assert_eq!(turned(&world, &remembered).await, 0, "copies that the books know stay good");
    assert_eq!(
        turned(&world, &forgotten).await,
        forgotten.len(),
        "those that nobody remembers are taken back"
    );
    let store = world.issuance().store.clone();
    let session = FindSession { realm: Realm::Office, hash: signed_in, now: world.now() };
    assert!(store.read(session).await.unwrap().is_none(), "whoever was signed in then still is");
    assert!(matches!(audit::verify(&store).await.unwrap(), ChainVerdict::Whole { .. }));

    // Whoever was activated in between: known if the snapshot has it, else revoked by the number from the logs.
    let mut numbers: Vec<SerialNumber> = meanwhile.iter().map(|(_, serial)| *serial).collect();
    numbers.push(lost);
    let mut unknown = 1;
    for (slip, _) in &meanwhile {
        unknown += u64::from(live(slip).await == 0);
    }
    let told = keeping::revoke_orphans(&given, numbers.clone(), &world.surroundings()).await.unwrap();
    assert_eq!((told.known, told.revoked), (numbers.len() as u64 - unknown, unknown));
    let list = world.revocation_list().await;
    assert!(lists(&list, lost), "a card that nobody knows is on the list");
    let told = keeping::revoke_orphans(&given, numbers, &world.surroundings()).await.unwrap();
    assert_eq!(told.revoked, 0, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_goes_on_from_a_backup_made_under_load() {
    another_machine_goes_on(Plan::of("legacy-2019"), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_goes_on_from_a_backup_of_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    let other = postgres::fresh_database();
    another_machine_goes_on(plan, other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_after_it_was_made_is_not_restored() {
    let world = World::legacy().await;
    world.codes().await;
    // The manifest counts what is sealed, and sealing takes its turn twice a second.
    issuer::audit::seal(&world.issuance().store).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup");
    tokio::task::block_in_place(|| make(&world, &to)).unwrap();
    let given = elsewhere(&world, folder.path().join("restored"), None);
    let restore = async || backup::restore(&to, &given, &world.surroundings()).await;
    let manifest = Manifest::read(&to).unwrap();
    assert!(manifest.audit_entries > Some(5), "{manifest:?}");
    for name in ["issuer.db", "master-secret", "ca/issuing-1.key.pem"] {
        let path = to.join(name);
        let good = std::fs::read(&path).unwrap();
        let mut spoilt = good.clone();
        let middle = spoilt.len() / 2;
        spoilt[middle] ^= 1;
        std::fs::write(&path, &spoilt).unwrap();
        let refused = restore().await;
        assert!(matches!(&refused, Err(BackupError::Damaged(which)) if which == name), "{name}: {refused:?}");
        std::fs::remove_file(&path).unwrap();
        let refused = restore().await;
        assert!(matches!(&refused, Err(BackupError::Damaged(which)) if which == name), "{name}: {refused:?}");
        std::fs::write(&path, &good).unwrap();
    }
    assert!(!given.data_dir().exists(), "nothing was left behind");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing but the backup");
    restore().await.unwrap();
}
