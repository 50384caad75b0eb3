//! Idempotency keys.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::*;

#[tokio::test]
async fn the_same_request_with_the_same_key_is_done_once() {
    let office = Office::new().await;
    let first = office.call_once("/schools", school_json(1, "legacy-2019"), "k1").await;
    let second = office.call_once("/schools", school_json(1, "legacy-2019"), "k1").await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.bytes, second.bytes);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(office.get("/schools").await["schools"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let office = Office::new().await;
    office.call_once("/schools", school_json(1, "legacy-2019"), "k1").await;
    let other = office.call_once("/schools", school_json(2, "legacy-2019"), "k1").await;
    assert_eq!(other.code(), "idempotency_key_reused");
    let school = id(&office.get("/schools").await["schools"][0]);
    let elsewhere = office.call_once(&format!("/schools/{school}/pupils"), pupil_json(), "k1").await;
    assert_eq!(elsewhere.code(), "idempotency_key_reused");
    let fresh = office.call_once("/schools", school_json(2, "legacy-2019"), "k2").await;
    assert_eq!(fresh.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_key_belongs_to_its_token() {
    let mut office = Office::new().await;
    let made = office.post("/tokens", json!({ "name": "second" })).await;
    office.call_once("/schools", school_json(1, "legacy-2019"), "k1").await;
    office.token = made["secret"].as_str().unwrap().to_owned();
    let theirs = office.call_once("/schools", school_json(2, "legacy-2019"), "k1").await;
    assert_eq!(theirs.status, StatusCode::CREATED);
}

#[tokio::test]
async fn requests_at_once_with_one_key_make_one_slip() {
    let office = Office::new().await;
    let school = office.school(1, "zpe-2025").await;
    let (pupil, order) = office.ordered(&school).await;
    let path = format!("/orders/{order}/slips");
    let (a, b, c, d) = tokio::join!(
        office.call_once(&path, json!({}), "k"),
        office.call_once(&path, json!({}), "k"),
        office.call_once(&path, json!({}), "k"),
        office.call_once(&path, json!({}), "k"),
    );
    let answers = [a, b, c, d];
    assert!(answers.iter().all(|answer| answer.status == StatusCode::CREATED));
    let shown = answers.iter().filter(|answer| answer.json()["secrets"].is_object());
    assert_eq!(shown.count(), 1, "secrets are shown once");
    for answer in &answers {
        let (json, shown) = (answer.json(), answer.json()["secrets"].is_object());
        assert_eq!(json["slip"]["id"], answers[0].json()["slip"]["id"]);
        assert_eq!(json["secrets_code"], if shown { "shown_now" } else { "already_shown" });
    }
    let card = &office.get(&format!("/pupils/{pupil}/cards")).await["cards"][0];
    assert_eq!(card["slips"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_token_has_no_secret() {
    let office = Office::new().await;
    let first = office.call_once("/tokens", json!({ "name": "x" }), "k").await.json();
    let second = office.call_once("/tokens", json!({ "name": "x" }), "k").await.json();
    assert_eq!(first["token"], second["token"]);
    assert!(first["secret"].is_string() && second["secret"].is_null());
    assert_eq!(second["secret_code"], "already_shown");
}

#[tokio::test]
async fn a_refused_request_may_try_again_with_its_key() {
    let office = Office::new().await;
    let school = id(&office.post("/schools", school_json(1, "zpe-2025")).await);
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    let order = format!("/pupils/{pupil}/orders");
    assert_eq!(office.call_once(&order, json!({}), "k").await.code(), "no_agreement");
    let agreement = json!({ "number": "MC/1", "signed_on": "2026-09-01" });
    office.call(Method::PUT, &format!("/schools/{school}/agreement"), Some(agreement)).await;
    assert_eq!(office.call_once(&order, json!({}), "k").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_refusal_takes_back_what_its_act_had_begun() {
    let office = Office::new().await;
    let school = office.school(1, "legacy-2019").await;
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    let cards = format!("/pupils/{pupil}/base-cards");
    let lost = id(&office.post(&cards, json!({ "form": "paper" })).await);
    let other = office.pupil(&school, "08312112303", "2008-11-21").await;
    office.post(&format!("/pupils/{other}/base-cards"), json!({ "form": "paper", "number": "2/2026" })).await;
    let duplicate = json!({
        "form": "paper", "number": "2/2026", "duplicate_of": { "base_card_id": lost, "reason": "lost" }
    });
    assert_eq!(office.call_once(&cards, duplicate, "k").await.code(), "number_taken");
    let file = office.get(&format!("/pupils/{pupil}")).await;
    assert_eq!(file["base_cards"][0]["state"], "held");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let office = Office::new().await;
    office.call_once("/schools", school_json(1, "legacy-2019"), "k").await;
    office.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    let late = office.call_once("/schools", school_json(1, "legacy-2019"), "k").await;
    assert_eq!(late.status, StatusCode::CREATED);
    office.clock.advance(SignedDuration::from_secs(1));
    let later = office.call_once("/schools", school_json(1, "legacy-2019"), "k").await;
    assert_eq!(later.code(), "rspo_taken");
    let other = office.call_once("/schools", school_json(2, "legacy-2019"), "k").await;
    assert_eq!(other.status, StatusCode::CREATED, "a refusal does not claim the key");
}

#[tokio::test]
async fn what_is_remembered_holds_no_secret() {
    let office = Office::new().await;
    let school = office.school(1, "legacy-2019").await;
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    office.put_photo(&pupil, photo(600, 800)).await;
    let application = json!({ "applicant": "pupil" });
    let adult = office.pupil(&school, "08312112303", "2008-11-21").await;
    office.put_photo(&adult, photo(600, 800)).await;
    office.post(&format!("/pupils/{adult}/base-cards"), json!({ "form": "paper" })).await;
    let application = office.post(&format!("/pupils/{adult}/applications"), application).await;
    office.call(Method::POST, &format!("/applications/{}/complete", id(&application)), None).await;
    let order = office.post(&format!("/pupils/{adult}/orders"), json!({})).await;
    let slip = office.call_once(&format!("/orders/{}/slips", id(&order)), json!({}), "k").await.json();
    let token = office.call_once("/tokens", json!({ "name": "x" }), "k2").await.json();
    let files: Vec<Vec<u8>> = std::fs::read_dir(office._folder.path())
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.unwrap().path()).ok())
        .collect();
    let secrets = &slip["secrets"];
    let offer_id = secrets["offer_uri"].as_str().unwrap().rsplit('/').next().unwrap();
    let told = [
        offer_id,
        secrets["typed_code"].as_str().unwrap(),
        secrets["activation_code"].as_str().unwrap(),
        token["secret"].as_str().unwrap(),
    ];
    for secret in told {
        for file in &files {
            let found = file.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in the database");
        }
    }
    let kept = files.iter().any(|file| file.windows(6).any(|window| window == b"Nowak-"));
    assert!(kept, "the files that were searched are the database");
}
