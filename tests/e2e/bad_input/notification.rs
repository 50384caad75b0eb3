//! `POST /notification`.

use serde_json::{Value, json};
use tests::world::World;

use crate::wire::{Key, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_taken_from_those_who_hold_the_card() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let (slip, other) = (world.codes().await, world.codes().await);
    let id = wire.activate(&slip, &Key::fresh()).await.text("notification_id").to_owned();
    let others = wire.activate(&other, &Key::fresh()).await.text("notification_id").to_owned();
    let token = wire.access(&slip).await;
    let say = async |token: Option<&str>, body: Value| {
        let request = wire.request("POST", "/notification").json(&body);
        wire.send(token.into_iter().fold(request, |request, token| request.bearer_auth(token))).await
    };
    let notice = |id: &str, event: &str| json!({ "notification_id": id, "event": event });
    let accepted = notice(&id, "credential_accepted");

    for (what, token) in [("no token", None), ("rubbish", Some("rubbish"))] {
        let reply = say(token, accepted.clone()).await;
        reply.refused(what, 401, "invalid_token", "bad_token");
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{what}");
    }
    for (what, body, error, reason) in [
        (
            "nobody's id",
            notice("AAAAAAAAAAAAAAAAAAAAAA", "credential_accepted"),
            "invalid_notification_id",
            "unknown",
        ),
        ("another slip's id", notice(&others, "credential_accepted"), "invalid_notification_id", "unknown"),
        ("no id", notice("", "credential_accepted"), "invalid_notification_id", "malformed"),
        ("an unknown event", notice(&id, "credential_eaten"), "invalid_notification_request", "malformed"),
        ("no event", json!({ "notification_id": id }), "invalid_notification_request", "malformed"),
        ("a wrong type", json!([]), "invalid_notification_request", "malformed"),
        (
            "too long",
            json!({ "notification_id": id, "event": "credential_accepted", "x": "x".repeat(5000) }),
            "invalid_notification_request",
            "malformed",
        ),
    ] {
        say(Some(&token), body).await.refused(what, 400, error, reason);
    }
    let request = wire.request("POST", "/notification").bearer_auth(&token).body("{");
    wire.send(request).await.refused("not JSON", 400, "invalid_notification_request", "malformed");
    let huge = wire.request("POST", "/notification").bearer_auth(&token).body("x".repeat(65 * 1024));
    wire.send(huge).await.refused("beyond the limit", 413, "invalid_request", "malformed");

    for _ in 0..2 {
        assert_eq!(say(Some(&token), accepted.clone()).await.status, 204, "repeating it changes nothing");
    }
    // Who cannot prove the device key may say that the card was deleted, but deletes nothing.
    assert_eq!(say(Some(&token), notice(&id, "credential_deleted")).await.status, 204);
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
    // A token that a newer one has followed says that a newer one is needed, and not that there is no such card.
    wire.access(&slip).await;
    let reply = say(Some(&token), notice(&id, "credential_deleted")).await;
    reply.refused("an outdated token", 401, "invalid_token", "used");
    assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
}
