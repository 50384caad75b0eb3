//! The phone's clock in its owner's hands: turned back it revives nothing, and one wrong date in the future bricks
//! nothing once it is right again.

use std::sync::Arc;

use shared::clock::ManualClock;
use tests::office::Slip;
use tests::world::{Phone, World, instant};
use wallet::acquire::refusal::ActivateError;
use wallet::documents::CardId;
use wallet::online::Surroundings;
use wallet::refresh::{Outcome, RefreshError};
use wallet::standing::Standing;

/// A phone with a clock of its own, which holds a card.
async fn with_own_clock(world: &World, slip: &Slip) -> (Phone, Arc<ManualClock>, CardId) {
    let clock = Arc::new(ManualClock::new(world.now()));
    let surroundings = Surroundings { clock: clock.clone(), ..world.phone_surroundings() };
    let phone = world.phone_in("Pixel", surroundings).await;
    let card = phone.activate(slip).await.unwrap();
    (phone, clock, card.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_back_below_trusted_time_the_phone_shows_and_asks_nothing() {
    let world = World::legacy().await;
    let (phone, clock, card) = with_own_clock(&world, &world.codes().await).await;
    world.at("2026-12-01T08:00:00+01:00");
    clock.set(world.now());
    assert_eq!(phone.refresh(&card).await.unwrap().outcome, Outcome::Unchanged);
    let floor = world.now();

    world.transcript.clear();
    // Within the validity of the card and after its activation, but before the list that the phone has seen.
    clock.set(instant("2026-11-30T08:00:00+01:00"));
    assert_eq!(phone.standing(&card).await, Standing::ClockBehind { floor });
    let error = phone.refresh(&card).await.unwrap_err();
    assert!(matches!(error, RefreshError::ClockBehind { floor: at } if at == floor), "{error}");
    let error = phone.activate(&world.codes().await).await.unwrap_err();
    assert!(matches!(error, ActivateError::ClockBehind { floor: at } if at == floor), "{error}");
    assert!(world.transcript.exchanges().is_empty(), "nobody was asked anything");

    // Five minutes are within what clocks do; set right, everything is as it was.
    for honest in ["2026-12-01T07:55:00+01:00", "2026-12-01T08:00:00+01:00"] {
        clock.set(instant(honest));
        assert_eq!(phone.standing(&card).await, Standing::Valid, "{honest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_card_is_not_revived_by_yesterday() {
    let world = World::legacy().await;
    let (phone, clock, card) = with_own_clock(&world, &world.codes().await).await;
    world.at("2027-10-01T08:00:00+02:00");
    clock.set(world.now());
    // The issuer gives nothing for it any more, but its list tells the time.
    phone.refresh(&card).await.unwrap_err();
    for wrong in ["2027-09-30T12:00:00+02:00", "2027-09-01T12:00:00+02:00", "2026-11-21T19:30:00+01:00"] {
        clock.set(instant(wrong));
        let standing = phone.standing(&card).await;
        assert_eq!(standing, Standing::ClockBehind { floor: world.now() }, "{wrong}");
        assert!(!standing.is_valid());
        assert_eq!(phone.refresh(&card).await.unwrap_err().reason(), "clock_behind", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_card_stays_revoked_at_every_hour() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let (phone, clock, card) = with_own_clock(&world, &slip).await;
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    let since = world.now();
    assert_eq!(phone.refresh(&card).await.unwrap().outcome, Outcome::Revoked);
    let revoked = Standing::Revoked { since, reason: "key_compromise".to_owned() };
    for hour in
        ["2026-09-15T12:00:00Z", "2026-11-21T18:30:00Z", "2027-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]
    {
        clock.set(instant(hour));
        assert_eq!(phone.standing(&card).await, revoked, "{hour}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_date_in_the_future_bricks_nothing_once_it_is_right_again() {
    let world = World::legacy().await;
    let (phone, clock, card) = with_own_clock(&world, &world.codes().await).await;
    clock.set(instant("2099-01-01T00:00:00Z"));
    let expired = Standing::Expired { not_after: instant("2027-09-30T21:59:59Z") };
    assert_eq!(phone.standing(&card).await, expired, "by that date it would be");
    // Proofs from 2099 are none, and nothing that the phone does then may stick.
    let error = phone.refresh(&card).await.unwrap_err();
    assert_eq!(error.reason(), "invalid_dpop_proof");
    let slip = world.codes().await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(error.reason(), "invalid_dpop_proof");
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);

    clock.set(world.now());
    assert!(phone.standing(&card).await.is_valid());
    assert_eq!(phone.refresh(&card).await.unwrap().standing, Standing::Valid);
    phone.activate(&slip).await.expect("the same slip, with the clock set right");
    let home = phone.home.clone();
    drop(phone);
    let phone = world.reopen(&home).await;
    assert_eq!(phone.standing(&card).await, Standing::Valid);
}
