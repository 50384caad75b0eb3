//! How long the office's pages take on the server, in a school of 2,000 pupils.
//! `cargo bench -p tests --bench pages`
//!
//! One browser asks over HTTP on this machine, each page fifty times; what is drawn on a screen is not measured.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::time::{Duration, Instant};

use issuer::demo_school::accounts::PASSWORD;
use jiff::civil::Date;
use serde_json::{Value, json};
use tests::pupils::{PupilSpec, made_up_pesel};
use tests::world::{Plan, World};

const PUPILS: u16 = 2000;
const ROUNDS: usize = 50;

/// A session cookie of the demo school's principal.
async fn signed_in(http: &reqwest::Client, base: &str) -> String {
    let page = http.get(format!("{base}/office/sign-in")).send().await.unwrap();
    let visitor = cookie(&page);
    let html = page.text().await.unwrap();
    let token = html.split("form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = [("form_token", token.as_str()), ("login", "sp0.dyrektor"), ("password", PASSWORD)];
    let request = http.post(format!("{base}/office/sign-in")).header("cookie", visitor).form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303, "the demo's principal signs in");
    cookie(&answer)
}

fn cookie(answer: &reqwest::Response) -> String {
    let header = answer.headers()["set-cookie"].to_str().unwrap();
    header.split(';').next().unwrap().to_owned()
}

async fn measure(http: &reqwest::Client, base: &str, session: &str, path: &str) {
    let mut took = Vec::with_capacity(ROUNDS);
    let mut size = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = http.get(format!("{base}{path}")).header("cookie", session).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        size = answer.bytes().await.unwrap().len();
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let millis = |time: &Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{path:<44} p50 {:>6.2} ms  p98 {:>6.2} ms  {:>5.1} KB",
        millis(&took[ROUNDS / 2]),
        millis(&took[ROUNDS - 2]),
        size as f64 / 1000.0
    );
}

#[tokio::main]
async fn main() {
    let world = World::of(Plan::of("legacy-2019")).await;
    let seeded: Value = world.office.done("GET", "/schools", None).await;
    let schools = seeded["schools"].as_array().unwrap();
    let school = schools.iter().find(|school| school["rspo"] == 990_101).unwrap()["id"].as_str().unwrap();
    let mut first = String::new();
    for n in 0..PUPILS {
        let birth = Date::constant(2010, 1, 1).saturating_add(jiff::Span::new().days(i64::from(n)));
        let spec = PupilSpec {
            birth_date: birth,
            pesel: made_up_pesel(birth, 3000 + n),
            class_name: format!("{}{}", 1 + n % 8, char::from(b'a' + u8::try_from(n / 8 % 8).unwrap())),
            ..PupilSpec::fictional(n)
        };
        let id = world.office.pupil(school, &spec).await;
        if n % 4 == 0 {
            world
                .office
                .done("POST", &format!("/pupils/{id}/base-cards"), Some(json!({ "form": "paper" })))
                .await;
        }
        if first.is_empty() {
            first = id;
        }
    }
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let base = world.base().to_owned();
    let session = signed_in(&http, &base).await;
    for path in [
        "/office".to_owned(),
        "/office/pupils".to_owned(),
        "/office/pupils?q=zmysl".to_owned(),
        format!("/office/pupils/{first}"),
        "/office/classes".to_owned(),
        "/office/applications".to_owned(),
        "/office/orders".to_owned(),
        "/office/slips".to_owned(),
        "/office/photos".to_owned(),
        "/office/notices".to_owned(),
        "/office/school".to_owned(),
    ] {
        measure(&http, &base, &session, &path).await;
    }
}
