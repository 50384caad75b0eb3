//! The same years later: an embedded database that holds a country, grown from one school (see [`tests::growth`]).

use std::fs;
use std::time::{Duration, Instant};

use issuer::app::SystemEntropy;
use rusqlite::Connection;
use shared::entropy::Entropy;
use shared::x509::ca::CaCertificate;
use shared::x509::ocsp::{Question, REQUEST_TYPE};
use shared::x509::serial::SerialNumber;
use tests::growth::multiply;
use tests::scene::{PRINCIPAL, Scene};
use tests::world::{CARD_DAYS, Plan};

use crate::issuer_process::IssuerProcess;
use crate::load::Load;
use crate::{cpu, school};

/// Pupils of the school that is multiplied; every fiftieth has lost the phone.
const PUPILS: u16 = 100;
/// How often each thing is asked for.
const ROUNDS: usize = 50;

/// The table's head.
pub(crate) const HEAD: &str = "\
| cards | database | ready after | memory, idle | under load | activation p50 | p99 | issuer CPU | office search | first page | CRL partition | whole CRL | status list | OCSP |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

/// Fills a database with so many cards and measures what an issuer on it does, as a line of the table.
/// Of the places on status lists that a phone's copies have, `places` are kept.
pub(crate) async fn line(cards: u32, places: u32, load: Load, warm_up: usize) -> String {
    let scene = Scene::of(Plan { overrides: school::rules(), ..Plan::of("zpe-2025") }).await;
    let world = &scene.world;
    for n in 0..PUPILS {
        let pupil = world.office.ready_pupil(scene.school(0), 2000 + n, CARD_DAYS).await;
        let slip = world.codes_for(&pupil).await;
        world.phone("Telefon").await.activate(&slip).await.unwrap();
        if n % 50 == 0 {
            let device = world.office.devices(&slip.card_id, "live").await;
            world.office.revoke_device(&device[0], "phone_lost").await;
        }
    }
    // A sandbox begins with its own schools alone.
    let activating = school::of(&world.office).await;
    let file = world.database_file();
    let (books, origin) = (file.clone(), scene.school(0).to_owned());
    let few = "DELETE FROM status_entry WHERE rowid NOT IN (SELECT rowid FROM (SELECT rowid, ROW_NUMBER() \
               OVER (PARTITION BY device_id ORDER BY list, place) AS nth FROM status_entry) WHERE nth <= ?1)";
    Connection::open(&file).unwrap().execute(few, [places]).unwrap();
    let copies = cards / u32::from(PUPILS);
    tokio::task::spawn_blocking(move || multiply(&books, &origin, 0..copies)).await.unwrap().unwrap();
    world.kill_issuer();
    // What was written without waiting for the disk is not the issuer's to wait for.
    fs::File::open(&file).unwrap().sync_all().unwrap();

    let issuer = IssuerProcess::over(world, activating).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = cpu::memory(issuer.process());
    let slips = issuer.slips(load.count + warm_up).await;
    let measured = load.run(&issuer, slips, warm_up).await;
    let busy = cpu::memory(issuer.process());

    let mut reader = scene.reader(PRINCIPAL).await;
    let mut pages = Vec::new();
    for path in ["/office/pupils?q=zmysl", "/office"] {
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let answer = reader.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            took.push(begun.elapsed());
        }
        pages.push(median(took));
    }
    let books = Connection::open(&file).unwrap();
    let list: i64 = books.query_row("SELECT MAX(number) - 1 FROM status_list", [], |row| row.get(0)).unwrap();
    let sql = "SELECT serial FROM certificate WHERE state = 'issued' AND length(card_data) = 32 LIMIT 1";
    let serial: String = books.query_row(sql, [], |row| row.get(0)).unwrap();
    let asked = Asked { http: tests::http::client(), base: &issuer.base };
    let partition = asked.list("/pki/crl/1-2a.crl").await;
    let whole = asked.list("/pki/crl/issuing.crl").await;
    let status = asked.list(&format!("/pki/status/{list}")).await;
    let ocsp = asked.ocsp(serial.parse().unwrap()).await;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "| {cards} | {:.2} GB | {:.2} s | {idle} MiB | {busy} MiB | {:.2} ms | {:.2} ms | {:.0} µs | {:.1} ms | {:.1} ms \
         | {partition} | {whole} | {status} | {:.2} ms |",
        fs::metadata(&file).unwrap().len() as f64 / 1e9,
        issuer.ready_after.as_secs_f64(),
        ms(measured.at(0.50)),
        ms(measured.at(0.99)),
        measured.each(measured.issuer).as_secs_f64() * 1e6,
        ms(pages[0]),
        ms(pages[1]),
        ms(ocsp),
    )
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

/// Whoever checks cards.
struct Asked<'a> {
    http: reqwest::Client,
    base: &'a str,
}

impl Asked<'_> {
    /// Size, and how long the first answer took and the later ones.
    async fn list(&self, path: &str) -> String {
        let mut took = Vec::with_capacity(ROUNDS);
        let mut size = 0;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            size = answer.bytes().await.unwrap().len();
            took.push(begun.elapsed());
        }
        let first = took[0].as_secs_f64() * 1e3;
        format!("{:.1} KB, {first:.1} then {:.1} ms", size as f64 / 1e3, median(took).as_secs_f64() * 1e3)
    }

    async fn ocsp(&self, serial: SerialNumber) -> Duration {
        let issuing = self.http.get(format!("{}/pki/ca/issuing.cer", self.base)).send().await.unwrap();
        let authority = CaCertificate::parse(&issuing.bytes().await.unwrap()).unwrap();
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let nonce = (&SystemEntropy as &dyn Entropy).bytes();
            let question = Question::new(&authority, serial, nonce).unwrap().to_der().unwrap();
            let begun = Instant::now();
            let asked =
                self.http.post(format!("{}/pki/ocsp", self.base)).header("content-type", REQUEST_TYPE);
            let answer = asked.body(question).send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
            answer.bytes().await.unwrap();
            took.push(begun.elapsed());
        }
        median(took)
    }
}
