//! A phone from its set-up to its end.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;
use shared::secret::Secret;
use tempfile::TempDir;

use super::*;
use crate::device::{DeviceDescription, DeviceName, Platform, Version};
use crate::documents::{
    AuthenticatedTime, CardCopy, CardId, CardIdentity, CardState, ClockVerdict, Consent, Endpoints, HeldCard,
    HistoryEvent, Issuer, KeepError, KeptBytes, OfferHash, TimeSource, TrustedRoot,
};
use crate::pin::{NewPin, Pin};
use crate::secure_element::KeyHandle;
use crate::testing::TestEntropy;

const PUPIL: &str = "Wiśniewska-Zażółć";
const PESEL: &str = "08312112303";

fn parts(seed: u64) -> Parts {
    Parts::with_pin_cost(Arc::new(TestEntropy::new(seed)), PinCost::FOR_TESTS)
}

fn device() -> DeviceDescription {
    DeviceDescription {
        name: DeviceName::parse("Telefon Zosi").unwrap(),
        platform: Platform::Ios,
        os_version: Version::new(17, 4),
        app_version: Version::new(1, 0),
    }
}

fn new_pin() -> NewPin {
    NewPin::parse("493027").unwrap()
}

fn pin() -> Pin {
    Pin::parse("493027").unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T18:30:00Z".parse().unwrap()
}

fn create(home: &TempDir, seed: u64) -> UnlockedPhone {
    UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), parts(seed)).unwrap()
}

fn open(home: &TempDir, seed: u64) -> LockedPhone {
    LockedPhone::open(home.path(), parts(seed)).unwrap()
}

fn unlock(home: &TempDir, seed: u64) -> UnlockedPhone {
    open(home, seed).unlock(&pin(), now()).unwrap()
}

fn offer(text: &str) -> OfferHash {
    OfferHash::of_text(text)
}

/// A card about `identity` under `key`, as big as one with a photo.
fn card(identity: &str, key: &KeyHandle) -> HeldCard {
    let data = format!(r#"{{"surname":"{PUPIL}","pesel":"{PESEL}","photo":"{}"}}"#, "x".repeat(80_000));
    HeldCard {
        identity: CardIdentity::new(identity),
        issuer: Issuer { identifier: "https://issuer.example/pl".to_owned(), name: "SP 12".to_owned() },
        endpoints: Endpoints {
            token: "https://issuer.example/token".parse().unwrap(),
            credential: "https://issuer.example/credential".parse().unwrap(),
            nonce: None,
            notification: None,
        },
        configuration: "mlegitymacja_x509".to_owned(),
        key: key.clone(),
        x5c: vec![KeptBytes::from(format!("0CN={PUPIL}").into_bytes())],
        card_data: KeptBytes::from(data.into_bytes()),
        copies: Vec::new(),
        notification_id: Some("n-1".to_owned()),
        refresh_token: Some(Secret::new("refresh-token-of-zosia")),
        acquired_at: now(),
        last_refresh: None,
        state: CardState::Valid,
    }
}

/// Activates a card about `identity`, from the offer to the end.
fn activate(phone: &UnlockedPhone, identity: &str) -> Result<CardId, KeepError> {
    let offer = offer(&format!("offer for {identity} {}", phone.documents().history().unwrap().len()));
    let begun =
        phone.begin_activation(&offer, "https://issuer.example/pl", &["mlegitymacja_x509"], None, now())?;
    let outcome = phone.insert_card(&card(identity, &begun.keys[0].key), Some(&offer), now());
    if outcome.is_err() {
        phone.abandon_activation(&offer)?;
    }
    outcome
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts the directory `from` in the place of `to`.
fn put_in_place(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy_dir(from, to);
}

#[test]
fn a_phone_remembers_what_it_is() {
    let home = tempfile::tempdir().unwrap();
    drop(create(&home, 1));
    let phone = unlock(&home, 2);
    assert_eq!(phone.documents().device().unwrap(), device());
    let updated = DeviceDescription { os_version: Version::new(18, 0), ..device() };
    phone.describe(&updated).unwrap();
    let phone = phone.lock().unlock(&pin(), now()).unwrap();
    assert_eq!(phone.documents().device().unwrap(), updated);
}

#[test]
fn a_phone_that_is_too_old_is_not_set_up_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let old = DeviceDescription { platform: Platform::Android, os_version: Version::new(5, 1), ..device() };
    let refusal = UnlockedPhone::create(home.path(), &old, &new_pin(), now(), parts(1)).err().unwrap();
    assert_eq!(refusal.reason(), "os_too_old");
    let strict = Requirements { min_app: Version::new(2, 0), ..Requirements::BUILT_IN };
    let parts = Parts { requirements: strict, ..parts(1) };
    let refusal = UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), parts).err().unwrap();
    assert_eq!(refusal.reason(), "app_too_old");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_phone_is_set_up_once() {
    let home = tempfile::tempdir().unwrap();
    drop(create(&home, 1));
    let refusal = UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), parts(2)).err().unwrap();
    assert_eq!(refusal.reason(), "already_set_up");
    drop(unlock(&home, 3));
}

#[test]
fn a_set_up_that_was_killed_is_no_phone_and_in_nobodys_way() {
    let home = tempfile::tempdir().unwrap();
    drop(create(&home, 1));
    fs::remove_file(home.path().join("phone.json")).unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "no_phone");
    drop(create(&home, 3));
    drop(unlock(&home, 4));
}

#[test]
fn a_wrong_pin_gives_the_locked_phone_back() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1).lock();
    let still_locked = phone.unlock(&Pin::parse("111111").unwrap(), now()).err().unwrap();
    assert!(matches!(still_locked.refusal, UnlockRefusal::WrongPin { tries_left: 9, .. }));
    assert!(still_locked.phone.unlock(&pin(), now()).is_ok());
}

#[test]
fn ten_wrong_pins_erase_the_phone_and_wiping_makes_it_new() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    activate(&phone, "12345/2026/77").unwrap();
    let (mut phone, mut at) = (phone.lock(), now());
    let reason = loop {
        let still_locked = phone.unlock(&Pin::parse("111111").unwrap(), at).err().unwrap();
        match still_locked.refusal {
            UnlockRefusal::WrongPin { wait, .. } => at += wait,
            other => break other.reason(),
        }
        phone = still_locked.phone;
    };
    assert_eq!(reason, "erased");
    assert_eq!(open(&home, 2).unlock(&pin(), at).err().unwrap().refusal.reason(), "erased");

    LockedPhone::wipe(home.path(), &parts(3)).unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(3)).err().unwrap().reason(), "no_phone");
    assert_eq!(create(&home, 4).documents().cards().unwrap().len(), 0);
}

#[test]
fn a_phone_that_does_not_open_can_be_wiped() {
    let home = tempfile::tempdir().unwrap();
    drop(create(&home, 1));
    fs::write(home.path().join("element/element.json"), b"{").unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "element_damaged");
    LockedPhone::wipe(home.path(), &parts(2)).unwrap();
    drop(create(&home, 3));
    let held = open(&home, 4);
    assert_eq!(LockedPhone::wipe(home.path(), &parts(5)).err().unwrap().reason(), "phone_in_use");
    drop(held);
    LockedPhone::wipe(&home.path().join("nowhere"), &parts(5)).unwrap();
}

#[test]
fn a_phone_is_one_handles_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "phone_in_use");
    let phone = phone.lock();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "phone_in_use");
    drop(phone);
    drop(open(&home, 2));
}

#[test]
fn a_store_copied_to_another_phone_does_not_open_even_with_the_same_pin() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let phone = create(&mine, 1);
    activate(&phone, "12345/2026/77").unwrap();
    drop((phone, create(&other, 2)));
    put_in_place(&mine.path().join("documents"), &other.path().join("documents"));
    let refusal = LockedPhone::open(other.path(), parts(3)).err().unwrap();
    assert_eq!(refusal.reason(), "store_of_other_device");
    assert_eq!(refusal.to_string(), "it was copied from another device");
}

#[test]
fn an_element_from_another_phone_does_not_open_the_store() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop((create(&mine, 1), create(&other, 2)));
    put_in_place(&other.path().join("element"), &mine.path().join("element"));
    let refusal = LockedPhone::open(mine.path(), parts(3)).err().unwrap();
    assert_eq!(refusal.reason(), "store_of_other_device");
}

#[test]
fn an_old_copy_of_the_store_is_refused_by_its_own_phone() {
    let (home, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    drop(phone);
    copy_dir(&home.path().join("documents"), &backup.path().join("documents"));
    let phone = unlock(&home, 2);
    let revoked = CardState::Revoked { since: now(), reason: "lost".to_owned() };
    phone.documents().refreshed(&id, revoked, now()).unwrap();
    drop(phone);
    put_in_place(&backup.path().join("documents"), &home.path().join("documents"));
    let refusal = open(&home, 3).unlock(&pin(), now()).err().unwrap().refusal;
    assert_eq!(refusal.reason(), "store_rolled_back");
}

#[test]
fn phones_in_one_process_know_nothing_of_each_other() {
    let homes: Vec<TempDir> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    std::thread::scope(|scope| {
        for (n, home) in (0..).zip(&homes) {
            scope.spawn(move || {
                let phone = create(home, n);
                for child in 0..=n {
                    activate(&phone, &format!("{n}/{child}")).unwrap();
                }
            });
        }
    });
    for (n, home) in (0..).zip(&homes) {
        assert_eq!(unlock(home, 90 + n).documents().cards().unwrap().len() as u64, n + 1);
    }
}

#[test]
fn an_unlocked_phone_can_be_shared_by_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<UnlockedPhone>();
    shareable::<LockedPhone>();
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn nothing_about_the_pupil_is_on_disk_in_the_clear() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    activate(&phone, "12345/2026/77").unwrap();
    let root = TrustedRoot {
        name: "Ministerstwo".to_owned(),
        certificate: KeptBytes::from(b"0root".to_vec()),
        added_at: now(),
    };
    phone.documents().trust(&root).unwrap();
    drop(phone);

    let base64 = |text: &[u8]| base64::engine::general_purpose::STANDARD.encode(text);
    let card_data = card("", &KeyHandle::random(&TestEntropy::new(1))).card_data;
    let secrets = [
        PUPIL.to_owned(),
        PESEL.to_owned(),
        base64(&card_data.as_slice()[..30]),
        "12345/2026/77".to_owned(),
        "refresh-token-of-zosia".to_owned(),
        "issuer.example".to_owned(),
        "Ministerstwo".to_owned(),
        "Telefon Zosi".to_owned(),
        "493027".to_owned(),
    ];
    let files = files(home.path());
    // The search itself works: names of records are in the clear.
    assert!(files.iter().any(|(_, bytes)| contains(bytes, b"card/")));
    for secret in secrets {
        for (path, bytes) in &files {
            assert!(!contains(bytes, secret.as_bytes()), "{secret:?} is readable in {path}");
        }
    }
}

#[test]
fn cards_of_several_children_live_side_by_side_each_once() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let zosia = activate(&phone, "12345/2026/77").unwrap();
    let antek = activate(&phone, "12345/2026/78").unwrap();
    assert_ne!(zosia, antek);
    let refusal = activate(&phone, "12345/2026/77").unwrap_err();
    assert!(matches!(&refusal, KeepError::AlreadyHeld { id } if *id == zosia), "{refusal}");
    // The refused one left nothing behind.
    assert_eq!(phone.documents().cards().unwrap().len(), 2);
    assert_eq!(phone.documents().activations().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap().len(), 2);
}

#[test]
fn a_revoked_card_may_be_activated_again() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    let before = phone.documents().card(&id).unwrap().unwrap();
    let revoked = CardState::Revoked { since: now(), reason: "lost".to_owned() };
    phone.documents().refreshed(&id, revoked.clone(), now()).unwrap();
    assert_eq!(phone.documents().card(&id).unwrap().unwrap().state, revoked);
    assert_eq!(activate(&phone, "12345/2026/77").unwrap(), id);
    let after = phone.documents().card(&id).unwrap().unwrap();
    assert_eq!(after.state, CardState::Valid);
    assert_ne!(after.key, before.key);
    assert_eq!(phone.element().key_handles().unwrap(), [after.key]);
}

#[test]
fn a_renewed_card_takes_the_old_ones_place_in_one_step() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let old = activate(&phone, "12345/2026/77").unwrap();
    let old_key = phone.documents().card(&old).unwrap().unwrap().key;
    let offer = offer("renewal");
    let begun = phone
        .begin_activation(&offer, "https://issuer.example/pl", &["mlegitymacja_x509"], Some(&old), now())
        .unwrap();
    let commits = phone.element().generation().unwrap();
    // A duplicate with a new number: another card, which still must never stand beside the old one.
    let new =
        phone.replace_card(&old, &card("12345/2027/5", &begun.keys[0].key), Some(&offer), now()).unwrap();
    assert_eq!(phone.element().generation().unwrap(), commits + 1, "one commit");
    drop(phone);

    let phone = unlock(&home, 2);
    let cards = phone.documents().cards().unwrap();
    assert_eq!(cards.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&new]);
    assert_eq!(phone.documents().activations().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap(), [begun.keys[0].key.clone()]);
    assert!(phone.element().sign(&old_key, b"x").is_err());
    let last = phone.documents().history().unwrap().pop().unwrap();
    assert_eq!((last.card, last.event), (Some(new), HistoryEvent::Renewed));
}

#[test]
fn replacing_knows_its_limits() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let zosia = activate(&phone, "12345/2026/77").unwrap();
    let antek = activate(&phone, "12345/2026/78").unwrap();
    let key = phone.documents().card(&zosia).unwrap().unwrap().key;
    let refused = |outcome: Result<CardId, KeepError>| outcome.unwrap_err().reason();
    assert_eq!(
        refused(phone.replace_card(&zosia, &card("12345/2026/78", &key), None, now())),
        "already_held"
    );
    let nobody = CardId::parse("00112233445566778899aabbccddeeff").unwrap();
    assert_eq!(
        refused(phone.replace_card(&nobody, &card("12345/2026/79", &key), None, now())),
        "no_such_card"
    );
    let foreign = KeyHandle::random(&TestEntropy::new(99));
    assert_eq!(
        refused(phone.replace_card(&zosia, &card("12345/2026/77", &foreign), None, now())),
        "key_missing"
    );
    assert_eq!(refused(phone.insert_card(&card("12345/2026/80", &foreign), None, now())), "key_missing");
    let held: Vec<CardId> = phone.documents().cards().unwrap().into_iter().map(|(id, _)| id).collect();
    assert!(held.len() == 2 && held.contains(&zosia) && held.contains(&antek));
}

#[test]
fn deleting_a_card_destroys_its_keys_with_it() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let offer = offer("two formats");
    let formats = ["mlegitymacja_x509", "mlegitymacja_sd_jwt"];
    let begun = phone.begin_activation(&offer, "https://issuer.example/pl", &formats, None, now()).unwrap();
    let copy = CardCopy {
        configuration: formats[1].to_owned(),
        format: "dc+sd-jwt".to_owned(),
        key: begun.key(formats[1]).unwrap().clone(),
        credential: KeptBytes::from(b"a.b.c~".to_vec()),
    };
    let card = HeldCard { copies: vec![copy], ..card("12345/2026/77", begun.key(formats[0]).unwrap()) };
    let id = phone.insert_card(&card, Some(&offer), now()).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 2);
    phone.delete_card(&id, now()).unwrap();
    assert_eq!(phone.documents().cards().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap().len(), 0);
    assert_eq!(phone.delete_card(&id, now()).unwrap_err().reason(), "no_such_card");
}

#[test]
fn an_activation_that_was_killed_goes_on_with_the_same_key() {
    let home = tempfile::tempdir().unwrap();
    let issuer = "https://issuer.example/pl";
    let begin = |phone: &UnlockedPhone, offer: &OfferHash, at| {
        phone.begin_activation(offer, issuer, &["mlegitymacja_x509"], None, at).unwrap()
    };
    let phone = create(&home, 1);
    let first = begin(&phone, &offer("a"), now());
    let public_key = phone.element().public_key(&first.keys[0].key).unwrap();
    drop(phone);

    let phone = unlock(&home, 2);
    let again = begin(&phone, &offer("a"), now() + SignedDuration::from_hours(1));
    assert_eq!(again, first);
    assert_eq!(phone.element().public_key(&again.keys[0].key).unwrap(), public_key);
    // Another offer, or the same text from another issuer, gets a key of its own.
    assert_ne!(begin(&phone, &offer("b"), now()).keys, first.keys);
    let elsewhere = phone
        .begin_activation(&offer("a"), "https://other.example", &["mlegitymacja_x509"], None, now())
        .unwrap();
    assert_ne!(elsewhere.keys, first.keys);
    phone.abandon_activation(&offer("a")).unwrap();
    phone.abandon_activation(&offer("b")).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 0);
}

#[test]
fn a_key_that_nobody_noted_is_gone_after_the_next_unlocking() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    // As after a kill between the making of the key and its noting.
    phone.element().generate_key(&TestEntropy::new(9)).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 2);
    drop(phone);
    let phone = unlock(&home, 2);
    let key = phone.documents().card(&id).unwrap().unwrap().key;
    assert_eq!(phone.element().key_handles().unwrap(), [key]);
}

#[test]
fn only_authenticated_time_raises_the_floor_and_it_stays() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let judge = |phone: &UnlockedPhone, at| phone.documents().time_floor().unwrap().judge(at);
    let day = SignedDuration::from_hours(24);
    // A wrong date in the future, under which the phone is used, raises nothing.
    let far = now() + day * 20_000;
    activate(&phone, "12345/2026/77").unwrap();
    drop(phone);
    let phone = open(&home, 2).unlock(&pin(), far).unwrap();
    assert_eq!(judge(&phone, far), ClockVerdict::Plausible);
    assert_eq!(judge(&phone, now()), ClockVerdict::Plausible);

    phone.documents().learn_time(AuthenticatedTime::signed_by(TimeSource::RevocationList, now())).unwrap();
    phone.documents().learn_time(AuthenticatedTime::signed_by(TimeSource::Certificate, now() - day)).unwrap();
    drop(phone);
    let phone = unlock(&home, 3);
    assert_eq!(judge(&phone, now() - day), ClockVerdict::Behind { floor: now() });
    assert_eq!(judge(&phone, now()), ClockVerdict::Plausible);
    assert_eq!(judge(&phone, far), ClockVerdict::Plausible);
}

#[test]
fn roots_and_consents_are_kept_with_their_time() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let root = TrustedRoot {
        name: "Ministerstwo".to_owned(),
        certificate: KeptBytes::from(b"0root".to_vec()),
        added_at: now(),
    };
    let id = phone.documents().trust(&root).unwrap();
    let renamed = TrustedRoot { name: "Someone else".to_owned(), ..root.clone() };
    assert_eq!(phone.documents().trust(&renamed).unwrap(), id);
    phone.documents().accept_terms(Consent { version: "2026-09".to_owned(), at: now() }).unwrap();
    drop(phone);

    let phone = unlock(&home, 2);
    let documents = phone.documents();
    assert_eq!(documents.roots().unwrap(), [root]);
    assert_eq!(
        documents.consents().unwrap().terms,
        Some(Consent { version: "2026-09".to_owned(), at: now() })
    );
    assert_eq!(documents.consents().unwrap().privacy_notice, None);
    documents.accept_privacy_notice(Consent { version: "3".to_owned(), at: now() }).unwrap();
    assert!(documents.consents().unwrap().terms.is_some());
    assert!(documents.distrust(&id, now()).unwrap());
    assert!(!documents.distrust(&id, now()).unwrap());
    assert_eq!(documents.roots().unwrap(), []);
}

#[test]
fn a_new_pin_holds_from_then_on_and_a_wrong_old_one_counts() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    let new = NewPin::parse("720394").unwrap();
    let refusal = phone.change_pin(&Pin::parse("111111").unwrap(), &new, now()).unwrap_err();
    assert!(matches!(refusal, UnlockRefusal::WrongPin { tries_left: 9, .. }));
    phone.change_pin(&pin(), &new, now()).unwrap();
    let still_locked = phone.lock().unlock(&pin(), now()).err().unwrap();
    let phone = still_locked.phone.unlock(new.pin(), now()).unwrap();
    assert!(phone.documents().card(&id).unwrap().is_some());
}

#[test]
fn what_a_phone_does_not_understand_it_says() {
    let home = tempfile::tempdir().unwrap();
    drop(create(&home, 1));
    fs::write(home.path().join("phone.json"), br#"{"version":2}"#).unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "phone_newer");
    fs::write(home.path().join("phone.json"), br#"{"version":1}"#).unwrap();
    fs::remove_dir_all(home.path().join("documents")).unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "store_missing");
    fs::remove_dir_all(home.path().join("element")).unwrap();
    assert_eq!(LockedPhone::open(home.path(), parts(2)).err().unwrap().reason(), "element_blank");
    let nowhere = home.path().join("nowhere");
    assert_eq!(LockedPhone::open(&nowhere, parts(2)).err().unwrap().reason(), "no_phone");
    assert!(!nowhere.exists());
}

#[test]
fn the_standard_cost_of_a_pin_is_the_recommended_one() {
    assert_eq!((PinCost::STANDARD.memory_kib, PinCost::STANDARD.passes), (19_456, 2));
    let home = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(TestEntropy::new(1));
    let phone =
        UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), Parts::simulated(entropy)).unwrap();
    drop(phone);
    let element = fs::read_to_string(home.path().join("element/element.json")).unwrap();
    assert!(element.contains(r#""cost":{"memory_kib":19456,"passes":2}"#), "the cost is kept with the salt");
    // It is read from there: a program with another cost opens the phone all the same.
    drop(unlock(&home, 2));
}
