//! Whether the time of a refusal tells what its words do not: `cargo bench -p tests --bench replies`
//!
//! An issuer in a process of its own, SQLite, plain http on this machine. Each row compares two requests that are refused
//! in the same words, sent in turn in a drawn order over one connection, with what would differ if something were compared
//! or looked up in steps. Told are medians with quartiles and Welch's *t* of the times below the 95th percentile
//! (dudect, <https://eprint.iacr.org/2016/1123>): beyond 4.5 a difference is taken for real there. The rows below the
//! line compare what is answered in different words, to show that a difference would be seen.
//! `MLEG_ISSUER=PATH` measures that program in the place of this build's; `MLEG_REPLIES` is how often each is sent.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use issuer::app::SystemEntropy;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use shared::entropy::Entropy as _;
use shared::typed_code::TypedCode;
use shared::vci::GRANT_PRE_AUTHORIZED_CODE;
use tests::office::{Office, Slip};
use tests::process::{Site, free_port, run_as};
use tests::world::CARD_DAYS;

/// Times that are cut off at the top: the machine did something else.
const KEPT: f64 = 0.95;
/// Wrong typed codes that are let through in a row.
const TYPED: usize = 250;

fn main() -> ExitCode {
    if let Some(code) = run_as("issuer", issuer::cli::run) {
        return code;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(measure());
    ExitCode::SUCCESS
}

struct Bench {
    base: String,
    http: reqwest::Client,
    office: Office,
    database: std::path::PathBuf,
    slip: Slip,
}

/// A time and what was said.
type Heard = (Duration, u16, Value);

impl Bench {
    fn offer(&self, id: &str) -> RequestBuilder {
        self.http.get(format!("{}/o/{id}", self.base))
    }

    fn typed(&self, code: &str) -> RequestBuilder {
        self.http.post(format!("{}/typed-code", self.base)).json(&json!({ "typed_code": code }))
    }

    fn token(&self, code: &str, tx_code: &str) -> RequestBuilder {
        let form =
            [("grant_type", GRANT_PRE_AUTHORIZED_CODE), ("pre-authorized_code", code), ("tx_code", tx_code)];
        self.http.post(format!("{}/token", self.base)).form(&form)
    }

    async fn code_of(&self, slip: &Slip) -> String {
        let offer = heard(self.offer(&id_of(slip))).await.2;
        offer["grants"][GRANT_PRE_AUTHORIZED_CODE]["pre-authorized_code"].as_str().unwrap().to_owned()
    }

    /// A new slip in the place of the one before.
    async fn fresh(&mut self) -> Slip {
        self.slip = self.office.replace(&self.slip.id).await;
        self.slip.clone()
    }

    async fn locked(&mut self) -> (Slip, String) {
        let slip = self.fresh().await;
        let code = self.code_of(&slip).await;
        for _ in 0..5 {
            heard(self.token(&code, &other(&slip, 8))).await;
        }
        (slip, code)
    }

    /// A slip whose time is up, and the codes of it that its phone still has.
    async fn expired(&mut self) -> (Slip, String) {
        let slip = self.fresh().await;
        let code = self.code_of(&slip).await;
        let books = rusqlite::Connection::open(&self.database).unwrap();
        books.busy_timeout(Duration::from_secs(10)).unwrap();
        let sql = "UPDATE issue_grant SET expires_at = created_at + 1 WHERE id = ?1";
        assert_eq!(books.execute(sql, [&slip.id]).unwrap(), 1);
        (slip, code)
    }
}

/// The id that stands in a slip's QR code.
fn id_of(slip: &Slip) -> String {
    let uri: url::Url = slip.offer_uri.parse().unwrap();
    let address = uri.query_pairs().find(|(name, _)| name == "credential_offer_uri").unwrap().1.into_owned();
    address.rsplit('/').next().unwrap().to_owned()
}

/// The slip's activation code with its last `changed` digits wrong.
fn other(slip: &Slip, changed: usize) -> String {
    let right = right(slip);
    let from = right.len() - changed;
    let digit =
        |(at, digit): (usize, u8)| char::from(if at < from { digit } else { b'0' + (digit - b'0' + 1) % 10 });
    right.bytes().enumerate().map(digit).collect()
}

/// The slip's activation code, digits alone.
fn right(slip: &Slip) -> String {
    slip.activation_code.as_ref().unwrap().chars().filter(char::is_ascii_digit).collect()
}

/// A text of this length of which nobody made anything.
fn nobodys(like: &str) -> String {
    let mut bytes = vec![0; like.len()];
    SystemEntropy.fill(&mut bytes);
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bytes.iter().map(|byte| char::from(letters[usize::from(byte % 64)])).collect()
}

async fn heard(request: RequestBuilder) -> Heard {
    let request = request.build().unwrap();
    let http = client();
    let since = Instant::now();
    let answer = http.execute(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (since.elapsed(), status, serde_json::from_slice(&body).unwrap_or_default())
}

/// One client for all, whose connection stays.
fn client() -> &'static reqwest::Client {
    static CLIENT: std::sync::OnceLock<reqwest::Client> = std::sync::OnceLock::new();
    CLIENT.get_or_init(tests::http::client)
}

fn coin() -> bool {
    let mut byte = [0];
    SystemEntropy.fill(&mut byte);
    byte[0] & 1 == 1
}

/// Two kinds of requests and the times of their answers.
#[derive(Default)]
struct Two {
    times: [Vec<f64>; 2],
    words: [Option<(u16, Value)>; 2],
}

impl Two {
    /// Sends both, in a drawn order.
    async fn send(&mut self, pair: [RequestBuilder; 2]) {
        let mut pair: Vec<_> = pair.into_iter().enumerate().collect();
        if coin() {
            pair.reverse();
        }
        for (which, request) in pair {
            let (time, status, mut body) = heard(request).await;
            // Counts down with every try, whoever guesses.
            if let Some(body) = body.as_object_mut().filter(|body| body.contains_key("tries_left")) {
                body.retain(|name, _| name != "tries_left" && name != "error_description");
            }
            self.times[which].push(time.as_secs_f64() * 1e6);
            self.words[which].get_or_insert((status, body));
        }
    }

    fn row(mut self, what: &str, alike: bool) {
        let [first, second] = &self.words;
        assert_eq!(first == second, alike, "{what}: {:?}", self.words);
        for times in &mut self.times {
            times.sort_by(f64::total_cmp);
        }
        let at = |times: &[f64], part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let told =
            |times: &[f64]| format!("{:.0} ({:.0}–{:.0})", at(times, 0.5), at(times, 0.25), at(times, 0.75));
        let [first, second] = &self.times;
        let cut = at(first, KEPT).max(at(second, KEPT));
        let kept = |times: &[f64]| times.iter().copied().filter(|time| *time <= cut).collect::<Vec<_>>();
        let (a, b) = (kept(first), kept(second));
        let t =
            (mean(&a) - mean(&b)) / (variance(&a) / a.len() as f64 + variance(&b) / b.len() as f64).sqrt();
        println!("| {what} | {} | {} | {} | {t:+.1} |", first.len(), told(first), told(second));
    }
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn variance(times: &[f64]) -> f64 {
    let mean = mean(times);
    times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (times.len() as f64 - 1.0)
}

async fn measure() {
    let rounds: usize = std::env::var("MLEG_REPLIES").ok().and_then(|text| text.parse().ok()).unwrap_or(4000);
    let folder = tempfile::tempdir().unwrap();
    let program =
        std::env::var_os("MLEG_ISSUER").map_or_else(|| std::env::current_exe().unwrap(), Into::into);
    let listen = free_port();
    let base = format!("http://{listen}");
    let site = Site::set_up(&program, folder.path(), None, &base).await;
    let mut command = site.command(listen);
    // The limits of guesses are another matter: here each is to be answered.
    command.env("MLEG_MAX_GUESSES_PER_ADDRESS", "1000000").env("MLEG_MAX_GUESSES_PER_SCHOOL", "1000000");
    let mut issuer = tests::process::IssuerProcess::start(command, listen, &folder.path().join("bench"));
    assert!(issuer.ready().await, "{}", issuer.said());
    let office = Office::new(&base, &site.token);
    let school = office.school(990_001, "Szkoła Pomiarowa", "legacy-2019", json!({})).await;
    let pupil = office.ready_pupil(&school, 1, CARD_DAYS).await;
    let slip = office.codes(&office.order(&pupil.id).await).await;
    let database = site.data.join("issuer.db");
    let mut bench = Bench { base, http: client().clone(), office, database, slip };

    println!("| first, second | of each | first, µs | second, µs | t |\n|---|---|---|---|---|");
    let id = id_of(&bench.slip);
    let near = |n: usize| format!("{}{}", &id[..id.len() - n], nobodys(&id[id.len() - n..]));
    for _ in 0..200 {
        heard(bench.offer(&nobodys(&id))).await;
    }

    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.offer(&nobodys(&id)), bench.offer(&nobodys(&id))]).await;
    }
    two.row("offers: unknown, unknown (the same twice: what chance does)", true);
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.offer(&nobodys(&id)), bench.offer(&near(4))]).await;
    }
    two.row("offers: unknown, all of a real one but its end", true);
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.offer(&nobodys(&id)), bench.offer("x")]).await;
    }
    two.row("offers: unknown, of a form that none has", true);

    let code = bench.code_of(&bench.slip.clone()).await;
    let digits = right(&bench.slip);
    let bent = format!("{}{}", &code[..code.len() - 8], nobodys(&code[code.len() - 8..]));
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.token(&nobodys(&code), &digits), bench.token(&bent, &digits)]).await;
    }
    two.row("pre-authorized codes: unknown, a real one with its end changed", true);

    let mut two = Two::default();
    for _ in 0..rounds {
        let token = |text: &str| bench.http.get(format!("{}/api/v1/schools", bench.base)).bearer_auth(text);
        let near = format!("{}{}", &site.token[..40], nobodys(&site.token[40..]));
        two.send([token(&format!("mleg_{}", nobodys(&site.token[5..]))), token(&near)]).await;
    }
    two.row("API tokens: unknown, all of a real one but its end", true);

    let (slip, code) = bench.locked().await;
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.token(&code, &other(&slip, 8)), bench.token(&code, &right(&slip))]).await;
    }
    two.row("a locked slip: wrong activation code, the right one", true);
    let (slip, code) = bench.expired().await;
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.token(&code, &other(&slip, 8)), bench.token(&code, &right(&slip))]).await;
    }
    two.row("an expired slip: wrong activation code, the right one", true);

    let mut two = Two::default();
    for _ in 0..rounds.min(2000) / 2 {
        let slip = bench.fresh().await;
        let code = bench.code_of(&slip).await;
        for _ in 0..2 {
            two.send([bench.token(&code, &other(&slip, 8)), bench.token(&code, &other(&slip, 1))]).await;
        }
    }
    two.row("an open slip: no digit right, seven of eight", true);

    println!("| *in different words:* | | | | |");
    let (expired, _) = bench.expired().await;
    let (expired, open) = (id_of(&expired), id_of(&bench.fresh().await));
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.offer(&nobodys(&id)), bench.offer(&expired)]).await;
    }
    two.row("offers: unknown, expired", false);
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.offer(&nobodys(&id)), bench.offer(&open)]).await;
    }
    two.row("offers: unknown, open", false);
    let locked = bench.locked().await.0.typed_code;
    let mut two = Two::default();
    for _ in 0..TYPED {
        let nobodys = TypedCode::generate(&SystemEntropy);
        two.send([bench.typed(nobodys.expose()), bench.typed(&locked)]).await;
    }
    two.row("typed codes: unknown, of a locked slip", false);
    let (_, locked) = bench.locked().await;
    let mut two = Two::default();
    for _ in 0..rounds {
        two.send([bench.token(&nobodys(&code), "12345678"), bench.token(&locked, "12345678")]).await;
    }
    two.row("pre-authorized codes: unknown, of a locked slip", false);
}
