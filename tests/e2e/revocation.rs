//! The office takes a card off a phone: the list says so within the second, and the phone shows why.

use serde_json::json;
use shared::x509::crl::RevocationStatus;
use tests::world::World;
use wallet::refresh::Outcome;
use wallet::revocation::ListVerdict;
use wallet::standing::Standing;

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_reaches_the_phone_and_the_list_grows() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let mut last = world.revocation_list().await;
    assert!(last.is_empty());
    for (n, (reason, listed)) in [
        ("phone_lost", "key_compromise"),
        ("phone_damaged", "cessation_of_operation"),
        ("identity_stolen", "key_compromise"),
        ("service_given_up", "cessation_of_operation"),
        ("data_wrong", "affiliation_changed"),
    ]
    .into_iter()
    .enumerate()
    {
        let slip = world.codes().await;
        let card = phone.activate(&slip).await.unwrap();
        assert!(matches!(card.list, ListVerdict::Good), "{reason}");
        let device = &world.office.devices(&slip.card_id, "live").await[0];
        world.office.revoke_device(device, reason).await;

        let list = world.revocation_list().await;
        let serial = phone.show(&card.id).await.card.certificate().serial();
        assert!(matches!(list.status_at(serial, world.now()), RevocationStatus::Revoked(_)), "{reason}");
        assert_eq!((list.len(), list.number()), (n + 1, last.number() + 1), "{reason}");
        last = list;

        assert!(phone.standing(&card.id).await.is_valid(), "{reason}: the phone has not asked yet");
        let refreshed = phone.refresh(&card.id).await.unwrap();
        assert_eq!(refreshed.outcome, Outcome::Revoked, "{reason}");
        let expected = Standing::Revoked { since: world.now(), reason: listed.to_owned() };
        assert_eq!(refreshed.standing, expected, "{reason}");
        assert_eq!(phone.refresh(&card.id).await.unwrap().standing, expected, "{reason}: and so it stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuers_own_word_takes_the_card_off_the_phone_where_the_list_is_out_of_reach() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    world.lose_request(".crl");
    let refreshed = phone.refresh(&card.id).await.unwrap();
    assert!(matches!(refreshed.list, Some(ListVerdict::Unreachable(_))));
    let expected = Standing::Revoked { since: world.now(), reason: "unspecified".to_owned() };
    assert_eq!((refreshed.outcome, &refreshed.standing), (Outcome::Revoked, &expected));
    assert_eq!(phone.standing(&card.id).await, expected);
    let refined = Standing::Revoked { since: world.now(), reason: "key_compromise".to_owned() };
    assert_eq!(phone.refresh(&card.id).await.unwrap().standing, refined, "the list says why");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_has_not_changed_keeps_its_number_until_it_ages() {
    let world = World::legacy().await;
    let first = world.revocation_list().await;
    assert_eq!(world.revocation_list().await.number(), first.number());
    world.at("2026-11-22T07:29:59+01:00");
    assert_eq!(world.revocation_list().await.number(), first.number());
    world.at("2026-11-22T07:30:00+01:00");
    let renewed = world.revocation_list().await;
    assert_eq!((renewed.number(), renewed.this_update()), (first.number() + 1, world.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_the_card_takes_it_off_every_phone_and_closes_its_slips() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let phones = [world.phone("Telefon Zosi").await, world.phone("Telefon mamy").await];
    let mut cards = Vec::new();
    for phone in &phones {
        cards.push(phone.activate(&world.codes_for(&pupil).await).await.unwrap().id);
    }
    let open = world.codes_for(&pupil).await;
    let path = format!("/cards/{}/revoke", open.card_id);
    let ended = world.office.done("POST", &path, Some(json!({ "reason": "service_given_up" }))).await;
    assert_eq!(ended["devices"].as_array().unwrap().len(), 2);
    for (phone, id) in phones.iter().zip(&cards) {
        assert_eq!(phone.refresh(id).await.unwrap().outcome, Outcome::Revoked);
    }
    assert_eq!(world.office.slip_state(&open).await["state"], "cancelled");
    // The paper card stays, so a new slip may be made at once.
    phones[0].activate(&world.codes_for(&pupil).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_the_card_is_shown_as_it_was_last_known() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    world.kill_issuer();
    let error = phone.refresh(&card.id).await.unwrap_err();
    assert_eq!(error.reason(), "cannot_reach");
    assert!(phone.standing(&card.id).await.is_valid(), "nobody has told the phone");
    world.restart_issuer().await;
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Revoked);
    world.kill_issuer();
    assert_eq!(
        phone.refresh(&card.id).await.unwrap().outcome,
        Outcome::Revoked,
        "what is known needs no network"
    );
}
