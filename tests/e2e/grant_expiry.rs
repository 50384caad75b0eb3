//! A slip's last second: thirty days are 720 hours whatever the clocks of Warsaw do, ten minutes on the portal, and
//! never longer than the card that it opens.

use jiff::{SignedDuration, Timestamp};
use shared::vci::error::Reason;
use tests::office::Slip;
use tests::world::{Phone, Plan, World, instant};
use wallet::acquire::event::Unobserved;
use wallet::acquire::offer::OfferSource;
use wallet::standing::Standing;

use crate::wire::Wire;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A world that begins at `beginning`, and a slip for a pupil whose card runs over `days`.
async fn slip_at(preset: &'static str, beginning: &'static str, days: (&str, &str)) -> (World, Slip) {
    let world = World::of(Plan { beginning, ..Plan::of(preset) }).await;
    let pupil = world.office.ready_pupil(world.school(), 1, days).await;
    let slip = world.codes_for(&pupil).await;
    (world, slip)
}

/// That a slip opens the card in its last second and nothing from `expires` on.
async fn ends_at(world: &World, slip: &Slip, expires: Timestamp) -> Phone {
    assert_eq!(slip.expires_at, expires, "as printed");
    let phone = world.phone("Pixel").await;
    let (wire, code) = (Wire::of(world), slip.activation_code.as_deref());

    world.clock.set(expires - SECOND);
    assert_eq!(world.office.slip_state(slip).await["state"], "ready");
    let fetched = wire.code(slip).await;
    for now in [expires, expires + SECOND] {
        world.clock.set(now);
        let what = now.to_string();
        wire.offer(slip).await.refused(&what, 410, "offer_not_usable", "expired");
        wire.typed(&slip.typed_code).await.refused(&what, 410, "code_not_usable", "expired");
        wire.token(&fetched, code).await.refused(&what, 400, "invalid_grant", "expired");
        let error = phone.activate(slip).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().reason, Some(Reason::Expired), "{what}");
        assert_eq!(world.office.slip_state(slip).await["state"], "expired", "{what}");
    }

    world.clock.set(expires - SECOND);
    phone.activate(slip).await.expect("the last second is within");
    phone
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_days_are_720_hours_in_every_season() {
    for (made, expires, days) in [
        ("2026-11-21T19:30:00+01:00", "2026-12-21T19:30:00+01:00", ("2026-09-01", "2027-09-30")),
        // Summer time ends in between, and begins.
        ("2026-10-01T12:00:00+02:00", "2026-10-31T11:00:00+01:00", ("2026-09-01", "2027-09-30")),
        ("2026-03-01T12:00:00+01:00", "2026-03-31T13:00:00+02:00", ("2025-09-01", "2026-09-30")),
    ] {
        let (world, slip) = slip_at("legacy-2019", made, days).await;
        ends_at(&world, &slip, instant(expires)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_never_outlives_its_card() {
    let days = ("2026-09-01", "2027-09-30");
    let (world, slip) = slip_at("legacy-2019", "2027-09-15T12:00:00+02:00", days).await;
    let phone = ends_at(&world, &slip, instant("2027-10-01T00:00:00+02:00")).await;
    let [shown] = phone.online.cards().await.unwrap().try_into().unwrap();
    assert_eq!(shown.standing, Standing::EndsInDays { days: 0 });
    let refused = world.office.call("POST", &format!("/slips/{}/replace", slip.id), None).await;
    assert_eq!(refused.code(), "slip_used");
    world.at("2027-10-01T00:00:00+02:00");
    let standing = phone.standing(shown.card.id()).await;
    assert_eq!(standing, Standing::Expired { not_after: instant("2027-09-30T23:59:59+02:00") });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portals_qr_code_lives_ten_minutes() {
    let days = ("2026-09-01", "2027-09-30");
    let (world, slip) = slip_at("zpe-2025", "2026-11-21T19:30:00+01:00", days).await;
    assert_eq!(slip.activation_code, None);
    ends_at(&world, &slip, instant("2026-11-21T19:40:00+01:00")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_the_portal_again_shows_the_next_qr_code_and_ends_the_one_before() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let first = world.codes_for(&pupil).await;
    let second = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel").await;
    let error = phone.activate(&first).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, Some(Reason::Replaced));
    phone.activate(&second).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_types_slowly_is_given_a_fresh_code_unseen() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let code = wire.code(&slip).await;
    let phone = world.phone("Pixel").await;
    let offer = OfferSource::from_text(&slip.offer_uri).unwrap();
    let opened = phone.online.open_offer(offer, &Unobserved).await.unwrap();

    // The code behind the offer lives ten minutes, the slip for a month.
    world.at("2026-11-21T19:40:00+01:00");
    let typed = slip.activation_code.as_deref().map(shared::secret::Secret::new);
    wire.token(&code, slip.activation_code.as_deref()).await.refused("old", 400, "invalid_grant", "expired");
    phone.online.activate(&opened, typed.as_ref(), &Unobserved).await.unwrap();
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_that_ran_out_is_replaced_at_a_click() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    world.clock.set(slip.expires_at);
    let fresh = world.office.replace(&slip.id).await;
    assert_eq!(world.office.slip_state(&slip).await["state"], "replaced");
    world.phone("Pixel").await.activate(&fresh).await.unwrap();
}
