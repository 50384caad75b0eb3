//! What the logs say of a whole story at the lowest level: nothing that belongs to a person, no code, no secret.

use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex};

use issuer::store::{Statements, StoreError, Verb};
use serde_json::{Value, json};
use tests::reader::crawl;
use tests::scene::{CLERK, PRINCIPAL, Scene};
use tests::world::CARD_DAYS;
use tracing_subscriber::fmt::MakeWriter;

use crate::inspection_online::{check, verifier};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// All that the books know of people, word by word.
struct People;

#[async_trait::async_trait]
impl Verb for People {
    type Answer = Vec<String>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut found = Vec::new();
        for (table, columns) in [
            ("pupil", &["pesel", "given_names", "surname", "street_line", "city"][..]),
            ("guardian", &["given_names", "surname", "email"]),
            ("notice", &["recipient", "body"]),
            ("device", &["name", "thumbprint"]),
        ] {
            for column in columns {
                let rows = tx.query(&format!("SELECT {column} FROM {table}"), &[]).await?;
                assert!(!rows.is_empty(), "no {table} was there");
                // What a row shows of itself: the text stands between the quotation marks.
                found.extend(rows.iter().filter_map(|row| {
                    let shown = format!("{row:?}");
                    Some(shown[shown.find('"')? + 1..shown.rfind('"')?].to_owned())
                }));
            }
        }
        Ok(found)
    }
}

/// Set in the process that tells the story: a subscriber of one's own wants a process of its own, or what other tests
/// do at the same time decides what is logged.
const STORY: &str = "MLEG_TEST_STORY";

#[test]
fn a_whole_story_leaves_nobody_in_the_logs() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ops::logs::the_story", "--nocapture"])
        .env(STORY, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    assert!(String::from_utf8_lossy(&said).contains(TOLD), "the story was not told");
}

/// What the process says when it has searched the logs.
const TOLD: &str = "the story was told";

#[tokio::test(flavor = "multi_thread")]
async fn the_story() {
    if std::env::var_os(STORY).is_none() {
        return;
    }
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(kept.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let scene = Scene::living().await;
    let mut secrets = Vec::new();
    for login in [PRINCIPAL, CLERK] {
        let mut reader = scene.reader(login).await;
        crawl(&mut reader, &["/office"], 1).await;
        secrets.extend(reader.cookies.values().cloned());
    }
    let world = &scene.world;
    let school =
        world.office.school(990_009, "Szkoła Podstawowa w Dziennikach", "legacy-2019", json!({})).await;
    let codes = async |n: u16| {
        let pupil = world.office.ready_pupil(&school, n, CARD_DAYS).await;
        world.codes_for(&pupil).await
    };
    let slip = codes(701).await;
    let phone = world.phone("Telefon Zosi").await;
    phone.activate_with(&slip, "00000000").await.expect_err("a wrong code");
    phone.activate(&slip).await.unwrap();
    let typed = codes(702).await;
    let second = world.phone("Telefon Staszka").await;
    second.activate_typed(&typed).await.unwrap();
    let checkpoint = verifier(world, &phone).await;
    check(&checkpoint, world, &phone).await;
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    // A refusal by the database itself, and an address that nobody has.
    world.office.call("POST", "/api/v1/schools", Some(json!({ "rspo": "44051401359" }))).await;
    tests::http::get(format!("{}/o/{}?pesel=44051401359", world.base(), "A".repeat(22))).await.unwrap();
    let people = world.issuance().store.read(People).await.unwrap();

    for slip in [&slip, &typed] {
        secrets.push(slip.offer_uri.rsplit("%2F").next().unwrap().to_owned());
        secrets.extend(slip.activation_code.clone());
        secrets.push(slip.typed_code.clone());
    }
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let requests = lines.iter().filter(|line| line["message"] == "request").count();
    assert!(requests > 100, "{requests} requests");
    let of = |route: &str| {
        lines.iter().any(|line| {
            line["route"] == route && line["span"]["id"].as_str().is_some_and(|id| id.len() == 32)
        })
    };
    for route in ["/token", "/credential", "/o/{id}", "/typed-code", "/office"] {
        assert!(of(route), "{route} is not in the log");
    }
    let issued =
        lines.iter().filter(|line| line["message"] == "certificate issued" && line["serial"].is_string());
    assert!(issued.count() >= 2, "an operator finds what was issued after a backup");
    // Whole texts, and the words of names and addresses; short words would be found in anything.
    let mut searched = people.clone();
    searched.extend(people.iter().flat_map(|text| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= 6);
        words
            .filter(|word| word.chars().next().is_some_and(|c| c.is_uppercase()))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    }));
    searched.extend(secrets);
    searched.push("44051401359".to_owned());
    searched.retain(|text| text.chars().count() >= 4);
    searched.sort();
    searched.dedup();
    assert!(searched.len() > 50, "{} texts", searched.len());
    for line in log.lines() {
        for text in &searched {
            assert!(!line.contains(text.as_str()), "{text:?} stands in the log: {line}");
        }
    }
    println!("{TOLD}: {requests} requests, {} texts were looked for", searched.len());
}
