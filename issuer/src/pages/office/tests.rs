//! Who gets in, and how a form is known to be ours.

use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::pages::testing::{House, PASSWORD};

#[tokio::test]
async fn nobody_gets_in_without_signing_in() {
    let house = House::new().await;
    let mut browser = house.browser();
    let answer = browser.get("/office/components").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "/office/sign-in?next=%2Foffice%2Fcomponents");
    browser.cookies.insert("mleg_office".into(), "invented".into());
    assert_eq!(browser.get("/office/components").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_signs_in_gets_a_new_session_and_lands_where_they_wanted() {
    let house = House::new().await;
    let mut browser = house.browser();
    // A cookie that somebody else planted does not become a session.
    browser.cookies.insert("mleg_office".into(), "planted".into());
    browser.get("/office/sign-in?next=/office/components").await;
    assert_eq!(browser.hidden("next"), "/office/components");
    let answer = browser
        .post(
            "/office/sign-in",
            &[("login", "sekretariat"), ("password", PASSWORD), ("next", "/office/components")],
        )
        .await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/office/components"));
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let first = browser.cookies["mleg_office"].clone();
    assert_ne!(first, "planted");
    assert!(browser.open("/office/components").await.contains("sekretariat"));

    // Signing in again rotates the session and ends the one before.
    browser.get("/office/sign-in").await;
    browser.post("/office/sign-in", &[("login", "dyrektor"), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookies["mleg_office"], first);
    let mut thief = house.browser();
    thief.cookies.insert("mleg_office".into(), first);
    assert_eq!(thief.get("/office/components").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn addresses_of_others_are_not_followed() {
    let house = House::new().await;
    let mut browser = house.browser();
    browser.get("/office/sign-in?next=https://evil.example/").await;
    assert_eq!(browser.hidden("next"), "/office");
    let fields = [("login", "dyrektor"), ("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(browser.post("/office/sign-in", &fields).await.location(), "/office");
    assert_eq!(browser.get("/language/en?back=//evil.example").await.location(), "/office");
}

#[tokio::test]
async fn wrong_passwords_cost_more_and_more_time_and_tell_nothing() {
    let house = House::new().await;
    let mut browser = house.browser();
    for login in ["sekretariat", "nobody"] {
        for _ in 0..5 {
            browser.get("/office/sign-in").await;
            let answer = browser.post("/office/sign-in", &[("login", login), ("password", "wrong")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
            assert!(answer.text().contains("Login lub hasło się nie zgadza"), "{login}");
            assert!(!answer.text().contains("wrong"), "the password is not shown again");
        }
        // The right one is not looked at either, until the wait is over.
        browser.get("/office/sign-in").await;
        let answer = browser.post("/office/sign-in", &[("login", login), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{login}");
        assert!(answer.text().contains("Spróbuj ponownie za minutę"), "{login}");
    }
    house.clock.advance(SignedDuration::from_secs(31));
    browser.get("/office/sign-in").await;
    let answer = browser.post("/office/sign-in", &[("login", "sekretariat"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_that_is_not_ours_does_nothing() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    browser.open("/office/components").await;
    let answer = browser.post_raw("/office/sign-out", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // A token of another session is no better.
    let mut other = house.office("dyrektor").await;
    other.open("/office/components").await;
    let foreign = other.hidden("form_token");
    let answer = browser.post_raw("/office/sign-out", &[("form_token", &foreign)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("Formularz stracił ważność"));
    browser.open("/office/components").await;
    assert_eq!(browser.post("/office/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/office/components").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_day_at_work() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    for _ in 0..11 {
        house.clock.advance(SignedDuration::from_mins(50));
        assert_eq!(browser.get("/office/components").await.status, StatusCode::OK);
    }
    house.clock.advance(SignedDuration::from_mins(50));
    assert_eq!(browser.get("/office/components").await.status, StatusCode::SEE_OTHER, "ten hours are over");
    let mut browser = house.office("sekretariat").await;
    house.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.get("/office/components").await.status, StatusCode::SEE_OTHER, "an hour unused");
}

#[tokio::test]
async fn pages_are_confined_and_not_kept() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let answer = browser.get("/office/components").await;
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let html = answer.text();
    assert!(!html.contains("style=\"") && !html.contains("<style") && !html.contains("onclick"));
    let english = browser.get("/language/en?back=/office/components").await;
    assert_eq!(english.location(), "/office/components");
    assert!(browser.open("/office/components").await.contains("Component sheet"));
    assert_eq!(browser.get("/office/nothing").await.status, StatusCode::NOT_FOUND);
}
