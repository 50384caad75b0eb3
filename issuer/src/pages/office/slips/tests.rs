//! Slips from the printer to the pupil's file.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;
use shared::activation_code::ActivationCode;

use crate::pages::print::tests::{Printed, poppler};
use crate::pages::testing::{Answer, Browser, House};
use crate::registry::application::{ApplicationForm, CompletionForm, JudgeApplication, RegisterApplication};
use crate::registry::issue_book::application::ReadApplicants;
use crate::registry::issue_book::slip::ListSlips;
use crate::store::id::{GrantId, PupilId};
use crate::store::tables::grant::{Grant, GrantState, SlipFilter};
use crate::store::{Statements, StoreError, Verb};

/// Sends the form that makes a slip for a pupil's seeded order, and answers where its sheets are.
async fn make(house: &House, clerk: &mut Browser, pupil: usize) -> String {
    let order = format!("/office/orders/{}", house.schools[0].pupils[pupil].order_id);
    clerk.open(&order).await;
    let answer = clerk.post(&format!("{order}/slips"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(answer.location().starts_with("/office/print/"), "{}", answer.location());
    answer.location().to_owned()
}

/// Fetches the sheets of a job whose page is shown.
pub(super) async fn fetch(clerk: &mut Browser, job: &str) -> Answer {
    clerk.get(job).await;
    clerk.post(&format!("{job}/sheets"), &[]).await
}

/// Waits until the job of a class has made what it can; the page tells how far it is.
pub(super) async fn finished(clerk: &mut Browser, job: &str) {
    for _ in 0..400 {
        let page = clerk.open(job).await;
        if !page.contains("data-job=\"working\"") {
            return;
        }
        assert!(page.contains("<progress") && page.contains("http-equiv=\"refresh\""), "{page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job did not end");
}

pub(super) async fn slips(house: &House, filter: SlipFilter) -> Vec<Grant> {
    let (school, now) = (house.schools[0].id.clone(), house.issuance.now());
    let list = ListSlips { school, class_name: None, filter, page: 0, now };
    let found = house.issuance.store.read(list).await.unwrap();
    found.listed.rows.into_iter().map(|(slip, _)| slip).collect()
}

/// Changes a slip as an activation, or five wrong codes, would.
struct Turn(GrantId, GrantState);

#[async_trait::async_trait]
impl Verb for Turn {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let mut slip = Grant::lock(tx, &self.0).await?.unwrap();
        slip.state = self.1;
        slip.update(tx).await
    }
}

#[tokio::test]
async fn sheets_are_handed_out_once_and_to_their_session_alone() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let job = make(&house, &mut clerk, 0).await;
    let page = clerk.open(&job).await;
    assert!(page.contains("Pobierz PDF do druku") && page.contains("jeden komplet"), "{page}");
    // A principal may print, but not what somebody else has begun.
    let mut other = house.office("dyrektor").await;
    let answer = fetch(&mut other, &job).await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text().contains("Tego wydruku już nie ma"), "{}", answer.text());

    let sheets = fetch(&mut clerk, &job).await;
    assert_eq!(sheets.status, StatusCode::OK);
    assert_eq!(sheets.headers["content-type"], "application/pdf");
    assert_eq!(sheets.headers["cache-control"], "no-store");
    assert!(!sheets.headers["content-disposition"].to_str().unwrap().contains("Zofia"));
    let again = fetch(&mut clerk, &job).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let text = again.text();
    assert!(text.contains("te kody zostały już wydrukowane") && text.contains("/office/slips/"), "{text}");
    assert!(!text.contains("Pobierz PDF do druku"));
    assert_eq!(slips(&house, SlipFilter::Made).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_fetched_within_ten_minutes_is_gone() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let job = make(&house, &mut clerk, 0).await;
    house.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(fetch(&mut clerk, &job).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_slip() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let order = format!("/office/orders/{}", house.schools[0].pupils[0].order_id);
    clerk.open(&order).await;
    let first = clerk.post(&format!("{order}/slips"), &[]).await;
    let second = clerk.post(&format!("{order}/slips"), &[]).await;
    assert_eq!(first.location(), second.location());
    assert_eq!(slips(&house, SlipFilter::Made).await.len(), 1);
    // Another clerk with the same page open does not kill the slip that is being printed.
    let mut other = house.office("dyrektor").await;
    other.open("/office/orders").await;
    let key = other.hidden("form_token");
    let late = other.post_raw(&format!("{order}/slips"), &[("form_token", &key)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("zostało już wykonane"), "{}", late.text());
    assert_eq!(slips(&house, SlipFilter::Made).await.len(), 1);
}

#[tokio::test]
async fn a_class_is_issued_to_one_document_in_the_polish_order() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open("/office/classes/7a/issue").await;
    assert!(page.contains("Utwórz kody dla 2 uczniów"), "{page}");
    let answer = clerk.post("/office/classes/7a/issue", &[]).await;
    let job = answer.location().to_owned();
    assert_eq!(clerk.post("/office/classes/7a/issue", &[]).await.location(), job, "sent twice");
    finished(&mut clerk, &job).await;
    let page = clerk.open(&job).await;
    assert!(page.contains("2 komplety, po trzy kartki"), "{page}");
    let sheets = fetch(&mut clerk, &job).await;
    assert_eq!(sheets.headers["content-type"], "application/pdf", "{}", sheets.text());
    let made = slips(&house, SlipFilter::NotCollected).await;
    assert_eq!(made.len(), 2);
    let page = clerk.open("/office/classes/7a/issue").await;
    assert!(!page.contains("Utwórz kody dla"), "nothing is left: {page}");
    if !poppler() {
        return;
    }
    let printed = Printed::of(&sheets.body);
    assert_eq!(printed.count(), 6);
    for (n, name) in ["Zofia Przykładowa", "Staś Testowicz"].into_iter().enumerate() {
        let (qr, code) = (3 * n + 1, 3 * n + 2);
        assert!(printed.text(qr).contains(name), "{}", printed.text(qr));
        // The QR code leads to an offer, and the code beside it is that offer's.
        let texts = printed.codes(qr);
        assert_eq!(texts.len(), 1);
        let id = texts[0].replace("%2F", "/").rsplit_once("/o/").unwrap().1.to_owned();
        let offer = house.issuance.resolve_offer(&id).await.unwrap();
        assert!(offer.asks_code);
        let slip = made.iter().find(|slip| slip.offer_hash == house.issuance.keys.offer_hash(&id)).unwrap();
        let digits = printed.text(code);
        let digits = digits.lines().map(str::trim).find(|line| {
            line.len() == 9 && line.chars().all(|letter| letter.is_ascii_digit() || letter == ' ')
        });
        let activation = ActivationCode::parse(digits.unwrap()).unwrap();
        assert_eq!(slip.code_mac, Some(house.issuance.keys.code_mac(&slip.id, &activation)));
        assert!(printed.text(qr).contains(slip.id.as_str()), "the number of the set");
        assert!(!printed.text(qr).replace(' ', "").contains(activation.expose()));
    }
}

#[tokio::test]
async fn a_minor_collects_only_where_the_application_says_so() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    make(&house, &mut clerk, 0).await;
    let slip = slips(&house, SlipFilter::NotCollected).await.remove(0);
    let place = format!("/office/slips/{}", slip.id);
    let page = clerk.open(&place).await;
    assert!(page.contains("wniosek nie pozwala") && !page.contains("<option value=\"pupil\""), "{page}");
    let answer = clerk.post(&format!("{place}/collected"), &[("by", "pupil"), ("on", "2026-11-21")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("wydaj je rodzicowi lub opiekunowi"), "{}", answer.text());
    let answer = clerk.post(&format!("{place}/collected"), &[("by", ""), ("on", "2026-11-20")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Wskaż, kto odebrał"), "{}", answer.text());
    assert!(answer.text().contains("Kody wydrukowano później"), "{}", answer.text());
    let answer = clerk.post(&format!("{place}/collected"), &[("by", "guardian"), ("on", "2026-11-21")]).await;
    assert_eq!(answer.location(), format!("{place}?done=slip-collected"));
    assert!(clerk.open(&place).await.contains("21.11.2026, 19:30 – rodzic lub opiekun"));

    // The next application lets the pupil collect; the order that rests on it too.
    let pupil = house.schools[0].pupils[1].id.clone();
    apply_with_consent(&house, pupil.clone()).await;
    let form = format!("/office/pupils/{pupil}/orders/new");
    clerk.open(&form).await;
    let order = clerk.post(&form, &[]).await.location().split('?').next().unwrap().to_owned();
    clerk.open(&order).await;
    clerk.post(&format!("{order}/slips"), &[]).await;
    let slip = slips(&house, SlipFilter::NotCollected).await.remove(0);
    let place = format!("/office/slips/{}", slip.id);
    assert!(clerk.open(&place).await.contains("niepełnoletni uczeń (wniosek pozwala)"));
    let answer = clerk.post(&format!("{place}/collected"), &[("by", "pupil"), ("on", "2026-11-21")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

async fn apply_with_consent(house: &House, pupil: PupilId) {
    let (store, now) = (&house.issuance.store, house.issuance.now());
    let found = store.read(ReadApplicants { pupil: pupil.clone(), now }).await.unwrap().unwrap();
    let form = ApplicationForm {
        applicant: crate::store::tables::pupil::Applicant::Guardian,
        guardian_id: Some(found.guardians[0].id.clone()),
        received_on: None,
        minor_may_collect: Some(true),
    };
    let today = shared::validity::warsaw_date(now);
    let act = || house.issuance.act(crate::audit::Actor::System);
    let verb = RegisterApplication::new(pupil, form.parse(today).unwrap(), act(), &*house.issuance.entropy);
    let application = store.write(verb).await.unwrap().unwrap().id;
    let verdict = CompletionForm { completed_on: None }.parse(today).unwrap();
    store.write(JudgeApplication { application, verdict, act: act() }).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_slip_is_replaced_handed_back_and_filed() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    make(&house, &mut clerk, 0).await;
    let spoilt = slips(&house, SlipFilter::Made).await.remove(0);
    let old = format!("/office/slips/{}", spoilt.id);
    clerk.open(&old).await;
    let answer = clerk.post(&format!("{old}/replace"), &[]).await;
    assert!(answer.location().starts_with("/office/print/"), "{}", answer.text());
    assert_eq!(fetch(&mut clerk, answer.location()).await.status, StatusCode::OK);
    let made = slips(&house, SlipFilter::Made).await;
    assert_eq!(made.len(), 1, "one is dead, one is new");
    assert_ne!(made[0].id, spoilt.id);
    // The dead one is not handed out any more, and leads to the new one.
    let page = clerk.open(&old).await;
    assert!(page.contains("zastąpiony nowym") && page.contains(made[0].id.as_str()), "{page}");
    let answer = clerk.post(&format!("{old}/collected"), &[("by", "guardian"), ("on", "2026-11-21")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("Nie wydawaj go"), "{}", answer.text());

    let new = format!("/office/slips/{}", made[0].id);
    clerk.open(&new).await;
    clerk.post(&format!("{new}/collected"), &[("by", "guardian"), ("on", "2026-11-21")]).await;
    let page = clerk.open(&format!("{new}/hand-back")).await;
    assert!(page.contains("Kody przestaną działać"), "{page}");
    let answer = clerk.post(&format!("{new}/hand-back"), &[]).await;
    assert_eq!(answer.location(), format!("{new}?done=slip-handed-back"));
    assert_eq!(slips(&house, SlipFilter::HandedBack).await.len(), 1);
    clerk.open(&format!("{new}/file")).await;
    clerk.post(&format!("{new}/file"), &[]).await;
    assert_eq!(slips(&house, SlipFilter::HandedBack).await.len(), 0);
    assert!(slips(&house, SlipFilter::Filed).await[0].filed_at.is_some());
    assert!(clerk.open(&new).await.contains("W teczce od"));
}

#[tokio::test]
async fn every_state_lists_its_slips() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    for pupil in 0..3 {
        make(&house, &mut clerk, pupil).await;
    }
    let made = slips(&house, SlipFilter::Made).await;
    let on = |list: &str, slip: &Grant| list.contains(&format!("/office/slips/{}\"", slip.id));
    let write = async |slip: &Grant, state| {
        house.issuance.store.write(Turn(slip.id.clone(), state)).await.unwrap();
    };
    write(&made[0], GrantState::Bound).await;
    write(&made[1], GrantState::Locked).await;
    for (state, slip) in [("used", 0), ("locked", 1), ("not-collected", 2), ("not_collected", 2), ("made", 2)]
    {
        let list = clerk.open(&format!("/office/slips?state={state}")).await;
        for (n, one) in made.iter().enumerate() {
            assert_eq!(on(&list, one), n == slip, "{state} {n}: {list}");
        }
    }
    assert!(!on(&clerk.open("/office/slips?state=expiring").await, &made[2]));
    house.clock.advance(SignedDuration::from_hours(24 * 24));
    let mut clerk = house.office("sekretariat").await;
    assert!(on(&clerk.open("/office/slips?state=expiring").await, &made[2]));
    house.clock.advance(SignedDuration::from_hours(24 * 6));
    let mut clerk = house.office("sekretariat").await;
    assert!(!on(&clerk.open("/office/slips?state=expiring").await, &made[2]));
    assert!(on(&clerk.open("/office/slips?state=expired").await, &made[2]));
    // What opened a device stays out of the file.
    let used = format!("/office/slips/{}", made[0].id);
    clerk.open(&format!("{used}/file")).await;
    let answer = clerk.post(&format!("{used}/file"), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
}

#[tokio::test]
async fn a_tutor_hands_out_slips_of_the_own_class_and_makes_none() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    make(&house, &mut clerk, 0).await;
    let own = slips(&house, SlipFilter::Made).await.remove(0);
    make(&house, &mut clerk, 2).await;
    let all = slips(&house, SlipFilter::Made).await;
    let foreign = all.iter().find(|slip| slip.id != own.id).unwrap();
    let mut tutor = house.office("wychowawca").await;
    let list = tutor.open("/office/slips").await;
    assert!(list.contains(own.id.as_str()) && !list.contains(foreign.id.as_str()), "{list}");
    assert!(list.contains("Ważne (1)"), "counted within the class: {list}");
    let away = format!("/office/slips/{}", foreign.id);
    assert_eq!(tutor.get(&away).await.status, StatusCode::NOT_FOUND);
    let place = format!("/office/slips/{}", own.id);
    let page = tutor.open(&place).await;
    assert!(!page.contains("/replace"), "{page}");
    assert_eq!(tutor.post(&format!("{place}/replace"), &[]).await.status, StatusCode::FORBIDDEN);
    tutor.open(&place).await;
    let receipt = [("by", "guardian"), ("on", "2026-11-21")];
    assert_eq!(tutor.post(&format!("{away}/collected"), &receipt).await.status, StatusCode::NOT_FOUND);
    tutor.open(&place).await;
    assert_eq!(tutor.post(&format!("{place}/collected"), &receipt).await.status, StatusCode::SEE_OTHER);
    let order = format!("/office/orders/{}/slips", house.schools[0].pupils[1].order_id);
    tutor.open(&place).await;
    assert_eq!(tutor.post(&order, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(tutor.get("/office/classes/7a/issue").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_set_is_made_for_a_card() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    make(&house, &mut clerk, 0).await;
    let slip = slips(&house, SlipFilter::Made).await.remove(0);
    let form = format!("/office/cards/{}/slips", slip.card_id);
    let page = clerk.open(&form).await;
    assert!(page.contains("nie ma na żadnym urządzeniu (najwyżej 1)"), "{page}");
    let nobody = crate::store::id::DeviceId::fresh(house.issuance.now(), &*house.issuance.entropy);
    let answer = clerk.post(&form, &[("device_id", nobody.as_str())]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed: {}", answer.text());
    let answer = clerk.post(&form, &[("device_id", nobody.as_str()), ("reason", "phone_lost")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    let answer = clerk.post(&form, &[("device_id", "")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let made = slips(&house, SlipFilter::Made).await;
    assert_eq!(made.len(), 1, "one device, one open set");
    assert_ne!(made[0].id, slip.id);
}

#[tokio::test]
async fn where_codes_are_on_the_portal_none_are_printed() {
    let house = House::new().await;
    let rules = serde_json::json!({ "preset": "zpe-2025" });
    let rules: crate::registry::rules::ProfileForm = crate::registry::testing::form(rules);
    let act = house.issuance.act(crate::audit::Actor::System);
    let (school, entropy) = (house.schools[0].id.clone(), &*house.issuance.entropy);
    let set = crate::registry::rules::SetProfile::new(school, rules.parse().unwrap(), act, entropy);
    house.issuance.store.write(set).await.unwrap().unwrap();
    let mut clerk = house.office("sekretariat").await;
    let order = format!("/office/orders/{}", house.schools[0].pupils[0].order_id);
    for page in [order.as_str(), "/office/classes/7a/issue", "/office/classes/7a/slips"] {
        let page = clerk.open(page).await;
        assert!(page.contains("w sekcji „Aplikacje”") && !page.contains("name=\"form_key\""), "{page}");
    }
    clerk.open(&format!("{order}/cancel")).await;
    for act in [
        format!("{order}/slips"),
        "/office/classes/7a/issue".to_owned(),
        "/office/classes/7a/slips".to_owned(),
    ] {
        let answer = clerk.post(&act, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{act}");
        assert!(answer.text().contains("Według zasad szkoły kodów się nie drukuje"));
        clerk.open(&format!("{order}/cancel")).await;
    }
}
