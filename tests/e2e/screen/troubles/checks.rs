//! Troubles of a check: of whoever is asked for a card, and of whoever checks one.

use tests::table::{PASSWORD, Table};
use tests::world::{Plan, World};

use super::{Seen, meddled, table};

async fn sandbox() -> World {
    World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await
}

/// A card on the first phone, an inspector at the second.
async fn two(world: &World) -> Table {
    let table = table(world, 2).await;
    table.set_up(1).await;
    assert_eq!(table.activate(1, &world.codes().await).await.view(), "done");
    assert_eq!(table.press(2, "be-inspector", &[]).await.view(), "inspect");
    table
}

/// The inspector asks; the digits for the holder.
async fn asks(table: &Table, purpose: &str) -> String {
    table.press(2, "inspect-next", &[]).await;
    table.press(2, "inspect", &[("purpose", purpose)]).await;
    let shown = table.press(2, "inspect-how", &[("how", "ask")]).await;
    let (_, after) = shown.html.split_once("class=\"code\">").unwrap();
    after.split('<').next().unwrap().to_owned()
}

pub(super) async fn requests_that_lead_nowhere(seen: &mut Seen) {
    let world = sandbox().await;
    let table = two(&world).await;
    let reads = async |text: &str| {
        table.press(1, "answer", &[]).await;
        table.press(1, "answer-digits", &[("digits", text)]).await
    };
    seen.shows(&reads("000000").await, "request_over");
    seen.shows(&reads("openid4vp://?client_id=nobody").await, "bad_request");
    table.press(1, "answer", &[]).await;
    let poster = shared::qr::render::png("https://sklep.example/promocja", 6).unwrap();
    seen.shows(&table.picture(1, &poster).await, "not_a_request");
    assert_eq!(table.press(1, "answer", &[]).await.view(), "answer", "and on from there");
    // Three minutes later nobody waits.
    let digits = asks(&table, "card").await;
    world.clock.advance(jiff::SignedDuration::from_secs(181));
    seen.shows(&reads(&digits).await, "request_over");
}

pub(super) async fn a_phone_with_nothing_to_show(seen: &mut Seen) {
    let world = sandbox().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.press(2, "be-inspector", &[]).await;
    let digits = asks(&table, "ticket").await;
    table.press(1, "answer", &[]).await;
    seen.shows(&table.press(1, "answer-digits", &[("digits", &digits)]).await, "nothing_to_show");
}

pub(super) async fn an_answer_that_the_verifier_refuses(seen: &mut Seen) {
    let world = sandbox().await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.press(2, "be-inspector", &[]).await;
    let digits = asks(&table, "ticket").await;
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    table.press(1, "answer", &[]).await;
    let asked = table.press(1, "answer-digits", &[("digits", &digits)]).await;
    assert_eq!(asked.view(), "asked", "the phone does not know it yet: {}", asked.html);
    seen.shows(&table.press(1, "agree", &[("pin", PASSWORD)]).await, "answer_refused");
}

pub(super) async fn codes_that_a_phone_does_not_show(seen: &mut Seen) {
    let world = sandbox().await;
    let slip = world.codes().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    let card = table.open_card(1).await.cards()[0].clone();
    let shows = async |purpose: &str| {
        table.press(1, "purposes", &[("id", &card)]).await;
        table.press(1, "show-code", &[("purpose", purpose)]).await
    };
    seen.shows(&shows("cinema-18").await, "not_of_age");
    assert_eq!(shows("library").await.view(), "shown-code");
    // A month in airplane mode: the copies are over, the card is not.
    table.press(1, "airplane", &[]).await;
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 31));
    seen.shows(&shows("library").await, "no_copies");
    table.press(1, "airplane", &[]).await;
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    table.press(1, "refresh", &[]).await;
    seen.shows(&shows("library").await, "not_to_show");
}

pub(super) async fn an_inspector_without_data(seen: &mut Seen) {
    let world = sandbox().await;
    let table = meddled(&world, |path, answer| {
        if path.ends_with("/pki/trust-list") {
            answer.body.reverse();
        }
    });
    let table = table.await;
    table.press(1, "reinstall", &[]).await;
    table.press(1, "be-inspector", &[]).await;
    seen.shows(&table.press(1, "fetch-data", &[]).await, "no_data");
    assert_eq!(table.press(1, "restart-setup", &[]).await.view(), "inspect", "back to the beginning");
    table.press(1, "airplane", &[]).await;
    seen.shows(&table.press(1, "fetch-data", &[]).await, "no_network");
}
