//! An issuer and two phones in one process: a lost phone's card ends, and the next phone gets its own.
//!
//! `cargo run -p tests --example two_phones`

#![expect(clippy::expect_used, reason = "an example ends where something is not as it says")]

use tests::world::World;
use wallet::acquire::event::Event;
use wallet::acquire::scan;

#[tokio::main]
async fn main() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let (lost, next) = (world.phone("Telefon Zosi").await, world.phone("Nowy telefon").await);

    // activate: a picture becomes an offer, the offer and a code become a card, and somebody is told of every step
    let told = |event: Event| println!("  {event:?}");
    let offer = scan::offer(&slip.qr_png).expect("a QR code in the picture");
    let card = lost.follow_observed(offer, slip.activation_code.as_deref(), &told).await.expect("a card");
    println!("the first phone holds a card: {}", card.standing);

    // the school revokes it; refresh: the phone learns that; show: it says so
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    let new_slip = world.office.reissue(&slip.card_id, device, "phone_lost").await;
    println!("refreshed: {}", lost.refresh(&card.id).await.expect("an answer").outcome.reason());
    println!("it shows: {}", lost.standing(&card.id).await);

    let card = next.activate(&new_slip).await.expect("a card");
    println!("the next phone shows: {}", next.standing(&card.id).await);

    // the clock is an argument: the first second after the card's last day
    world.at("2027-10-01T00:00:00+02:00");
    println!("on 1 October: {}", next.standing(&card.id).await);
}
