//! Base cards and devices: what is said before, and what has happened afterwards.

use axum::http::StatusCode;

use crate::pages::testing::House;
use crate::store::tables::base_card::BaseCardState;

#[tokio::test]
async fn voiding_says_how_many_devices_lose_the_card_and_happens_once() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let base = house.base_card_of(0, 0).await;
    let mut browser = house.office("sekretariat").await;
    let path = format!("/office/base-cards/{}/void", base.id);
    let html = browser.open(&path).await;
    assert!(html.contains("1 telefon straci mLegitymację") && html.contains("1/2026"), "{html}");
    let none = browser.post(&path, &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.base_card_of(0, 0).await.state, BaseCardState::Held);
    let first = browser.post(&path, &[("reason", "lost")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post(&path, &[("reason", "lost")]).await.location(), first.location());
    let html = browser.open(first.location()).await;
    assert!(html.contains("Unieważniono legitymację") && html.contains("zgubiona"), "{html}");
    assert!(html.contains("legitymacja straciła ważność"), "the phone says why it lost the card");
    // With a form of its own, the second voiding is refused in words.
    browser.open(&path).await;
    let again = browser.post(&path, &[("reason", "lost")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("Legitymacja została unieważniona"));
}

#[tokio::test]
async fn a_duplicate_takes_the_place_of_the_lost_card() {
    let house = House::new().await;
    let base = house.base_card_of(0, 0).await;
    let pupil = house.schools[0].pupils[0].id.clone();
    let mut browser = house.office("sekretariat").await;
    let html = browser.open(&format!("/office/pupils/{pupil}/base-cards/new?duplicate_of={}", base.id)).await;
    assert!(html.contains("Co się stanie z legitymacją 1/2026"), "{html}");
    assert!(html.contains(&format!("value=\"{}\"", base.valid_until)), "it lasts as long as the other did");
    let path = format!("/office/pupils/{pupil}/base-cards/new");
    let id = base.id.to_string();
    let mut fields = vec![
        ("form", "paper"),
        ("duplicate_of", id.as_str()),
        ("issued_on", "2026-11-21"),
        ("valid_until", "2027-09-30"),
        ("number", ""),
    ];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is missing");
    assert!(answer.text().contains("id=\"e-reason\""));
    fields.push(("reason", "lost"));
    assert_eq!(browser.post(&path, &fields).await.status, StatusCode::SEE_OTHER);
    let new = house.base_card_of(0, 0).await;
    assert_eq!((new.number, new.duplicate_of, new.state), (4, Some(base.id), BaseCardState::Held));
    // Another card beside a valid one is refused, and what was typed stays.
    browser.open(&path).await;
    let answer = browser.post(&path, &[("form", "plastic"), ("number", "77/2026")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("value=\"77/2026\""));
}

#[tokio::test]
async fn a_card_is_confirmed_until_the_next_end_of_term() {
    let house = House::new().await;
    let base = house.base_card_of(0, 0).await;
    let mut browser = house.office("sekretariat").await;
    let path = format!("/office/base-cards/{}/confirm", base.id);
    assert!(browser.open(&path).await.contains("value=\"2028-09-30\""));
    let answer = browser.post(&path, &[("until", "2027-09-30")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "that lengthens nothing");
    let answer = browser.post(&path, &[("until", "2028-09-30")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(house.base_card_of(0, 0).await.valid_until.to_string(), "2028-09-30");
}

#[tokio::test]
async fn one_device_or_all_are_revoked_for_a_reason_that_is_told() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let phone = house.seat_phone(&slip, 1, "Pixel <b>Zosi</b>").await;
    let mut browser = house.office("sekretariat").await;
    let path = format!("/office/devices/{phone}/revoke");
    let html = browser.open(&path).await;
    assert!(html.contains("1 telefon straci") && html.contains("Pixel &#60;b&#62;Zosi"), "{html}");
    for reason in ["", "card_void", "never_released", "nonsense"] {
        let answer = browser.post(&path, &[("reason", reason)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason}");
    }
    let answer = browser.post(&path, &[("reason", "phone_lost")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let html = browser.open(answer.location()).await;
    assert!(
        html.contains("Unieważniono mLegitymację na urządzeniu") && html.contains("zgubiony lub skradziony")
    );
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "it has no card to lose any more");

    let path = format!("/office/cards/{}/revoke", slip.card_id);
    let html = browser.open(&path).await;
    assert!(
        html.contains("Żaden telefon nie ma teraz") && html.contains("1 komplet kodów przestanie"),
        "{html}"
    );
    let answer = browser.post(&path, &[("reason", "identity_stolen")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let html = browser.open(&format!("/office/cards/{}", slip.card_id)).await;
    assert!(html.contains("kradzież tożsamości") && html.contains("unieważniono 1 komplet kodów"), "{html}");
}

#[tokio::test]
async fn the_form_for_new_codes_names_the_phone_that_was_lost() {
    let house = House::new().await;
    let slip = house.slip_of(0, 0).await;
    let phone = house.seat_phone(&slip, 1, "Zgubiony telefon").await;
    let mut clerk = house.office("sekretariat").await;
    let page = clerk.open(&format!("/office/devices/{phone}/replace")).await;
    let form = format!("/office/cards/{}/slips", slip.card_id);
    assert!(page.contains(&format!("action=\"{form}\"")), "{page}");
    let named = clerk.hidden("device_id");
    let answer = clerk.post(&form, &[("device_id", &named), ("reason", "phone_lost")]).await;
    assert!(answer.location().starts_with("/office/print/"), "{}: {}", answer.status, answer.text());
    let file = clerk.open(&format!("/office/cards/{}", slip.card_id)).await;
    assert!(file.contains("unieważniona") && !file.contains("/revoke\">Unieważnij<"), "{file}");
}

#[tokio::test]
async fn a_class_is_confirmed_in_one_act_and_whoever_is_left_out_is_named() {
    let house = House::new().await;
    let cards = [house.base_card_of(0, 0).await, house.base_card_of(0, 1).await];
    let other_class = house.base_card_of(0, 2).await;
    let other_school = house.base_card_of(1, 0).await;
    let mut browser = house.office("sekretariat").await;
    let html = browser.open("/office/classes/7a").await;
    assert!(html.contains("value=\"2028-09-30\"") && html.matches(" checked").count() == 2, "{html}");
    let answer = browser.post("/office/classes/7a/confirm", &[("until", "2028-09-30")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody is ticked");
    // One of the two was confirmed before, by somebody else.
    let mut colleague = house.office("dyrektor").await;
    let path = format!("/office/base-cards/{}/confirm", cards[1].id);
    colleague.open(&path).await;
    colleague.post(&path, &[("until", "2028-09-30")]).await;
    let ids = [&cards[0], &cards[1], &other_class, &other_school].map(|card| card.id.to_string());
    let mut fields = vec![("until", "2028-09-30")];
    fields.extend(ids.iter().map(|id| ("base_card", id.as_str())));
    let answer = browser.post("/office/classes/7a/confirm", &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    let html = answer.text();
    assert!(html.contains("Potwierdzono 1 legitymację") && html.contains("Testowicz Staś"), "{html}");
    assert!(html.contains("musi być późniejszy") && !html.contains("Zmyślona") && !html.contains("Niebyły"));
    assert_eq!(house.base_card_of(0, 0).await.valid_until.to_string(), "2028-09-30");
    for (school, pupil, before) in [(0, 2, other_class), (1, 0, other_school)] {
        assert_eq!(
            house.base_card_of(school, pupil).await.valid_until,
            before.valid_until,
            "not of this class"
        );
    }
    // The same form again: nothing twice.
    browser.open("/office/classes/7a").await;
    fields[0].1 = "2028-10-31";
    let first = browser.post("/office/classes/7a/confirm", &fields[..3]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let again = browser.post("/office/classes/7a/confirm", &fields[..3]).await;
    assert_eq!(again.location(), first.location());
    assert!(browser.open(first.location()).await.contains("Legitymacje zostały potwierdzone"));
}
