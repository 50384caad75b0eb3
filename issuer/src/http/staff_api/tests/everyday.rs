//! The days of an office on which nothing goes wrong.

use axum::http::{Method, StatusCode};
use serde_json::json;
use shared::qr::scan;

use super::*;
use crate::issuance::handover::{MarkSlip, SlipEvent};
use crate::store::id::GrantId;

#[tokio::test]
async fn from_the_school_to_the_slip() {
    let office = Office::new().await;
    let school = office.school(12345, "legacy-2019").await;
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    let guardian = json!({ "given_names": "Anna", "surname": "Nowak", "email": "anna@example.pl" });
    let guardian = office.post(&format!("/pupils/{pupil}/guardians"), guardian).await;
    let application =
        json!({ "applicant": "guardian", "guardian_id": guardian["id"], "minor_may_collect": true });
    let application = office.post(&format!("/pupils/{pupil}/applications"), application).await;
    let complete = format!("/applications/{}/complete", id(&application));
    let complete = office.call(Method::POST, &complete, None).await;
    assert_eq!(complete.json()["completed_on"], "2026-11-21");

    // Ordered before photo and card are there: the order waits, and goes on by itself.
    let order = office.post(&format!("/pupils/{pupil}/orders"), json!({})).await;
    assert_eq!((&order["state"], &order["deadline_on"]), (&json!("waiting"), &json!("2026-12-05")));
    let taken = office.put_photo(&pupil, photo(600, 800)).await.json();
    assert_eq!((&taken["width"], &taken["height"]), (&json!(236), &json!(303)));
    let base = office.post(&format!("/pupils/{pupil}/base-cards"), json!({ "form": "paper" })).await;
    assert_eq!((&base["number"], &base["valid_until"]), (&json!("1/2026"), &json!("2027-09-30")));
    let order_path = format!("/orders/{}", id(&order));
    assert_eq!(office.get(&order_path).await["state"], "ready");

    let reply = office.post(&format!("{order_path}/slips?qr=both"), json!({})).await;
    assert_eq!(reply["secrets_code"], "shown_now");
    let secrets = &reply["secrets"];
    let uri = secrets["offer_uri"].as_str().unwrap();
    assert!(
        uri.starts_with("openid-credential-offer://?credential_offer_uri=http://127.0.0.1:1/o/"),
        "{uri}"
    );
    assert_eq!(secrets["activation_code"].as_str().unwrap().len(), 8);
    assert_eq!(secrets["expires_at"], "2026-12-21T18:30:00Z");
    assert!(secrets["qr_svg"].as_str().unwrap().starts_with("<svg"));
    let png =
        base64::Engine::decode(&base64::prelude::BASE64_STANDARD, secrets["qr_png_base64"].as_str().unwrap());
    assert_eq!(scan::scan(&png.unwrap()).unwrap(), [uri]);

    // The slip opens what it says it opens.
    let offer_id = uri.rsplit('/').next().unwrap();
    let offer = office.issuance.resolve_offer(offer_id).await.unwrap();
    assert!(offer.asks_code);
    let typed = secrets["typed_code"].as_str().unwrap();
    let typed = shared::typed_code::TypedCode::parse(typed).unwrap();
    assert!(office.issuance.resolve_typed(&typed).await.is_ok());

    let slip = format!("/slips/{}", id(&reply["slip"]));
    let collected = office.post(&format!("{slip}/collected"), json!({ "by": "pupil" })).await;
    assert_eq!(collected["collected_by"], "pupil");
    let replaced = office.post(&format!("{slip}/replace"), json!({})).await;
    assert_ne!(replaced["secrets"]["offer_uri"], secrets["offer_uri"]);
    assert!(replaced["secrets"]["qr_svg"].is_null());
    assert!(office.issuance.resolve_offer(offer_id).await.is_err());

    let notices = office.get("/notices?since=2026-11-21T18:30:00Z").await["notices"].clone();
    let channels: Vec<&Value> = notices.as_array().unwrap().iter().map(|n| &n["channel"]).collect();
    assert_eq!(channels, ["e_diary", "email", "e_diary", "email"]);
    // Two of one instant on a page of one: the rest comes after, and nothing twice.
    let mut after = String::new();
    for expected in notices.as_array().unwrap() {
        let page = office.get(&format!("/notices?since=2026-11-21T18:30:00Z&limit=1{after}")).await;
        assert_eq!(page["notices"], json!([expected]));
        after = format!("&after={}", page["next_after"].as_str().unwrap_or_default());
    }
    assert_eq!(after, "&after=", "and then there is no more");
    let file = office.get(&format!("/pupils/{pupil}")).await;
    assert_eq!(file["cards"][0]["slips"][0]["state"], "replaced");
    let actions = file["timeline"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap());
    assert_eq!(
        actions.collect::<Vec<_>>(),
        [
            "pupil.entered",
            "guardian.entered",
            "application.registered",
            "application.completed",
            "order.placed",
            "photo.accepted",
            "base_card.entered",
            "order.ready",
            "grant.made",
            "grant.collected",
            "grant.made",
        ]
    );
    let trail = serde_json::to_string(&office.get("/audit?limit=500").await).unwrap();
    for secret in ["Nowak", "12290155531", "Lipowa", "anna@", secrets["typed_code"].as_str().unwrap()] {
        assert!(!trail.contains(secret), "{secret} stands in the audit trail");
    }
    let verdict = office.get("/audit/verify").await;
    assert_eq!((&verdict["whole"], &verdict["broken_at"]), (&json!(true), &Value::Null));
    assert_eq!(office.get("/audit?after=2&limit=1").await["entries"][0]["position"], 3);
}

#[tokio::test]
async fn devices_are_revoked_and_cards_issued_again() {
    let office = Office::new().await;
    let school = office.school(1, "zpe-2025").await;
    let (pupil, order) = office.ordered(&school).await;
    let slip = office.post(&format!("/orders/{order}/slips"), json!({})).await["slip"].clone();
    assert_eq!((&slip["asks_code"], &slip["expires_at"]), (&json!(false), &json!("2026-11-21T18:40:00Z")));
    let phone = office.seat(&slip, 1).await;
    let card = slip["card_id"].as_str().unwrap();
    let file = office.get(&format!("/cards/{card}")).await;
    assert_eq!(file["devices"][0]["device"]["name"], "<script>alert('telefon')</script>");
    assert_eq!(file["places"], 5);

    let lost = json!({ "device_id": phone, "reason": "phone_lost" });
    let again = office.post(&format!("/cards/{card}/reissue"), lost).await;
    assert_eq!(again["slip"]["replaces_device"], Value::Null, "a lost phone goes at once");
    let cards = office.get(&format!("/pupils/{pupil}/cards")).await;
    let device = &cards["cards"][0]["devices"][0]["device"];
    assert_eq!((&device["state"], &device["end_reason"]), (&json!("revoked"), &json!("phone_lost")));

    let second = office.seat(&again["slip"], 1).await;
    let wrong = json!({ "device_id": second, "reason": "data_wrong" });
    let replacing = office.post(&format!("/cards/{card}/reissue?qr=svg"), wrong).await;
    assert_eq!(replacing["slip"]["replaces_device"], json!(second), "until there is a better one");
    let revoked =
        office.post(&format!("/devices/{second}/revoke"), json!({ "reason": "service_given_up" })).await;
    assert_eq!(revoked["state"], "revoked");
    let devices = office.post(&format!("/cards/{card}/revoke"), json!({ "reason": "identity_stolen" })).await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 2);
    assert_eq!(office.get(&format!("/cards/{card}")).await["slips"][2]["state"], "cancelled");
}

#[tokio::test]
async fn paper_rules_mobile() {
    let office = Office::new().await;
    let school = office.school(1, "zpe-2025").await;
    let elsewhere = office.school(2, "zpe-2025").await;
    let (pupil, order) = office.ordered(&school).await;
    let slip = office.post(&format!("/orders/{order}/slips"), json!({})).await["slip"].clone();
    let phone = office.seat(&slip, 1).await;
    let base = id(&office.get(&format!("/pupils/{pupil}")).await["base_cards"][0]);
    let confirmed =
        office.post(&format!("/base-cards/{base}/confirm"), json!({ "until": "2028-02-21" })).await;
    assert_eq!(confirmed["devices"], json!([phone]));
    assert_eq!(
        (&confirmed["renewal"], &confirmed["base_card"]["valid_until"]),
        (&json!("over_the_air"), &json!("2028-02-21"))
    );

    let moved = json!({ "school_id": elsewhere, "class_name": "1c" });
    let moved = office.post(&format!("/pupils/{pupil}/transfer"), moved).await;
    assert_eq!((&moved["school_id"], &moved["class_name"]), (&json!(elsewhere), &json!("1c")));
    let file = office.get(&format!("/pupils/{pupil}")).await;
    assert_eq!(file["base_cards"][0]["void_reason"], "moved_school");
    assert_eq!(file["cards"][0]["devices"][0]["device"]["end_reason"], "moved_school");

    let base = office.post(&format!("/pupils/{pupil}/base-cards"), json!({ "form": "paper" })).await;
    let voided =
        office.post(&format!("/base-cards/{}/void", id(&base)), json!({ "reason": "data_wrong" })).await;
    assert_eq!(voided["state"], "voided");
}

#[tokio::test]
async fn hostile_names_survive_as_they_are() {
    let office = Office::new().await;
    let name = "Szkoła 'x'; DROP TABLE school; -- <img src=x onerror=alert(1)> \\ \" ${7*7} {{7*7}}";
    let mut json = school_json(1, "legacy-2019");
    json["name"] = json!(name);
    let school = id(&office.post("/schools", json).await);
    assert_eq!(office.get("/schools").await["schools"][0]["name"], name);
    let mut json = pupil_json();
    json["surname"] = json!("O'Neill-Żółć");
    json["class_name"] = json!("'; --<b>");
    json["address"]["street_line"] = json!("ul. \"Robert'); DROP TABLE pupil;--\" 1");
    let pupil = office.post(&format!("/schools/{school}/pupils"), json.clone()).await;
    let found =
        office.get(&format!("/schools/{school}/pupils?surname=o%27neill&class=%27%3B%20--%3Cb%3E")).await;
    assert_eq!(found["pupils"][0], pupil);
    assert_eq!(found["pupils"][0]["address"], json["address"]);
    let found = office.get(&format!("/schools/{school}/pupils?surname=%25")).await;
    assert_eq!(found["pupils"], json!([]));
}

#[tokio::test]
async fn the_photo_comes_back_as_a_picture_without_metadata() {
    let office = Office::new().await;
    let school = office.school(1, "legacy-2019").await;
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    let path = format!("/pupils/{pupil}/photo");
    let first = office.put_photo(&pupil, photo(600, 800)).await.json();
    assert_eq!(
        office.put_photo(&pupil, photo(600, 800)).await.json(),
        first,
        "the same photo changes nothing"
    );
    let shown = office.call(Method::GET, &path, None).await;
    assert_eq!(shown.headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(shown.bytes.len(), first["bytes"].as_u64().unwrap() as usize);
    assert!(shown.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    let cropped = Request::builder()
        .method(Method::PUT)
        .uri(format!("{BASE_PATH}{path}?crop_x=10&crop_y=10&crop_width=350&crop_height=450"))
        .header(header::AUTHORIZATION, format!("bearer  {}", office.token))
        .header(header::CONTENT_TYPE, "image/jpeg")
        .body(Body::from(photo(600, 800)));
    let cropped = office.send(cropped.unwrap()).await;
    assert_eq!(cropped.status, StatusCode::OK);
    assert_ne!(cropped.json()["id"], first["id"]);
}

#[tokio::test]
async fn staff_and_tokens_come_and_go() {
    let office = Office::new().await;
    let clerk = json!({ "login": "sekretariat", "role": "clerk", "password": "kałamarz-i-liczydło" });
    let clerk = office.post("/staff", clerk).await;
    let made = office.post("/tokens", json!({ "name": "dziennik", "staff_id": clerk["id"] })).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let as_clerk = |token: &str| {
        let mut request = office.request(Method::GET, "/schools", None, None);
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        request
    };
    assert_eq!(office.send(as_clerk(&secret)).await.status, StatusCode::OK);
    office.post(&format!("/tokens/{}/end", id(&made["token"])), json!({})).await;
    assert_eq!(office.send(as_clerk(&secret)).await.code(), "token_unknown");
    let mine = office.post("/tokens", json!({ "name": "mine" })).await;
    assert_ne!(mine["token"]["staff_id"], clerk["id"], "whoever asks, by default");
    assert!(office.post(&format!("/staff/{}/end", id(&clerk)), json!({})).await["ended_at"].is_string());
    let listed = serde_json::to_string(&office.get("/staff").await).unwrap();
    assert!(!listed.contains("argon2") && !listed.contains(&secret) && !listed.contains("hash"));
}

#[tokio::test]
async fn the_principal_approves_by_program_and_times_are_told() {
    let office = Office::new().await;
    let school = office.school(1, "legacy-2019").await;
    let rules = json!({ "preset": "legacy-2019", "overrides": { "principal_approves": true } });
    office.post(&format!("/schools/{school}/profiles"), rules).await;
    let pupil = office.pupil(&school, "08312112303", "2008-11-21").await;
    let application = json!({ "applicant": "pupil", "received_on": "2026-11-10" });
    let application = office.post(&format!("/pupils/{pupil}/applications"), application).await;
    assert_eq!(application["settled_at"], Value::Null);
    let complete = format!("/applications/{}/complete", id(&application));
    let application = office.post(&complete, json!({})).await;
    assert_eq!(application["settled_at"], "2026-11-21T18:30:00Z");
    assert_eq!(application["completed_on"], "2026-11-10", "correct since it was there");
    office.put_photo(&pupil, photo(600, 800)).await;
    office.post(&format!("/pupils/{pupil}/base-cards"), json!({ "form": "paper" })).await;
    let order = office.post(&format!("/pupils/{pupil}/orders"), json!({})).await;
    assert_eq!((&order["approved_at"], &order["deadline_on"]), (&Value::Null, &json!("2026-11-24")));
    let order = id(&order);
    let approvals = format!("/schools/{school}/approvals");
    let approved = office.post(&approvals, json!({ "orders": [order] })).await;
    assert_eq!(approved["approved"], 1);
    assert_eq!(office.post(&approvals, json!({ "orders": [order] })).await["approved"], 0, "once");
    let order = office.get(&format!("/orders/{order}")).await;
    assert_eq!(order["approved_at"], "2026-11-21T18:30:00Z");
    let trail = office.get(&format!("/pupils/{pupil}")).await["timeline"].clone();
    assert!(trail.as_array().unwrap().iter().any(|entry| entry["action"] == "order.approved"), "{trail}");

    let slip = office.post(&format!("/orders/{}/slips", id(&order)), json!({})).await["slip"].clone();
    assert_eq!(slip["filed_at"], Value::Null);
    let act = office.issuance.act(Actor::System);
    let grant = GrantId::parse(&id(&slip)).unwrap();
    let file = MarkSlip { grant, event: SlipEvent::Filed, act };
    office.issuance.store.write(file).await.unwrap().unwrap();
    let card = office.get(&format!("/cards/{}", slip["card_id"].as_str().unwrap())).await;
    assert_eq!(card["slips"][0]["filed_at"], "2026-11-21T18:30:00Z");
}

#[tokio::test]
async fn a_guardian_is_removed_once_and_stays_named_where_one_applied() {
    let office = Office::new().await;
    let school = office.school(12345, "legacy-2019").await;
    let pupil = office.pupil(&school, "12290155531", "2012-09-01").await;
    let enter = async |name: &str| {
        let form = json!({ "given_names": name, "surname": "Nowak", "email": "nowak@example.pl" });
        id(&office.post(&format!("/pupils/{pupil}/guardians"), form).await)
    };
    let (anna, adam) = (enter("Anna").await, enter("Adam").await);
    let application = json!({ "applicant": "guardian", "guardian_id": anna });
    office.post(&format!("/pupils/{pupil}/applications"), application.clone()).await;
    for (guardian, rows) in [(&anna, 2), (&adam, 1)] {
        let answer = office.call(Method::DELETE, &format!("/guardians/{guardian}"), None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(
            (&answer.json()["pupil_id"], &answer.json()["portal_access_ended"]),
            (&json!(pupil), &json!(false))
        );
        let again = office.call(Method::DELETE, &format!("/guardians/{guardian}"), None).await;
        assert_eq!((again.status, again.code().as_str()), (StatusCode::NOT_FOUND, "unknown_guardian"));
        let kept = office.issuance.store.read(CountGuardians).await.unwrap();
        assert_eq!(kept, rows, "whoever applied is kept by name, the other one is erased");
    }
    assert_eq!(office.get(&format!("/pupils/{pupil}")).await["guardians"], json!([]));
    let applications = format!("/pupils/{pupil}/applications");
    assert_eq!(office.refused(&applications, application).await, "unknown_guardian");
}

struct CountGuardians;

#[async_trait::async_trait]
impl crate::store::Verb for CountGuardians {
    type Answer = i64;

    async fn run(&self, tx: &mut dyn crate::store::Statements) -> Result<i64, crate::store::StoreError> {
        tx.number("SELECT COUNT(*) FROM guardian", &[]).await
    }
}
