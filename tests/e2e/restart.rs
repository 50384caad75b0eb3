//! Power cuts: the issuer is killed and the phone is switched off between any two steps, and afterwards the activation
//! completes with one device and one certificate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tests::office::Slip;
use tests::world::{Phone, Plan, World};
use tokio::sync::Notify;
use wallet::acquire::activation::Activated;
use wallet::acquire::event::{Event, Step, Unobserved};
use wallet::acquire::offer::OfferSource;
use wallet::acquire::refusal::ActivateError;

use crate::retry::{activated_once, stations};
use crate::wire::{Key, Wire};

/// Activates, and kills the issuer when `step` begins.
async fn with_issuer_killed_at(
    world: &World,
    phone: &Phone,
    slip: &Slip,
    step: Step,
) -> Result<Activated, ActivateError> {
    let killed = AtomicBool::new(false);
    let observer = |event: Event| {
        if event == Event::Began(step) && !killed.swap(true, Ordering::SeqCst) {
            world.kill_issuer();
        }
    };
    let offer = OfferSource::from_text(&slip.offer_uri).unwrap();
    let outcome = phone.follow_observed(offer, slip.activation_code.as_deref(), &observer).await;
    assert!(killed.load(Ordering::SeqCst), "{step:?} never began");
    outcome
}

async fn survives_kills_of_the_issuer(plan: Plan) {
    let world = World::of(plan).await;
    for step in Step::ALL {
        let phone = world.phone("Pixel").await;
        let slip = world.codes().await;
        let first = with_issuer_killed_at(&world, &phone, &slip, step).await;
        world.restart_issuer().await;
        let what = format!("issuer killed at {step:?}");
        match first {
            Ok(_) => assert!(step > Step::Credential, "{what}: nothing could have come"),
            Err(error) => {
                assert_eq!(error.reason(), "cannot_reach", "{what}: {error}");
                phone.activate(&slip).await.expect(&what);
            }
        }
        phone.online.deliver_notices(&Unobserved).await.unwrap();
        activated_once(&world, &slip, &phone, &what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_may_be_killed_before_any_step_on_sqlite() {
    survives_kills_of_the_issuer(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_may_be_killed_before_any_step_on_postgresql() {
    let Some(plan) = Plan::of("zpe-2025").on_postgres() else { return };
    survives_kills_of_the_issuer(plan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_may_lose_power_before_any_answer_arrives() {
    let world = World::legacy().await;
    for station in 0..4 {
        let what = format!("power cut before the answer of station {station}");
        let slip = world.codes().await;
        let phone = world.phone("Pixel").await;
        world.lose_reply(&stations(&slip)[station]);
        phone.activate(&slip).await.expect_err(&what);
        world.kill_issuer();
        let home = phone.home.clone();
        drop(phone);
        world.restart_issuer().await;
        let phone = world.reopen(&home).await;
        phone.activate(&slip).await.expect(&what);
        activated_once(&world, &slip, &phone, &what).await;
    }
}

/// Activates until `step` begins; there the phone is switched off.
async fn switched_off_at(phone: &Phone, slip: &Slip, step: Step) {
    let reached = Notify::new();
    let observer = |event: Event| {
        if event == Event::Began(step) {
            reached.notify_one();
        }
    };
    let offer = OfferSource::from_text(&slip.offer_uri).unwrap();
    tokio::select! {
        biased;
        () = reached.notified() => {}
        outcome = phone.follow_observed(offer, slip.activation_code.as_deref(), &observer) => {
            panic!("{step:?} was not the end: {outcome:?}")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_may_be_switched_off_before_any_step() {
    let world = World::legacy().await;
    for step in Step::ALL {
        let what = format!("phone switched off at {step:?}");
        let phone = world.phone("Pixel").await;
        let slip = world.codes().await;
        switched_off_at(&phone, &slip, step).await;
        let home = phone.home.clone();
        drop(phone);

        let phone = world.reopen(&home).await;
        match phone.activate(&slip).await {
            Ok(_) => {}
            // The card had been kept when the lights went out.
            Err(ActivateError::AlreadyHeld { .. }) => assert!(step >= Step::Keeping, "{what}"),
            Err(error) => panic!("{what}: {error}"),
        }
        activated_once(&world, &slip, &phone, &what).await;
        assert_eq!(phone.cards().await, 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_may_lose_power_again_and_again_in_one_activation() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let mut phone = world.phone("Pixel").await;
    for (n, step) in Step::ALL.into_iter().filter(|step| *step < Step::Keeping).enumerate() {
        if n % 2 == 0 {
            switched_off_at(&phone, &slip, step).await;
        } else {
            let outcome = with_issuer_killed_at(&world, &phone, &slip, step).await;
            if step < Step::Credential {
                outcome.expect_err("the issuer is dead");
            }
        }
        let home = phone.home.clone();
        drop(phone);
        world.restart_issuer().await;
        phone = world.reopen(&home).await;
        if phone.cards().await == 1 {
            break;
        }
    }
    if phone.cards().await == 0 {
        phone.activate(&slip).await.unwrap();
    }
    activated_once(&world, &slip, &phone, "after many power cuts").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_whatever_instant_within_the_credential_request_it_hands_out_one_certificate() {
    let world = World::legacy().await;
    let mut interrupted = 0;
    for quarter_ms in [0, 4, 8, 12, 16, 20, 30, 40, 60, 100] {
        let what = format!("killed after {quarter_ms} quarters of a millisecond");
        let slip = world.codes().await;
        let key = Key::fresh();
        let wire = Wire::of(&world);
        let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
        let request = crate::wire::credential_request(&wire.proof(&key, &nonce));
        let request = wire.request("POST", "/credential").bearer_auth(token).json(&request);
        let asked = tokio::spawn(async move { request.send().await?.json::<Value>().await });
        tokio::time::sleep(Duration::from_micros(250 * quarter_ms)).await;
        world.kill_issuer();
        let first = asked.await.unwrap();
        interrupted += usize::from(first.is_err());
        world.restart_issuer().await;

        let again = Wire::of(&world).activate(&slip, &key).await;
        assert_eq!(again.status, 200, "{what}: {}", again.body);
        if let Ok(first) = first {
            assert_eq!(first, again.body, "{what}");
        }
        let file = world.office.card(&slip.card_id).await;
        assert_eq!(file["devices"].as_array().unwrap().len(), 1, "{what}");
        assert_eq!(file["devices"][0]["device"]["state"], "live", "{what}");
        let certificates = file["devices"][0]["certificates"].as_array().unwrap();
        assert_eq!(certificates.len(), 1, "{what}: {certificates:#?}");
    }
    assert!(interrupted > 0, "no request was ever interrupted");
}
