//! What becomes of cards while somebody looks at the desk.

use std::time::Duration;

use tests::browser::Browser;
use tests::scene::Scene;
use tests::table::{Laid, Table};
use tests::world::{Plan, World};

use super::{laid, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_of_six_phones_moves_with_its_buttons() {
    let Some(browser) = Browser::start().await else { return };
    let scene = Scene::fresh().await;
    let table = table(&scene.world, 6).await;
    let order = &scene.orders(1)[0];
    for phone in 1..=5 {
        table.set_up(phone).await;
        let slip = scene.office().codes(order).await;
        assert_eq!(table.activate(phone, &slip).await.view(), "done", "phone {phone}");
        table.open_card(phone).await;
    }
    let person = browser.person(&table.url("")).await;
    person.opens("/").await;
    person.sees("Urządzenie 5 z 5.").await;
    person.sees("Szósty telefon").await;
    person.clicks("Koniec 30 września").await;
    person.sees("Ważna, wkrótce się kończy").await;
    // What happens on one phone is seen on the desk without loading the page again.
    table.press(2, "lose", &[]).await;
    person.sees("Telefon zgubiony").await;
    scene.world.clock.advance(jiff::SignedDuration::from_secs(30));
    person.sees("Nieważna: termin minął").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_turns_while_somebody_looks_at_it() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let table = Table::lay(Laid { refresh_every: Some(Duration::from_millis(200)), ..laid(&world, 1) }).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.open_card(1).await;
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    person.sees("Wystawca ją potwierdza.").await;
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    person.sees("Unieważniona").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_leafs_through_the_cards_of_three_children() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::zpe().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let pupil = world.pupil().await;
        let slip = world.codes_for(&pupil).await;
        assert_eq!(table.activate(1, &slip).await.view(), "done");
        // Cards lie in the order in which they came.
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        names.push(format!("{} {}", pupil.spec.given_names, pupil.spec.surname));
    }
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    person.clicks("Dokumenty").await;
    for name in &names {
        person.sees(name).await;
    }
    person.sees("Urządzenie 1 z 5.").await;
    person.clicks(&names[0]).await;
    person.sees(&names[0]).await;
    // By the dots, and by a finger: to the left comes the next child, to the right the one before.
    person.clicks(&names[1]).await;
    person.sees(&names[1]).await;
    person.drags("[data-face] .name", (-0.6, 0.0)).await;
    person.sees(&names[2]).await;
    person.drags("[data-face] .name", (0.9, 0.0)).await;
    person.sees(&names[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_goes_by_at_the_buttons() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let (used, kept) = (world.slip_for_a_pupil().await, world.slip_for_a_pupil().await);
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &used).await;
    table.open_card(1).await;
    let person = browser.person(&table.url("")).await;
    person.opens("/").await;
    person.sees("21 listopada 2026").await;
    // A slip that nobody used for thirty days opens nothing any more.
    person.clicks("30 dni dalej").await;
    person.sees("21 grudnia 2026").await;
    table.set_up(2).await;
    assert_eq!(table.activate(2, &kept).await.trouble(), "slip_expired");
    person.sees("Kod stracił ważność").await;
    person.clicks("Koniec 30 września").await;
    person.sees("30 września 2027").await;
    person.sees("Dziś jest ostatni dzień.").await;
    person.clicks("Rok dalej").await;
    person.sees("2028").await;
    person.sees("Nieważna: termin minął").await;
    person.clicks_and_agrees("Zacznij od nowa").await;
    person.sees("21 listopada 2026").await;
    person.sees_no("Nieważna").await;
    person.hears_no_complaint().await;
}
