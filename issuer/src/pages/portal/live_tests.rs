//! The stream that tells a page what changed.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode, header};
use futures::StreamExt as _;
use jiff::SignedDuration;
use shared::typed_code::TypedCode;
use tower::ServiceExt as _;

use super::tests::{Sql, attribute, typed};
use crate::pages::testing::{Browser, House};

/// A stream of events as a browser reads it.
pub(super) struct Events(BodyDataStream, String);

impl Events {
    pub(super) async fn open(house: &House, browser: &Browser, path: &str) -> Self {
        let cookie = format!("mleg_portal={}", browser.cookies["mleg_portal"]);
        let request =
            Request::builder().uri(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        let response = house.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        Self(response.into_body().into_data_stream(), String::new())
    }

    /// The next event: its name and its data.
    pub(super) async fn next(&mut self) -> (String, serde_json::Value) {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let line = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                };
                let (event, data) = (line("event:"), line("data:"));
                self.1 = rest.to_owned();
                // Blanks that hold words together are blanks like others here.
                let data = data.replace('\u{a0}', " ");
                return (event, serde_json::from_str(&data).unwrap_or_default());
            }
            let more = tokio::time::timeout(Duration::from_secs(8), self.0.next()).await;
            self.1 += &String::from_utf8_lossy(&more.expect("an event in time").expect("more").unwrap());
        }
    }

    pub(super) async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(900), self.0.next()).await.is_err()
    }
}

#[tokio::test]
async fn the_next_code_comes_by_itself() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    let mut parent = house.portal("r-1111-1111").await;
    let child = house.child(1, 0);
    let html = parent.open(&format!("/portal/children/{child}/applications")).await;
    let (first, shown) = (typed(&html).unwrap(), attribute(&html, "data-shown"));
    let path = attribute(&html, "data-events");
    let mut events = Events::open(&house, &parent, &format!("{path}?shown={shown}")).await;
    assert!(events.is_silent().await, "the page shows what there is");

    house.activate(&first, "Telefon mamy").await;
    let (name, data) = events.next().await;
    assert_eq!(name, "card");
    let html = data["html"].as_str().unwrap();
    assert!(html.contains("1 z 5 urządzeń") && html.contains("Telefon mamy") && html.contains("Android 15"));
    let second = typed(html).unwrap();
    assert_ne!(first, second);
    assert!(data["news"].as_str().unwrap().contains("nowy kod QR"));
    // The page itself shows the same one.
    let html = parent.open(&format!("/portal/children/{child}/applications")).await;
    assert_eq!(typed(&html).unwrap(), second);

    // Over: the next one within a tick, though nobody wrote anything.
    house.clock.advance(SignedDuration::from_mins(11));
    house.issuance.store.write(Sql("UPDATE counter SET value = value", vec![])).await.unwrap();
    let (_, data) = events.next().await;
    assert_ne!(typed(data["html"].as_str().unwrap()).unwrap(), second);

    // Signed out: the stream says so and ends.
    parent.post("/portal/sign-out", &[]).await;
    assert_eq!(events.next().await.0, "over");
    assert!(events.0.next().await.is_none());
}

#[tokio::test]
async fn a_stream_does_not_take_a_code_that_another_process_made() {
    let mut house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    let mut parent = house.portal("r-1111-1111").await;
    let place = format!("/portal/children/{}/applications", house.child(1, 0));
    let html = parent.open(&place).await;
    let shown = attribute(&html, "data-shown");
    // Another issuer on the same books: it knows none of our codes.
    let again = crate::pages::Pages::new(house.issuance.clone(), "http://127.0.0.1:1".into(), true);
    house.router = crate::pages::router(again);
    let path = attribute(&html, "data-events");
    let mut same = Events::open(&house, &parent, &format!("{path}?shown={shown}")).await;
    assert!(same.is_silent().await, "the code that the page shows lives on");
    let (_, data) = Events::open(&house, &parent, &path).await.next().await;
    assert!(data["html"].as_str().unwrap().contains("w innym miejscu"), "{data}");
    assert!(house.issuance.resolve_typed(&TypedCode::parse(&typed(&html).unwrap()).unwrap()).await.is_ok());
}
