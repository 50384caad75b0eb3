//! Where the flows of the office meet: an objection after an order, a new base card before the slip, a pupil who has
//! moved.

use axum::http::StatusCode;
use serde_json::json;

use super::pupils::testing::linked;
use crate::audit::Actor;
use crate::issuance::order::PlaceOrder;
use crate::issuance::reissue::TransferPupil;
use crate::pages::testing::{Browser, House};
use crate::registry::issue_book::application::ReadApplicants;
use crate::registry::rules::{ProfileForm, SetProfile};
use crate::registry::testing::form;
use crate::store::id::OrderId;

impl House {
    async fn guardian_of(&self, pupil: usize) -> String {
        let pupil = self.schools[0].pupils[pupil].id.clone();
        let read = ReadApplicants { pupil, now: self.issuance.now() };
        self.issuance.store.read(read).await.unwrap().unwrap().guardians[0].id.to_string()
    }

    /// Registers an objection of the first guardian of a demo pupil.
    async fn objection(&self, clerk: &mut Browser, pupil: usize) {
        let form = format!("/office/pupils/{}/objections/new", self.schools[0].pupils[pupil].id);
        let guardian = self.guardian_of(pupil).await;
        clerk.open(&form).await;
        let fields = [("guardian_id", guardian.as_str()), ("reason", "Rezygnacja")];
        let answer = clerk.post(&form, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    }

    /// Registers an application of the first guardian of a demo pupil; answers its page.
    async fn application(&self, clerk: &mut Browser, pupil: usize, day: &str) -> String {
        let form = format!("/office/pupils/{}/applications/new", self.schools[0].pupils[pupil].id);
        let guardian = self.guardian_of(pupil).await;
        clerk.open(&form).await;
        let answer = clerk.post(&form, &[("guardian_id", guardian.as_str()), ("received_on", day)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        answer.location().split('?').next().unwrap().to_owned()
    }

    fn order_page(&self, pupil: usize) -> String {
        format!("/office/orders/{}", self.schools[0].pupils[pupil].order_id)
    }

    /// Gives a demo school other rules.
    pub(super) async fn rules(&self, school: usize, rules: serde_json::Value) {
        let rules: ProfileForm = form(rules);
        let (school, act) = (self.schools[school].id.clone(), self.issuance.act(Actor::System));
        let set = SetProfile::new(school, rules.parse().unwrap(), act, &*self.issuance.entropy);
        self.issuance.store.write(set).await.unwrap().unwrap();
    }

    async fn transfer(&self, pupil: usize) {
        let verb = TransferPupil {
            pupil: self.schools[0].pupils[pupil].id.clone(),
            to: self.schools[1].id.clone(),
            class_name: "7a".into(),
            act: self.issuance.act(Actor::System),
        };
        self.issuance.store.write(verb).await.unwrap().unwrap();
    }
}

/// What a page says of a state: the badge behind the heading "Stan".
fn state_of(page: &str) -> &str {
    page.split("<dt>Stan</dt><dd>").nth(1).and_then(|rest| rest.split("</dd>").next()).unwrap_or_default()
}

#[tokio::test]
async fn an_objection_withdraws_the_order_and_no_code_is_made_after_it() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let slip = house.slip_of(0, 1).await;
    house.objection(&mut clerk, 0).await;
    house.objection(&mut clerk, 1).await;
    let page = clerk.open(&house.order_page(0)).await;
    assert!(state_of(&page).contains("wycofane"), "{page}");
    let page = clerk.open("/office/classes/7a/issue").await;
    assert!(!page.contains("Utwórz kody dla"), "{page}");
    // The order that was carried out stands; its codes are not made anew.
    let old = format!("/office/slips/{}", slip.id);
    clerk.open(&old).await;
    let answer = clerk.post(&format!("{old}/replace"), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.location());
    assert!(answer.text().contains("Zgłoszono sprzeciw"), "{}", answer.text());
    let another = format!("/office/cards/{}/slips", slip.card_id);
    clerk.open(&another).await;
    let answer = clerk.post(&another, &[("device_id", "")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.location());

    // The same when it is the application itself that becomes an objection.
    let mut clerk = house.office("sekretariat").await;
    let place = house.application(&mut clerk, 0, "2026-11-21").await;
    clerk.open(&place).await;
    clerk.post(&format!("{place}/complete"), &[("completed_on", "2026-11-21")]).await;
    let new = format!("/office/pupils/{}/orders/new", house.schools[0].pupils[0].id);
    clerk.open(&new).await;
    let order = clerk.post(&new, &[]).await.location().split('?').next().unwrap().to_owned();
    assert!(order.starts_with("/office/orders/"), "{order}");
    clerk.open(&format!("{place}/objection")).await;
    let answer = clerk.post(&format!("{place}/objection"), &[("reason", "Rezygnacja")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = clerk.open(&order).await;
    assert!(state_of(&page).contains("wycofane"), "{page}");
}

#[tokio::test]
async fn an_order_goes_over_to_the_duplicate_of_its_base_card() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let base = house.base_card_of(0, 0).await;
    let void = format!("/office/base-cards/{}/void", base.id);
    clerk.open(&void).await;
    assert_eq!(clerk.post(&void, &[("reason", "lost")]).await.status, StatusCode::SEE_OTHER);
    let page = clerk.open(&house.order_page(0)).await;
    assert!(state_of(&page).contains("czeka") && page.contains("legitymacja szkolna"), "{page}");
    assert!(!page.contains(&format!("{}/slips", house.order_page(0))), "nothing can be printed yet: {page}");

    let new = format!("/office/pupils/{}/base-cards/new", house.schools[0].pupils[0].id);
    clerk.open(&new).await;
    let id = base.id.to_string();
    let fields = [
        ("form", "paper"),
        ("duplicate_of", id.as_str()),
        ("reason", "lost"),
        ("issued_on", "2026-11-21"),
        ("valid_until", "2027-09-30"),
    ];
    assert_eq!(clerk.post(&new, &fields).await.status, StatusCode::SEE_OTHER);
    let page = clerk.open(&house.order_page(0)).await;
    assert!(page.contains("4/2026"), "the new card: {page}");
    let answer = clerk.post(&format!("{}/slips", house.order_page(0)), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());

    // Who has left the school gets nothing any more.
    let base = house.base_card_of(0, 1).await;
    let void = format!("/office/base-cards/{}/void", base.id);
    clerk.open(&void).await;
    clerk.post(&void, &[("reason", "left_school")]).await;
    let page = clerk.open(&house.order_page(1)).await;
    assert!(state_of(&page).contains("wycofane"), "{page}");
}

#[tokio::test]
async fn an_order_that_lacks_photo_and_card_says_which_is_still_missing() {
    let house = House::new().await;
    let pupil = &house.schools[0].pupils[0].id;
    house.run(&format!("DELETE FROM photo WHERE pupil_id = '{pupil}'")).await;
    house.run("UPDATE issue_order SET state = 'waiting', base_card_id = NULL").await;
    house.run(&format!("DELETE FROM base_card WHERE pupil_id = '{pupil}'")).await;
    let mut clerk = house.office("sekretariat").await;
    let waits = async |clerk: &mut Browser| {
        let page = clerk.open(&house.order_page(0)).await;
        let list = page.split("<dt>Czeka na</dt><dd>").nth(1).unwrap_or_default();
        list.split("</dd>").next().unwrap().to_owned()
    };
    assert_eq!(waits(&mut clerk).await, "zdjęcie, legitymacja szkolna");
    let new = format!("/office/pupils/{pupil}/base-cards/new");
    clerk.open(&new).await;
    let fields = [("form", "paper"), ("issued_on", "2026-11-21"), ("valid_until", "2027-09-30")];
    assert_eq!(clerk.post(&new, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(waits(&mut clerk).await, "zdjęcie");
}

#[tokio::test]
async fn an_order_that_waits_for_its_card_goes_on_when_the_card_is_confirmed() {
    let house = House::new().await;
    let order = &house.schools[0].pupils[0].order_id;
    house.run(&format!("UPDATE issue_order SET state = 'waiting' WHERE id = '{order}'")).await;
    let base = house.base_card_of(0, 0).await;
    let mut clerk = house.office("sekretariat").await;
    let confirm = format!("/office/base-cards/{}/confirm", base.id);
    clerk.open(&confirm).await;
    let answer = clerk.post(&confirm, &[("until", "2027-12-31")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = clerk.open(&house.order_page(0)).await;
    assert!(state_of(&page).contains("gotowe"), "{page}");
}

#[tokio::test]
async fn time_to_issue_runs_from_the_day_on_which_a_correct_application_came() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = house.application(&mut clerk, 0, "2026-11-10").await;
    let page = clerk.open(&place).await;
    assert!(page.contains("value=\"2026-11-10\""), "{page}");
    clerk.post(&format!("{place}/complete"), &[("completed_on", "")]).await;
    let page = clerk.open(&place).await;
    assert!(page.contains("24.11.2026"), "14 days from the day on which it came: {page}");
    // One that had to be mended is correct from the day on which it came back.
    let place = house.application(&mut clerk, 1, "2026-11-10").await;
    clerk.open(&place).await;
    clerk.post(&format!("{place}/send-back"), &[("preset", "bad_photo")]).await;
    let page = clerk.open(&place).await;
    assert!(page.contains("value=\"2026-11-21\"") && !page.contains("value=\"2026-11-10\""), "{page}");
}

#[tokio::test]
async fn two_orders_for_the_same_card_do_not_run_beside_each_other() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let new = format!("/office/pupils/{}/orders/new", house.schools[0].pupils[0].id);
    let page = clerk.open(&new).await;
    assert!(page.contains("jest już zlecenie w toku"), "{page}");
    let answer = clerk.post(&new, &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.location());
    assert!(answer.text().contains("jest już zlecenie w toku"), "{}", answer.text());
    assert_eq!(house.count("SELECT COUNT(*) FROM issue_order WHERE state = 'ready'").await, {
        i64::try_from(house.schools.iter().map(|school| school.pupils.len()).sum::<usize>()).unwrap()
    });
}

#[tokio::test]
async fn a_pupil_who_moved_leaves_no_dead_links_and_applies_at_the_new_school() {
    let house = House::new().await;
    house.slip_of(0, 0).await;
    house.transfer(0).await;
    let mut clerk = house.office("sekretariat").await;
    for state in ["made", "handed_back", "filed", "used", "expired", "locked"] {
        let list = clerk.open(&format!("/office/slips?state={state}")).await;
        for link in list.split("href=\"/office/slips/").skip(1) {
            clerk.open(&format!("/office/slips/{}", link.split('"').next().unwrap())).await;
        }
        assert!(!list.contains("Przykładowa"), "{state}: {list}");
    }
    // The application was made to the old school's head.
    let pupil = house.schools[0].pupils[0].id.clone();
    house.rules(1, json!({ "preset": "legacy-2019" })).await;
    let place = PlaceOrder {
        id: OrderId::fresh(house.issuance.now(), &*house.issuance.entropy),
        pupil,
        base_card: None,
        application: None,
        act: house.issuance.act(Actor::System),
    };
    let refusal = house.issuance.store.write(place).await.unwrap().unwrap_err();
    assert_eq!(refusal, crate::issuance::order::OrderRefusal::ApplicationNotComplete);
}

/// The number above a text of the first page.
fn figure(page: &str, href: &str) -> usize {
    let rest = page.split(&format!("<a href=\"{href}\"")).nth(1).unwrap_or_else(|| panic!("{href}: {page}"));
    rest.split("<strong>").nth(1).unwrap().split('<').next().unwrap().parse().unwrap()
}

fn rows(list: &str, kind: &str) -> usize {
    let start = format!("<th role=\"rowheader\" scope=\"row\"><a href=\"/office/{kind}/");
    list.matches(&start).count()
}

#[tokio::test]
async fn today_counts_applications_that_nobody_has_dealt_with_and_slips_as_their_lists_do() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let (received, unordered) =
        ("/office/applications?state=received", "/office/applications?state=no_order");
    let page = clerk.open("/office").await;
    assert_eq!((figure(&page, received), figure(&page, unordered)), (0, 0));
    let place = house.application(&mut clerk, 0, "2026-11-10").await;
    let page = clerk.open("/office").await;
    assert_eq!((figure(&page, received), figure(&page, unordered)), (1, 0));
    assert_eq!(rows(&clerk.open(received).await, "applications"), 1);
    clerk.open(&place).await;
    clerk.post(&format!("{place}/complete"), &[]).await;
    let page = clerk.open("/office").await;
    assert_eq!((figure(&page, received), figure(&page, unordered)), (0, 1));
    let list = clerk.open(unordered).await;
    assert!(list.contains(&place) && rows(&list, "applications") == 1, "{list}");
    // An order on it ends the wait.
    let new = format!("/office/pupils/{}/orders/new", house.schools[0].pupils[0].id);
    clerk.open(&new).await;
    assert_eq!(clerk.post(&new, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(figure(&clerk.open("/office").await, unordered), 0);

    house.slip_of(0, 0).await;
    house.slip_of(0, 1).await;
    let page = clerk.open("/office").await;
    for state in ["expiring", "not_collected", "collected"] {
        let href = format!("/office/slips?state={state}");
        assert_eq!(rows(&clerk.open(&href).await, "slips"), figure(&page, &href), "{state}");
    }
    for state in ["waiting", "refused"] {
        let href = format!("/office/photos?state={state}");
        clerk.open(&href).await;
        assert_eq!(figure(&page, &href), 0);
    }
    assert!(linked(&page).is_empty(), "the first page names nobody");
}

#[tokio::test]
async fn a_refused_approval_keeps_its_ticks() {
    let house = House::new().await;
    house.approval_needed().await;
    let mut principal = house.office("dyrektor").await;
    principal.open("/office/orders/approve").await;
    let own = house.schools[0].pupils[1].order_id.to_string();
    let foreign = house.schools[1].pupils[0].order_id.to_string();
    let answer = principal.post("/office/orders/approve", &[("row", own.as_str()), ("row", &foreign)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let page = answer.text();
    assert!(page.contains(&format!("value=\"{own}\" checked")), "{page}");
    assert_eq!(page.matches(" checked").count(), 1);
}
