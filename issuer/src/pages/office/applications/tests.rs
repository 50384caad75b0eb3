//! What a clerk does with applications.

use axum::http::StatusCode;

use crate::pages::print::tests::{Printed, poppler};
use crate::pages::testing::{Browser, House};
use crate::registry::issue_book::application::ReadApplicants;

/// The first guardian of a seeded pupil.
async fn guardian(house: &House, school: usize, pupil: usize) -> String {
    let pupil = house.schools[school].pupils[pupil].id.clone();
    let found = house.issuance.store.read(ReadApplicants { pupil, now: house.issuance.now() }).await.unwrap();
    found.unwrap().guardians[0].id.to_string()
}

/// Registers an application for the first pupil and answers its address.
async fn registered(house: &House, browser: &mut Browser) -> String {
    let guardian = guardian(house, 0, 0).await;
    let form = format!("/office/pupils/{}/applications/new", house.schools[0].pupils[0].id);
    browser.open(&form).await;
    let fields =
        [("guardian_id", guardian.as_str()), ("received_on", "2026-11-20"), ("minor_may_collect", "on")];
    let answer = browser.post(&form, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location().split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_application_goes_from_receipt_to_completion_with_its_times() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = registered(&house, &mut clerk).await;
    let page = clerk.open(&format!("{place}?done=application-registered")).await;
    assert!(page.contains("Wniosek zapisano.") && page.contains("Maria Przykładowa"), "{page}");
    assert!(page.contains("20.11.2026") && page.contains("04.12.2026"), "receipt, and 14 days later: {page}");
    assert!(!page.contains("Rozpatrzono"));

    let list = clerk.open("/office/applications?state=received").await;
    assert!(list.contains(&place) && list.contains("Do sprawdzenia (1)"), "{list}");
    assert!(!clerk.open("/office/applications?state=complete").await.contains(&place));

    clerk.open(&place).await;
    let answer = clerk.post(&format!("{place}/complete"), &[("completed_on", "2026-11-21")]).await;
    assert_eq!(answer.location(), format!("{place}?done=application-completed"));
    let page = clerk.open(&place).await;
    assert!(page.contains("Rozpatrzono") && page.contains("21.11.2026, 19:30"), "{page}");
    assert!(page.contains("05.12.2026"), "the deadline counts from completion: {page}");
    assert!(page.contains("uczeń, także niepełnoletni"), "{page}");
    assert!(clerk.open("/office/applications?state=complete").await.contains(&place));
}

#[tokio::test]
async fn what_is_wrong_with_an_application_stands_at_its_field() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let form = format!("/office/pupils/{}/applications/new", house.schools[0].pupils[0].id);
    clerk.open(&form).await;
    let answer = clerk.post(&form, &[("guardian_id", ""), ("received_on", "2026-11-22")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("2 pola wymagają poprawienia"), "{page}");
    assert!(page.contains("id=\"e-guardian_id\"") && page.contains("id=\"e-received_on\""), "{page}");
    assert!(page.contains("value=\"2026-11-22\""), "what was typed stays: {page}");
    // A minor is not among the applicants, and a guardian of somebody else is refused.
    assert!(!page.contains("<option value=\"pupil\""));
    let stranger = guardian(&house, 0, 1).await;
    let answer = clerk.post(&form, &[("guardian_id", &stranger), ("received_on", "2026-11-20")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("nie ma takiego opiekuna"), "{}", answer.text());
}

#[tokio::test]
async fn an_application_is_sent_back_with_a_reason_that_cannot_break_the_page() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = registered(&house, &mut clerk).await;
    clerk.open(&place).await;
    let back = format!("{place}/send-back");
    let answer = clerk.post(&back, &[("preset", "other"), ("reason", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "another reason must be given");
    let script = "<script>alert(1)</script>";
    let answer = clerk.post(&back, &[("preset", "bad_photo"), ("reason", script)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = clerk.open(&place).await;
    assert!(page.contains("Zdjęcie nie spełnia wymogów: "), "{page}");
    assert!(page.contains("zwrócony") && !page.contains(script), "{page}");
    // It can be mended and completed; once complete, it is not sent back any more.
    clerk.post(&format!("{place}/complete"), &[("completed_on", "")]).await;
    clerk.open(&place).await;
    let answer = clerk.post(&back, &[("preset", "data_differ")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("został już rozpatrzony"), "{}", answer.text());
}

#[tokio::test]
async fn an_objection_says_what_it_does_and_stops_orders() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = registered(&house, &mut clerk).await;
    let page = clerk.open(&format!("{place}/objection")).await;
    assert!(page.contains("nie ma na żadnym urządzeniu"), "{page}");
    let answer = clerk.post(&format!("{place}/objection"), &[("reason", "Rezygnacja rodzica")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(clerk.open("/office/applications?state=objection").await.contains(&place));
    let order = format!("/office/pupils/{}/orders/new", house.schools[0].pupils[0].id);
    clerk.open(&order).await;
    let answer = clerk.post(&order, &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("Zgłoszono sprzeciw"), "{}", answer.text());
    // One that nobody applied before needs no application either.
    let form = format!("/office/pupils/{}/objections/new", house.schools[0].pupils[1].id);
    clerk.open(&form).await;
    let guardian = guardian(&house, 0, 1).await;
    let answer = clerk.post(&form, &[("guardian_id", &guardian), ("reason", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = clerk.post(&form, &[("guardian_id", &guardian), ("reason", "Nie chcemy")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

#[tokio::test]
async fn applications_of_others_are_out_of_reach() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = registered(&house, &mut clerk).await;
    let mut tutor = house.office("wychowawca").await;
    for path in ["/office/applications", &place, "/office/applications/blank"] {
        assert_eq!(tutor.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let foreign = format!("/office/pupils/{}/applications/new", house.schools[1].pupils[0].id);
    assert_eq!(clerk.get(&foreign).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get("/office/applications/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_application_is_printed() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = registered(&house, &mut clerk).await;
    let blank = clerk.get("/office/applications/blank").await;
    let filled = clerk.get(&format!("{place}/form")).await;
    for sheet in [&blank, &filled] {
        assert_eq!(sheet.status, StatusCode::OK);
        assert_eq!(sheet.headers["content-type"], "application/pdf");
        assert_eq!(sheet.headers["cache-control"], "no-store");
    }
    if poppler() {
        assert!(Printed::of(&blank.body).text(1).contains("Szkoła Podstawowa nr 0 w Przykładowie"));
        let text = Printed::of(&filled.body).text(1);
        assert!(text.contains("Zofia Przykładowa") && text.contains("12290100012"), "{text}");
    }
}
