//! Whom the phone believes: an issuer that it was told of, whose cards nobody has touched on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::typed_code::TypedCode;
use tests::network::Meddled;
use tests::office::Slip;
use tests::world::{Phone, World};
use wallet::acquire::offer::OfferSource;
use wallet::acquire::refusal::ActivateError;
use wallet::device::Platform;
use wallet::online::Surroundings;
use wallet::standing::Standing;
use wallet::transport::Response;
use wallet::trust::RootCertificate;

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_nobody_vouched_for_sees_no_code() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.stranger("Pixel", Platform::Android, "14", "1.0.0").await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert!(matches!(&error, ActivateError::UntrustedIssuer(issuer) if *issuer == world.issuer()), "{error}");
    assert_eq!(error.reason(), "untrusted_issuer");
    let urls: Vec<String> = world.transcript.exchanges().into_iter().map(|asked| asked.url).collect();
    assert_eq!(urls, [format!("{}/o/•••", world.base())], "only the address in the QR code was asked");

    // What is typed is not even looked up.
    world.transcript.clear();
    let typed = OfferSource::typed(TypedCode::parse(&slip.typed_code).unwrap(), world.issuer());
    let error = phone.follow(typed, slip.activation_code.as_deref()).await.unwrap_err();
    assert_eq!(error.reason(), "untrusted_issuer");
    assert!(world.transcript.exchanges().is_empty());
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_vouches_for_the_issuer_that_it_was_named_for_and_no_other() {
    let (world, other) = tokio::join!(World::legacy(), World::legacy());
    let phone = world.phone("Pixel").await;
    let slip = other.codes().await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.reason(), "untrusted_issuer");
    assert_eq!((world.asked("/token"), other.asked("/token")), (0, 0), "no code has left the phone");

    // The other one's issuer is trusted by the wrong root: its card is refused, and the right root mends it.
    let root = RootCertificate::parse(&world.fetch("/pki/ca/root.pem").await).unwrap();
    phone.online.trust_root(&root, &[other.issuer()]).await.unwrap();
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.reason(), "untrusted_root");
    assert_eq!(phone.cards().await, 0);
    let root = RootCertificate::parse(&other.fetch("/pki/ca/root.pem").await).unwrap();
    phone.online.trust_root(&root, &[other.issuer()]).await.unwrap();
    phone.activate(&slip).await.expect("the same slip, now that the root is known");
    assert_eq!(other.office.devices(&slip.card_id, "live").await.len(), 1);
}

/// Flips one bit in the middle of a base64 text.
fn flip(text: &mut Value, engine: &impl base64::Engine) {
    let mut bytes = engine.decode(text.as_str().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    *text = json!(engine.encode(bytes));
}

/// A phone on whose network somebody changes the first card that comes.
async fn meddled(world: &World, change: fn(&mut Value)) -> Phone {
    let done = AtomicBool::new(false);
    let meddle = move |path: &str, answer: &mut Response| {
        if path == "/credential" && answer.status == 200 && !done.swap(true, Ordering::SeqCst) {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            change(&mut body["credentials"][0]["credential"]);
            answer.body = body.to_string().into_bytes();
        }
    };
    let transport = Arc::new(Meddled::new(world.network(), meddle));
    world.phone_in("Pixel", Surroundings { transport, ..world.phone_surroundings() }).await
}

/// The last byte of a certificate's DER belongs to its signature.
fn forge_signature(text: &mut Value) {
    let mut der = BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap();
    *der.last_mut().unwrap() ^= 1;
    *text = json!(BASE64_STANDARD.encode(der));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_touched_on_the_way_is_refused_by_name_and_the_next_one_is_taken() {
    let world = World::legacy().await;
    /// What is tampered with, how, and the wallet's reason.
    type Case = (&'static str, fn(&mut Value), &'static str);
    let cases: [Case; 8] = [
        ("a bit of the card data", |card| flip(&mut card["card"], &BASE64_URL_SAFE_NO_PAD), "card_tampered"),
        (
            "the device certificate's signature",
            |card| forge_signature(&mut card["x5c"][0]),
            "bad_certificate",
        ),
        ("the authority's signature", |card| forge_signature(&mut card["x5c"][1]), "bad_certificate"),
        (
            "a bit within the device certificate",
            |card| flip(&mut card["x5c"][0], &BASE64_STANDARD),
            "bad_certificate",
        ),
        ("the device certificate twice", |card| card["x5c"][1] = card["x5c"][0].clone(), "bad_certificate"),
        ("no authority", |card| drop(card["x5c"].as_array_mut().unwrap().pop()), "bad_certificate"),
        ("no certificates", |card| card["x5c"] = json!([]), "card_unreadable"),
        ("card data of nobody", |card| card["card"] = json!("e30"), "card_tampered"),
    ];
    for (what, change, reason) in cases {
        let slip = world.codes().await;
        let phone = meddled(&world, change).await;
        let error = phone.activate(&slip).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{what}: {error}");
        assert_eq!(phone.cards().await, 0, "{what}: nothing is kept");

        phone.activate(&slip).await.unwrap_or_else(|error| panic!("{what}, then nothing: {error}"));
        assert_eq!(phone.cards().await, 1, "{what}");
        assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1, "{what}");
    }
}

/// The credential that `world`'s issuer gives to a key that is not the phone's.
async fn somebody_elses_card(world: &World) -> Value {
    let slip: Slip = world.codes().await;
    let reply = crate::wire::Wire::of(world).activate(&slip, &crate::wire::Key::fresh()).await;
    reply.body["credentials"][0]["credential"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_card_is_refused_however_genuine() {
    let world = World::legacy().await;
    let other = somebody_elses_card(&world).await;
    let meddle = move |path: &str, answer: &mut Response| {
        if path == "/credential" {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            body["credentials"][0]["credential"] = other.clone();
            answer.body = body.to_string().into_bytes();
        }
    };
    let transport = Arc::new(Meddled::new(world.network(), meddle));
    let phone = world.phone_in("Pixel", Surroundings { transport, ..world.phone_surroundings() }).await;
    let error = phone.activate(&world.codes().await).await.unwrap_err();
    assert_eq!(error.reason(), "another_key", "{error}");
    assert_eq!(phone.cards().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_list_that_was_touched_is_not_believed() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let meddle = |path: &str, answer: &mut Response| {
        if path.ends_with(".crl") {
            *answer.body.last_mut().unwrap() ^= 1;
        }
    };
    let transport = Arc::new(Meddled::new(world.network(), meddle));
    let phone = world.phone_in("Pixel", Surroundings { transport, ..world.phone_surroundings() }).await;
    let card = phone.activate(&slip).await.unwrap();
    assert_eq!(card.list.reason(), "untrustworthy");
    // The issuer itself stands by the card.
    assert_eq!(phone.refresh(&card.id).await.unwrap().list.unwrap().reason(), "untrustworthy");
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    // And it is the issuer itself that takes it back, without the list's word on why.
    let refreshed = phone.refresh(&card.id).await.unwrap();
    assert_eq!((refreshed.outcome.reason(), refreshed.list.unwrap().reason()), ("revoked", "untrustworthy"));
    let unspecified = Standing::Revoked { since: world.now(), reason: "unspecified".to_owned() };
    assert_eq!(refreshed.standing, unspecified);
}
