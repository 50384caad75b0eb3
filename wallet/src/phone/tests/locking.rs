//! Set-up, PIN, lock and wipe.

use super::*;

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
fn an_unlocked_phone_can_be_shared_by_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<UnlockedPhone>();
    shareable::<LockedPhone>();
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
    fs::write(home.path().join("phone.json"), br#"{"version":3}"#).unwrap();
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
