//! Giving the card up on the phone: it goes at once, the issuer is told, and its place is free again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::json;
use tests::office::Slip;
use tests::world::{Plan, World};
use wallet::acquire::event::Unobserved;
use wallet::acquire::notification::{Delivery, Told};
use wallet::online::Surroundings;
use wallet::transport::{Request, Response, Transport, TransportError};

use crate::wire::Wire;

#[tokio::test(flavor = "multi_thread")]
async fn deleting_tells_the_issuer_and_frees_the_place() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let deleted = phone.online.delete(&card.id, &Unobserved).await.unwrap();
    assert_eq!(deleted.told, Told::Delivered);
    assert_eq!(phone.cards().await, 0);

    let device = world.office.card(&slip.card_id).await["devices"][0].clone();
    assert_eq!(
        (&device["device"]["state"], &device["device"]["end_reason"]),
        (&json!("deleted"), &json!("deleted"))
    );
    assert_eq!(device["certificates"][0]["state"], "revoked");
    assert_eq!(world.revocation_list().await.len(), 1);

    let fresh = world.codes_for(&pupil).await;
    phone.activate(&fresh).await.expect("the place is free");
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_does_not_bring_a_deleted_card_back() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    phone.online.delete(&card.id, &Unobserved).await.unwrap();
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason.as_ref().unwrap().as_str(), "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_issuer_out_of_reach_the_card_goes_at_once_and_the_notice_later() {
    for lost in ["issuer off", "reply lost", "power cut"] {
        let world = World::zpe().await;
        let slip = world.codes().await;
        let mut phone = world.phone("Pixel").await;
        let card = phone.activate(&slip).await.unwrap();
        match lost {
            "issuer off" => world.kill_issuer(),
            "reply lost" => world.lose_reply("/notification"),
            _ => world.lose_request("/token"),
        }
        let deleted = phone.online.delete(&card.id, &Unobserved).await.unwrap();
        assert_eq!(deleted.told, Told::Queued, "{lost}");
        assert_eq!(phone.cards().await, 0, "{lost}: for its owner the card is gone");
        world.restart_issuer().await;
        if lost == "power cut" {
            let home = phone.home.clone();
            drop(phone);
            phone = world.reopen(&home).await;
        }
        let live = world.office.devices(&slip.card_id, "live").await.len();
        assert_eq!(live, usize::from(lost != "reply lost"), "{lost}");

        let report = phone.online.refresh_all(&Unobserved).await.unwrap();
        assert_eq!(report.notices, Delivery { settled: 1, waiting: 0 }, "{lost}");
        assert_eq!(world.office.devices(&slip.card_id, "deleted").await.len(), 1, "{lost}");
        let report = phone.online.refresh_all(&Unobserved).await.unwrap();
        assert_eq!(report.notices, Delivery::default(), "{lost}: said once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_phone_gives_its_place_up_and_the_others_keep_theirs() {
    let world = World::of(Plan::of("zpe-2025")).await;
    let pupil = world.pupil().await;
    let (zosia, mum) = (world.phone("Telefon Zosi").await, world.phone("Telefon mamy").await);
    let slip = world.codes_for(&pupil).await;
    let card = zosia.activate(&slip).await.unwrap();
    let mums = mum.activate(&world.codes_for(&pupil).await).await.unwrap();
    zosia.online.delete(&card.id, &Unobserved).await.unwrap();
    assert!(mum.refresh(&mums.id).await.unwrap().standing.is_valid());
    let file = world.office.card(&slip.card_id).await;
    let states: Vec<_> = file["devices"].as_array().unwrap().iter().map(|d| &d["device"]["state"]).collect();
    assert_eq!(states, ["deleted", "live"]);
}

/// A network on which somebody draws another token of the slip, once, when the phone has just got its own.
struct OvertakenOnce {
    inner: Arc<dyn Transport>,
    wire: Wire,
    slip: Slip,
    done: AtomicBool,
}

#[async_trait]
impl Transport for OvertakenOnce {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let token = request.url.path() == "/token";
        let answer = self.inner.send(request).await;
        if token && !self.done.swap(true, Ordering::SeqCst) {
            self.wire.access(&self.slip).await;
        }
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_overtaken_costs_no_notice_and_the_place_is_given_back() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let home = phone.home.clone();
    drop(phone);
    let (inner, wire) = (world.network(), Wire::of(&world));
    let overtaken = OvertakenOnce { inner, wire, slip: slip.clone(), done: AtomicBool::new(false) };
    let transport = Arc::new(overtaken);
    let phone = world.reopen_in(&home, Surroundings { transport, ..world.phone_surroundings() }).await;
    phone.online.delete(&card.id, &Unobserved).await.unwrap();
    let report = phone.online.refresh_all(&Unobserved).await.unwrap();
    assert_eq!(report.notices.waiting, 0);
    assert_eq!(world.office.devices(&slip.card_id, "deleted").await.len(), 1);
    assert_eq!(phone.online.phone().element().key_handles().unwrap(), []);
}
