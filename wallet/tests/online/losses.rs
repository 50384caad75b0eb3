//! Lost replies, kills and refusals that pass: none of them costs a slip.

use serde_json::json;
use shared::secret::Secret;
use wallet::acquire::ActivateError;
use wallet::acquire::event::Event;
use wallet::acquire::offer::OfferSource;

use crate::fake_issuer::{CODE, Mishap};
use crate::phone::{Desk, SLIP, reason};

/// Every path that an activation asks, in order.
const PATHS: [&str; 8] = [
    "/o/secret-of-the-slip",
    "/.well-known/openid-credential-issuer",
    "/.well-known/oauth-authorization-server",
    "/token",
    "/nonce",
    "/credential",
    "/pki/crl",
    "/notification",
];

#[tokio::test]
async fn one_mishap_anywhere_is_made_good_by_itself_or_by_trying_again() {
    let too_busy = json!({"error": "temporarily_unavailable"});
    for path in PATHS {
        for mishap in [Mishap::Unheard, Mishap::ReplyLost, Mishap::Refused(503, too_busy.clone())] {
            let desk = Desk::new().await;
            desk.issuer.mishap(path, mishap.clone());
            let first = desk.activate(SLIP).await;
            // A wrong code would be counted twice, so a token request that may have been heard is not repeated.
            let unheard = mishap == Mishap::Unheard;
            if path == "/token" && !unheard {
                let named = if mishap == Mishap::ReplyLost { "cannot_reach" } else { "try_again" };
                assert_eq!(reason(first), named, "{path} {mishap:?}");
                desk.activate(SLIP).await.unwrap();
            } else {
                first.unwrap();
            }
            assert_eq!(desk.held().await, 1, "{path} {mishap:?}");
            let books = desk.issuer.books();
            assert!(books.provers.iter().all(|prover| *prover == books.provers[0]), "{path} {mishap:?}");
            assert_eq!(books.failures, 0, "{path} {mishap:?}");
        }
    }
}

#[tokio::test]
async fn a_kill_between_any_two_steps_leaves_the_same_key_for_the_next_try() {
    for path in PATHS {
        let mut desk = Desk::new().await;
        // Twice, because the phone tries twice: then it is killed, with the request heard and its answer lost.
        desk.issuer.mishap(path, Mishap::ReplyLost);
        desk.issuer.mishap(path, Mishap::ReplyLost);
        let outcome = desk.activate(SLIP).await;
        desk.restart().await;
        if outcome.is_err() {
            desk.issuer.books().mishaps.clear();
            desk.activate(SLIP).await.unwrap();
        }
        assert_eq!(desk.held().await, 1, "{path}");
        assert_eq!(desk.keys(), 1, "{path}");
        let books = desk.issuer.books();
        assert!(books.provers.iter().all(|prover| *prover == books.provers[0]), "{path}");
    }
}

#[tokio::test]
async fn a_token_that_was_lost_costs_a_fresh_offer_and_nothing_else() {
    let desk = Desk::new().await;
    let source = OfferSource::from_text(SLIP).unwrap();
    let offer = desk.phone().open_offer(source, &*desk.notes).await.unwrap();
    let code = Secret::new(CODE);
    desk.issuer.mishap("/token", Mishap::ReplyLost);
    assert_eq!(reason(desk.phone().activate(&offer, Some(&code), &*desk.notes).await), "cannot_reach");
    desk.phone().activate(&offer, Some(&code), &*desk.notes).await.unwrap();
    assert!(desk.notes.saw(&Event::NewOffer));
}

#[tokio::test]
async fn a_refused_nonce_is_replaced_once() {
    let desk = Desk::new().await;
    let refusal = Mishap::Refused(400, json!({"error": "invalid_nonce", "reason": "bad_nonce"}));
    desk.issuer.mishap("/credential", refusal.clone());
    desk.activate(SLIP).await.unwrap();
    assert!(desk.notes.saw(&Event::NewNonce));

    let desk = Desk::new().await;
    desk.issuer.mishap("/credential", refusal.clone());
    desk.issuer.mishap("/credential", refusal);
    assert_eq!(reason(desk.activate(SLIP).await), "invalid_nonce");
    assert_eq!(desk.issuer.books().asked.iter().filter(|path| *path == "/nonce").count(), 2);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_told_is_told_at_the_next_refresh() {
    let desk = Desk::new().await;
    desk.issuer.mishap("/notification", Mishap::Unheard);
    desk.issuer.mishap("/notification", Mishap::Unheard);
    let activated = desk.activate(SLIP).await.unwrap();
    assert_eq!(activated.told.reason(), "queued");
    assert!(desk.issuer.books().reports.is_empty());

    let report = desk.phone().refresh_all(&*desk.notes).await.unwrap();
    assert_eq!((report.notices.settled, report.notices.waiting), (1, 0));
    assert_eq!(desk.issuer.books().reports[0]["event"], "credential_accepted");
}

#[tokio::test]
async fn an_access_token_that_is_refused_is_replaced_once_and_never_costs_the_key() {
    for reason_word in ["replaced", "bad_token", "revoked", "other_device"] {
        let refusal = Mishap::Refused(401, json!({"error": "invalid_token", "reason": reason_word}));
        let desk = Desk::new().await;
        desk.issuer.mishap("/credential", refusal.clone());
        desk.activate(SLIP).await.unwrap();
        assert!(desk.notes.saw(&Event::NewOffer), "{reason_word}");

        let desk = Desk::new().await;
        desk.issuer.mishap("/credential", refusal.clone());
        desk.issuer.mishap("/credential", refusal);
        assert_eq!(reason(desk.activate(SLIP).await), "invalid_token");
        assert_eq!(desk.keys(), 1, "the slip may be bound to the key: {reason_word}");
        desk.activate(SLIP).await.unwrap();
        let books = desk.issuer.books();
        assert!(books.provers.iter().all(|prover| *prover == books.provers[0]), "{reason_word}");
    }
}

#[tokio::test]
async fn a_slip_that_is_followed_twice_at_once_brings_one_card() {
    let desk = Desk::new().await;
    let (one, other) = tokio::join!(desk.activate(SLIP), desk.activate(SLIP));
    let (brought, second) = if one.is_ok() { (one, other) } else { (other, one) };
    let id = brought.unwrap().id;
    assert!(matches!(second, Err(ActivateError::AlreadyHeld { id: held, freed: None }) if held == id));
    assert_eq!((desk.held().await, desk.keys()), (1, 1));
    let events: Vec<_> = desk.issuer.books().reports.iter().map(|report| report["event"].clone()).collect();
    assert_eq!(events, ["credential_accepted"], "the card's own place is not given back");
}

#[tokio::test]
async fn a_card_that_was_bound_comes_with_its_key_though_the_slip_is_over() {
    let over = |reason: &str| json!({"error": "offer_not_usable", "reason": reason});
    let refused = |reason: &str| json!({"error": "invalid_grant", "reason": reason});
    for (path, refusal) in [
        ("/o/secret-of-the-slip", Mishap::Refused(410, over("expired"))),
        ("/o/secret-of-the-slip", Mishap::Refused(410, over("locked"))),
        ("/token", Mishap::Refused(400, refused("locked"))),
    ] {
        for bound in [true, false] {
            let what = format!("{refusal:?}, bound: {bound}");
            let mut desk = Desk::new().await;
            for _ in 0..2 {
                let lost = if bound { Mishap::ReplyLost } else { Mishap::Unheard };
                desk.issuer.mishap("/credential", lost);
            }
            assert_eq!(reason(desk.activate(SLIP).await), "cannot_reach", "{what}");
            desk.restart().await;
            desk.issuer.mishap(path, refusal.clone());
            let outcome = desk.activate(SLIP).await;
            let provers = desk.issuer.books().provers.clone();
            assert!(provers.iter().all(|prover| *prover == provers[0]), "{what}");
            if bound {
                assert_eq!(outcome.expect(&what).told.reason(), "delivered", "{what}");
                assert_eq!((desk.held().await, desk.keys()), (1, 1), "{what}");
                continue;
            }
            let error = outcome.expect_err(&what);
            assert!(
                ["expired", "locked"].contains(&error.refusal().unwrap().reason.as_ref().unwrap().as_str())
            );
            assert_eq!(desk.held().await, 0, "{what}");
            // Nobody asks for what was never bound a second time.
            let asked = desk.issuer.books().asked.len();
            desk.phone().refresh_all(&*desk.notes).await.unwrap();
            assert_eq!(desk.issuer.books().asked.len(), asked, "{what}");
        }
    }
}

#[tokio::test]
async fn a_locked_slip_costs_no_key_while_its_card_may_be_bound_to_it() {
    let desk = Desk::new().await;
    for _ in 0..2 {
        desk.issuer.mishap("/credential", Mishap::ReplyLost);
    }
    assert_eq!(reason(desk.activate(SLIP).await), "cannot_reach");
    let source = OfferSource::from_text(SLIP).unwrap();
    let offer = desk.phone().open_offer(source, &*desk.notes).await.unwrap();
    let locked = json!({"error": "invalid_grant", "reason": "locked"});
    desk.issuer.mishap("/token", Mishap::Refused(400, locked));
    // The refresh token cannot be asked about now.
    let busy = Mishap::Refused(400, json!({"error": "invalid_dpop_proof", "reason": "bad_dpop"}));
    desk.issuer.mishap("/token", busy);
    desk.phone().activate(&offer, Some(&Secret::new(CODE)), &*desk.notes).await.unwrap_err();
    assert_eq!(desk.keys(), 1);

    let report = desk.phone().refresh_all(&*desk.notes).await.unwrap();
    assert_eq!((report.cards.len(), desk.held().await, desk.keys()), (1, 1, 1), "finished by itself");
    let books = desk.issuer.books();
    assert!(books.provers.iter().all(|prover| *prover == books.provers[0]));
}

#[tokio::test]
async fn what_a_resource_server_says_in_its_challenge_counts_whatever_its_body() {
    let desk = Desk::new().await;
    desk.issuer.mishap("/credential", Mishap::Challenged(r#"DPoP algs="ES256", error="use_dpop_nonce""#));
    desk.activate(SLIP).await.unwrap();
    let credentials =
        |desk: &Desk| desk.issuer.books().asked.iter().filter(|path| *path == "/credential").count();
    assert_eq!(credentials(&desk), 2, "asked again at once, with the nonce");
    assert!(!desk.notes.saw(&Event::NewOffer));

    let desk = Desk::new().await;
    desk.issuer.mishap("/credential", Mishap::Challenged(r#"DPoP error="invalid_token""#));
    desk.activate(SLIP).await.unwrap();
    assert!(desk.notes.saw(&Event::NewOffer), "under another token");
    assert_eq!(credentials(&desk), 2);
}
