//! How long the office's pages take on the server, in a school of 2,000 pupils.
//! `cargo bench -p tests --bench pages`
//!
//! One browser asks over HTTP on this machine, each page fifty times; what is drawn on a screen is not measured.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::json;
use tests::pupils::{PupilSpec, made_up_pesel};
use tests::reader::Reader;
use tests::scene::{PRINCIPAL, Scene};

const PUPILS: u16 = 2000;
const ROUNDS: usize = 50;

async fn measure(principal: &mut Reader, path: &str) {
    let mut took = Vec::with_capacity(ROUNDS);
    let mut size = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = principal.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        size = answer.body.len();
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
    let scene = Scene::fresh().await;
    let (world, school) = (&scene.world, scene.school(0));
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
    let mut principal = scene.reader(PRINCIPAL).await;
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
        measure(&mut principal, &path).await;
    }
}
