//! A whole world for one test: an issuer on a free port, an office, any number of phones, and one clock that
//! all of them share.
//!
//! ```no_run
//! # async fn test() {
//! use tests::world::World;
//!
//! let world = World::legacy().await;
//! let slip = world.slip_for_a_pupil().await;
//! let phone = world.phone("Pixel").await;
//! let card = phone.activate(&slip).await.unwrap();
//! world.at("2027-10-01T00:00:00+02:00");
//! assert!(!phone.standing(&card.id).await.is_valid());
//! # }
//! ```
//!
//! When a test fails, its world prints the clock and every exchange of its phones, secrets masked.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use issuer::app::{self, App, Running, Surroundings, SystemEntropy};
use issuer::config::Given;
use issuer::issuance::Issuance;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use shared::x509::ca::CaCertificate;
use shared::x509::crl::{UnverifiedCrl, VerifiedCrl};
use tempfile::TempDir;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::transport::transcript::{Exchanged, Recorder, Transcript};

use crate::gate::Gate;
use crate::network::Network;
use crate::office::{Office, ReadyPupil, Slip};
pub use crate::phone::Phone;
use crate::postgres;

mod phones;

pub use phones::parts;

/// The instant at which a world begins, unless its plan says otherwise: a Saturday evening in November.
pub const BEGINNING: &str = "2026-11-21T19:30:00+01:00";
/// The base cards of [`World::pupil`] run from the first to the second day.
pub const CARD_DAYS: (&str, &str) = ("2026-09-01", "2027-09-30");
/// Every phone's PIN.
pub const PIN: &str = "271828";

/// A world; see the module.
pub struct World {
    /// The clock of issuer and phones.
    pub clock: Arc<ManualClock>,
    /// The issuer's view of it, which can stop a request between two commits.
    pub gate: Arc<Gate>,
    /// The school's office.
    pub office: Office,
    /// What the phones have exchanged, secrets masked.
    pub transcript: Transcript,
    given: Given,
    issuer: Mutex<Option<Running>>,
    base: String,
    school: String,
    folder: TempDir,
    network: Arc<Network>,
    pupils: AtomicU16,
    phones: AtomicU16,
}

/// How a world is made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `legacy-2019` or `zpe-2025`.
    pub preset: &'static str,
    /// Changes to the preset.
    pub overrides: Value,
    /// A `postgres://` address; SQLite without.
    pub database: Option<String>,
    /// Whether the issuer is a sandbox.
    pub sandbox: bool,
    /// Whether wrong codes are `invalid_tx_code`.
    pub invalid_tx_code: bool,
    /// What else the issuer is told.
    pub settings: fn(&mut Given),
    /// When it begins, RFC 3339: issuer and school are set up at this instant.
    pub beginning: &'static str,
}

impl Plan {
    /// A plan on SQLite without changes.
    pub fn of(preset: &'static str) -> Self {
        Self {
            preset,
            overrides: json!({}),
            database: None,
            sandbox: false,
            invalid_tx_code: false,
            settings: |_| {},
            beginning: BEGINNING,
        }
    }

    /// The same on a fresh PostgreSQL database, or `None` (said aloud) where there is none.
    #[must_use]
    pub fn on_postgres(self) -> Option<Self> {
        Some(Self { database: Some(postgres::fresh_database()?), ..self })
    }
}

impl World {
    /// One school with the 2019 procedure: one device, QR code with activation code, 30 days.
    pub async fn legacy() -> Self {
        Self::of(Plan::of("legacy-2019")).await
    }

    /// One school with the 2025 procedure: five devices, QR code alone, ten minutes.
    pub async fn zpe() -> Self {
        Self::of(Plan::of("zpe-2025")).await
    }

    /// A world by plan.
    pub async fn of(plan: Plan) -> Self {
        crypto_provider();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::new(plan.beginning.parse().expect("an instant")));
        let mut given = Given {
            data: Some(folder.path().join("issuer")),
            database: plan.database.clone(),
            listen: Some("127.0.0.1:0".parse().expect("an address")),
            sandbox: Some(plan.sandbox),
            invalid_tx_code: Some(plan.invalid_tx_code),
            metrics_listen: Some("127.0.0.1:0".parse().expect("an address")),
            ..Given::default()
        };
        (plan.settings)(&mut given);
        let gate = Arc::new(Gate::new(Arc::clone(&clock)));
        let surroundings = surroundings(&gate);
        let account = app::init(&given, None, "dyrektor", &surroundings).await.expect("a set-up issuer");
        let running = start(&given, &surroundings).await;
        let listen = running.settings().listen();
        let base = running.settings().issuer().as_str().to_owned();
        let office = Office::new(&base, account.api_token.expose());
        let school = office.school(990_001, "Szkoła Podstawowa na Próbę", plan.preset, plan.overrides).await;
        let transcript = Transcript::default();
        let http = HttpTransport::new(&HttpOptions::default()).expect("a transport");
        let recorder = Recorder::new(Arc::new(http), transcript.clone());
        Self {
            clock,
            gate,
            office,
            transcript,
            given: Given { listen: Some(listen), ..given },
            issuer: Mutex::new(Some(running)),
            base,
            school,
            folder,
            network: Arc::new(Network::new(Arc::new(recorder))),
            pupils: AtomicU16::new(1),
            phones: AtomicU16::new(0),
        }
    }

    /// The issuer's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The issuer's decisions and the books behind them, for who wants to look into these.
    pub fn issuance(&self) -> Issuance {
        let issuer = self.issuer.lock().unwrap_or_else(PoisonError::into_inner);
        issuer.as_ref().expect("an issuer that runs").issuance().clone()
    }

    /// The file of the embedded database, for who wants to look into it or to fill it; there is none on PostgreSQL.
    pub fn database_file(&self) -> PathBuf {
        self.folder.path().join("issuer").join("issuer.db")
    }

    /// The school's id.
    pub fn school(&self) -> &str {
        &self.school
    }

    /// Sets the clock of everybody, forwards or backwards. RFC 3339.
    ///
    /// # Panics
    /// When it is no instant.
    pub fn at(&self, instant: &str) {
        self.clock.set(instant.parse().expect("an instant"));
    }

    /// What everybody's clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next pupil with application, photo and base card.
    pub async fn pupil(&self) -> ReadyPupil {
        let n = self.pupils.fetch_add(1, Ordering::Relaxed);
        self.office.ready_pupil(&self.school, n, CARD_DAYS).await
    }

    /// A slip for a new pupil.
    pub async fn slip_for_a_pupil(&self) -> Slip {
        let pupil = self.pupil().await;
        self.slip_for(&pupil).await
    }

    /// A slip for a pupil, on a new order.
    pub async fn slip_for(&self, pupil: &ReadyPupil) -> Slip {
        self.office.slip(&self.office.order(&pupil.id).await).await
    }

    /// The codes of a slip for a new pupil, without pictures: drawing and reading these takes longest of all.
    pub async fn codes(&self) -> Slip {
        let pupil = self.pupil().await;
        self.codes_for(&pupil).await
    }

    /// The codes of a slip for a pupil, on a new order, without pictures.
    pub async fn codes_for(&self, pupil: &ReadyPupil) -> Slip {
        self.office.codes(&self.office.order(&pupil.id).await).await
    }

    /// The issuer's identifier.
    pub fn issuer(&self) -> IssuerUrl {
        IssuerUrl::parse(&self.base, UrlPolicy::default()).expect("an issuer")
    }

    /// What the issuer publishes at `path`.
    pub async fn fetch(&self, path: &str) -> Vec<u8> {
        let answer = crate::http::get(format!("{}{path}", self.base)).await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.expect("a body").to_vec()
    }

    /// What Prometheus would be told.
    pub async fn metrics(&self) -> String {
        let issuer = self
            .issuer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|running| running.metrics_address().expect("an address for figures"));
        let address = issuer.expect("an issuer that runs");
        let answer = crate::http::get(format!("http://{address}/metrics")).await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], issuer::metrics::CONTENT_TYPE);
        answer.text().await.expect("a text")
    }

    /// Starts an issuer with other settings, which should name the same address; the one that ran is killed.
    pub async fn start_issuer_as(&self, given: Given) {
        self.kill_issuer();
        let running = start(&given, &surroundings(&self.gate)).await;
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).replace(running);
    }

    /// What the issuer is made of besides its settings: this world's clock.
    pub fn surroundings(&self) -> Surroundings {
        surroundings(&self.gate)
    }

    /// The issuer that runs, taken out of this world: whoever stops it politely sees how that goes.
    pub fn take_issuer(&self) -> Running {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).take().expect("an issuer that runs")
    }

    /// How the issuer was set up.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// The revocation list as it stands, signature checked.
    pub async fn revocation_list(&self) -> VerifiedCrl {
        let authority = CaCertificate::parse(&self.fetch("/pki/ca/issuing.cer").await).expect("an authority");
        let list = UnverifiedCrl::parse(&self.fetch("/pki/crl/issuing.crl").await).expect("a list");
        list.verify(&authority).expect("a list of this authority")
    }

    /// The next request to an address that ends with `path` is worked off, but its answer is lost.
    pub fn lose_reply(&self, path: &str) {
        self.network.lose_reply(path);
    }

    /// The next request to an address that ends with `path` never leaves the phone.
    pub fn lose_request(&self, path: &str) {
        self.network.lose_request(path);
    }

    /// Stops the issuer as a power cut would.
    pub fn kill_issuer(&self) {
        self.gate.end_all();
        if let Some(running) = self.issuer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            running.kill();
        }
    }

    /// Starts it again, on the same address and data.
    pub async fn restart_issuer(&self) {
        self.kill_issuer();
        let running = start(&self.given, &surroundings(&self.gate)).await;
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).replace(running);
    }
}

impl World {
    /// How many requests the phones have sent to addresses that end with `path`.
    pub fn asked(&self, path: &str) -> usize {
        self.transcript.exchanges().iter().filter(|exchange| exchange.url.ends_with(path)).count()
    }

    /// What a failed test leaves behind: the clock and every exchange, secrets masked.
    pub fn account(&self) -> String {
        let mut account = format!("the clock stood at {}\n", self.clock.now());
        for Exchanged { method, url, sent, status, failure, received, took_ms } in self.transcript.exchanges()
        {
            let outcome =
                status.map_or_else(|| failure.unwrap_or("?").to_owned(), |status| status.to_string());
            account += &format!("{method} {url} {outcome} ({took_ms} ms)\n");
            for (arrow, body) in [("  > ", sent), ("  < ", received)] {
                let body = body.unwrap_or_default();
                account.extend(body.lines().take(SHOWN_LINES).map(|line| format!("{arrow}{line}\n")));
            }
        }
        account
    }
}

/// How much of each body [`World::account`] shows.
const SHOWN_LINES: usize = 30;

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.account());
        }
        self.kill_issuer();
    }
}

fn surroundings(gate: &Arc<Gate>) -> Surroundings {
    Surroundings { clock: Arc::clone(gate) as Arc<dyn Clock>, entropy: Arc::new(SystemEntropy) }
}

/// The address of a killed issuer may be taken for a moment yet.
async fn start(given: &Given, surroundings: &Surroundings) -> Running {
    for _ in 0..100 {
        match App::open(given, surroundings).await {
            Ok(app) => return app.start().expect("a listening issuer"),
            Err(app::AppError::Bind(..)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("the issuer does not start: {error}"),
        }
    }
    panic!("the issuer's address stays taken");
}

/// TLS clients ask for a provider even where they speak plain http.
pub fn crypto_provider() {
    // A second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// An instant, for tests that compare.
pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
