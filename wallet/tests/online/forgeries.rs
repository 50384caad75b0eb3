//! Cards that are not what they should be are not kept.

use serde_json::json;
use shared::clock::Clock as _;
use wallet::trust::RootCertificate;

use crate::authority::Authority;
use crate::fake_issuer::{BASE, Forgery, Mishap};
use crate::phone::{Desk, SLIP, at, reason, url};

#[tokio::test]
async fn what_does_not_verify_is_not_kept_and_its_issuer_is_told() {
    for (forgery, expected) in [
        (Forgery::AnotherKey, "another_key"),
        (Forgery::ChangedData, "card_tampered"),
        (Forgery::ForeignRoot, "untrusted_root"),
        (Forgery::SlotBeyondPolicy, "slot_beyond_policy"),
        (Forgery::AnotherName, "card_contradicts_certificate"),
        (Forgery::AnotherPeriod, "card_contradicts_certificate"),
        (Forgery::Unreadable, "card_unreadable"),
    ] {
        let desk = Desk::new().await;
        desk.issuer.books().forgery = forgery;
        assert_eq!(reason(desk.activate(SLIP).await), expected, "{forgery:?}");
        assert_eq!(desk.held().await, 0, "{forgery:?}");
        assert_eq!(desk.issuer.books().reports[0]["event"], json!("credential_failure"), "{forgery:?}");

        // The slip is not lost: the same key takes the honest card.
        desk.issuer.books().forgery = Forgery::None;
        desk.activate(SLIP).await.unwrap();
        let books = desk.issuer.books();
        assert!(books.provers.iter().all(|prover| *prover == books.provers[0]), "{forgery:?}");
    }
}

#[tokio::test]
async fn a_root_counts_for_its_own_issuers_alone() {
    let desk = Desk::bare().await;
    desk.phone().accept_terms().await.unwrap();
    // The issuer is trusted, but by another root than the one that its cards end in.
    let foreign = Authority::new("Another", BASE);
    let root = RootCertificate::parse(&foreign.root_der).unwrap();
    desk.phone().trust_root(&root, &[url(BASE)]).await.unwrap();
    desk.trust("http://127.0.0.1:9999").await;
    assert_eq!(reason(desk.activate(SLIP).await), "untrusted_root");
}

#[tokio::test]
async fn a_card_that_has_expired_on_its_way_is_not_taken_until_the_clock_is_right() {
    let desk = Desk::new().await;
    for _ in 0..2 {
        desk.issuer.mishap("/credential", Mishap::ReplyLost);
    }
    assert_eq!(reason(desk.activate(SLIP).await), "cannot_reach");
    let right = desk.clock.now();
    desk.clock.set(at("2027-10-01T00:00:00Z"));
    assert_eq!(reason(desk.activate(SLIP).await), "expired");
    assert_eq!(desk.held().await, 0);
    desk.clock.set(right);
    assert!(desk.activate(SLIP).await.is_ok());
}

#[tokio::test]
async fn a_card_that_is_revoked_on_arrival_is_not_kept() {
    let desk = Desk::new().await;
    desk.issuer.revoke(0x1001, rcgen::RevocationReason::KeyCompromise);
    assert_eq!(reason(desk.activate(SLIP).await), "revoked");
    assert_eq!(desk.held().await, 0);
}
