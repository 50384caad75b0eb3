//! Paper rules mobile: with the paper card goes its copy on every phone, and a duplicate brings it back.

use serde_json::json;
use shared::vci::error::Reason;
use tests::world::World;
use wallet::refresh::Outcome;
use wallet::standing::Standing;

#[tokio::test(flavor = "multi_thread")]
async fn a_voided_card_leaves_every_phone_and_every_slip_behind() {
    let world = World::zpe().await;
    for reason in ["lost", "damaged", "data_wrong", "left_school"] {
        let pupil = world.pupil().await;
        let phones = [world.phone("Telefon Zosi").await, world.phone("Telefon mamy").await];
        let mut cards = Vec::new();
        for phone in &phones {
            cards.push(phone.activate(&world.codes_for(&pupil).await).await.unwrap().id);
        }
        let open = world.codes_for(&pupil).await;

        let path = format!("/base-cards/{}/void", pupil.base_card);
        let voided = world.office.done("POST", &path, Some(json!({ "reason": reason }))).await;
        assert_eq!((&voided["state"], &voided["void_reason"]), (&json!("voided"), &json!(reason)));
        let again = world.office.call("POST", &path, Some(json!({ "reason": reason }))).await;
        assert_eq!((again.status, again.code()), (409, "base_card_void"), "{reason}");

        let file = world.office.card(&open.card_id).await;
        for device in file["devices"].as_array().unwrap() {
            let device = &device["device"];
            assert_eq!((&device["state"], &device["end_reason"]), (&json!("revoked"), &json!("card_void")));
        }
        for (phone, id) in phones.iter().zip(&cards) {
            assert_eq!(phone.refresh(id).await.unwrap().outcome, Outcome::Revoked, "{reason}");
            let listed = "privilege_withdrawn".to_owned();
            assert_eq!(phone.standing(id).await, Standing::Revoked { since: world.now(), reason: listed });
        }
        let error = world.phone("Trzeci").await.activate(&open).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().reason, Some(Reason::Cancelled), "{reason}");
        let order = file["slips"][0]["order_id"].as_str().unwrap();
        let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
        assert_eq!((refused.status, refused.code()), (409, "base_card_void"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_voids_the_lost_card_and_its_copy_takes_the_old_ones_place_on_the_phone() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    let old = phone.activate(&slip).await.unwrap();
    let old_number = phone.show(&old.id).await.card.data().card_number;

    let form = json!({
        "form": "plastic", "issued_on": "2026-11-21", "valid_until": "2027-09-30",
        "duplicate_of": { "base_card_id": pupil.base_card, "reason": "lost" },
    });
    let path = format!("/pupils/{}/base-cards", pupil.id);
    let without = json!({ "form": "plastic", "issued_on": "2026-11-21", "valid_until": "2027-09-30" });
    let refused = world.office.call("POST", &path, Some(without)).await;
    assert_eq!((refused.status, refused.code()), (409, "holds_card"), "two valid cards at once");
    let duplicate = world.office.done("POST", &path, Some(form)).await;
    assert_eq!(duplicate["duplicate_of"], pupil.base_card.as_str());
    assert!(world.office.devices(&slip.card_id, "live").await.is_empty());

    // The phone has not asked yet, but whoever activates learns of the revocation on the way.
    assert_eq!(phone.standing(&old.id).await, Standing::Valid);
    let new = phone.activate(&world.codes_for(&pupil).await).await.unwrap();
    assert_eq!(new.replaced, Some(old.id));
    assert_eq!(phone.cards().await, 1);
    let shown = phone.show(&new.id).await;
    assert_ne!(shown.card.data().card_number, old_number, "a duplicate has a number of its own");
    assert_eq!(shown.standing, Standing::Valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_leaves_the_paper_card_as_it_is() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    world.phone("Zgubiony").await.activate(&slip).await.unwrap();
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    assert_eq!(world.office.card(&slip.card_id).await["base_card"]["state"], "held");
    world.phone("Nowy").await.activate(&world.codes_for(&pupil).await).await.unwrap();
}
