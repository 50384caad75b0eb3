//! Every screen of trouble that an issuer, a slip or a phone can cause, reached by its real cause.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::network::Meddled;
use tests::office::Slip;
use tests::table::{Laid, Screen, Table};
use tests::world::{Plan, World};
use wallet::transport::Response;

use super::table;

/// A phone that stands where codes are read.
async fn scanner(world: &World) -> Table {
    let table = table(world, 1).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    table
}

/// Types a slip's code.
async fn types(table: &Table, slip: &Slip) -> Screen {
    table.press(1, "type", &[]).await;
    table.press(1, "typed", &[("typed", &slip.typed_code)]).await
}

async fn retry_offer(table: &Table, slip: &Slip) -> Screen {
    table.to_scanner(1).await;
    types(table, slip).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_without_an_offer() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let table = scanner(&world).await;
    let png = |picture: image::GrayImage| {
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    };
    let blank = png(image::GrayImage::from_pixel(400, 400, image::Luma([200])));
    let other = shared::qr::render::png("https://szkola.example/plan", 6).unwrap();
    let broken = shared::qr::render::png("openid-credential-offer://?x=y", 6).unwrap();
    for (picture, trouble) in [
        (blank, "no_code"),
        (b"GIF89a".to_vec(), "bad_picture"),
        (slip.qr_png[..slip.qr_png.len() / 2].to_vec(), "bad_picture"),
        (other, "not_an_offer"),
        (broken, "broken_offer"),
    ] {
        let shown = table.picture(1, &picture).await;
        assert_eq!(shown.trouble(), trouble, "{}", shown.html);
        table.press(1, "scan", &[]).await;
    }
    assert_eq!(table.picture(1, &slip.qr_png).await.view(), "offer", "the next picture is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_until_the_slip_is_dead() {
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
        assert_eq!(shown.trouble(), "wrong_code", "{}", shown.html);
        assert!(shown.html.contains(&format!("{left} prób")), "{left}: {}", shown.html);
        assert_eq!(table.press(1, "code-again", &[]).await.view(), "code");
    }
    table.press(1, "code", &[("code", wrong)]).await;
    assert_eq!(table.press(1, "confirm", &[]).await.trouble(), "slip_dead");
    table.press(1, "documents", &[]).await;
    assert_eq!(retry_offer(&table, &slip).await.trouble(), "slip_dead", "the right code comes too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn slips_that_open_nothing_any_more() {
    let world = World::legacy().await;
    let table = scanner(&world).await;
    // taken back
    let slip = world.codes().await;
    world.office.done("POST", &format!("/slips/{}/cancel", slip.id), Some(json!({}))).await;
    assert_eq!(types(&table, &slip).await.trouble(), "cancelled");
    // printed anew
    let slip = world.codes().await;
    let newer = world.office.replace(&slip.id).await;
    assert_eq!(retry_offer(&table, &slip).await.trouble(), "replaced");
    assert_eq!(retry_offer(&table, &newer).await.view(), "offer");
    // never given out
    table.to_scanner(1).await;
    table.press(1, "type", &[]).await;
    let unknown = shared::typed_code::TypedCode::generate(&issuer::app::SystemEntropy);
    let shown = table.press(1, "typed", &[("typed", unknown.expose())]).await;
    assert_eq!(shown.trouble(), "unknown_slip", "{}", shown.html);
    // used on this phone, and on another one
    let slip = world.codes().await;
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    assert_eq!(retry_offer(&table, &slip).await.trouble(), "already_held");
    assert_eq!(table.press(1, "held-card", &[]).await.view(), "card");
    // over
    let slip = world.codes().await;
    world.clock.set(slip.expires_at);
    assert_eq!(retry_offer(&table, &slip).await.trouble(), "slip_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_that_another_phone_has_used() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    for phone in [1, 2] {
        table.set_up(phone).await;
    }
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    let shown = table.activate(2, &slip).await;
    assert!(["used", "other_device"].contains(&shown.trouble()), "{}", shown.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_the_phone_does_not_know() {
    let (world, other) = (World::legacy().await, World::legacy().await);
    let slip = other.slip_for_a_pupil().await;
    let table = scanner(&world).await;
    let shown = table.picture(1, &slip.qr_png).await;
    assert_eq!(shown.trouble(), "untrusted_issuer", "{}", shown.html);
    assert!(shown.html.contains(other.base()), "which one is not said: {}", shown.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_network_and_a_busy_server_lose_nothing() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let table = scanner(&world).await;
    table.press(1, "airplane", &[]).await;
    let shown = types(&table, &slip).await;
    assert_eq!(shown.trouble(), "no_network", "{}", shown.html);
    table.press(1, "airplane", &[]).await;
    assert_eq!(table.press(1, "retry", &[]).await.view(), "offer");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let fault = json!({ "path": "/token", "kind": "unavailable", "times": 1 });
    let told = http.post(format!("{}/sandbox/faults", world.base())).json(&fault).send().await.unwrap();
    assert_eq!(told.status(), 204);
    let shown = table.take(1, slip.activation_code.as_deref()).await;
    assert_eq!(shown.trouble(), "server_busy", "{}", shown.html);
    assert_eq!(table.press(1, "retry", &[]).await.view(), "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_phone_is_told_of_the_limit_and_gets_in_when_there_is_room() {
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
            assert_eq!(shown.trouble(), "slots_full", "{}", shown.html);
        }
    }
    let card = table.open_card(2).await.cards()[0].clone();
    table.press(2, "ask-delete", &[("id", &card)]).await;
    table.press(2, "delete", &[("id", &card)]).await;
    assert_eq!(table.press(6, "retry", &[]).await.view(), "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_systems_that_are_too_old() {
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
        assert_eq!(shown.trouble(), trouble, "{}", shown.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_void_or_over_meanwhile() {
    let world = World::legacy().await;
    let table = scanner(&world).await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    world
        .office
        .done("POST", &format!("/base-cards/{}/void", pupil.base_card), Some(json!({ "reason": "lost" })))
        .await;
    let shown = table.take(1, slip.activation_code.as_deref()).await;
    assert!(["card_void", "cancelled", "revoked"].contains(&shown.trouble()), "{}", shown.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_somebody_changed_on_the_way_is_refused_and_not_kept() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    // Somebody on the way changes the card, and leaves its certificate as it is.
    let meddle = |path: &str, answer: &mut Response| {
        if path.ends_with("/credential") && answer.is_success() {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            let card = &mut body["credentials"][0]["credential"]["card"];
            let mut bytes = URL_SAFE_NO_PAD.decode(card.as_str().unwrap()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            *card = json!(URL_SAFE_NO_PAD.encode(bytes));
            answer.body = body.to_string().into_bytes();
        }
    };
    let network = Arc::new(Meddled::new(world.network(), meddle));
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let issuer = world.base().to_owned();
    let table = Table::lay(Laid { phones: 1, issuer, clock, network, refresh_every: None }).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    let shown = table.take(1, slip.activation_code.as_deref()).await;
    assert_eq!(shown.trouble(), "card_refused", "{}", shown.html);
    assert!(table.press(1, "documents", &[]).await.cards().is_empty());
}
