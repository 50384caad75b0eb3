//! Two clerks at one slip, a receipt that comes late, and slips for phones that are lost.

use axum::http::StatusCode;
use serde_json::json;

use crate::pages::testing::House;

/// The hidden fields of the page that is shown, as a browser would send them.
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let fields = html.split("<input type=\"hidden\" name=\"").skip(1);
    let read = |field: &str| {
        let (name, rest) = field.split_once('"')?;
        let value = rest.split("value=\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.to_owned()))
    };
    fields.filter_map(read).filter(|(name, _)| !name.starts_with("form_")).collect()
}

#[tokio::test]
async fn a_receipt_is_noted_after_the_codes_were_used_and_only_once() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let device = house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let bind = "UPDATE issue_grant SET state = 'bound', device_id = ";
    house.run(&format!("{bind}'{device}' WHERE id = '{}'", slip.id)).await;
    let place = format!("/office/slips/{}", slip.id);
    let (mut clerk, mut other) = (house.office("sekretariat").await, house.office("dyrektor").await);
    let page = clerk.open(&place).await;
    assert!(page.contains(&format!("{place}/collected")), "{page}");
    other.open(&place).await;
    let receipt = |by| [("by", by), ("on", "2026-11-21")];
    let answer = clerk.post(&format!("{place}/collected"), &receipt("guardian")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(!clerk.open(&place).await.contains(&format!("{place}/collected")));
    // The second clerk is told, and the first receipt stands.
    house.run("UPDATE application SET minor_may_collect = 1").await;
    let answer = other.post(&format!("{place}/collected"), &receipt("pupil")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("Odbiór tych kodów"), "{}", answer.text());
    assert!(clerk.open(&place).await.contains("rodzic lub opiekun"));
    let noted = "SELECT COUNT(*) FROM audit_entry WHERE action = 'grant.collected'";
    assert_eq!(house.count(noted).await, 1);
}

#[tokio::test]
async fn of_two_clerks_who_replace_one_slip_the_second_kills_nothing() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let place = format!("/office/slips/{}", slip.id);
    let (mut one, mut two) = (house.office("sekretariat").await, house.office("dyrektor").await);
    one.open(&place).await;
    two.open(&place).await;
    assert_eq!(one.post(&format!("{place}/replace"), &[]).await.status, StatusCode::SEE_OTHER);
    let answer = two.post(&format!("{place}/replace"), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.location());
    assert!(answer.text().contains("zastąpił go nowszy"), "{}", answer.text());
    assert_eq!(house.count("SELECT COUNT(*) FROM issue_grant WHERE state = 'ready'").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM issue_grant WHERE card_id IS NOT NULL").await, 2);
    // What was replaced is not handed back either: it does not stand among those that were.
    one.open(&format!("{place}/hand-back")).await;
    let answer = one.post(&format!("{place}/hand-back"), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.location());
}

#[tokio::test]
async fn with_places_for_five_every_open_slip_can_be_replaced() {
    let house = House::new().await;
    house.rules(0, json!({ "preset": "legacy-2019", "overrides": { "devices": 5 } })).await;
    let first = house.slip_of(0, 0).await;
    let mut clerk = house.office("sekretariat").await;
    let another = format!("/office/cards/{}/slips", first.card_id);
    clerk.open(&another).await;
    let answer = clerk.post(&another, &[("device_id", "")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let place = format!("/office/slips/{}", first.id);
    let page = clerk.open(&place).await;
    assert!(page.contains(&format!("{place}/replace")), "{page}");
    let answer = clerk.post(&format!("{place}/replace"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(house.count("SELECT COUNT(*) FROM issue_grant WHERE state = 'ready'").await, 2);
    let page = clerk.open(&place).await;
    assert!(page.contains("powstał później inny komplet"), "{page}");
}

#[tokio::test]
async fn a_new_slip_is_not_made_for_a_service_that_was_given_up() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let device = house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let mut clerk = house.office("sekretariat").await;
    for page in [format!("/office/cards/{}/slips", slip.card_id), format!("/office/devices/{device}/replace")]
    {
        let html = clerk.open(&page).await;
        assert!(html.contains("\"phone_lost\"") && !html.contains("service_given_up"), "{html}");
    }
}

#[tokio::test]
async fn the_page_for_a_lost_phone_revokes_that_phone_and_makes_its_slip() {
    let house = House::new().await;
    house.rules(0, json!({ "preset": "legacy-2019", "overrides": { "devices": 5 } })).await;
    let slip = house.slip_of(0, 0).await;
    let device = house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open(&format!("/office/devices/{device}/replace")).await;
    let action = page.split("<form class=\"card form\" method=\"post\" action=\"").nth(1).unwrap();
    let action = action.split('"').next().unwrap().to_owned();
    let hidden = hidden_fields(&page);
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let none = clerk.post(&action, &fields).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is missing: {}", none.location());
    fields.push(("reason", "phone_lost"));
    let answer = clerk.post(&action, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let live = "SELECT COUNT(*) FROM device WHERE state = 'live'";
    assert_eq!(house.count(live).await, 0, "the lost phone keeps its card");
}

#[tokio::test]
async fn where_codes_are_on_the_portal_no_page_offers_to_print_them() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let device = house.seat_phone(&slip, 1, "Pixel Zosi").await;
    house.rules(0, json!({ "preset": "zpe-2025" })).await;
    let mut clerk = house.office("sekretariat").await;
    let pupil = format!("/office/pupils/{}", house.schools[0].pupils[0].id);
    let card = format!("/office/cards/{}", slip.card_id);
    for page in [pupil, card.clone()] {
        let html = clerk.open(&page).await;
        assert!(!html.contains("/replace\"") && !html.contains(&format!("{card}/slips")), "{html}");
        assert!(html.contains(&format!("/office/devices/{device}/revoke")), "{html}");
    }
}
