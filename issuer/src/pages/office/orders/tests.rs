//! What a clerk does with orders, and a principal before anything is printed.

use axum::http::StatusCode;
use serde_json::json;

use super::segment;
use crate::audit::{Act, Actor, ReadTrail};
use crate::http::failure::{Code, Coded};
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::pages::testing::House;
use crate::registry::pupil::{EnterPupil, PupilForm};
use crate::registry::rules::{ProfileForm, SetProfile};
use crate::registry::testing::form;

impl House {
    /// Gives the first school rules under which the principal approves.
    pub(crate) async fn approval_needed(&self) {
        let rules: ProfileForm =
            form(json!({ "preset": "legacy-2019", "overrides": { "principal_approves": true } }));
        let act = Act::new(Actor::System, self.issuance.now(), &*self.issuance.entropy);
        let school = self.schools[0].id.clone();
        let set = SetProfile::new(school, rules.parse().unwrap(), act, &*self.issuance.entropy);
        self.issuance.store.write(set).await.unwrap().unwrap();
    }

    /// Enters a pupil of class 7a for whom nobody has applied.
    async fn newcomer(&self) {
        let pupil: PupilForm = form(json!({
            "given_names": "Ćwirek", "surname": "Świerszcz", "birth_date": "2012-09-01", "pesel": "12290155531",
            "class_name": "7a",
            "address": { "street_line": "ul. Zmyślona 9", "postal_code": "00-951", "city": "Przykładowo" },
        }));
        let now = self.issuance.now();
        let pupil = pupil.parse(shared::validity::warsaw_date(now)).unwrap();
        let act = Act::new(Actor::System, now, &*self.issuance.entropy);
        let enter = EnterPupil::new(self.schools[0].id.clone(), pupil, act, &*self.issuance.entropy);
        self.issuance.store.write(enter).await.unwrap().unwrap();
    }
}

#[test]
fn names_of_classes_stand_in_addresses() {
    assert_eq!(segment("7a"), "7a");
    assert_eq!(segment("1 Ł/2"), "1%20%C5%81%2F2");
}

#[tokio::test]
async fn orders_are_listed_by_state_and_withdrawn_once() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let list = clerk.open("/office/orders").await;
    for pupil in &house.schools[0].pupils {
        assert!(list.contains(&format!("/office/orders/{}", pupil.order_id)), "{list}");
    }
    assert!(list.contains("05.12.2026"), "14 days from the complete application: {list}");
    assert!(!list.contains("Niebyły"), "the other school's pupils are not shown");
    let order = format!("/office/orders/{}", house.schools[0].pupils[0].order_id);
    let page = clerk.open(&format!("{order}/cancel")).await;
    assert!(page.contains("Zofia Przykładowa") && page.contains("żadne urządzenie"), "{page}");
    let answer = clerk.post(&format!("{order}/cancel"), &[]).await;
    assert_eq!(answer.location(), format!("{order}?done=order-cancelled"));
    assert!(!clerk.open("/office/orders").await.contains(&order));
    assert!(clerk.open("/office/orders?state=cancelled").await.contains(&order));
    assert!(!clerk.open("/office/orders?state=ready").await.contains(&order));

    // Overdue ones say so.
    house.clock.advance(jiff::SignedDuration::from_hours(24 * 15));
    let mut clerk = house.office("sekretariat").await;
    assert!(clerk.open("/office/orders").await.contains("po terminie"));
}

#[tokio::test]
async fn an_order_is_placed_once_however_often_the_form_is_sent() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let form = format!("/office/pupils/{}/orders/new", house.schools[0].pupils[0].id);
    let seeded = format!("/office/orders/{}", house.schools[0].pupils[0].order_id);
    clerk.open(&format!("{seeded}/cancel")).await;
    clerk.post(&format!("{seeded}/cancel"), &[]).await;
    clerk.open(&form).await;
    let first = clerk.post(&form, &[]).await;
    // The page that is shown has not changed: the same key again.
    let second = clerk.post(&form, &[]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(first.location(), second.location());
    let list = clerk.open("/office/orders").await;
    assert_eq!(list.matches("Przykładowa Zofia").count(), 1, "{list}");
}

#[tokio::test]
async fn a_class_is_ordered_for_whom_it_is_possible_and_the_others_are_told_why() {
    let house = House::new().await;
    house.newcomer().await;
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open("/office/classes/7a/orders").await;
    assert_eq!(page.matches("złożone wcześniej").count(), 2, "{page}");
    assert!(page.contains("Świerszcz") && page.contains("Nikt nie złożył wniosku"), "{page}");
    assert!(!page.contains("name=\"form_key\""), "there is nothing to send: {page}");

    let order = format!("/office/orders/{}", house.schools[0].pupils[1].order_id);
    clerk.open(&format!("{order}/cancel")).await;
    clerk.post(&format!("{order}/cancel"), &[]).await;
    let page = clerk.open("/office/classes/7a/orders").await;
    assert!(page.contains("Złóż jedno zlecenie"), "{page}");
    let answer = clerk.post("/office/classes/7a/orders", &[]).await;
    assert_eq!(answer.location(), "/office/orders?done=orders-placed");
    clerk.post("/office/classes/7a/orders", &[]).await;
    let list = clerk.open("/office/orders").await;
    assert_eq!(list.matches("Testowicz").count(), 1, "{list}");
    assert!(!list.contains("Świerszcz"));
    // Not of this school, and not for a tutor.
    assert_eq!(clerk.get("/office/classes/5a/orders").await.status, StatusCode::NOT_FOUND);
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get("/office/classes/7a/orders").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_principal_approves_row_by_row_and_nothing_is_printed_before() {
    let house = House::new().await;
    let mut principal = house.office("dyrektor").await;
    let page = principal.open("/office/orders/approve").await;
    assert!(page.contains("nie wymagają zatwierdzania"), "{page}");
    house.approval_needed().await;
    let today = principal.open("/office").await;
    let figure = today.split("href=\"/office/orders/approve\"").nth(1).unwrap();
    assert!(figure.split("</a>").next().unwrap().contains("<strong>3</strong>"), "{figure}");
    let orders: Vec<_> = house.schools[0].pupils.iter().map(|pupil| pupil.order_id.clone()).collect();

    // Whoever asks, by whatever way: not before it is approved.
    let source = GrantSource::Order(orders[0].clone(), None);
    let (verb, _) = MakeGrant::new(&house.issuance, source, Actor::System);
    let refusal = house.issuance.store.write(verb).await.unwrap().unwrap_err();
    assert_eq!(refusal.code(), Code::OrderNotApproved);
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open(&format!("/office/orders/{}", orders[0])).await;
    assert!(page.contains("zatwierdzenie dyrektora") && !page.contains("Utwórz kody"), "{page}");
    assert!(!clerk.open("/office").await.contains("/office/orders/approve"), "no clerk's business");
    let slips = format!("/office/orders/{}/slips", orders[0]);
    clerk.open(&format!("/office/orders/{}/cancel", orders[0])).await;
    let answer = clerk.post(&slips, &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("nie zatwierdził jeszcze dyrektor"), "{}", answer.text());
    assert_eq!(clerk.get("/office/orders/approve").await.status, StatusCode::FORBIDDEN);

    principal.open("/office/orders/approve").await;
    let none = principal.post("/office/orders/approve", &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let foreign = house.schools[1].pupils[0].order_id.to_string();
    let rows = [("row", orders[1].as_str()), ("row", &foreign)];
    let mixed = principal.post("/office/orders/approve", &rows).await;
    assert_eq!(mixed.status, StatusCode::CONFLICT, "all or none: {}", mixed.text());
    principal.open("/office/orders/approve").await;
    let rows = [("row", orders[0].as_str()), ("row", orders[2].as_str())];
    let answer = principal.post("/office/orders/approve", &rows).await;
    assert_eq!(answer.location(), "/office/orders/approve?done=orders-approved");
    let page = principal.open("/office/orders/approve").await;
    assert!(page.contains(orders[1].as_str()), "the one that was not ticked: {page}");
    assert!(!page.contains(orders[0].as_str()) && !page.contains(orders[2].as_str()), "{page}");
    assert!(principal.open("/office/orders/approve?all=1").await.contains("checked"));

    let trail = ReadTrail::Of { subject: orders[0].to_string(), position: 0, limit: 9 };
    let trail = house.issuance.store.read(trail).await.unwrap();
    assert!(trail.iter().any(|entry| entry.action == "order.approved" && entry.actor.starts_with("staff:")));

    clerk.open(&format!("/office/orders/{}", orders[0])).await;
    assert_eq!(clerk.post(&slips, &[]).await.status, StatusCode::SEE_OTHER);
}
