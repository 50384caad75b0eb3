//! What becomes of a card that is held: refreshed, renewed, revoked, replaced, given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use rcgen::RevocationReason;
use serde_json::json;
use shared::clock::Clock as _;
use wallet::acquire::ActivateError;
use wallet::acquire::event::{Event, Observer, Step};
use wallet::acquire::notification::Told;
use wallet::documents::{CardIdentity, CardState};
use wallet::refresh::{Outcome, RefreshError};
use wallet::standing::Standing;

use crate::fake_issuer::{FakeIssuer, Mishap};
use crate::phone::{Desk, SLIP, at, reason};

#[tokio::test]
async fn a_refresh_brings_the_same_bytes_or_a_renewed_card() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    let before = desk.phone().show(&id).await.unwrap().unwrap();
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Unchanged, "good"));

    desk.clock.set(at("2027-09-20T08:00:00Z"));
    desk.issuer.renew("2028-09-30");
    let shown = desk.phone().show(&id).await.unwrap().unwrap();
    assert!(matches!(shown.standing, Standing::NotConfirmedSince { .. }));
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.standing), (Outcome::Renewed, Standing::Valid));

    let after = desk.phone().show(&refreshed.id).await.unwrap().unwrap();
    assert_eq!(after.card.data().validity.last_day().to_string(), "2028-09-30");
    assert_eq!(after.card.held().key, before.card.held().key, "the same device key");
    assert_eq!((desk.held().await, desk.keys()), (1, 1), "the old one is gone");
}

#[tokio::test]
async fn an_expired_card_is_not_shown_as_valid_but_can_be_renewed() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.clock.set(at("2027-09-30T22:00:00Z"));
    let shown = desk.phone().show(&id).await.unwrap().unwrap();
    assert_eq!(shown.standing, Standing::Expired { not_after: at("2027-09-30T21:59:59Z") });
    desk.issuer.renew("2028-09-30");
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.standing), (Outcome::Renewed, Standing::Valid));
}

#[tokio::test]
async fn a_revoked_card_stays_revoked_whatever_the_clock() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.clock.advance(SignedDuration::from_hours(48));
    desk.issuer.revoke(0x1001, RevocationReason::KeyCompromise);
    let since = desk.clock.now();
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!(refreshed.outcome, Outcome::Revoked);
    assert_eq!(refreshed.standing, Standing::Revoked { since, reason: "key_compromise".to_owned() });

    let asked = desk.issuer.books().asked.len();
    desk.clock.set(at("2026-11-21T18:30:00Z"));
    let shown = desk.phone().show(&id).await.unwrap().unwrap();
    assert!(matches!(shown.standing, Standing::Revoked { .. }));
    let again = desk.phone().refresh(&id, &*desk.notes).await;
    assert!(matches!(again, Err(RefreshError::ClockBehind { .. })));
    assert_eq!(desk.issuer.books().asked.len(), asked, "nobody needs to be asked");
}

#[tokio::test]
async fn a_list_that_is_stale_or_out_of_reach_is_named() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.clock.advance(SignedDuration::from_hours(72));
    desk.issuer.books().list_dated = Some(at("2026-11-21T18:30:00Z"));
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Unchanged, "stale"));
    assert!(desk.notes.saw(&Event::ListStale));

    desk.issuer.mishap("/pki/crl", Mishap::Unheard);
    desk.issuer.mishap("/pki/crl", Mishap::Unheard);
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Unchanged, "unreachable"));
}

#[tokio::test]
async fn a_list_that_is_older_than_one_seen_before_does_not_pass_for_the_latest() {
    let mut desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.restart().await;
    for (number, dated, expected) in [
        (4, "2026-11-21T18:00:00Z", "stale"),
        (5, "2026-11-21T18:29:59Z", "stale"),
        (5, "2026-11-21T18:30:00Z", "good"),
        // The number decides: an issuer's clock may have been set right.
        (6, "2026-11-21T18:20:00Z", "good"),
        (5, "2026-11-21T18:30:00Z", "stale"),
    ] {
        desk.issuer.books().list_number = number;
        desk.issuer.books().list_dated = Some(at(dated));
        let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
        assert_eq!(refreshed.list.unwrap().reason(), expected, "{number} {dated}");
    }
    assert!(desk.notes.saw(&Event::ListStale));

    // What is on an older list is revoked all the same: nothing is ever taken off.
    desk.issuer.revoke(0x1001, RevocationReason::KeyCompromise);
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Revoked, "revoked"));
}

#[tokio::test]
async fn a_superseded_card_whose_successor_is_elsewhere_says_so() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.issuer.revoke(0x1001, RevocationReason::Superseded);
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!(refreshed.outcome, Outcome::Superseded);
    assert!(!refreshed.standing.is_valid());
}

#[tokio::test]
async fn a_renewal_whose_delivery_was_lost_is_found_on_the_next_refresh() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    // The issuer has renewed and put the old certificate on the list; this phone heard of neither.
    desk.issuer.renew("2028-09-30");
    desk.issuer.revoke(0x1001, RevocationReason::Superseded);
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.standing), (Outcome::Renewed, Standing::Valid));
}

#[tokio::test]
async fn the_same_slip_again_is_recognised_without_asking() {
    let desk = Desk::new().await;
    desk.activate(SLIP).await.unwrap();
    let asked = desk.issuer.books().asked.len();
    assert_eq!(reason(desk.activate(SLIP).await), "already_held");
    assert_eq!(desk.issuer.books().asked.len(), asked);
}

#[tokio::test]
async fn a_second_slip_of_the_same_card_gives_its_place_back() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.issuer.new_slip();
    desk.issuer.books().slot = (2, 5);
    assert_eq!(reason(desk.activate(&SLIP.replace("slip", "slip2")).await), "already_held");
    let reports = desk.issuer.books().reports.clone();
    assert_eq!(reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!((desk.held().await, desk.keys()), (1, 1), "the key of the second is gone");
    assert!(desk.phone().show(&id).await.unwrap().unwrap().standing.is_valid());
}

#[tokio::test]
async fn a_card_that_is_issued_again_takes_the_old_ones_place() {
    let desk = Desk::new().await;
    let old = desk.activate(SLIP).await.unwrap().id;
    desk.clock.advance(SignedDuration::from_hours(24));
    desk.issuer.new_slip();
    let activated = desk.activate(&SLIP.replace("slip", "slip2")).await.unwrap();
    assert_eq!(activated.replaced, Some(old));
    assert_eq!((desk.held().await, desk.keys()), (1, 1));

    // A duplicate has a new number, and takes the place of the card that it duplicates once that one is void.
    desk.clock.advance(SignedDuration::from_hours(24));
    desk.issuer.new_slip();
    desk.issuer.books().number = 8;
    desk.issuer.revoke(0x1002, RevocationReason::PrivilegeWithdrawn);
    let duplicate = desk.activate(&SLIP.replace("slip", "slip3")).await.unwrap();
    assert_eq!(duplicate.replaced, Some(activated.id));
    assert_eq!((desk.held().await, desk.keys()), (1, 1));
}

#[tokio::test]
async fn the_same_numbers_of_another_issuer_are_another_card() {
    let desk = Desk::new().await;
    let first = desk.activate(SLIP).await.unwrap().id;
    // The card as another issuer's: two sandboxes with the same school and the same numbers.
    let phone = desk.phone().phone();
    let mut held = phone.documents().card(&first).unwrap().unwrap();
    held.issuer.identifier = "http://127.0.0.1:9999".to_owned();
    held.identity = CardIdentity::new("http://127.0.0.1:9999 123456/7/2026");
    let elsewhere = phone.replace_card(&first, &held, None, desk.clock.now()).unwrap();

    desk.clock.advance(SignedDuration::from_hours(24));
    desk.issuer.new_slip();
    let activated = desk.activate(&SLIP.replace("slip", "slip2")).await.unwrap();
    assert_eq!((activated.replaced, desk.held().await, desk.keys()), (None, 2, 2));
    assert_ne!(activated.id, elsewhere);
}

#[tokio::test]
async fn a_card_that_was_kept_without_its_issuer_in_its_name_is_read_and_replaced() {
    let desk = Desk::new().await;
    let named = desk.activate(SLIP).await.unwrap().id;
    let phone = desk.phone().phone();
    let mut held = phone.documents().card(&named).unwrap().unwrap();
    held.identity = CardIdentity::new("123456/7/2026");
    let old = phone.replace_card(&named, &held, None, desk.clock.now()).unwrap();
    assert_ne!(old, named, "the issuer is part of the name now");

    assert!(desk.phone().show(&old).await.unwrap().unwrap().standing.is_valid());
    assert_eq!(desk.phone().refresh(&old, &*desk.notes).await.unwrap().outcome, Outcome::Unchanged);
    desk.clock.advance(SignedDuration::from_hours(24));
    desk.issuer.new_slip();
    let activated = desk.activate(&SLIP.replace("slip", "slip2")).await.unwrap();
    assert_eq!((activated.id, activated.replaced), (named, Some(old)));
    assert_eq!((desk.held().await, desk.keys()), (1, 1));
}

#[tokio::test]
async fn a_card_that_is_given_up_goes_at_once_and_its_issuer_hears_of_it() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    let deleted = desk.phone().delete(&id, &*desk.notes).await.unwrap();
    assert_eq!(deleted.told, Told::Delivered);
    assert_eq!(desk.issuer.books().reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!((desk.held().await, desk.keys()), (0, 0));
    let again = desk.phone().delete(&id, &*desk.notes).await;
    assert_eq!(again.unwrap_err().reason(), "no_such_card");
}

#[tokio::test]
async fn a_card_can_be_given_up_where_nobody_hears_it() {
    let mut desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    for _ in 0..2 {
        desk.issuer.mishap("/token", Mishap::Unheard);
    }
    assert_eq!(desk.phone().delete(&id, &*desk.notes).await.unwrap().told, Told::Queued);
    assert_eq!((desk.held().await, desk.keys()), (0, 1), "the key lives on to prove who gives up");

    desk.restart().await;
    assert_eq!(desk.keys(), 1);
    let report = desk.phone().refresh_all(&*desk.notes).await.unwrap();
    assert_eq!((report.notices.settled, report.notices.waiting), (1, 0));
    assert_eq!(desk.issuer.books().reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!(desk.keys(), 0);
}

#[tokio::test]
async fn the_issuers_own_word_counts_where_its_list_cannot_be_had() {
    let mut desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.clock.advance(SignedDuration::from_hours(48));
    desk.issuer.revoke(0x1001, RevocationReason::KeyCompromise);
    let since = desk.clock.now();
    for _ in 0..2 {
        desk.issuer.mishap("/pki/crl", Mishap::Unheard);
    }
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    let unspecified = Standing::Revoked { since, reason: "unspecified".to_owned() };
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Revoked, "unreachable"));
    assert_eq!(refreshed.standing, unspecified);
    desk.restart().await;
    assert_eq!(desk.phone().show(&id).await.unwrap().unwrap().standing, unspecified);

    // Still out of reach, it stays as it is; then the list says why.
    for _ in 0..2 {
        desk.issuer.mishap("/pki/crl", Mishap::Unheard);
    }
    assert_eq!(desk.phone().refresh(&id, &*desk.notes).await.unwrap().standing, unspecified);
    let refreshed = desk.phone().refresh(&id, &*desk.notes).await.unwrap();
    assert_eq!(refreshed.standing, Standing::Revoked { since, reason: "key_compromise".to_owned() });
}

/// Revokes a card between the list and the token of its refresh.
struct InBetween(Arc<FakeIssuer>, AtomicBool);

impl Observer for InBetween {
    fn on(&self, event: Event) {
        if event == Event::Began(Step::Token) && !self.1.swap(true, Ordering::SeqCst) {
            self.0.revoke(0x1001, RevocationReason::KeyCompromise);
        }
    }
}

#[tokio::test]
async fn a_list_from_before_the_revocation_is_asked_again_why() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    let since = desk.clock.now();
    let in_between = InBetween(desk.issuer.clone(), AtomicBool::new(false));
    let refreshed = desk.phone().refresh(&id, &in_between).await.unwrap();
    assert!(in_between.1.load(Ordering::SeqCst), "nothing was revoked");
    assert_eq!((refreshed.outcome, refreshed.list.unwrap().reason()), (Outcome::Revoked, "revoked"));
    assert_eq!(refreshed.standing, Standing::Revoked { since, reason: "key_compromise".to_owned() });
}

#[tokio::test]
async fn a_refusal_that_may_pass_keeps_what_the_issuer_must_still_hear() {
    for (path, status, error, reason, told) in [
        ("/token", 400, "invalid_dpop_proof", "bad_dpop", "queued"),
        ("/token", 400, "invalid_request", "malformed", "queued"),
        ("/token", 400, "invalid_grant", "card_void", "queued"),
        ("/notification", 401, "invalid_token", "bad_token", "queued"),
        ("/notification", 401, "invalid_dpop_proof", "bad_dpop", "queued"),
        ("/token", 400, "invalid_grant", "revoked", "refused"),
        ("/token", 400, "invalid_grant", "other_device", "refused"),
        ("/token", 400, "invalid_grant", "unknown", "refused"),
        ("/notification", 400, "invalid_notification_id", "unknown", "refused"),
    ] {
        let desk = Desk::new().await;
        let id = desk.activate(SLIP).await.unwrap().id;
        // An unknown id is believed only when it is unknown under a fresh token, too.
        for _ in 0..if error == "invalid_notification_id" { 2 } else { 1 } {
            desk.issuer.mishap(path, Mishap::Refused(status, json!({"error": error, "reason": reason})));
        }
        let deleted = desk.phone().delete(&id, &*desk.notes).await.unwrap();
        assert_eq!(deleted.told.reason(), told, "{path} {error} {reason}");
        assert_eq!(desk.keys(), usize::from(told == "queued"), "{path} {error} {reason}");

        let report = desk.phone().refresh_all(&*desk.notes).await.unwrap();
        assert_eq!(report.notices.settled, usize::from(told == "queued"), "{path} {error} {reason}");
        assert_eq!(desk.keys(), 0, "{path} {error} {reason}");
    }
}

#[tokio::test]
async fn an_id_that_is_unknown_under_one_token_is_said_again_under_a_fresh_one() {
    let unknown = Mishap::Refused(400, json!({"error": "invalid_notification_id", "reason": "unknown"}));
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.issuer.mishap("/notification", unknown.clone());
    assert_eq!(desk.phone().delete(&id, &*desk.notes).await.unwrap().told, Told::Delivered);
    assert_eq!(desk.issuer.books().reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!(desk.keys(), 0);

    // So is the place given back that was taken a second time.
    let desk = Desk::new().await;
    desk.activate(SLIP).await.unwrap();
    desk.issuer.new_slip();
    desk.issuer.books().slot = (2, 5);
    desk.issuer.mishap("/notification", unknown);
    let error = desk.activate(&SLIP.replace("slip", "slip2")).await.unwrap_err();
    assert!(matches!(error, ActivateError::AlreadyHeld { freed: Some(Told::Delivered), .. }), "{error:?}");
    assert_eq!(desk.issuer.books().reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!((desk.held().await, desk.keys()), (1, 1));
}

#[tokio::test]
async fn a_place_that_cannot_be_given_back_yet_is_given_back_later() {
    let desk = Desk::new().await;
    desk.activate(SLIP).await.unwrap();
    desk.issuer.new_slip();
    desk.issuer.books().slot = (2, 5);
    let refusal = json!({"error": "invalid_dpop_proof", "reason": "bad_dpop"});
    desk.issuer.mishap("/notification", Mishap::Refused(401, refusal));
    assert_eq!(reason(desk.activate(&SLIP.replace("slip", "slip2")).await), "already_held");
    assert_eq!((desk.held().await, desk.keys()), (1, 2), "the second key proves who gives back");

    let notices = desk.phone().deliver_notices(&*desk.notes).await.unwrap();
    assert_eq!((notices.settled, notices.waiting), (1, 0));
    let reports = desk.issuer.books().reports.clone();
    assert_eq!(reports.last().unwrap()["event"], "credential_deleted");
    assert_eq!((desk.held().await, desk.keys()), (1, 1));
}

#[tokio::test]
async fn an_issuer_to_whom_the_device_is_gone_already_needs_no_telling() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    desk.issuer.revoke(0x1001, RevocationReason::KeyCompromise);
    let deleted = desk.phone().delete(&id, &*desk.notes).await.unwrap();
    assert_eq!(deleted.told.reason(), "refused");
    assert_eq!((desk.held().await, desk.keys()), (0, 0));
}

#[tokio::test]
async fn a_day_under_a_wrong_date_bricks_nothing() {
    let desk = Desk::new().await;
    let id = desk.activate(SLIP).await.unwrap().id;
    let right = desk.clock.now();
    desk.clock.set(at("2099-01-01T00:00:00Z"));
    assert!(!desk.phone().show(&id).await.unwrap().unwrap().standing.is_valid());
    desk.clock.set(right);
    assert_eq!(desk.phone().show(&id).await.unwrap().unwrap().standing, Standing::Valid);
    let state = desk.phone().show(&id).await.unwrap().unwrap().card.held().state.clone();
    assert_eq!(state, CardState::Valid);
}
