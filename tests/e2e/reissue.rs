//! A card is issued again: at once where the old one may be in the wrong hands, else swapped when the new one is
//! activated.

use serde_json::{Value, json};
use shared::vci::error::Reason;
use shared::x509::crl::{RevocationReason, RevocationStatus};
use tests::office::Slip;
use tests::world::{Phone, World};
use wallet::documents::CardId;
use wallet::refresh::Outcome;
use wallet::standing::Standing;

/// A phone that holds a card, with the slip that opened it.
async fn activated(world: &World) -> (Phone, CardId, Slip) {
    let slip = world.codes().await;
    let phone = world.phone("Stary telefon").await;
    let card = phone.activate(&slip).await.unwrap();
    (phone, card.id, slip)
}

/// The one device that holds the card.
async fn live_device(world: &World, card: &str) -> String {
    let [device] = world.office.devices(card, "live").await.try_into().expect("exactly one live device");
    device
}

/// The devices of a card as the office sees them: state, why it ended, place.
async fn devices(world: &World, card: &str) -> Vec<(Value, Value, Value)> {
    let file = world.office.card(card).await;
    let shown = |device: &Value| {
        let device = &device["device"];
        (device["state"].clone(), device["end_reason"].clone(), device["slot"].clone())
    };
    file["devices"].as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_in_the_wrong_hands_is_revoked_at_once() {
    let world = World::legacy().await;
    for (reason, listed) in [
        ("phone_lost", "key_compromise"),
        ("identity_stolen", "key_compromise"),
        ("service_given_up", "cessation_of_operation"),
    ] {
        let (old, card, slip) = activated(&world).await;
        let device = live_device(&world, &slip.card_id).await;
        let fresh = world.office.reissue(&slip.card_id, &device, reason).await;
        assert!(world.office.devices(&slip.card_id, "live").await.is_empty(), "{reason}: at once");
        assert_eq!(old.refresh(&card).await.unwrap().outcome, Outcome::Revoked, "{reason}");
        let since = world.now();
        assert_eq!(old.standing(&card).await, Standing::Revoked { since, reason: listed.to_owned() });

        let new = world.phone("Nowy telefon").await;
        new.activate(&fresh).await.unwrap();
        let (revoked, live) = (json!("revoked"), json!("live"));
        let expected = [(revoked, json!(reason), json!(1)), (live, Value::Null, json!(1))];
        assert_eq!(devices(&world, &slip.card_id).await, expected);
        // The slip that opened the lost phone opens nothing any more.
        let error = old.activate(&slip).await.unwrap_err();
        assert_eq!(error.reason(), "already_held", "{reason}");
        let error = world.phone("Znalazca").await.activate(&slip).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().reason, Some(Reason::Revoked), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_worse_than_the_new_one_stays_until_that_is_activated() {
    let world = World::legacy().await;
    for reason in ["phone_damaged", "data_wrong", "superseded"] {
        let (old, card, slip) = activated(&world).await;
        let device = live_device(&world, &slip.card_id).await;
        let fresh = world.office.reissue(&slip.card_id, &device, reason).await;
        assert_eq!(live_device(&world, &slip.card_id).await, device, "{reason}: the old one stays");
        assert_eq!(old.refresh(&card).await.unwrap().outcome, Outcome::Unchanged, "{reason}");
        assert_eq!(world.office.slip_state(&fresh).await["replaces_device"], device.as_str());

        let new = world.phone("Nowy telefon").await;
        let activated = new.activate(&fresh).await.unwrap();
        let (revoked, live) = (json!("revoked"), json!("live"));
        let expected = [(revoked, json!("superseded"), json!(1)), (live, Value::Null, json!(1))];
        assert_eq!(devices(&world, &slip.card_id).await, expected, "{reason}: swapped in one step");
        assert_eq!(new.standing(&activated.id).await, Standing::Valid);

        assert_eq!(old.refresh(&card).await.unwrap().outcome, Outcome::Superseded, "{reason}");
        assert_eq!(old.standing(&card).await, Standing::Superseded { since: world.now() });
        let serial = old.show(&card).await.card.certificate().serial();
        let RevocationStatus::Revoked(entry) = world.revocation_list().await.status_at(serial, world.now())
        else {
            panic!("{reason}: the old certificate is not on the list")
        };
        assert_eq!(entry.reason, Some(RevocationReason::Superseded), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_whose_reply_is_lost_leaves_one_device_and_completes() {
    let world = World::legacy().await;
    let (_, _, slip) = activated(&world).await;
    let device = live_device(&world, &slip.card_id).await;
    let fresh = world.office.reissue(&slip.card_id, &device, "phone_damaged").await;
    let new = world.phone("Nowy telefon").await;
    world.lose_reply("/credential");
    new.activate(&fresh).await.expect_err("the card was lost on the way");
    let swapped = live_device(&world, &slip.card_id).await;
    assert_ne!(swapped, device);
    new.activate(&fresh).await.unwrap();
    assert_eq!(live_device(&world, &slip.card_id).await, swapped);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_slip_lives_no_longer_than_the_reissue() {
    let world = World::legacy().await;
    let (_, _, slip) = activated(&world).await;
    let device = live_device(&world, &slip.card_id).await;
    let first = world.office.reissue(&slip.card_id, &device, "phone_damaged").await;
    let second = world.office.reissue(&slip.card_id, &device, "phone_damaged").await;
    let new = world.phone("Nowy telefon").await;
    let error = new.activate(&first).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Replaced));
    new.activate(&second).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_name_comes_with_the_new_slip_and_takes_the_old_cards_place_on_the_phone() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    let old = phone.activate(&slip).await.unwrap();
    let current = async || {
        let file = world.office.card(&slip.card_id).await;
        file["devices"].as_array().unwrap().last().unwrap()["certificates"][0]["current"].clone()
    };
    assert_eq!(current().await, true);

    let path = format!("/pupils/{}", pupil.id);
    let version = world.office.done("GET", &path, None).await["pupil"]["version"].clone();
    world.office.done("PATCH", &path, Some(json!({ "version": version, "surname": "Poprawna" }))).await;
    assert_eq!(current().await, false, "the office sees that the phone shows old data");
    assert_eq!(phone.refresh(&old.id).await.unwrap().outcome, Outcome::Unchanged);
    assert_eq!(phone.show(&old.id).await.card.data().surname.as_str(), pupil.spec.surname);

    let device = live_device(&world, &slip.card_id).await;
    let fresh = world.office.reissue(&slip.card_id, &device, "data_wrong").await;
    let new = phone.activate(&fresh).await.unwrap();
    assert_eq!(new.replaced, Some(old.id));
    assert_eq!(phone.cards().await, 1);
    let shown = phone.show(&new.id).await;
    assert_eq!(shown.card.data().surname.as_str(), "Poprawna");
    assert_eq!(shown.card.certificate().surname(), "Poprawna");
    assert!(shown.standing.is_valid());
    assert_eq!(current().await, true);
    live_device(&world, &slip.card_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_with_the_paper_card_is_no_reason_to_issue_again() {
    let world = World::legacy().await;
    let (_, _, slip) = activated(&world).await;
    let device = live_device(&world, &slip.card_id).await;
    for reason in ["card_void", "moved_school", "deleted", "never_released"] {
        let form = json!({ "device_id": device, "reason": reason });
        let path = format!("/cards/{}/reissue", slip.card_id);
        let refused = world.office.call("POST", &path, Some(form)).await;
        assert_eq!((refused.status, refused.code()), (422, "reason_not_allowed"), "{reason}");
    }
    assert_eq!(live_device(&world, &slip.card_id).await, device);
}
