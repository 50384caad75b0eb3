//! A card comes to a phone: both procedures, by picture, by text, by typing, by value; and what may go wrong.

use shared::vci::offer::CredentialOffer;
use shared::vci::offer_uri::OfferUri;
use tests::world::{Plan, World};
use wallet::acquire::offer::OfferSource;
use wallet::standing::Standing;

async fn activates(world: World) {
    let slip = world.slip_for_a_pupil().await;
    let phone = world.phone("Pixel 9").await;
    let card = phone.activate(&slip).await.unwrap();
    assert_eq!(phone.standing(&card.id).await, Standing::Valid);

    let shown = phone.online.show(&card.id).await.unwrap().unwrap().card;
    let certificate = shown.certificate();
    assert_eq!(certificate.device_name(), "Pixel 9");
    assert_eq!(certificate.not_before().to_string(), "2026-08-31T22:00:00Z");
    assert_eq!(certificate.not_after().to_string(), "2027-09-30T21:59:59Z");
    assert_eq!(certificate.pesel(), &shown.data().pesel);

    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"][0]["device"]["state"], "live");
    assert_eq!(file["devices"][0]["device"]["name"], "Pixel 9");
    assert_eq!(file["devices"].as_array().unwrap().len(), 1);
    assert_eq!(file["slips"][0]["state"], "bound");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_2019_procedure() {
    activates(World::legacy().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_2025_procedure() {
    activates(World::zpe().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    activates(World::of(plan).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_typing_what_cannot_be_scanned() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate_typed(&slip).await.unwrap();
    assert!(phone.standing(&card.id).await.is_valid());
}

#[tokio::test(flavor = "multi_thread")]
async fn by_value() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let phone = world.phone("Pixel").await;
    let OfferUri::ByReference(address) = OfferUri::parse(&slip.offer_uri).unwrap() else {
        panic!("by reference")
    };
    let json = tests::http::get(address.expose().as_str()).await.unwrap().bytes().await.unwrap();
    let offer = CredentialOffer::parse(&json).unwrap();
    let text = OfferUri::ByValue(Box::new(offer)).to_text().unwrap();
    let source = OfferSource::from_text(&text).unwrap();
    let card = phone.follow(source, slip.activation_code.as_deref()).await.unwrap();
    assert!(phone.standing(&card.id).await.is_valid());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_children_on_one_phone() {
    let world = World::zpe().await;
    let phone = world.phone("Telefon mamy").await;
    for _ in 0..3 {
        phone.activate(&world.slip_for_a_pupil().await).await.unwrap();
    }
    assert_eq!(phone.cards().await, 3);
}
