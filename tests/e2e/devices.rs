//! How many devices a card may be on, whatever the haste: one under the 2019 procedure, five under that of 2025.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::vci::error::Reason;
use tests::office::{Office, Slip};
use tests::world::{Plan, World};
use wallet::acquire::refusal::ActivateError;
use wallet::refresh::Outcome;

use crate::wire::{Key, Wire};

/// Five devices, each by a slip with a code of its own.
fn five_with_codes() -> Plan {
    Plan { overrides: json!({ "devices": 5 }), ..Plan::of("legacy-2019") }
}

fn reason(error: &ActivateError) -> Option<Reason> {
    error.refusal().and_then(|refusal| refusal.reason.clone())
}

/// The places of the devices that hold the card.
async fn places(office: &Office, card: &str) -> Vec<u64> {
    let file = office.card(card).await;
    let devices = file["devices"].as_array().cloned().unwrap_or_default();
    let live = devices.iter().filter(|device| device["device"]["state"] == "live");
    let mut places: Vec<u64> = live.filter_map(|device| device["device"]["slot"].as_u64()).collect();
    places.sort_unstable();
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_phone_is_refused_by_name_and_the_first_one_keeps_its_card() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let (zosia, brother) = (world.phone("Telefon Zosi").await, world.phone("Telefon brata").await);
    let card = zosia.activate(&slip).await.unwrap();
    let error = brother.activate(&slip).await.unwrap_err();
    assert_eq!((error.reason(), reason(&error)), ("credential_request_denied", Some(Reason::OtherDevice)));
    assert_eq!(brother.cards().await, 0);

    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"].as_array().unwrap().len(), 1);
    assert_eq!(file["devices"][0]["device"]["name"], "Telefon Zosi");
    assert_eq!(zosia.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged);

    let order = file["slips"][0]["order_id"].as_str().unwrap();
    let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
    assert_eq!((refused.status, refused.code()), (409, "no_free_place"));
    let refused = world.office.call("POST", &format!("/slips/{}/replace", slip.id), None).await;
    assert_eq!((refused.status, refused.code()), (409, "slip_used"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_phones_by_the_portal_and_no_sixth_until_one_gives_up_its_place() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let order = world.office.order(&pupil.id).await;
    let mut card = String::new();
    for n in 1..=5_u64 {
        let slip = world.office.codes(&order).await;
        let phone = world.phone(&format!("Telefon {n}")).await;
        let activated = phone.activate(&slip).await.unwrap();
        let slot = phone.show(&activated.id).await.card.certificate().slot();
        assert_eq!((slot.number().into(), slot.of()), (n, 5));
        card = slip.card_id;
    }
    assert_eq!(places(&world.office, &card).await, [1, 2, 3, 4, 5]);
    let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
    assert_eq!((refused.status, refused.code()), (409, "no_free_place"));

    let file = world.office.card(&card).await;
    let third = file["devices"][2]["device"]["id"].as_str().unwrap();
    world.office.revoke_device(third, "phone_lost").await;
    assert_eq!(places(&world.office, &card).await, [1, 2, 4, 5]);
    let phone = world.phone("Telefon 6").await;
    let activated = phone.activate(&world.office.codes(&order).await).await.unwrap();
    assert_eq!(phone.show(&activated.id).await.card.certificate().slot().number(), 3, "the freed place");
    assert_eq!(places(&world.office, &card).await, [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sixth_slip_made_in_time_opens_nothing_while_the_places_are_taken_and_is_not_burnt() {
    let world = World::of(five_with_codes()).await;
    let pupil = world.pupil().await;
    let order = world.office.order(&pupil.id).await;
    let mut slips = Vec::new();
    for _ in 0..6 {
        slips.push(world.office.codes(&order).await);
    }
    let (sixth, five) = slips.split_last().unwrap();
    let wire = Wire::of(&world);
    for slip in five {
        assert_eq!(wire.activate(slip, &Key::fresh()).await.status, 200);
    }
    let phone = world.phone("Telefon 6").await;
    let error = phone.activate(sixth).await.unwrap_err();
    assert_eq!((error.reason(), reason(&error)), ("credential_request_denied", Some(Reason::SlotsFull)));

    let first = &world.office.devices(&sixth.card_id, "live").await[0];
    world.office.revoke_device(first, "service_given_up").await;
    phone.activate(sixth).await.expect("the same slip, now that there is room");
    assert_eq!(places(&world.office, &sixth.card_id).await, [1, 2, 3, 4, 5]);
}

/// Fifty phones with fifty slips run for five places.
async fn race(plan: Plan) {
    const PHONES: usize = 50;
    let world = World::of(plan).await;
    let pupil = world.pupil().await;
    let order = world.office.order(&pupil.id).await;
    let mut slips: Vec<Slip> = Vec::new();
    for _ in 0..PHONES {
        slips.push(world.office.codes(&order).await);
    }
    let wire = Wire::of(&world);
    // Everybody stands at the line: token, nonce and proof in hand.
    let mut runners = Vec::new();
    for slip in &slips {
        let (token, nonce) = (wire.access(slip).await, wire.nonce().await);
        let request = crate::wire::credential_request(&wire.proof(&Key::fresh(), &nonce));
        runners.push(wire.request("POST", "/credential").bearer_auth(token).json(&request));
    }
    let runners: Vec<_> = runners
        .into_iter()
        .map(|request| {
            tokio::spawn(async move {
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
            })
        })
        .collect();
    let mut certificates = BTreeSet::new();
    for runner in runners {
        let (status, body) = runner.await.unwrap();
        match status {
            200 => {
                let leaf = body["credentials"][0]["credential"]["x5c"][0].as_str().unwrap();
                assert!(certificates.insert(leaf.to_owned()), "two phones got one certificate");
            }
            _ => assert_eq!((status, &body["reason"]), (400, &json!("slots_full")), "{body}"),
        }
    }
    assert_eq!(certificates.len(), 5);
    let card = &slips[0].card_id;
    assert_eq!(places(&world.office, card).await, [1, 2, 3, 4, 5], "five places, each taken once");
    let file = world.office.card(card).await;
    assert_eq!(file["devices"].as_array().unwrap().len(), 5, "who came too late left no trace");
    let state = |wanted| {
        let slips = file["slips"].as_array().unwrap().iter();
        slips.filter(|slip| slip["state"] == wanted).count()
    };
    assert_eq!((state("bound"), state("ready")), (5, PHONES - 5), "and burnt no slip");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_phones_race_for_five_places_on_sqlite() {
    race(five_with_codes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_phones_race_for_five_places_on_postgresql() {
    let Some(plan) = five_with_codes().on_postgres() else { return };
    race(plan).await;
}
