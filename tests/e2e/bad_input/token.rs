//! `POST /token`.

use serde_json::json;
use shared::vci::{GRANT_PRE_AUTHORIZED_CODE, GRANT_REFRESH_TOKEN};
use tests::world::World;

use crate::wire::{Key, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_cannot_be_read_are_refused() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let pre = format!("grant_type={GRANT_PRE_AUTHORIZED_CODE}");
    for (what, form, error) in [
        ("empty", String::new(), "invalid_request"),
        ("JSON", json!({ "grant_type": GRANT_PRE_AUTHORIZED_CODE }).to_string(), "invalid_request"),
        ("no code", pre.clone(), "invalid_request"),
        ("an empty code", format!("{pre}&pre-authorized_code="), "invalid_request"),
        ("two codes", format!("{pre}&pre-authorized_code=a&pre-authorized_code=b"), "invalid_request"),
        (
            "two activation codes",
            format!("{pre}&pre-authorized_code=a&tx_code=1&tx_code=2"),
            "invalid_request",
        ),
        ("too long", format!("{pre}&x={}", "x".repeat(10_000)), "invalid_request"),
        ("half a sign-in", "grant_type=authorization_code&code=x".into(), "invalid_request"),
        ("a password", "grant_type=password&username=x&password=y".into(), "unsupported_grant_type"),
        ("no refresh token", format!("grant_type={GRANT_REFRESH_TOKEN}"), "invalid_request"),
    ] {
        let request = wire.request("POST", "/token");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let reply = wire.send(request).await;
        reply.refused(what, 400, error, "malformed");
        assert_eq!(reply.headers["cache-control"], "no-store", "{what}");
    }
    let huge = wire.send(wire.request("POST", "/token").body("x".repeat(65 * 1024))).await;
    huge.refused("beyond the limit", 413, "invalid_request", "malformed");
    wire.send(wire.request("GET", "/token")).await.refused("GET", 405, "invalid_request", "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_one_token_and_only_while_it_lives() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let typed = slip.activation_code.as_deref();
    let (first, second) = (wire.code(&slip).await, wire.code(&slip).await);
    let access = wire.token(&first, typed).await.text("access_token").to_owned();
    let mut tampered = second.clone().into_bytes();
    tampered[40] ^= 1;
    for (what, code, reason) in [
        ("replayed", first.as_str(), "used"),
        ("its twin, since the first was redeemed", second.as_str(), "used"),
        ("tampered with", std::str::from_utf8(&tampered).unwrap(), "unknown"),
        ("rubbish", "rubbish", "unknown"),
        ("an access token", access.as_str(), "unknown"),
        ("the offer's id", slip.offer_uri.rsplit('/').next().unwrap(), "unknown"),
    ] {
        wire.token(code, typed).await.refused(what, 400, "invalid_grant", reason);
    }
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);

    let third = wire.code(&slip).await;
    world.at("2026-11-21T19:39:59+01:00");
    assert_eq!(wire.token(&third, typed).await.status, 200, "within its ten minutes");
    let fourth = wire.code(&slip).await;
    world.at("2026-11-21T19:49:59+01:00");
    wire.token(&fourth, typed).await.refused("ten minutes old", 400, "invalid_grant", "expired");

    // Another issuer's code is as good as none.
    let other = World::legacy().await;
    let foreign = Wire::of(&other).code(&other.codes().await).await;
    wire.token(&foreign, typed).await.refused("foreign", 400, "invalid_grant", "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_the_code_is_told_what_is_the_matter_with_the_card() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);

    let slip = world.codes().await;
    let agreement = format!("/schools/{}/agreement", world.school());
    world.office.done("DELETE", &agreement, None).await;
    let code = wire.code(&slip).await;
    let reply = wire.token(&code, slip.activation_code.as_deref()).await;
    reply.refused("a school without agreement", 400, "invalid_grant", "no_agreement");
    let form = json!({ "number": "MC/mLeg/2026/0002", "signed_on": "2026-11-21" });
    world.office.done("PUT", &agreement, Some(form)).await;
    assert_eq!(wire.token(&code, slip.activation_code.as_deref()).await.status, 200, "nothing was burnt");

    // A slip that has opened a device outlives the paper card, to say so.
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    assert_eq!(wire.activate(&slip, &Key::fresh()).await.status, 200);
    let path = format!("/base-cards/{}/void", pupil.base_card);
    world.office.done("POST", &path, Some(json!({ "reason": "lost" }))).await;
    let reply = wire.token(&wire.code(&slip).await, slip.activation_code.as_deref()).await;
    reply.refused("a voided card", 400, "invalid_grant", "card_void");
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_of_possession_are_checked_where_they_are_shown() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let (key, other) = (Key::fresh(), Key::fresh());
    let code = wire.code(&slip).await;
    let typed = slip.activation_code.as_deref();
    let (here, now) = (wire.url("/token"), wire.now());
    let right = key.dpop(&here, now, None);
    for (what, proofs) in [
        ("rubbish", vec!["rubbish".to_owned()]),
        ("for another address", vec![key.dpop(&wire.url("/credential"), now, None)]),
        ("of another method", vec![key.dpop_for("GET", &here, now, None)]),
        ("from the future", vec![key.dpop(&here, now + 3600, None)]),
        ("from the past", vec![key.dpop(&here, now - 3600, None)]),
        ("two of them", vec![right.clone(), other.dpop(&here, now, None)]),
        ("a key proof", vec![wire.proof(&key, &wire.nonce().await)]),
    ] {
        let request =
            proofs.iter().fold(wire.token_request(&code, typed), |r, proof| r.header("dpop", proof));
        wire.send(request).await.refused(what, 400, "invalid_dpop_proof", "bad_dpop");
    }
    let ask = async || wire.send(wire.token_request(&code, typed).header("dpop", &right)).await;
    let reply = ask().await;
    assert_eq!((reply.status, reply.text("token_type")), (200, "DPoP"), "{}", reply.body);
    ask().await.refused("replayed", 400, "invalid_dpop_proof", "bad_dpop");

    let refresh = reply.text("refresh_token");
    let redeem = |token: &str, proof: Option<String>| {
        let form = [("grant_type", GRANT_REFRESH_TOKEN), ("refresh_token", token)];
        let request = wire.request("POST", "/token").form(&form);
        wire.send(proof.into_iter().fold(request, |request, proof| request.header("dpop", proof)))
    };
    let proof = |key: &Key| Some(key.dpop(&here, now, None));
    redeem(refresh, proof(&key)).await.refused("nothing activated yet", 400, "invalid_grant", "unknown");
    redeem(refresh, None).await.refused("no proof", 400, "invalid_dpop_proof", "bad_dpop");
    redeem(refresh, proof(&other)).await.refused("another key", 400, "invalid_grant", "other_device");
    redeem("rubbish", proof(&key)).await.refused("rubbish", 400, "invalid_grant", "unknown");
    redeem(reply.text("access_token"), proof(&key)).await.refused(
        "an access token",
        400,
        "invalid_grant",
        "unknown",
    );

    let unbound = wire.token(&wire.code(&slip).await, typed).await;
    assert_eq!((unbound.text("token_type"), &unbound.body["refresh_token"]), ("Bearer", &json!(null)));
}
