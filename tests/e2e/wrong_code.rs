//! The activation code: five wrong ones and the slip is dead; whatever cannot be a code costs nothing.

use std::collections::BTreeSet;

use serde_json::json;
use shared::vci::error::Reason;
use tests::office::Slip;
use tests::world::{Phone, Plan, World};
use wallet::acquire::refusal::ActivateError;

use crate::wire::{Wire, another_code};

/// What the phone says after a wrong code: the standard's code, our reason, and how many tries are left.
async fn typo(phone: &Phone, slip: &Slip, n: u32) -> (String, Option<Reason>, Option<u8>) {
    let error = phone.activate_with(slip, &another_code(slip, n)).await.unwrap_err();
    let refusal = error.refusal().expect("the issuer says no");
    (refusal.error.clone(), refusal.reason.clone(), refusal.tries_left)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_lock_the_slip_and_the_office_makes_a_new_one() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    for (n, left) in [(0, 4), (1, 3), (2, 2), (3, 1)] {
        let said = typo(&phone, &slip, n).await;
        assert_eq!(said, ("invalid_grant".to_owned(), Some(Reason::WrongCode), Some(left)));
        let seen = world.office.slip_state(&slip).await;
        assert_eq!((&seen["state"], &seen["tries_left"]), (&json!("ready"), &json!(left)));
    }
    let said = typo(&phone, &slip, 4).await;
    assert_eq!(said, ("invalid_grant".to_owned(), Some(Reason::Locked), Some(0)));
    let seen = world.office.slip_state(&slip).await;
    assert_eq!((&seen["state"], &seen["tries_left"]), (&json!("locked"), &json!(0)));

    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Locked), "the right code comes too late");
    assert_eq!(phone.cards().await, 0);

    let fresh = world.office.replace(&slip.id).await;
    phone.activate(&fresh).await.unwrap();
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_after_four_wrong_ones_opens_the_card() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    for n in 0..4 {
        typo(&phone, &slip, n).await;
    }
    phone.activate(&slip).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_the_code_costs_no_try() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let code = wire.code(&slip).await;
    for (what, sent) in [
        ("missing", None),
        ("empty", Some("")),
        ("seven digits", Some("1234567")),
        ("nine digits", Some("123456789")),
        ("a letter", Some("1234567O")),
        ("another alphabet's digits", Some("１２３４５６７８")),
    ] {
        let reply = wire.token(&code, sent).await;
        reply.refused(what, 400, "invalid_request", "code_missing");
    }
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);
    assert_eq!(wire.token(&code, slip.activation_code.as_deref()).await.status, 200, "the code lives on");

    // Our phone does not even ask.
    let phone = world.phone("Pixel").await;
    world.transcript.clear();
    for typed in ["1234567", "123456789", "abcdefgh", ""] {
        let error = phone.activate_with(&slip, typed).await.unwrap_err();
        assert!(matches!(error, ActivateError::CodeMalformed { digits: Some(8) }), "{typed:?}: {error}");
    }
    assert_eq!(world.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_asked_for_costs_nothing() {
    let world = World::zpe().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let code = wire.code(&slip).await;
    let reply = wire.token(&code, Some("12345678")).await;
    reply.refused("unexpected", 400, "invalid_request", "code_unexpected");
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);

    // Our phone keeps it to itself.
    let phone = world.phone("Pixel").await;
    phone.activate_with(&slip, "12345678").await.unwrap();
    assert!(!world.account().contains("tx_code=•"), "{}", world.account());
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_over_all_fetches_of_the_offer() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(wire.code(&slip).await);
    }
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 6, "each fetch brings another code");
    let (last, first_five) = codes.split_last().unwrap();
    for (n, code) in (0..).zip(first_five) {
        let reply = wire.token(code, Some(&another_code(&slip, n))).await;
        assert_eq!(reply.body["tries_left"], 4 - n);
        reply.refused("wrong", 400, "invalid_grant", if n == 4 { "locked" } else { "wrong_code" });
    }
    let reply = wire.token(last, slip.activation_code.as_deref()).await;
    reply.refused("the right code under an untried one", 400, "invalid_grant", "locked");
    wire.offer(&slip).await.refused("fetched again", 410, "offer_not_usable", "locked");
    wire.typed(&slip.typed_code).await.refused("typed", 410, "code_not_usable", "locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_draft_of_1_1_has_a_code_of_its_own_and_our_phone_knows_it() {
    let world = World::of(Plan { invalid_tx_code: true, ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    for (n, left) in [(0, 4), (1, 3), (2, 2), (3, 1)] {
        let said = typo(&phone, &slip, n).await;
        assert_eq!(said, ("invalid_tx_code".to_owned(), Some(Reason::WrongCode), Some(left)));
    }
    let said = typo(&phone, &slip, 4).await;
    assert_eq!(said, ("invalid_tx_code".to_owned(), Some(Reason::Locked), Some(0)));
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Locked));
}

/// Fifty guesses at once on one slip: five are counted, none gets anything.
async fn guess_in_parallel(plan: Plan) {
    let world = World::of(plan).await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let code = wire.code(&slip).await;
    let guesses = (0..50).map(|n| {
        let guess = wire.token_request(&code, Some(&another_code(&slip, n)));
        tokio::spawn(async move {
            let answer = guess.send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.json::<serde_json::Value>().await.unwrap())
        })
    });
    let guesses: Vec<_> = guesses.collect();
    let mut counted = Vec::new();
    for guess in guesses {
        let (status, body) = guess.await.unwrap();
        assert_eq!(status, 400, "{body}");
        match body["tries_left"].as_u64() {
            Some(left) => counted.push(left),
            None => assert_eq!(body["reason"], "locked", "{body}"),
        }
    }
    counted.sort_unstable();
    assert_eq!(counted, [0, 1, 2, 3, 4], "each try is counted once");
    assert_eq!(world.office.slip_state(&slip).await["state"], "locked");
    wire.token(&code, slip.activation_code.as_deref()).await.refused(
        "the right code",
        400,
        "invalid_grant",
        "locked",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_guesses_at_once_are_five_tries_on_sqlite() {
    guess_in_parallel(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_guesses_at_once_are_five_tries_on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    guess_in_parallel(plan).await;
}
