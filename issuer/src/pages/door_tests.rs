//! The doors: who is kept out, and who cannot be.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use jiff::SignedDuration;

use super::testing::{Browser, House, PASSWORD};
use super::{Pages, router};

const DOOR: &str = "/office/sign-in";

async fn tries(browser: &mut Browser, login: &str, password: &str) -> StatusCode {
    browser.get(DOOR).await;
    browser.post(DOOR, &[("login", login), ("password", password)]).await.status
}

async fn locks_out(house: &House, login: &str) {
    let mut stranger = house.browser();
    for _ in 0..5 {
        assert_eq!(tries(&mut stranger, login, "zgaduję").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(tries(&mut stranger, login, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn whoever_only_knows_a_login_keeps_nobody_out_of_a_browser_that_is_known() {
    let house = House::new().await;
    let mut desk = house.office("sekretariat").await;
    desk.open("/office").await;
    desk.post("/office/sign-out", &[]).await;
    locks_out(&house, "sekretariat").await;
    assert_eq!(
        tries(&mut desk, "sekretariat", PASSWORD).await,
        StatusCode::SEE_OTHER,
        "kept out by a stranger"
    );
    // What the owner does there does not let the stranger try again.
    assert_eq!(tries(&mut house.browser(), "sekretariat", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);

    // The same desk serves two clerks, and is nothing to a login that was never used there.
    desk.cookies.remove("mleg_office");
    assert_eq!(tries(&mut desk, "dyrektor", PASSWORD).await, StatusCode::SEE_OTHER);
    locks_out(&house, "dyrektor").await;
    locks_out(&house, "wychowawca").await;
    desk.cookies.remove("mleg_office");
    assert_eq!(tries(&mut desk, "wychowawca", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    for login in ["dyrektor", "sekretariat"] {
        desk.cookies.remove("mleg_office");
        assert_eq!(tries(&mut desk, login, PASSWORD).await, StatusCode::SEE_OTHER, "{login}");
    }
}

#[tokio::test]
async fn a_known_browser_guesses_no_faster_and_is_forgotten_in_time() {
    let house = House::new().await;
    let mut desk = house.office("sekretariat").await;
    desk.cookies.remove("mleg_office");
    for _ in 0..5 {
        assert_eq!(tries(&mut desk, "sekretariat", "zgaduję").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(tries(&mut desk, "sekretariat", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(tries(&mut house.browser(), "sekretariat", PASSWORD).await, StatusCode::SEE_OTHER);

    // Nobody makes such a cookie, or one of another door.
    let mut desk = house.office("dyrektor").await;
    let kept = desk.cookies["mleg_office_known"].clone();
    locks_out(&house, "dyrektor").await;
    desk.cookies.remove("mleg_office");
    let mut broken = kept.clone();
    broken.replace_range(30..31, if &kept[30..31] == "A" { "B" } else { "A" });
    desk.cookies.insert("mleg_office_known".into(), broken);
    assert_eq!(tries(&mut desk, "dyrektor", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    // Strangers' tries are still counted; the cookie is too old to be told apart from them.
    house.clock.advance(SignedDuration::from_hours(91 * 24));
    let stranger = tries(&mut house.browser(), "dyrektor", "zgaduję").await;
    assert_eq!(stranger, StatusCode::UNPROCESSABLE_ENTITY);
    desk.cookies.insert("mleg_office_known".into(), kept);
    assert_eq!(tries(&mut desk, "dyrektor", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn under_tls_every_cookie_is_for_this_host_alone() {
    let mut house = House::new().await;
    let origin = "https://mleg.szkola.example".to_owned();
    house.router = router(Pages::new(house.issuance.clone(), origin, false));
    let mut clerk = house.browser();
    let mut set = Vec::new();
    let door = clerk.get(DOOR).await;
    let inside = clerk.post(DOOR, &[("login", "sekretariat"), ("password", PASSWORD)]).await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    let language = clerk.get("/language/en").await;
    for answer in [door, inside, language] {
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
        set.extend(cookies.map(|cookie| cookie.to_str().unwrap().to_owned()));
    }
    assert_eq!(set.len(), 4, "visitor, session, known browser, language: {}", set.len());
    for cookie in set {
        let name = cookie.split('=').next().unwrap();
        assert!(cookie.contains("; Secure") && cookie.contains("; Path=/;"), "{name}");
        assert!(!cookie.contains("Domain="), "{name}");
        // The language opens nothing.
        assert!(name.starts_with("__Host-") || name == "lang", "{name} could be planted by a neighbour");
    }
    // What a neighbour under the same domain can plant is not looked at.
    let mut victim = house.browser();
    victim.cookies.insert("mleg_visitor".into(), "0".repeat(26));
    let planted = Pages::new(house.issuance.clone(), String::new(), false);
    let token = planted.visitor_form_token(&shared::secret::Secret::new("0".repeat(26)));
    let fields = [("form_token", token.as_str()), ("login", "sekretariat"), ("password", PASSWORD)];
    assert_eq!(victim.post_raw(DOOR, &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_comes_from_our_own_address_and_not_from_a_neighbours() {
    let house = House::new().await;
    for (site, expected) in [
        ("same-origin", StatusCode::SEE_OTHER),
        ("none", StatusCode::SEE_OTHER),
        ("same-site", StatusCode::FORBIDDEN),
        ("cross-site", StatusCode::FORBIDDEN),
    ] {
        let mut browser = house.browser();
        browser.open(DOOR).await;
        let token = browser.hidden("form_token");
        let fields = [("form_token", token.as_str()), ("login", "sekretariat"), ("password", PASSWORD)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(DOOR)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .body(Body::from(body));
        assert_eq!(browser.send(request.unwrap()).await.status, expected, "{site}");
    }
}
