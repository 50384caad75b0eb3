//! Moving to another school: everything of the old school ends ex officio, and the new school issues its own card.

use serde_json::{Value, json};
use shared::vci::error::Reason;
use tests::world::{Plan, World};
use wallet::refresh::Outcome;
use wallet::standing::Standing;

async fn second_school(world: &World, preset: &str) -> String {
    world.office.school(990_002, "Liceum na Niby", preset, json!({})).await
}

async fn transfer(world: &World, pupil: &str, school: &str) -> Value {
    let form = json!({ "school_id": school, "class_name": "1c" });
    world.office.done("POST", &format!("/pupils/{pupil}/transfer"), Some(form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_device_is_revoked_and_every_open_slip_cancelled_and_the_new_school_starts_afresh() {
    let world = World::of(Plan { overrides: json!({ "devices": 3 }), ..Plan::of("legacy-2019") }).await;
    let school = second_school(&world, "zpe-2025").await;
    let pupil = world.pupil().await;
    let (first, second) = (world.codes_for(&pupil).await, world.codes_for(&pupil).await);
    let open = world.codes_for(&pupil).await;
    let (zosia, mum) = (world.phone("Telefon Zosi").await, world.phone("Telefon mamy").await);
    let (card, mums) = (zosia.activate(&first).await.unwrap().id, mum.activate(&second).await.unwrap().id);

    let moved = transfer(&world, &pupil.id, &school).await;
    assert_eq!((&moved["school_id"], &moved["class_name"]), (&json!(school), &json!("1c")));
    let file = world.office.card(&open.card_id).await;
    for device in file["devices"].as_array().unwrap() {
        let device = &device["device"];
        assert_eq!((&device["state"], &device["end_reason"]), (&json!("revoked"), &json!("moved_school")));
    }
    assert_eq!(file["base_card"]["void_reason"], "moved_school");
    assert_eq!(world.office.slip_state(&open).await["state"], "cancelled");
    for (phone, id) in [(&zosia, &card), (&mum, &mums)] {
        assert_eq!(phone.refresh(id).await.unwrap().outcome, Outcome::Revoked);
        let reason = "affiliation_changed".to_owned();
        assert_eq!(phone.standing(id).await, Standing::Revoked { since: world.now(), reason });
    }
    let error = world.phone("Trzeci").await.activate(&open).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Cancelled));
    let order = file["slips"][0]["order_id"].as_str().unwrap();
    let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
    assert_eq!((refused.status, refused.code()), (409, "moved_school"));

    // The new school waits for its own paper card, then issues.
    let order = world.office.order(&pupil.id).await;
    let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
    assert_eq!((refused.status, refused.code()), (409, "no_base_card"));
    world.office.base_card(&pupil.id, "2026-11-21", "2027-09-30").await;
    let new = zosia.activate(&world.office.codes(&order).await).await.unwrap();
    assert_eq!(zosia.show(&new.id).await.card.data().school.name.as_str(), "Liceum na Niby");
    assert_eq!(zosia.standing(&new.id).await, Standing::Valid);
    assert!(!zosia.standing(&card).await.is_valid(), "the old school's card stays what it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_out_when_the_pupil_moved_opens_nothing() {
    let world = World::legacy().await;
    let school = second_school(&world, "legacy-2019").await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let wire = crate::wire::Wire::of(&world);
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    transfer(&world, &pupil.id, &school).await;
    let reply = wire.credential(&token, &wire.proof(&crate::wire::Key::fresh(), &nonce)).await;
    reply.refused("after the move", 400, "credential_request_denied", "cancelled");
    assert!(world.office.card(&slip.card_id).await["devices"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cannot_move_to_where_one_is_or_to_nowhere() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let path = format!("/pupils/{}/transfer", pupil.id);
    for (school, status, code) in
        [(world.school(), 409, "same_school"), (pupil.base_card.as_str(), 404, "unknown_school")]
    {
        let form = json!({ "school_id": school, "class_name": "1c" });
        let refused = world.office.call("POST", &path, Some(form)).await;
        assert_eq!((refused.status, refused.code()), (status, code));
    }
}
