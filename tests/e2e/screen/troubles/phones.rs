//! What is wrong with the phone itself.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use tests::table::PASSWORD;
use tests::world::{Plan, World, parts};
use wallet::phone::{LockedPhone, Parts};
use wallet::store::{Fault, MemoryStores, Stores};

use super::{Seen, scanner, table, table_on, types};

pub(super) async fn apps_and_systems_that_are_too_old(seen: &mut Seen) {
    let plan =
        Plan { overrides: json!({ "min_app": "2.0", "min_android": "10" }), ..Plan::of("legacy-2019") };
    let world = World::of(plan).await;
    for (os, app, trouble) in [("14", "1.9", "app_too_old"), ("9", "2.0", "os_too_old")] {
        let slip = world.codes().await;
        let table = table(&world, 1).await;
        let fields = [("name", "Stary"), ("platform", "android"), ("os_version", os), ("app_version", app)];
        table.press(1, "describe", &fields).await;
        table.set_up(1).await;
        let shown = table.activate(1, &slip).await;
        seen.shows(&shown, trouble);
    }
}

pub(super) async fn a_clock_that_was_set_back(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = scanner(&world).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    assert_eq!(table.take(1, slip.activation_code.as_deref()).await.view(), "done");
    world.clock.advance(SignedDuration::from_hours(-24 * 30));
    table.open_card(1).await;
    let shown = table.press(1, "refresh", &[]).await;
    seen.shows(&shown, "clock_behind");
    assert!(shown.html.contains("21.11.2026"), "what it should show at least is not said: {}", shown.html);
}

/// A page that was left open in another window has buttons of another place.
pub(super) async fn whoever_steps_over_the_terms(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.press(1, "allow-camera", &[]).await;
    seen.shows(&types(&table, &slip).await, "terms");
    assert_eq!(world.asked("/typed-code"), 0, "somebody was asked");
}

pub(super) async fn files_of_another_phone_and_of_yesterday(seen: &mut Seen) {
    let world = World::legacy().await;
    let stores = Arc::new(MemoryStores::default());
    let table = table_on(&world, 2, Arc::clone(&stores) as _).await;
    for phone in [1, 2] {
        table.set_up(phone).await;
    }
    assert_eq!(table.post("/desk/copy", &[], &[("from", "1"), ("to", "2")]).await.status, 303);
    seen.shows(&table.screen(2).await, "copied");
    assert_eq!(table.press(2, "reinstall", &[]).await.view(), "welcome");

    let (home, yesterday) = (table.home(1), table.home(1).join("yesterday"));
    stores.copy(&home, &yesterday).unwrap();
    table.press(1, "unlock", &[("pin", PASSWORD)]).await;
    table.to_scanner(1).await;
    table.press(1, "lock", &[]).await;
    stores.copy(&yesterday, &home).unwrap();
    seen.shows(&table.press(1, "unlock", &[("pin", PASSWORD)]).await, "rolled_back");
    assert_eq!(table.press(1, "reinstall", &[]).await.view(), "welcome");
}

pub(super) async fn ten_wrong_passwords(seen: &mut Seen) {
    let world = World::legacy().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.press(1, "lock", &[]).await;
    let wrong = [("pin", "Inne7haslo")];
    for _ in 1..10 {
        assert_eq!(table.press(1, "unlock", &wrong).await.view(), "lock");
        world.clock.advance(SignedDuration::from_hours(48));
    }
    seen.shows(&table.press(1, "unlock", &wrong).await, "erased");
    assert_eq!(table.press(1, "reinstall", &[]).await.view(), "welcome");
}

pub(super) async fn a_phone_that_another_program_has_open(seen: &mut Seen) {
    let world = World::legacy().await;
    let stores = Arc::new(MemoryStores::default());
    let table = table_on(&world, 1, Arc::clone(&stores) as _).await;
    table.set_up(1).await;
    table.press(1, "lock", &[]).await;
    let other = LockedPhone::open(&table.home(1), Parts { stores, ..parts() }).unwrap();
    seen.shows(&table.press(1, "unlock", &[("pin", PASSWORD)]).await, "in_use");
    drop(other);
    assert_eq!(table.press(1, "retry", &[]).await.view(), "lock");
    assert_eq!(table.press(1, "unlock", &[("pin", PASSWORD)]).await.view(), "documents");
}

pub(super) async fn a_phone_of_a_later_version(seen: &mut Seen) {
    let world = World::legacy().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.press(1, "lock", &[]).await;
    std::fs::write(table.home(1).join("phone.json"), br#"{"version":99}"#).unwrap();
    seen.shows(&table.press(1, "unlock", &[("pin", PASSWORD)]).await, "newer");
}

pub(super) async fn a_disk_without_room(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let stores = Arc::new(MemoryStores::default());
    let table = table_on(&world, 1, Arc::clone(&stores) as _).await;
    stores.fail(Fault::DiskFull);
    table.press(1, "choose-app", &[("app", "standard")]).await;
    let password = [("pin", PASSWORD), ("again", PASSWORD)];
    seen.shows(&table.press(1, "set-pin", &password).await, "disk_full");
    assert_eq!(table.press(1, "retry", &[]).await.view(), "welcome", "half a phone is none");
    stores.mend();
    table.set_up(1).await;

    table.to_scanner(1).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    stores.fail(Fault::DiskFull);
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "disk_full");
    // As long as there is no room the phone still opens, shows what it has, and says the same again.
    assert_eq!(table.press(1, "retry", &[]).await.view(), "lock");
    assert_eq!(table.press(1, "unlock", &[("pin", PASSWORD)]).await.view(), "documents");
    seen.shows(&table.activate(1, &slip).await, "disk_full");
    stores.mend();
    table.press(1, "retry", &[]).await;
    table.press(1, "unlock", &[("pin", PASSWORD)]).await;
    assert_eq!(table.activate(1, &slip).await.view(), "done", "the same slip leads to the card");

    // Nobody pressed anything but where to go: the store has failed before.
    stores.fail(Fault::DiskFull);
    seen.shows(&table.press(1, "refresh", &[]).await, "disk_full");
    stores.mend();
    table.press(1, "retry", &[]).await;
    table.press(1, "unlock", &[("pin", PASSWORD)]).await;
    assert!(table.open_card(1).await.html.contains("band good"));
}

pub(super) async fn a_disk_that_cannot_be_read(seen: &mut Seen) {
    let world = World::legacy().await;
    let stores = Arc::new(MemoryStores::default());
    let table = table_on(&world, 1, Arc::clone(&stores) as _).await;
    table.set_up(1).await;
    stores.fail(Fault::Unreadable);
    seen.shows(&table.press(1, "documents", &[]).await, "damaged");
    seen.shows(&table.press(1, "retry", &[]).await, "damaged");
    stores.mend();
    assert_eq!(table.press(1, "retry", &[]).await.view(), "lock");
    assert_eq!(table.press(1, "unlock", &[("pin", PASSWORD)]).await.view(), "documents");
}
