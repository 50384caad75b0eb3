//! The paper card is confirmed for another year: a new slip brings the longer certificate, or the phone fetches it.

use serde_json::{Value, json};
use shared::x509::crl::{RevocationReason, RevocationStatus};
use tests::office::{ReadyPupil, Slip};
use tests::world::{Phone, World, instant};
use wallet::acquire::activation::Activated;
use wallet::refresh::Outcome;
use wallet::standing::Standing;

const LAST_SECOND: &str = "2027-09-30T23:59:59+02:00";
const LONGER: &str = "2028-09-30T23:59:59+02:00";

async fn activated(world: &World) -> (ReadyPupil, Slip, Phone, Activated) {
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    assert_eq!(phone.show(&card.id).await.card.certificate().not_after(), instant(LAST_SECOND));
    (pupil, slip, phone, card)
}

/// The school stamps the paper card.
async fn confirm(world: &World, pupil: &ReadyPupil) -> Value {
    let path = format!("/base-cards/{}/confirm", pupil.base_card);
    world.office.done("POST", &path, Some(json!({ "until": "2028-09-30" }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_2019_procedure_the_old_certificate_keeps_its_date_and_a_new_slip_gives_the_longer_one() {
    let world = World::legacy().await;
    let (pupil, slip, phone, old) = activated(&world).await;
    world.at("2027-09-10T10:00:00+02:00");
    let confirmed = confirm(&world, &pupil).await;
    assert_eq!(confirmed["renewal"], "new_grant");
    let device = confirmed["devices"][0].as_str().unwrap();

    assert_eq!(phone.refresh(&old.id).await.unwrap().outcome, Outcome::Unchanged);
    assert_eq!(phone.show(&old.id).await.card.certificate().not_after(), instant(LAST_SECOND));
    let certificates = world.office.card(&slip.card_id).await["devices"][0]["certificates"].clone();
    assert_eq!(certificates[0]["current"], false, "the office sees that there is a longer one to be had");

    let fresh = world.office.reissue(&slip.card_id, device, "superseded").await;
    let new = phone.activate(&fresh).await.unwrap();
    assert_eq!(new.replaced, Some(old.id));
    assert_eq!(phone.show(&new.id).await.card.certificate().not_after(), instant(LONGER));
    world.at("2027-10-01T00:00:00+02:00");
    assert!(phone.standing(&new.id).await.is_valid());
    assert_eq!(phone.cards().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_2025_procedure_the_phone_fetches_the_longer_one_by_itself() {
    let world = World::zpe().await;
    let (pupil, slip, phone, card) = activated(&world).await;
    let old = phone.show(&card.id).await.card;
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged, "nothing to renew yet");

    world.at("2027-09-10T10:00:00+02:00");
    assert_eq!(
        phone.standing(&card.id).await,
        Standing::NotConfirmedSince { since: instant("2026-11-21T19:30:00+01:00") }
    );
    assert_eq!(confirm(&world, &pupil).await["renewal"], "over_the_air");
    // The reply with the new certificate is lost once; the next refresh brings the same one.
    world.lose_reply("/credential");
    phone.refresh(&card.id).await.expect_err("the card was lost on the way");
    let refreshed = phone.refresh(&card.id).await.unwrap();
    assert_eq!(refreshed.outcome, Outcome::Renewed);
    assert_eq!(refreshed.standing, Standing::Valid);
    assert_eq!(phone.cards().await, 1);

    let new = phone.show(&refreshed.id).await.card;
    let (was, is) = (old.certificate(), new.certificate());
    assert_eq!(is.not_after(), instant(LONGER));
    assert_eq!(new.data().validity.not_after(), instant(LONGER));
    assert_eq!((is.slot(), is.public_key().sec1()), (was.slot(), was.public_key().sec1()));
    assert_ne!(is.serial(), was.serial());

    let list = world.revocation_list().await;
    let RevocationStatus::Revoked(entry) = list.status_at(was.serial(), world.now()) else {
        panic!("the old certificate is not on the list")
    };
    assert_eq!(entry.reason, Some(RevocationReason::Superseded));
    assert_eq!(list.status_at(is.serial(), world.now()), RevocationStatus::Good);

    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"].as_array().unwrap().len(), 1, "no second device");
    let states: Vec<_> =
        file["devices"][0]["certificates"].as_array().unwrap().iter().map(|c| &c["state"]).collect();
    assert_eq!(states, ["revoked", "issued"]);
    assert_eq!(phone.refresh(&refreshed.id).await.unwrap().outcome, Outcome::Unchanged, "and that was all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_ran_out_before_it_was_confirmed_comes_back_to_life_by_its_renewal() {
    let world = World::zpe().await;
    let (pupil, _, phone, card) = activated(&world).await;
    world.at("2027-10-05T10:00:00+02:00");
    let not_after = instant(LAST_SECOND);
    assert_eq!(phone.standing(&card.id).await, Standing::Expired { not_after });
    let error = phone.refresh(&card.id).await.unwrap_err();
    assert_eq!(
        (error.reason(), error.refusal().unwrap().reason.as_ref().unwrap().as_str()),
        ("credential_request_denied", "card_expired")
    );

    confirm(&world, &pupil).await;
    let refreshed = phone.refresh(&card.id).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.standing), (Outcome::Renewed, Standing::Valid));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_device_of_a_confirmed_card_is_renewed_in_its_own_place() {
    let world = World::zpe().await;
    let (pupil, slip, first, card) = activated(&world).await;
    let second = world.phone("Telefon taty").await;
    let dads = second.activate(&world.codes_for(&pupil).await).await.unwrap();
    confirm(&world, &pupil).await;
    for (place, phone, id) in [(1, &first, &card.id), (2, &second, &dads.id)] {
        assert_eq!(phone.refresh(id).await.unwrap().outcome, Outcome::Renewed);
        let shown = phone.show(id).await.card;
        assert_eq!(
            (shown.certificate().slot().number(), shown.certificate().not_after()),
            (place, instant(LONGER))
        );
    }
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_can_only_lengthen() {
    let world = World::legacy().await;
    let (pupil, ..) = activated(&world).await;
    let path = format!("/base-cards/{}/confirm", pupil.base_card);
    for until in ["2027-09-30", "2027-03-31", "2030-09-30"] {
        let refused = world.office.call("POST", &path, Some(json!({ "until": until }))).await;
        assert_eq!((refused.status, refused.code()), (422, "not_longer"), "{until}");
    }
}
