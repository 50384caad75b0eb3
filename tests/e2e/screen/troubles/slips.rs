//! Slips and cards that lead nowhere, or not any more.

use std::sync::Arc;

use serde_json::json;
use shared::vci::offer_uri::OfferUri;
use tests::world::{Plan, World};
use url::Url;
use wallet::online::Patience;
use wallet::transport::Response;

use super::{Seen, meddled, retry_offer, scanner, table, types};

pub(super) async fn wrong_codes_until_the_slip_is_dead(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let right = slip.activation_code.clone().unwrap();
    let wrong = if right == "00000000" { "00000001" } else { "00000000" };
    let table = scanner(&world).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    table.press(1, "take-offer", &[]).await;
    let malformed = table.press(1, "code", &[("code", "123")]).await;
    assert!(malformed.view() == "code" && malformed.html.contains("nic nie wysłano"), "{}", malformed.html);
    for left in [4, 3, 2, 1] {
        table.press(1, "code", &[("code", wrong)]).await;
        let shown = table.press(1, "confirm", &[]).await;
        seen.shows(&shown, "wrong_code");
        assert!(shown.html.contains(&format!("{left} prób")), "{left}: {}", shown.html);
        assert_eq!(table.press(1, "code-again", &[]).await.view(), "code");
    }
    table.press(1, "code", &[("code", wrong)]).await;
    seen.shows(&table.press(1, "confirm", &[]).await, "slip_dead");
    table.press(1, "documents", &[]).await;
    seen.shows(&retry_offer(&table, &slip).await, "slip_dead");
}

pub(super) async fn slips_that_open_nothing_any_more(seen: &mut Seen) {
    let world = World::legacy().await;
    let table = scanner(&world).await;
    // taken back
    let slip = world.codes().await;
    world.office.done("POST", &format!("/slips/{}/cancel", slip.id), Some(json!({}))).await;
    seen.shows(&types(&table, &slip).await, "cancelled");
    // printed anew
    let slip = world.codes().await;
    let newer = world.office.replace(&slip.id).await;
    seen.shows(&retry_offer(&table, &slip).await, "replaced");
    assert_eq!(retry_offer(&table, &newer).await.view(), "offer");
    // never given out
    table.to_scanner(1).await;
    table.press(1, "type", &[]).await;
    let unknown = shared::typed_code::TypedCode::generate(&issuer::app::SystemEntropy);
    let shown = table.press(1, "typed", &[("typed", unknown.expose())]).await;
    seen.shows(&shown, "unknown_slip");
    // used on this phone, and on another one
    let slip = world.codes().await;
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    seen.shows(&retry_offer(&table, &slip).await, "already_held");
    assert_eq!(table.press(1, "held-card", &[]).await.view(), "card");
    // over
    let slip = world.codes().await;
    world.clock.set(slip.expires_at);
    seen.shows(&retry_offer(&table, &slip).await, "slip_expired");
}

pub(super) async fn a_slip_that_another_phone_has_used(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    for phone in [1, 2] {
        table.set_up(phone).await;
    }
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    let shown = table.activate(2, &slip).await;
    seen.shows(&shown, "other_device");
    // Where the QR code holds the offer itself, nothing can be fetched in its place.
    let slip = world.codes().await;
    let offer = OfferUri::parse(&slip.offer_uri).unwrap();
    let OfferUri::ByReference(address) = offer else { panic!("the offer is in the slip") };
    let offer = tests::http::get(address.expose().as_url().clone()).await.unwrap().text().await.unwrap();
    let mut link = Url::parse("openid-credential-offer://").unwrap();
    link.query_pairs_mut().append_pair("credential_offer", &offer);
    for (phone, view) in [(1, "done"), (2, "trouble")] {
        table.to_scanner(phone).await;
        table.press(phone, "type", &[]).await;
        let shown = table.press(phone, "typed", &[("typed", link.as_str())]).await;
        assert_eq!(shown.view(), "offer", "{}", shown.html);
        let shown = table.take(phone, slip.activation_code.as_deref()).await;
        assert_eq!(shown.view(), view, "{}", shown.html);
    }
    seen.shows(&table.screen(2).await, "used");
}

pub(super) async fn the_sixth_phone_is_told_of_the_limit_and_gets_in_when_there_is_room(seen: &mut Seen) {
    let world = World::of(Plan { overrides: json!({ "devices": 5 }), ..Plan::of("legacy-2019") }).await;
    let order = world.office.order(&world.pupil().await.id).await;
    let mut slips = Vec::new();
    for _ in 0..6 {
        slips.push(world.office.codes(&order).await);
    }
    let table = table(&world, 6).await;
    for (phone, slip) in (1..).zip(&slips) {
        table.set_up(phone).await;
        let shown = table.activate(phone, slip).await;
        if phone <= 5 {
            assert_eq!(shown.view(), "done", "phone {phone}: {}", shown.html);
        } else {
            seen.shows(&shown, "slots_full");
        }
    }
    let card = table.open_card(2).await.cards()[0].clone();
    table.press(2, "ask-delete", &[("id", &card)]).await;
    table.press(2, "delete", &[("id", &card)]).await;
    assert_eq!(table.press(6, "retry", &[]).await.view(), "done");
}

/// Midnight strikes between the token and the card.
pub(super) async fn a_school_card_that_is_over_meanwhile(seen: &mut Seen) {
    let world = World::of(Plan { beginning: "2027-09-20T12:00:00+02:00", ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let clock = Arc::clone(&world.clock);
    let table = meddled(&world, move |path: &str, answer: &mut Response| {
        if path.ends_with("/token") && answer.is_success() {
            clock.set("2027-10-01T00:00:01+02:00".parse().unwrap());
        }
    })
    .await;
    world.at("2027-09-30T23:59:50+02:00");
    assert_eq!(types(&table, &slip).await.view(), "offer");
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "card_expired");
}

/// A slip that nobody has used is cancelled with the school's card; one that a phone began with is not.
pub(super) async fn a_school_card_that_is_void_meanwhile(seen: &mut Seen) {
    let world = World::legacy().await;
    let table = scanner(&world).await;
    for (lost, trouble) in [(false, "cancelled"), (true, "card_void")] {
        let pupil = world.pupil().await;
        let slip = world.codes_for(&pupil).await;
        assert_eq!(retry_offer(&table, &slip).await.view(), "offer");
        if lost {
            lose_replies(&world);
            seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "no_network");
        }
        let void = format!("/base-cards/{}/void", pupil.base_card);
        world.office.done("POST", &void, Some(json!({ "reason": "lost" }))).await;
        let shown = match lost {
            true => table.press(1, "retry", &[]).await,
            false => table.take(1, slip.activation_code.as_deref()).await,
        };
        seen.shows(&shown, trouble);
    }
}

pub(super) async fn a_school_whose_agreement_has_ended(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = scanner(&world).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    world.office.done("DELETE", &format!("/schools/{}/agreement", world.school()), None).await;
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "no_agreement");
}

/// The card was issued, its way to the phone broke off, and the school revoked it before the phone asked again.
pub(super) async fn a_card_that_is_revoked_before_it_was_kept(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = scanner(&world).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    lose_replies(&world);
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "no_network");
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    seen.shows(&table.press(1, "retry", &[]).await, "revoked");
    assert!(table.press(1, "documents", &[]).await.cards().is_empty());
}

/// As often as a phone tries, the card is on its way and does not arrive.
fn lose_replies(world: &World) {
    for _ in 0..Patience::default().tries {
        world.lose_reply("/credential");
    }
}
