//! A printed class set is missing: new codes for all of it at once.

use axum::http::StatusCode;

use super::tests::{fetch, finished, slips};
use crate::pages::testing::{Browser, House};
use crate::store::id::GrantId;
use crate::store::tables::grant::{Grant, SlipFilter};

const PAGE: &str = "/office/classes/7a/slips";

/// The slips of the first two pupils of the class.
async fn made(house: &House) -> [Grant; 2] {
    [house.slip_of(0, 0).await, house.slip_of(0, 1).await]
}

/// Which slips the page offers, and whether they are ticked.
fn offered(page: &str) -> Vec<(String, bool)> {
    let boxes = page.split("<input type=\"checkbox\" name=\"slip\" value=\"").skip(1);
    let boxes = boxes.map(|rest| rest.split('>').next().unwrap());
    boxes.map(|tag| (tag.split('"').next().unwrap().to_owned(), tag.contains(" checked"))).collect()
}

async fn replace(clerk: &mut Browser, ticked: &[&GrantId]) -> String {
    clerk.open(PAGE).await;
    let fields: Vec<(&str, &str)> = ticked.iter().map(|slip| ("slip", slip.as_str())).collect();
    let answer = clerk.post(PAGE, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let job = answer.location().to_owned();
    assert_eq!(clerk.post(PAGE, &fields).await.location(), job, "the same form again");
    finished(clerk, &job).await;
    job
}

async fn state(house: &House, slip: &Grant, state: &str) -> bool {
    let sql = format!("SELECT COUNT(*) FROM issue_grant WHERE id = '{}' AND state = '{state}'", slip.id);
    house.count(&sql).await == 1
}

#[tokio::test]
async fn the_slips_of_a_class_are_replaced_at_once() {
    let house = House::new().await;
    let [one, two] = made(&house).await;
    let mut clerk = house.office("sekretariat").await;
    assert!(clerk.open("/office/classes/7a").await.contains(PAGE), "no link to the page");
    let page = clerk.open(PAGE).await;
    assert!(page.contains("są 2 niewykorzystane komplety"), "{page}");
    assert_eq!(offered(&page), [(one.id.to_string(), true), (two.id.to_string(), true)]);
    let job = replace(&mut clerk, &[&one.id, &two.id]).await;
    assert!(state(&house, &one, "cancelled").await && state(&house, &two, "cancelled").await);
    assert!(clerk.open(&job).await.contains("2 komplety, po trzy kartki"));
    assert_eq!(fetch(&mut clerk, &job).await.headers["content-type"], "application/pdf");
    let now = slips(&house, SlipFilter::Made).await;
    assert_eq!(now.len(), 2);
    assert!(now.iter().all(|slip| slip.id != one.id && slip.id != two.id));
    assert_eq!(offered(&clerk.open(PAGE).await).len(), 2, "those replaced are not listed any more");
    assert_eq!(house.count("SELECT COUNT(*) FROM issue_grant").await, 4);
}

#[tokio::test]
async fn what_was_collected_or_used_is_left_alone_unless_it_is_ticked() {
    let house = House::new().await;
    let [one, two] = made(&house).await;
    let device = house.seat_phone(&one, 1, "Pixel Zosi").await;
    let bind = format!("UPDATE issue_grant SET state = 'bound', device_id = '{device}'");
    house.run(&format!("{bind} WHERE id = '{}'", one.id)).await;
    house.run(&format!("UPDATE issue_grant SET collected_at = created_at WHERE id = '{}'", two.id)).await;
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open(PAGE).await;
    assert_eq!(offered(&page), [(two.id.to_string(), false)]);
    assert!(
        page.contains("Pixel Zosi") && page.contains(&format!("/office/cards/{}", one.card_id)),
        "{page}"
    );
    assert!(page.contains("Jeden wykorzystano"), "{page}");
    // Nothing is ticked: nothing happens, and the page says so.
    let answer = clerk.post(PAGE, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Zaznacz co najmniej jeden komplet"), "{}", answer.text());
    // One that was used meanwhile is named, and keeps its device.
    let job = replace(&mut clerk, &[&one.id, &two.id]).await;
    let page = clerk.open(&job).await;
    assert!(
        page.contains("jeden komplet, trzy kartki") && page.contains("już otworzył mLegitymację"),
        "{page}"
    );
    assert!(state(&house, &one, "bound").await && state(&house, &two, "cancelled").await);
}

#[tokio::test]
async fn who_gets_no_new_codes_loses_the_old_ones() {
    let house = House::new().await;
    let [one, two] = made(&house).await;
    let mut clerk = house.office("sekretariat").await;
    // Without a photo no new codes are made.
    house.run(&format!("DELETE FROM photo WHERE pupil_id = '{}'", house.schools[0].pupils[0].id)).await;
    let job = replace(&mut clerk, &[&one.id, &two.id]).await;
    let page = clerk.open(&job).await;
    assert!(page.contains("<strong>") && page.contains("jeden komplet, trzy kartki"), "{page}");
    assert!(state(&house, &one, "cancelled").await && state(&house, &two, "cancelled").await);
    let noted = format!(
        "SELECT COUNT(*) FROM audit_entry WHERE action = 'grant.cancelled' AND subject = '{}'",
        one.id
    );
    assert_eq!(house.count(&noted).await, 1);
    // It can be tried again once the photo is there: the dead slip is on the page beside the new one of the other.
    let offered = offered(&clerk.open(PAGE).await);
    assert_eq!(offered.len(), 2, "{offered:?}");
    assert!(offered.contains(&(one.id.to_string(), false)), "{offered:?}");
    assert!(offered.iter().all(|(slip, _)| *slip != two.id.to_string()), "{offered:?}");
}

#[tokio::test]
async fn a_tutor_makes_no_slips_anew_and_nobody_those_of_another_class() {
    let house = House::new().await;
    let [one, _] = made(&house).await;
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(PAGE).await.status, StatusCode::FORBIDDEN);
    let mut clerk = house.office("sekretariat").await;
    assert_eq!(clerk.get("/office/classes/9z/slips").await.status, StatusCode::NOT_FOUND);
    // A slip of another class is not of this form.
    let elsewhere =
        "UPDATE pupil SET class_name = '6b' WHERE id IN (SELECT pupil_id FROM mobile_card WHERE id = ";
    clerk.open(PAGE).await;
    house.run(&format!("{elsewhere}'{}')", one.card_id)).await;
    let answer = clerk.post(PAGE, &[("slip", one.id.as_str())]).await;
    let job = answer.location().to_owned();
    finished(&mut clerk, &job).await;
    assert!(clerk.open(&job).await.contains("Nie powstał żaden komplet"));
    assert!(state(&house, &one, "ready").await);
}
