//! What a copy of the phone's folder is worth: its documents alone open on no other phone, and an old state of them not
//! even on their own.

use std::fs;
use std::path::Path;

use tests::world::{Phone, World, parts};
use wallet::documents::CardId;
use wallet::online::OnlinePhone;
use wallet::phone::LockedPhone;
use wallet::pin::Pin;
use wallet::refresh::Outcome;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn put_in_place(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy_folder(from, to);
}

async fn with_card(world: &World, name: &str) -> (Phone, CardId) {
    let phone = world.phone(name).await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    (phone, card.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_copied_to_another_phone_is_refused_by_name() {
    let world = World::legacy().await;
    let ((mine, card), (other, _)) = (with_card(&world, "Mój").await, with_card(&world, "Obcy").await);
    let (home, other_home) = (mine.home.clone(), other.home.clone());
    drop((mine, other));
    put_in_place(&home.join("documents"), &other_home.join("documents"));
    let refusal = LockedPhone::open(&other_home, parts()).err().unwrap();
    assert_eq!(refusal.reason(), "store_of_other_device");

    let mine = world.reopen(&home).await;
    assert!(mine.standing(&card).await.is_valid(), "the original is none the worse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_its_secure_element_is_refused() {
    let world = World::legacy().await;
    let (phone, _) = with_card(&world, "Mój").await;
    let home = phone.home.clone();
    drop(phone);
    fs::remove_dir_all(home.join("element")).unwrap();
    assert!(LockedPhone::open(&home, parts()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_put_back_does_not_make_a_revoked_card_valid() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Mój").await;
    let card = phone.activate(&slip).await.unwrap();
    let (home, backup) = (phone.home.clone(), tempfile::tempdir().unwrap());
    drop(phone);
    copy_folder(&home.join("documents"), &backup.path().join("documents"));

    let phone = world.reopen(&home).await;
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Revoked);
    drop(phone);
    put_in_place(&backup.path().join("documents"), &home.join("documents"));
    let locked = LockedPhone::open(&home, parts()).unwrap();
    let pin = Pin::parse(tests::world::PIN).unwrap();
    let unlocked = OnlinePhone::unlock(locked, pin, world.now(), world.phone_surroundings()).await;
    assert_eq!(unlocked.err().unwrap().refusal.reason(), "store_rolled_back");
}

/// The whole folder, simulated element included, is the whole phone; a real element cannot be copied. The issuer still
/// knows one device only, so one revocation ends both copies.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_whole_folder_is_one_device_for_the_issuer() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Mój").await;
    let card = phone.activate(&slip).await.unwrap();
    let (home, clone) = (phone.home.clone(), tempfile::tempdir().unwrap());
    drop(phone);
    copy_folder(&home, clone.path());
    let (mine, copy) = (world.reopen(&home).await, world.reopen(clone.path()).await);
    assert!(copy.standing(&card.id).await.is_valid());
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "identity_stolen").await;
    for phone in [&mine, &copy] {
        assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Revoked);
    }
}
