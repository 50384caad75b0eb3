//! Whatever is lost on the way, the same phone tries again and there is one device with one certificate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shared::vci::error::Reason;
use tests::office::Slip;
use tests::world::{Phone, World};
use wallet::acquire::event::Unobserved;
use wallet::acquire::notification::Told;
use wallet::acquire::refusal::ActivateError;
use wallet::online::{Patience, Surroundings};
use wallet::refresh::Outcome;
use wallet::transport::{Request, Response, Transport, TransportError};

use crate::wire::{Key, Wire, offer_path};

/// What the office must see and the phone must show after an activation, however it went: one device in place 1 with
/// one certificate, the one on the phone; no try lost.
pub(crate) async fn activated_once(world: &World, slip: &Slip, phone: &Phone, what: &str) {
    let file = world.office.card(&slip.card_id).await;
    let devices = file["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 1, "{what}: {devices:#?}");
    assert_eq!(devices[0]["device"]["state"], "live", "{what}");
    let certificates = devices[0]["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1, "{what}: {certificates:#?}");
    assert_eq!(certificates[0]["state"], "issued", "{what}");
    let bound = world.office.slip_state(slip).await;
    assert_eq!((&bound["state"], &bound["tries_left"]), (&"bound".into(), &5.into()), "{what}");

    let held = phone.online.cards().await.unwrap();
    let of_pupil: Vec<_> = held
        .iter()
        .filter(|shown| certificates[0]["serial"] == shown.card.certificate().serial().to_string())
        .collect();
    assert_eq!(of_pupil.len(), 1, "{what}: the phone holds {} cards", held.len());
    assert!(of_pupil[0].standing.is_valid(), "{what}");
}

/// Where requests go in an activation of `slip`, in their order.
pub(crate) fn stations(slip: &Slip) -> [String; 5] {
    [offer_path(slip), "/token".into(), "/nonce".into(), "/credential".into(), "/notification".into()]
}

async fn survives_losses(world: World) {
    for station in 0..5 {
        let phone = world.phone("Pixel").await;
        for reply in [true, false] {
            let slip = world.codes().await;
            let path = &stations(&slip)[station];
            let what = format!("{} lost at station {station}", if reply { "reply" } else { "request" });
            if reply {
                world.lose_reply(path)
            } else {
                world.lose_request(path)
            }
            let first = phone.activate(&slip).await;
            if station == 4 {
                // The card is here; that the issuer did not hear of it is the phone's affair, later.
                assert_eq!(first.expect(&what).told, Told::Queued, "{what}");
                activated_once(&world, &slip, &phone, &what).await;
                let delivery = phone.online.deliver_notices(&Unobserved).await.unwrap();
                assert_eq!((delivery.settled, delivery.waiting), (1, 0), "{what}");
            } else {
                assert_eq!(first.expect_err(&what).reason(), "cannot_reach", "{what}");
                phone.activate(&slip).await.expect(&what);
            }
            activated_once(&world, &slip, &phone, &what).await;
        }
        // What is delivered again is delivered in the same bytes.
        for shown in phone.online.cards().await.unwrap() {
            assert_eq!(phone.refresh(shown.card.id()).await.unwrap().outcome, Outcome::Unchanged);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_anywhere_costs_nothing_with_the_2019_procedure() {
    survives_losses(World::legacy().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_anywhere_costs_nothing_with_the_2025_procedure() {
    survives_losses(World::zpe().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_phone_repeats_by_itself_what_costs_nothing() {
    let world = World::legacy().await;
    let patience = Patience { tries: 3, first_pause: Duration::from_millis(1) };
    let phone = world.phone_in("Pixel", Surroundings { patience, ..world.phone_surroundings() }).await;
    for station in 0..5 {
        let slip = world.codes().await;
        let path = &stations(&slip)[station];
        let what = format!("reply lost at station {station}");
        world.lose_reply(path);
        let first = phone.activate(&slip).await;
        if station == 1 {
            // The code may have been wrong, and then asking twice would cost two tries: the pupil decides.
            assert_eq!(first.expect_err(&what).reason(), "cannot_reach", "{what}");
            phone.activate(&slip).await.expect(&what);
        } else {
            assert_eq!(first.expect(&what).told, Told::Delivered, "{what}");
        }
        activated_once(&world, &slip, &phone, &what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_same_bytes_and_another_key_none() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let (key, stranger) = (Key::fresh(), Key::fresh());
    let first = wire.activate(&slip, &key).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for when in ["2026-11-21T19:30:00+01:00", "2026-12-01T08:00:00+01:00"] {
        world.at(when);
        assert_eq!(wire.activate(&slip, &key).await.body, first.body, "{when}");
        let reply = wire.activate(&slip, &stranger).await;
        reply.refused(when, 400, "credential_request_denied", "other_device");
    }
    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"].as_array().unwrap().len(), 1);
    assert_eq!(file["devices"][0]["certificates"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twice_at_once_is_answered_twice_alike() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    let proof = wire.proof(&Key::fresh(), &nonce);
    let (a, b, c) = tokio::join!(
        wire.credential(&token, &proof),
        wire.credential(&token, &proof),
        wire.credential(&token, &proof)
    );
    assert_eq!(a.status, 200, "{}", a.body);
    assert_eq!((&a.body, &b.body), (&b.body, &c.body));
    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"][0]["certificates"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_phones_with_one_slip_exactly_one_wins() {
    let world = World::legacy().await;
    let (left, right) = (world.phone("Lewy").await, world.phone("Prawy").await);
    for round in 0..6 {
        let slip = world.codes().await;
        let (a, b) = tokio::join!(left.activate(&slip), right.activate(&slip));
        let what = format!("round {round}: {a:?} {b:?}");
        let (winner, loser, error) = match (a, b) {
            (Ok(_), Err(error)) => (&left, &right, error),
            (Err(error), Ok(_)) => (&right, &left, error),
            _ => panic!("{what}"),
        };
        activated_once(&world, &slip, winner, &what).await;
        // Whoever comes second is told so, at the latest when asking again.
        let reason = |error: &ActivateError| error.refusal().unwrap().reason.clone();
        let first_word = reason(&error);
        assert!(matches!(first_word, Some(Reason::OtherDevice | Reason::Used)), "{what}");
        let error = loser.activate(&slip).await.unwrap_err();
        assert_eq!(reason(&error), Some(Reason::OtherDevice), "{what}");
        activated_once(&world, &slip, winner, &what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_overtaken_by_a_later_token_is_told_to_scan_again() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let (key, nonce) = (Key::fresh(), wire.nonce().await);
    let overtaken = wire.access(&slip).await;
    let later = wire.access(&slip).await;
    let reply = wire.credential(&overtaken, &wire.proof(&key, &nonce)).await;
    reply.refused("an older token", 401, "invalid_token", "used");
    assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    let reply = wire.credential(&later, &wire.proof(&key, &nonce)).await;
    assert_eq!(reply.status, 200, "the nonce was not spent in vain");
}

/// A network on which somebody else takes a token for the slip whenever the phone has fetched a nonce.
struct Overtaking {
    inner: Arc<dyn Transport>,
    wire: Wire,
    slip: Slip,
}

#[async_trait]
impl Transport for Overtaking {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let nonce = request.url.path() == "/nonce";
        let answer = self.inner.send(request).await;
        if nonce {
            self.wire.access(&self.slip).await;
        }
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_overtaken_keeps_the_key_that_the_slip_is_bound_to() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    world.lose_reply("/credential");
    phone.activate(&slip).await.expect_err("the card was lost on the way");
    let home = phone.home.clone();
    drop(phone);

    let inner = world.network();
    let transport = Arc::new(Overtaking { inner, wire: Wire::of(&world), slip: slip.clone() });
    let phone = world.reopen_in(&home, Surroundings { transport, ..world.phone_surroundings() }).await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(
        (error.reason(), error.refusal().unwrap().reason.clone()),
        ("invalid_token", Some(Reason::Used))
    );
    drop(phone);

    let phone = world.reopen(&home).await;
    phone.activate(&slip).await.expect("the same phone, with the same key");
    activated_once(&world, &slip, &phone, "overtaken").await;
}
