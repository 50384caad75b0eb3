//! A card that is bound at the issuer comes to its phone though the slip has run out or is locked since: with the same
//! key, in the same place.

use jiff::SignedDuration;
use shared::vci::error::Reason;
use tests::office::Slip;
use tests::world::{Phone, World};
use wallet::acquire::event::Unobserved;
use wallet::secure_element::KeyHandle;

/// A phone whose card was bound while the answer was lost; then it was killed. And the key that it is bound to.
async fn bound_and_killed(world: &World, slip: &Slip) -> (Phone, KeyHandle) {
    let phone = world.phone("Pixel").await;
    world.lose_reply("/credential");
    assert_eq!(phone.activate(slip).await.unwrap_err().reason(), "cannot_reach");
    let [begun] = phone.online.phone().documents().activations().unwrap().try_into().unwrap();
    let home = phone.home.clone();
    drop(phone);
    (world.reopen(&home).await, begun.keys[0].key.clone())
}

/// That the phone holds the card under `key`, and that it has taken one place.
async fn held_in_one_place(world: &World, slip: &Slip, phone: &Phone, key: &KeyHandle) {
    let [shown] = phone.online.cards().await.unwrap().try_into().unwrap();
    assert_eq!(&shown.card.held().key, key, "the same key");
    assert!(shown.standing.is_valid());
    let file = world.office.card(&slip.card_id).await;
    let devices = file["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 1, "{devices:#?}");
    assert_eq!(devices[0]["device"]["state"], "live");
    let certificates = devices[0]["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1, "{certificates:#?}");
    assert_eq!(certificates[0]["serial"], shown.card.certificate().serial().to_string());
    assert_eq!(phone.online.phone().documents().activations().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_slip_after_its_end_brings_the_card_that_was_bound_before_it() {
    for world in [World::zpe().await, World::legacy().await] {
        let slip = world.codes().await;
        let (phone, key) = bound_and_killed(&world, &slip).await;
        world.clock.set(slip.expires_at + SignedDuration::from_mins(1));
        phone.activate(&slip).await.expect("the slip has run out, the card has not");
        held_in_one_place(&world, &slip, &phone, &key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_finishes_it_without_any_slip() {
    let world = World::zpe().await;
    let slip = world.codes().await;
    let (phone, key) = bound_and_killed(&world, &slip).await;
    world.clock.set(slip.expires_at + SignedDuration::from_mins(1));
    let report = phone.online.refresh_all(&Unobserved).await.unwrap();
    assert!(matches!(&report.cards[..], [(_, Ok(_))]), "{:?}", report.cards);
    held_in_one_place(&world, &slip, &phone, &key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_after_the_card_was_bound_lock_nobody_out_of_it() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let (phone, key) = bound_and_killed(&world, &slip).await;
    let wrong = if slip.activation_code.as_deref() == Some("00000000") { "00000001" } else { "00000000" };
    for _ in 0..4 {
        let error = phone.activate_with(&slip, wrong).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().reason, Some(Reason::WrongCode));
    }
    phone.activate_with(&slip, wrong).await.expect("the code was right once, for this key");
    held_in_one_place(&world, &slip, &phone, &key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_bound_ends_with_its_slip() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    world.lose_request("/credential");
    phone.activate(&slip).await.expect_err("the issuer has not heard of it");
    world.clock.set(slip.expires_at + SignedDuration::from_mins(1));
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Expired));
    phone.online.refresh_all(&Unobserved).await.unwrap();
    assert_eq!(phone.cards().await, 0);
    phone.activate(&world.codes_for(&pupil).await).await.expect("a fresh code");
    assert_eq!(world.office.card(&slip.card_id).await["devices"].as_array().unwrap().len(), 1);
}
