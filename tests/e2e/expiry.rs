//! A card ends with the last second of its last day in Warsaw, on the phone as in the office.

use tests::world::{Plan, World, instant};
use wallet::refresh::Outcome;
use wallet::standing::Standing;

const EXPIRED: &str = "2027-09-30T21:59:59Z";

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_valid_through_its_last_second_and_expired_one_second_later() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let expired = Standing::Expired { not_after: instant(EXPIRED) };
    world.at("2027-09-29T12:00:00Z");
    assert_eq!(phone.refresh(&card.id).await.unwrap().standing, Standing::EndsInDays { days: 1 });
    for (now, expected) in [
        ("2027-09-29T22:00:00Z", Standing::EndsInDays { days: 0 }),
        ("2027-09-30T21:59:59Z", Standing::EndsInDays { days: 0 }),
        ("2027-09-30T22:00:00Z", expired.clone()),
        ("2027-10-15T12:00:00Z", expired),
    ] {
        world.at(now);
        let standing = phone.standing(&card.id).await;
        assert_eq!(standing, expected, "{now}");
        assert_eq!(standing.is_valid(), now <= "2027-09-30T21:59:59Z", "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_does_not_make_an_expired_card_valid() {
    for preset in ["legacy-2019", "zpe-2025"] {
        let world = World::of(Plan::of(preset)).await;
        let phone = world.phone("Pixel").await;
        let slip = world.codes().await;
        let card = phone.activate(&slip).await.unwrap();
        world.at("2027-10-01T08:00:00+02:00");
        let error = phone.refresh(&card.id).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.reason.as_ref().unwrap().as_str(), "card_expired", "{preset}");
        assert!(refusal.message_pl.as_ref().unwrap().contains("Potwierdź"), "{preset}");
        let expired = Standing::Expired { not_after: instant(EXPIRED) };
        assert_eq!(phone.standing(&card.id).await, expired, "{preset}");

        let file = world.office.card(&slip.card_id).await;
        let order = file["slips"][0]["order_id"].as_str().unwrap();
        let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
        assert_eq!((refused.status, refused.code()), (409, "base_card_expired"), "{preset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_issued_on_the_last_day_of_september_and_on_the_next_run_to_the_same_end() {
    for today in ["2026-09-30T23:59:59+02:00", "2026-10-01T00:00:00+02:00"] {
        let world = World::of(Plan { beginning: today, ..Plan::of("legacy-2019") }).await;
        let (pupil, _) = world.office.pupil_without_card(world.school(), 1).await;
        world.office.base_card_of_today(&pupil).await;
        let slip = world.office.codes(&world.office.order(&pupil).await).await;
        let phone = world.phone("Pixel").await;
        let card = phone.activate(&slip).await.unwrap();
        let certificate = phone.show(&card.id).await.card.certificate().clone();
        assert_eq!(certificate.not_before(), instant(&today.replace("23:59:59", "00:00:00")), "{today}");
        assert_eq!(certificate.not_after(), instant(EXPIRED), "{today}");
        assert_eq!(phone.standing(&card.id).await, Standing::Valid, "{today}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_may_be_valid_for_a_single_day() {
    let world = World::of(Plan { beginning: "2026-09-30T09:00:00+02:00", ..Plan::of("legacy-2019") }).await;
    let (pupil, _) = world.office.pupil_without_card(world.school(), 1).await;
    world.office.base_card(&pupil, "2026-09-30", "2026-09-30").await;
    let slip = world.office.codes(&world.office.order(&pupil).await).await;
    assert_eq!(slip.expires_at, instant("2026-10-01T00:00:00+02:00"));
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    assert_eq!(phone.standing(&card.id).await, Standing::EndsInDays { days: 0 });
    world.at("2026-10-01T00:00:00+02:00");
    assert!(!phone.standing(&card.id).await.is_valid());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_nobody_confirmed_for_a_week_says_so_until_it_is_refreshed() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    world.at("2026-11-28T19:30:01+01:00");
    let since = instant("2026-11-21T19:30:00+01:00");
    assert_eq!(phone.standing(&card.id).await, Standing::NotConfirmedSince { since });
    let refreshed = phone.refresh(&card.id).await.unwrap();
    assert_eq!((refreshed.outcome, refreshed.standing), (Outcome::Unchanged, Standing::Valid));
}
