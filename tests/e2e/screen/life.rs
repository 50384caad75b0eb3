//! What becomes of a card: confirmed, renewed, revoked, over; and of the phone.

use std::time::Duration;

use serde_json::json;
use tests::table::PASSWORD;
use tests::world::{CARD_DAYS, Plan, World};

use super::{laid, table};

fn sandbox() -> Plan {
    Plan { sandbox: true, ..Plan::of("legacy-2019") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_card_turns_by_itself_and_says_why() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = laid(&world, 1, Some(Duration::from_millis(100))).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    assert!(table.open_card(1).await.html.contains("band good"));
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    let turned = table.until(1, |screen| screen.html.contains("band bad")).await;
    assert_eq!(turned.view(), "card");
    assert!(turned.html.contains("Unieważniona") && turned.html.contains("zgubiony"), "{}", turned.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_october_ends_a_card_and_a_renewed_one_takes_its_place() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    // The buttons move phones and issuer together.
    assert_eq!(table.post("/desk/clock", &[], &[("leap", "end_of_september")]).await.status, 303);
    // So much later an unlocked phone asks about its cards at once.
    table.open_card(1).await;
    let card = table.until(1, |screen| screen.html.contains("Ważna, wkrótce się kończy")).await;
    assert!(card.html.contains("Dziś jest ostatni dzień."), "{}", card.html);
    world.clock.advance(jiff::SignedDuration::from_secs(10));
    let card = table.open_card(1).await;
    assert!(card.html.contains("termin minął") && card.html.contains("30.09.2027"), "{}", card.html);
    let confirm = json!({ "until": "2028-09-30" });
    let path = format!("/base-cards/{}/confirm", pupil.base_card);
    world.office.done("POST", &path, Some(confirm)).await;
    let renewed = table.press(1, "refresh", &[]).await;
    assert!(renewed.view() == "card" && renewed.html.contains("30.09.2028"), "{}", renewed.html);
    assert!(renewed.html.contains("band good"), "{}", renewed.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_again_takes_issuer_and_phones_back() {
    let world = World::of(sandbox()).await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.press(1, "airplane", &[]).await;
    table.press(2, "lose", &[]).await;
    table.post("/desk/clock", &[], &[("leap", "year")]).await;
    assert!(table.get("/").await.html.contains("2027"));
    assert_eq!(table.post("/desk/again", &[], &[]).await.status, 303);
    assert!(table.get("/").await.html.contains("21 listopada 2026"));
    for phone in [1, 2] {
        assert_eq!(table.screen(phone).await.view(), "welcome", "phone {phone}");
    }
    table.set_up(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_without_a_sandbox_moves_for_nobody() {
    let world = World::legacy().await;
    let table = table(&world, 1).await;
    assert!(!table.get("/").await.html.contains("/desk/clock"));
    let refused = table.post("/desk/clock", &[], &[("leap", "year")]).await;
    assert!(refused.status == 409 && refused.html.contains("nie przestawił"), "{}", refused.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_confirmed_for_a_week_says_so_and_works_offline() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.press(1, "airplane", &[]).await;
    table.press(1, "lock", &[]).await;
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 8));
    // A later start works offline.
    assert_eq!(table.press(1, "unlock", &[("pin", PASSWORD)]).await.view(), "documents");
    assert!(table.open_card(1).await.html.contains("niepotwierdzona"));
    assert_eq!(table.press(1, "refresh", &[]).await.trouble(), "no_network");
    table.press(1, "airplane", &[]).await;
    assert_eq!(table.press(1, "retry", &[]).await.view(), "documents");
    assert!(table.open_card(1).await.html.contains("band good"));
    // A clock that was set back says nothing of validity.
    world.clock.advance(jiff::SignedDuration::from_hours(-24 * 30));
    assert!(table.open_card(1).await.html.contains("Zegar telefonu się spóźnia"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_installed_anew_needs_a_new_slip() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    assert_eq!(table.press(1, "reinstall", &[]).await.view(), "welcome");
    table.set_up(1).await;
    let shown = table.activate(1, &slip).await;
    assert_eq!(shown.trouble(), "other_device", "{}", shown.html);
    let device = world.office.devices(&slip.card_id, "live").await;
    let slip = world.office.reissue(&slip.card_id, &device[0], "phone_lost").await;
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    // Files that are copied to another phone open nothing there.
    table.set_up(2).await;
    assert_eq!(table.post("/desk/copy", &[], &[("from", "1"), ("to", "2")]).await.status, 303);
    assert_eq!(table.screen(2).await.trouble(), "copied");
    assert_eq!(table.press(1, "unlock", &[("pin", PASSWORD)]).await.view(), "documents");
    assert!(table.open_card(1).await.html.contains(CARD_DAYS.1.split('-').next().unwrap()));
}
