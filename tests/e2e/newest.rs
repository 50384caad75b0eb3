//! What was entered last is what counts: while a certificate is being issued, and also when the issuer's clock was ahead and
//! has been set right.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use issuer::store::id::{CardId, PupilId};
use issuer::store::tables::mobile_card::MobileCard;
use issuer::store::tables::pupil::Photo;
use issuer::store::{Statements, StoreError, Verb};
use serde_json::json;
use tests::office::{ReadyPupil, drawn};
use tests::world::{BEGINNING, Plan, World};
use tokio::sync::Notify;

struct Latest(PupilId);

#[async_trait]
impl Verb for Latest {
    type Answer = Photo;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Photo, StoreError> {
        Photo::latest(tx, &self.0).await?.ok_or(StoreError::Damaged("no photo"))
    }
}

async fn photo_of(world: &World, pupil: &ReadyPupil) -> Photo {
    world.issuance().store.read(Latest(PupilId::parse(&pupil.id).unwrap())).await.unwrap()
}

/// Another picture than the one that the pupil has.
fn another() -> Vec<u8> {
    drawn(77, 236, 304)
}

/// Holds a card as an act of issuing does, until it is told to go on.
struct Issuing {
    card: CardId,
    holds: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[async_trait]
impl Verb for Issuing {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        MobileCard::lock(tx, &self.card).await?;
        self.holds.notify_one();
        self.go_on.notified().await;
        Ok(())
    }
}

/// On SQLite acts are one after the other anyway.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_photo_waits_for_the_certificate_that_attests_the_old_one() {
    let Some(plan) = Plan::of("zpe-2025").on_postgres() else { return };
    let world = Arc::new(World::of(plan).await);
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let (holds, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let card = CardId::parse(&slip.card_id).unwrap();
    let verb = Issuing { card, holds: Arc::clone(&holds), go_on: Arc::clone(&go_on) };
    let store = world.issuance().store.clone();
    let issuing = tokio::spawn(async move { store.write(verb).await });
    holds.notified().await;

    let sending = tokio::spawn({
        let (world, pupil) = (Arc::clone(&world), pupil.id.clone());
        async move { world.office.photo(&pupil, another()).await }
    });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!sending.is_finished(), "what the certificate attests could have been forgotten");
    go_on.notify_one();
    issuing.await.unwrap().unwrap();
    let sent = sending.await.unwrap();
    assert!(sent.status < 300, "{}", sent.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_photo_counts_although_the_old_one_is_from_the_future() {
    let world = World::of(Plan::of("zpe-2025")).await;
    world.at("2027-02-01T10:00:00+01:00");
    let pupil = world.pupil().await;
    let phone = world.phone("Pixel").await;
    phone.activate(&world.codes_for(&pupil).await).await.unwrap();
    let old = photo_of(&world, &pupil).await;

    world.at(BEGINNING);
    let sent = world.office.photo(&pupil.id, another()).await;
    assert!(sent.status < 300, "{}", sent.body);
    let new = photo_of(&world, &pupil).await;
    assert_ne!(new.jpeg, old.jpeg, "the office was told that the new one is accepted");
    assert!(new.created_at > old.created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_counts_although_the_application_is_from_the_future() {
    let world = World::legacy().await;
    world.at("2027-02-01T10:00:00+01:00");
    let pupil = world.pupil().await;

    world.at(BEGINNING);
    let objection = json!({ "applicant": "pupil", "reason": "nie chcę" });
    world.office.done("POST", &format!("/pupils/{}/objections", pupil.id), Some(objection)).await;
    let refused = world.office.call("POST", &format!("/pupils/{}/orders", pupil.id), Some(json!({}))).await;
    assert!(refused.status >= 400 && refused.body.to_string().contains("objection"), "{}", refused.body);
}
