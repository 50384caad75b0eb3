//! The phone's power fails before any of its writes: nothing is ever half there, and doing the same again ends as if
//! nothing had happened. And the program itself, killed; and phones of other versions.

mod mortal;
pub(crate) mod program;
mod versions;

use serde_json::json;
use shared::vci::CONFIGURATION_SD_JWT;
use tests::office::Slip;
use tests::world::{Phone, World};
use wallet::acquire::copies::{FEW, WANTED};
use wallet::acquire::event::Unobserved;
use wallet::documents::CardId;
use wallet::refresh::Outcome;

use mortal::Mortal;

/// What the phone was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Activation,
    Renewal,
    Refill,
    Deletion,
}

/// A phone that is about to do something.
struct Stage {
    mortal: Mortal,
    phone: Phone,
    slip: Slip,
    pupil: String,
}

impl Stage {
    async fn set(world: &World, act: Act) -> Self {
        let pupil = world.pupil().await;
        let slip = world.codes_for(&pupil).await;
        let mortal = Mortal::default();
        let phone = mortal.phone(world).await;
        let stage = Self { mortal, phone, slip, pupil: pupil.id };
        if act == Act::Activation {
            return stage;
        }
        let card = stage.phone.activate(&stage.slip).await.unwrap();
        if act == Act::Renewal {
            let path = format!("/pupils/{}", stage.pupil);
            let version = world.office.done("GET", &path, None).await["pupil"]["version"].clone();
            let address =
                json!({ "street_line": "ul. Inna 2", "postal_code": "00-951", "city": "Przykładowo" });
            let change = json!({ "version": version, "address": address });
            world.office.done("PATCH", &path, Some(change)).await;
        }
        if act == Act::Refill {
            let documents = stage.phone.online.phone().documents();
            for _ in 0..WANTED - FEW {
                let taken = documents.take_copy(&card.id, CONFIGURATION_SD_JWT, world.now()).unwrap();
                assert!(taken.unwrap().first_use);
            }
        }
        stage
    }

    /// Does it; answers whether it came to its end.
    async fn run(phone: &Phone, slip: &Slip, act: Act) {
        let card = phone.online.cards().await.unwrap().first().map(|shown| shown.card.id().clone());
        match (act, card) {
            (Act::Activation, None) => {
                phone.activate(slip).await.unwrap();
            }
            (Act::Renewal | Act::Refill, Some(card)) => {
                phone.refresh(&card).await.unwrap();
            }
            (Act::Deletion, Some(card)) => {
                phone.online.delete(&card, &Unobserved).await.unwrap();
            }
            // It was done before the lights went out.
            (Act::Activation, Some(_)) | (Act::Deletion, None) => {}
            (Act::Renewal | Act::Refill, None) => panic!("{act:?}: the card is gone"),
        }
    }
}

/// What is there is whole: it opens, holds, has its key, and its issuer knows it.
async fn nothing_half(phone: &Phone, what: &str) -> Vec<CardId> {
    let cards = phone.online.cards().await.expect(what);
    for shown in &cards {
        assert!(shown.standing.is_valid(), "{what}: {:?}", shown.standing);
        let key = phone.online.phone().element().public_key(&shown.card.held().key).expect(what);
        assert_eq!(shown.card.certificate().public_key().sec1(), key, "{what}");
        for (_, copy) in
            phone.online.phone().documents().copies(shown.card.id(), CONFIGURATION_SD_JWT).unwrap()
        {
            phone.online.phone().element().public_key(&copy.key).expect(what);
        }
    }
    cards.iter().map(|shown| shown.card.id().clone()).collect()
}

/// At the end there is one card on one device, or none; no key, no copy and no notice too many.
async fn as_if_nothing_had_happened(world: &World, stage: &Stage, act: Act, what: &str) {
    let phone = &stage.phone;
    // Housekeeping is the next refresh's.
    phone.online.refresh_all(&Unobserved).await.expect(what);
    let cards = nothing_half(phone, what).await;
    let live = world.office.devices(&stage.slip.card_id, "live").await.len();
    let documents = phone.online.phone().documents();
    let keys = phone.online.phone().element().key_handles().unwrap().len();
    assert_eq!(documents.notices().unwrap().len(), 0, "{what}: notices");
    if act == Act::Deletion {
        assert_eq!((cards.len(), live, keys), (0, 0, 0), "{what}: cards, devices, keys");
        return;
    }
    assert_eq!((cards.len(), live), (1, 1), "{what}: cards, devices");
    assert_eq!(phone.refresh(&cards[0]).await.expect(what).outcome, Outcome::Unchanged, "{what}");
    let copies = documents.copies(&cards[0], CONFIGURATION_SD_JWT).unwrap();
    let unused = copies.iter().filter(|(_, copy)| copy.is_unused(world.now())).count();
    assert_eq!(unused, WANTED, "{what}: copies");
    assert!(documents.activations().unwrap().len() <= 1, "{what}: activations under way");
    let serial = phone.show(&cards[0]).await.card.certificate().serial().to_string();
    let file = world.office.card(&stage.slip.card_id).await;
    let devices = file["devices"].as_array().unwrap();
    let live = devices.iter().find(|device| device["device"]["state"] == "live").unwrap();
    let issued: Vec<_> =
        live["certificates"].as_array().unwrap().iter().filter(|c| c["state"] == "issued").collect();
    assert_eq!((issued.len(), &issued[0]["serial"]), (1, &json!(serial)), "{what}");
}

/// Beyond so many writes, keys of copies and the copies under them, which are alike, only every third is met; all of them
/// where `MLEG_EVERY_WRITE` is set.
const ALIKE: u32 = 10;

/// Lets the lights go out before the writes that `act` makes, one after the other.
async fn the_lights_may_go_out(world: World, act: Act, at_least: u32) {
    let every = std::env::var_os("MLEG_EVERY_WRITE").is_some();
    for writes in (0..).filter(|writes| every || *writes < ALIKE || writes % 3 == 0) {
        let what = format!("{act:?} after {writes} writes");
        let mut stage = Stage::set(&world, act).await;
        let Stage { mortal, phone, slip, .. } = stage;
        let home = phone.home.clone();
        mortal.dies_after(writes);
        let doomed = slip.clone();
        let outcome = tokio::spawn(async move { Stage::run(&phone, &doomed, act).await }).await;
        mortal.lives();
        let died = outcome.as_ref().is_err_and(mortal::was_power_cut);
        assert!(died || outcome.is_ok(), "{what}: {outcome:?}");
        stage = Stage { phone: mortal.reopen(&world, &home).await, mortal, slip, ..stage };
        let cards = nothing_half(&stage.phone, &what).await;
        assert!(cards.len() <= 1, "{what}");
        Stage::run(&stage.phone, &stage.slip, act).await;
        as_if_nothing_had_happened(&world, &stage, act, &what).await;
        if !died {
            assert!(writes >= at_least, "{act:?} made {writes} writes only");
            eprintln!("{act:?}: at most {writes} writes");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_write_of_an_activation() {
    the_lights_may_go_out(World::legacy().await, Act::Activation, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_write_of_a_renewal() {
    the_lights_may_go_out(World::zpe().await, Act::Renewal, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_write_of_a_refill() {
    the_lights_may_go_out(World::legacy().await, Act::Refill, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_write_of_a_deletion() {
    the_lights_may_go_out(World::legacy().await, Act::Deletion, 2).await;
}
