//! `GET /o/{id}` and `POST /typed-code`.

use serde_json::json;
use tests::office::Slip;
use tests::world::World;

use crate::wire::{Key, Wire, another_code, offer_path};

/// That neither the QR code nor what is typed instead leads anywhere, and both say why.
async fn leads_nowhere(wire: &Wire, slip: &Slip, reason: &str) {
    wire.offer(slip).await.refused(reason, 410, "offer_not_usable", reason);
    wire.typed(&slip.typed_code).await.refused(reason, 410, "code_not_usable", reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_that_opens_nothing_says_why() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);

    let locked = world.codes().await;
    let code = wire.code(&locked).await;
    for n in 0..5 {
        wire.token(&code, Some(&another_code(&locked, n))).await;
    }
    leads_nowhere(&wire, &locked, "locked").await;

    let replaced = world.codes().await;
    world.office.replace(&replaced.id).await;
    leads_nowhere(&wire, &replaced, "replaced").await;

    let cancelled = world.codes().await;
    world.office.done("POST", &format!("/slips/{}/cancel", cancelled.id), None).await;
    leads_nowhere(&wire, &cancelled, "cancelled").await;

    let revoked = world.codes().await;
    let path = format!("/cards/{}/revoke", revoked.card_id);
    world.office.done("POST", &path, Some(json!({ "reason": "service_given_up" }))).await;
    leads_nowhere(&wire, &revoked, "cancelled").await;

    // A slip that has opened a device leads on to that device, for as long as this holds the card.
    let used = world.codes().await;
    assert_eq!(wire.activate(&used, &Key::fresh()).await.status, 200);
    assert_eq!(wire.offer(&used).await.status, 200);
    world.office.revoke_device(&world.office.devices(&used.card_id, "live").await[0], "phone_lost").await;
    let code = wire.code(&used).await;
    let reply = wire.token(&code, used.activation_code.as_deref()).await;
    reply.refused("used, then revoked", 400, "invalid_grant", "revoked");
    let reply = wire.token(&code, Some(&another_code(&used, 0))).await;
    reply.refused("how it stands is told to those with the code", 400, "invalid_grant", "wrong_code");

    let expired = world.codes().await;
    world.clock.set(expired.expires_at);
    leads_nowhere(&wire, &expired, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_made_is_unknown() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let path = offer_path(&world.codes().await);
    let cut = &path[..path.len() - 1];
    for path in ["/o/AAAAAAAAAAAAAAAAAAAAAA", cut, "/o/x", "/o/%C5%BC", "/o/..%2F..%2Ftoken"] {
        let reply = wire.send(wire.request("GET", path)).await;
        reply.refused(path, 404, "offer_not_found", "unknown");
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
    }
    wire.send(wire.request("GET", "/o/%FF")).await.refused("not UTF-8", 400, "invalid_request", "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_preview_makes_no_code() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let path = offer_path(&world.codes().await);
    assert_eq!(wire.send(wire.request("HEAD", &path)).await.status, 405);
    let reply = wire.send(wire.request("POST", &path)).await;
    reply.refused("POST", 405, "invalid_request", "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_codes_are_checked_before_they_are_looked_up() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let right = world.codes().await.typed_code;
    // The last character checks the rest: any single slip of the finger shows.
    let slipped = format!("{}{}", if right.starts_with('Z') { 'Y' } else { 'Z' }, &right[1..]);
    for (what, body) in [
        ("mistyped", json!({ "typed_code": slipped })),
        ("too short", json!({ "typed_code": &right[..9] })),
        ("not a text", json!({ "typed_code": 1 })),
        ("missing", json!({})),
        ("not an object", json!([])),
    ] {
        let reply = wire.send(wire.request("POST", "/typed-code").json(&body)).await;
        reply.refused(what, 400, "invalid_request", "unknown");
    }
    for body in ["", "{", "typed_code=x"] {
        let reply = wire.send(wire.request("POST", "/typed-code").body(body)).await;
        reply.refused("not JSON", 400, "invalid_request", "unknown");
    }
    let nobodys = shared::typed_code::TypedCode::generate(&issuer::app::SystemEntropy);
    wire.typed(nobodys.expose()).await.refused("nobody's", 404, "unknown_code", "unknown");
    // People type it as they like.
    for typed in [right.to_lowercase(), right.replace('-', " "), format!(" {right} ")] {
        assert_eq!(wire.typed(&typed).await.status, 200, "{typed:?}");
    }
}
