//! From a slip to a card, and every reason why not.

use serde_json::json;
use shared::secret::Secret;
use shared::typed_code::TypedCode;
use wallet::acquire::ActivateError;
use wallet::acquire::event::Step;
use wallet::acquire::notification::Told;
use wallet::acquire::offer::OfferSource;
use wallet::documents::HistoryEvent;
use wallet::standing::Standing;

use crate::fake_issuer::{BASE, CODE, Mishap};
use crate::phone::{Desk, SLIP, at, reason, url};

#[tokio::test]
async fn a_slip_becomes_a_card() {
    let desk = Desk::new().await;
    let activated = desk.activate(SLIP).await.unwrap();
    assert_eq!((activated.told, activated.list.reason()), (Told::Delivered, "good"));
    assert_eq!(activated.standing, Standing::Valid);

    let shown = desk.phone().show(&activated.id).await.unwrap().unwrap();
    assert_eq!(shown.card.data().card_number.to_string(), "7/2026");
    assert_eq!(shown.card.certificate().device_name(), "Telefon Zosi");
    assert_eq!(shown.card.held().issuer.name, "Wystawca");

    // The steps that a screen shows, each once and in their order.
    assert_eq!(desk.notes.steps(), Step::ALL);

    // One key for everything: the tokens, the proofs and the certificate.
    let books = desk.issuer.books();
    assert_eq!(books.provers.len(), 3);
    assert!(books.provers.iter().all(|prover| *prover == books.provers[0]));
    assert_eq!(books.reports, [json!({"notification_id": "notice-4097", "event": "credential_accepted"})]);
    drop(books);
    assert_eq!(desk.keys(), 1);
    let history = desk.phone().phone().documents().history().unwrap();
    assert_eq!(history.last().unwrap().event, HistoryEvent::Activated);
    assert!(desk.phone().phone().documents().activations().unwrap().is_empty());

    // The transcript shows everything that was said, and no secret.
    let transcript = serde_json::to_string(&desk.transcript.exchanges()).unwrap();
    assert!(transcript.contains("/.well-known/openid-credential-issuer"));
    for secret in [CODE, "secret-of-the-slip", "code-0", "access-1", "nonce-1", "Telefon Zosi"] {
        assert!(!transcript.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn activations_can_be_spawned() {
    let desk = std::sync::Arc::new(Desk::new().await);
    let task = tokio::spawn({
        let desk = std::sync::Arc::clone(&desk);
        async move { desk.activate(SLIP).await.map(|_| ()) }
    });
    assert!(task.await.unwrap().is_ok());
    assert!(tokio::spawn(async move { desk.phone().refresh_all(&*desk.notes).await.is_ok() }).await.unwrap());
}

#[tokio::test]
async fn a_typed_code_leads_to_the_same_card() {
    let desk = Desk::new().await;
    let typed = |issuer| OfferSource::typed(TypedCode::parse("0000-0000-0000").unwrap(), url(issuer));
    let offer = desk.phone().open_offer(typed(BASE), &*desk.notes).await.unwrap();
    assert_eq!(offer.asks_code().unwrap().length, Some(8));
    desk.phone().activate(&offer, Some(&Secret::new(CODE)), &*desk.notes).await.unwrap();
    assert_eq!(desk.held().await, 1);

    let foreign = desk.phone().open_offer(typed("http://127.0.0.1:9999"), &*desk.notes).await;
    assert_eq!(reason(foreign), "untrusted_issuer");
}

#[tokio::test]
async fn who_is_not_trusted_sees_no_code() {
    let desk = Desk::bare().await;
    desk.phone().accept_terms().await.unwrap();
    desk.trust("http://127.0.0.1:9999").await;
    assert_eq!(reason(desk.activate(SLIP).await), "untrusted_issuer");
    assert_eq!(desk.issuer.books().asked, ["/o/secret-of-the-slip"]);

    // An offer by value names its issuer, so nobody is asked at all.
    let by_value = format!(
        "openid-credential-offer://?credential_offer=%7B%22credential_issuer%22:%22{BASE}%22,\
         %22credential_configuration_ids%22:%5B%22mlegitymacja_x509%22%5D%7D"
    );
    assert_eq!(reason(desk.activate(&by_value).await), "untrusted_issuer");
    assert_eq!(desk.issuer.books().asked.len(), 1);
}

#[tokio::test]
async fn the_terms_come_first_and_are_remembered() {
    let desk = Desk::bare().await;
    desk.trust(BASE).await;
    assert_eq!(reason(desk.activate(SLIP).await), "terms_not_accepted");
    assert!(desk.issuer.books().asked.is_empty());

    desk.phone().accept_terms().await.unwrap();
    let accepted = desk.phone().phone().documents().consents().unwrap();
    desk.clock.set(at("2026-11-22T08:00:00Z"));
    desk.phone().accept_terms().await.unwrap();
    assert_eq!(desk.phone().phone().documents().consents().unwrap(), accepted, "the time of the first time");
    assert_eq!(accepted.terms.unwrap().at, at("2026-11-21T18:30:00Z"));
    assert!(desk.activate(SLIP).await.is_ok());
}

#[tokio::test]
async fn a_phone_that_is_too_old_is_refused_before_any_code_is_asked_for() {
    let desk = Desk::new().await;
    desk.issuer.books().min_android = "14.1";
    assert_eq!(reason(desk.activate(SLIP).await), "os_too_old");
    assert!(!desk.issuer.books().asked.contains(&"/token".to_owned()));
}

#[tokio::test]
async fn wrong_codes_are_told_apart_from_slips_of_the_finger() {
    let desk = Desk::new().await;
    for typed in ["1234567", "1234567O", ""] {
        assert_eq!(reason(desk.activate_with(SLIP, typed).await), "code_malformed", "{typed}");
    }
    assert_eq!(desk.issuer.books().failures, 0);

    let refused = desk.activate_with(SLIP, "00000000").await.unwrap_err();
    let refusal = refused.refusal().unwrap();
    assert_eq!((refusal.error.as_str(), refusal.tries_left), ("invalid_grant", Some(4)));
    assert_eq!(refusal.message_pl.as_deref(), Some("Kod aktywacyjny jest nieprawidłowy."));
    assert_eq!(desk.issuer.books().failures, 1, "counted once");

    let draft = json!({"error": "invalid_tx_code", "tries_left": 3});
    desk.issuer.mishap("/token", Mishap::Refused(400, draft));
    let refused = desk.activate_with(SLIP, "00000000").await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().reason.as_ref().unwrap().as_str(), "wrong_code");

    assert_eq!(desk.keys(), 1, "the key waits for the right code");
    for _ in 0..4 {
        assert!(desk.activate_with(SLIP, "00000000").await.is_err());
    }
    assert_eq!(desk.keys(), 0, "a locked slip needs no key any more");
}

#[tokio::test]
async fn one_offer_serves_several_tries() {
    let desk = Desk::new().await;
    let source = OfferSource::from_text(SLIP).unwrap();
    let offer = desk.phone().open_offer(source, &*desk.notes).await.unwrap();
    let try_code = |code| {
        let (desk, offer) = (&desk, &offer);
        async move { desk.phone().activate(offer, Some(&Secret::new(code)), &*desk.notes).await }
    };
    assert!(matches!(try_code("00000000").await, Err(ActivateError::Exchange(_))));
    assert!(try_code(CODE).await.is_ok());
    assert_eq!(desk.issuer.books().asked.iter().filter(|path| path.starts_with("/o/")).count(), 1);
}

#[tokio::test]
async fn a_clock_that_was_turned_back_is_refused_by_name() {
    let desk = Desk::new().await;
    desk.activate(SLIP).await.unwrap();
    desk.clock.set(at("2026-11-21T18:00:00Z"));
    desk.issuer.new_slip();
    let asked = desk.issuer.books().asked.len();
    let refused = desk.activate(&SLIP.replace("slip", "slip2")).await;
    assert_eq!(reason(refused), "clock_behind");
    assert_eq!(desk.issuer.books().asked.len(), asked);
    let shown = desk.phone().cards().await.unwrap().remove(0);
    assert_eq!(shown.standing, Standing::ClockBehind { floor: at("2026-11-21T18:30:00Z") });
}
