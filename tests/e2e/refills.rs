//! Refilling copies: when, with which keys, and that nothing that went wrong before stands in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use shared::vci::{CONFIGURATION_CODE, CONFIGURATION_SD_JWT};
use tests::network::Meddled;
use tests::world::World;
use wallet::acquire::copies::{FEW, WANTED};
use wallet::documents::CopyState;
use wallet::online::Surroundings;
use wallet::refresh::Outcome;
use wallet::transport::{Request, Response, Transport, TransportError};

use crate::sd_jwt::{take, unused};

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_refills_and_every_copy_ends_in_time() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let before = world.asked("/credential");
    phone.refresh(&card.id).await.unwrap();
    assert_eq!(world.asked("/credential"), before + 1, "enough are left: the card alone is asked for");
    for _ in 0..WANTED - FEW {
        take(&world, &phone, &card.id);
    }
    assert_eq!(unused(&world, &phone, &card.id), FEW);
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged);
    assert_eq!(unused(&world, &phone, &card.id), WANTED);
    world.at("2026-12-21T00:00:00+01:00");
    assert_eq!(unused(&world, &phone, &card.id), 0, "thirty days are over");
    phone.refresh(&card.id).await.unwrap();
    assert_eq!(unused(&world, &phone, &card.id), WANTED);
    let kept = phone.online.phone().documents().copies(&card.id, CONFIGURATION_SD_JWT).unwrap();
    assert_eq!(kept.len(), WANTED, "what is over is gone");
    assert_eq!(phone.online.phone().element().key_handles().unwrap().len(), 2 * WANTED + 1);
}

/// A network on which credentials come once, and then not until it is told.
struct OnceOnly {
    inner: Arc<dyn Transport>,
    credentials: AtomicUsize,
    healed: AtomicBool,
}

#[async_trait]
impl Transport for OnceOnly {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let credential = request.url.path().ends_with("/credential");
        let earlier = if credential { self.credentials.fetch_add(1, Ordering::SeqCst) } else { 0 };
        let answer = self.inner.send(request).await?;
        // The issuer has worked it off: only the answer is lost.
        let lost = earlier > 0 && !self.healed.load(Ordering::SeqCst);
        if lost { Err(TransportError::Interrupted) } else { Ok(answer) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_copies_the_card_is_held_and_lost_ones_come_again() {
    let world = World::legacy().await;
    let network = Arc::new(OnceOnly {
        inner: world.network(),
        credentials: AtomicUsize::new(0),
        healed: AtomicBool::new(false),
    });
    let mut surroundings = world.phone_surroundings();
    surroundings.transport = Arc::clone(&network) as Arc<dyn Transport>;
    let phone = world.phone_in("Pixel", surroundings).await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    assert_eq!((card.copies, unused(&world, &phone, &card.id)), (0, 0));
    assert!(phone.standing(&card.id).await.is_valid());
    let keys = phone.online.phone().element().key_handles().unwrap().len();
    network.healed.store(true, Ordering::SeqCst);
    phone.refresh(&card.id).await.unwrap();
    assert_eq!(unused(&world, &phone, &card.id), WANTED);
    assert_eq!(
        phone.online.phone().element().key_handles().unwrap().len(),
        keys + WANTED,
        "the same keys, and those for codes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_were_lost_and_are_over_by_now_stand_in_no_others_way() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    for _ in 0..WANTED - FEW {
        take(&world, &phone, &card.id);
    }
    // The card comes again, and the copies are lost.
    let lost = Arc::new(OnceOnly {
        inner: world.network(),
        credentials: AtomicUsize::new(0),
        healed: AtomicBool::new(false),
    });
    let home = phone.home.clone();
    drop(phone);
    let phone = world.reopen_in(&home, Surroundings { transport: lost, ..world.phone_surroundings() }).await;
    phone.refresh(&card.id).await.unwrap();
    let copies = phone.online.phone().documents().copies(&card.id, CONFIGURATION_SD_JWT).unwrap();
    let waiting = copies.iter().filter(|(_, copy)| copy.state == CopyState::Asked);
    assert_eq!(waiting.count(), WANTED - FEW);
    drop(phone);

    let phone = world.reopen(&home).await;
    world.at("2026-12-21T00:00:00+01:00");
    phone.refresh(&card.id).await.unwrap();
    assert_eq!(unused(&world, &phone, &card.id), WANTED, "asked for once more, with new keys");
    let element = phone.online.phone().element();
    assert_eq!(element.key_handles().unwrap().len(), 2 * WANTED + 1, "no key waits for what is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_whose_copies_will_not_do_keeps_no_other_from_coming() {
    let world = World::legacy().await;
    let spoiled = Arc::new(Meddled::new(world.network(), |path, answer| {
        if path.ends_with("/credential") && answer.is_success() {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            for one in body["credentials"].as_array_mut().unwrap() {
                if one["credential"].is_string() {
                    one["credential"] = json!("no SD-JWT");
                }
            }
            answer.body = body.to_string().into_bytes();
        }
    }));
    let surroundings = Surroundings { transport: spoiled, ..world.phone_surroundings() };
    let phone = world.phone_in("Pixel", surroundings).await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    assert_eq!((card.copies, unused(&world, &phone, &card.id)), (WANTED, 0), "those for codes");
    let documents = phone.online.phone().documents();
    assert_eq!(documents.copies(&card.id, CONFIGURATION_SD_JWT).unwrap(), []);
    assert_eq!(phone.online.phone().element().key_handles().unwrap().len(), WANTED + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_from_before_there_were_copies_gets_them_by_a_refresh() {
    for missing in [&[CONFIGURATION_SD_JWT, CONFIGURATION_CODE][..], &[CONFIGURATION_CODE]] {
        let world = World::legacy().await;
        let older = Arc::new(Meddled::new(world.network(), move |path, answer| {
            if path.ends_with("/openid-credential-issuer") {
                let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
                for configuration in missing {
                    let known = body["credential_configurations_supported"].as_object_mut().unwrap();
                    known.remove(*configuration).unwrap();
                }
                answer.body = body.to_string().into_bytes();
            }
        }));
        let surroundings = Surroundings { transport: older, ..world.phone_surroundings() };
        let phone = world.phone_in("Pixel", surroundings).await;
        let card = phone.activate(&world.codes().await).await.unwrap();
        assert_eq!(card.copies, WANTED * (2 - missing.len()), "{missing:?}");
        let home = phone.home.clone();
        drop(phone);
        let phone = world.reopen(&home).await;
        let asked = world.asked("/openid-credential-issuer");
        phone.refresh(&card.id).await.unwrap();
        for configuration in [CONFIGURATION_SD_JWT, CONFIGURATION_CODE] {
            let copies = phone.online.phone().documents().copies(&card.id, configuration).unwrap();
            assert_eq!(copies.len(), WANTED, "{missing:?}: {configuration}");
        }
        phone.refresh(&card.id).await.unwrap();
        assert_eq!(world.asked("/openid-credential-issuer"), asked + 1, "{missing:?}: asked once");
    }
}
