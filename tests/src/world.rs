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

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use issuer::app::{self, App, Running, Surroundings, SystemEntropy};
use issuer::config::Given;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::secret::Secret;
use shared::typed_code::TypedCode;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use tempfile::TempDir;
use wallet::acquire::activation::Activated;
use wallet::acquire::event::Unobserved;
use wallet::acquire::offer::OfferSource;
use wallet::acquire::refusal::ActivateError;
use wallet::acquire::scan;
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::documents::CardId;
use wallet::online::{OnlinePhone, Patience, Surroundings as PhoneSurroundings};
use wallet::phone::{LockedPhone, Parts, UnlockedPhone};
use wallet::pin::{NewPin, Pin, PinCost};
use wallet::refresh::{RefreshError, Refreshed};
use wallet::standing::Standing;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::transport::transcript::{Recorder, Transcript};
use wallet::transport::{Request, Response, Transport, TransportError};
use wallet::trust::RootCertificate;

use crate::office::{Office, ReadyPupil, Slip};
use crate::postgres;

/// The instant at which every world begins: a Saturday evening in November.
pub const BEGINNING: &str = "2026-11-21T19:30:00+01:00";
/// The base cards of `ready_pupil` run from the first to the second day.
pub const CARD_DAYS: (&str, &str) = ("2026-09-01", "2027-09-30");
/// Every phone's PIN.
pub const PIN: &str = "271828";

/// A world; see the module.
pub struct World {
    /// The clock of issuer and phones.
    pub clock: Arc<ManualClock>,
    /// The school's office.
    pub office: Office,
    /// What the phones have exchanged, secrets masked.
    pub transcript: Transcript,
    given: Given,
    issuer: Mutex<Option<Running>>,
    base: String,
    school: String,
    folder: TempDir,
    transport: Arc<Unreliable>,
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
}

impl Plan {
    /// A plan on SQLite without changes.
    pub fn of(preset: &'static str) -> Self {
        Self { preset, overrides: json!({}), database: None, sandbox: false, invalid_tx_code: false }
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
        let clock = Arc::new(ManualClock::new(BEGINNING.parse().expect("an instant")));
        let given = Given {
            data: Some(folder.path().join("issuer")),
            database: plan.database.clone(),
            listen: Some("127.0.0.1:0".parse().expect("an address")),
            sandbox: Some(plan.sandbox),
            invalid_tx_code: Some(plan.invalid_tx_code),
            ..Given::default()
        };
        let surroundings = surroundings(&clock);
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
            office,
            transcript,
            given: Given { listen: Some(listen), ..given },
            issuer: Mutex::new(Some(running)),
            base,
            school,
            folder,
            transport: Arc::new(Unreliable { inner: recorder, faults: Mutex::default() }),
            pupils: AtomicU16::new(1),
            phones: AtomicU16::new(0),
        }
    }

    /// The issuer's address.
    pub fn base(&self) -> &str {
        &self.base
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

    /// A new Android phone that trusts the issuer and has agreed to the terms.
    pub async fn phone(&self, name: &str) -> Phone {
        self.phone_like(name, Platform::Android, "14", "1.0.0").await
    }

    /// A new phone of a platform and version.
    pub async fn phone_like(&self, name: &str, platform: Platform, os: &str, app: &str) -> Phone {
        let phone = self.stranger(name, platform, os, app).await;
        let root = reqwest::get(format!("{}/pki/ca/root.pem", self.base)).await.expect("the root");
        let root = RootCertificate::parse(&root.bytes().await.expect("the root")).expect("a root");
        let issuer = IssuerUrl::parse(&self.base, UrlPolicy::default()).expect("an issuer");
        phone.online.trust_root(&root, &[issuer]).await.expect("trust");
        phone
    }

    /// A new phone that trusts nobody yet.
    pub async fn stranger(&self, name: &str, platform: Platform, os: &str, app: &str) -> Phone {
        let n = self.phones.fetch_add(1, Ordering::Relaxed);
        let home = self.folder.path().join(format!("phone-{n}"));
        let description = DeviceDescription {
            name: DeviceName::parse(name).expect("a device name"),
            platform,
            os_version: Version::parse(os).expect("a version"),
            app_version: Version::parse(app).expect("a version"),
        };
        let pin = NewPin::parse(PIN).expect("a PIN");
        let now = self.clock.now();
        let unlocked = UnlockedPhone::create(&home, &description, &pin, now, parts()).expect("a new phone");
        let online = OnlinePhone::new(unlocked, self.phone_surroundings());
        online.accept_terms().await.expect("the terms");
        Phone { online, home, base: self.base.clone() }
    }

    /// Opens a phone's folder again, as after a restart of the phone.
    pub async fn reopen(&self, home: &Path) -> Phone {
        let locked = LockedPhone::open(home, parts()).expect("a phone");
        let pin = Pin::parse(PIN).expect("a PIN");
        let unlocked = OnlinePhone::unlock(locked, pin, self.clock.now(), self.phone_surroundings()).await;
        let online = unlocked.map_err(|locked| locked.refusal).expect("the right PIN");
        Phone { online, home: home.to_owned(), base: self.base.clone() }
    }

    /// What phones of this world are given.
    pub fn phone_surroundings(&self) -> PhoneSurroundings {
        let transport = Arc::clone(&self.transport) as Arc<dyn Transport>;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let surroundings = PhoneSurroundings::new(clock, Arc::new(SystemEntropy), transport);
        PhoneSurroundings { patience: Patience::NONE, ..surroundings }
    }

    /// The next request to an address that ends with `path` is worked off, but its answer is lost.
    pub fn lose_reply(&self, path: &str) {
        self.fault(path, Fate::ReplyLost);
    }

    /// The next request to an address that ends with `path` never leaves the phone.
    pub fn lose_request(&self, path: &str) {
        self.fault(path, Fate::RequestLost);
    }

    fn fault(&self, path: &str, fate: Fate) {
        let mut faults = self.transport.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push((path.to_owned(), fate));
    }

    /// Stops the issuer as a power cut would.
    pub fn kill_issuer(&self) {
        if let Some(running) = self.issuer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            running.kill();
        }
    }

    /// Starts it again, on the same address and data.
    pub async fn restart_issuer(&self) {
        self.kill_issuer();
        let running = start(&self.given, &surroundings(&self.clock)).await;
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).replace(running);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the clock stood at {}", self.clock.now());
            for exchange in self.transcript.exchanges() {
                eprintln!("{exchange:#?}");
            }
        }
        self.kill_issuer();
    }
}

fn surroundings(clock: &Arc<ManualClock>) -> Surroundings {
    Surroundings { clock: Arc::clone(clock) as Arc<dyn Clock>, entropy: Arc::new(SystemEntropy) }
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

/// What phones are made of: the usual, but a PIN that is quick to check.
pub fn parts() -> Parts {
    Parts::with_pin_cost(Arc::new(SystemEntropy), PinCost::FOR_TESTS)
}

/// TLS clients ask for a provider even where they speak plain http.
pub fn crypto_provider() {
    // A second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A phone of a world.
pub struct Phone {
    /// The phone, unlocked and online.
    pub online: OnlinePhone,
    /// Its folder.
    pub home: PathBuf,
    base: String,
}

impl Phone {
    /// Reads the picture of the slip's QR code and activates with the code beside it.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate(&self, slip: &Slip) -> Result<Activated, ActivateError> {
        let offer = scan::offer(&slip.qr_png).expect("a readable slip");
        self.follow(offer, slip.activation_code.as_deref()).await
    }

    /// The same with another activation code.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate_with(&self, slip: &Slip, code: &str) -> Result<Activated, ActivateError> {
        self.follow(OfferSource::from_text(&slip.offer_uri).expect("an offer"), Some(code)).await
    }

    /// Types the fallback instead of scanning.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate_typed(&self, slip: &Slip) -> Result<Activated, ActivateError> {
        let code = TypedCode::parse(&slip.typed_code).expect("a typed code");
        let issuer = IssuerUrl::parse(&self.base, UrlPolicy::default()).expect("an issuer");
        self.follow(OfferSource::typed(code, issuer), slip.activation_code.as_deref()).await
    }

    /// Follows an offer, whatever it came from.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn follow(&self, offer: OfferSource, code: Option<&str>) -> Result<Activated, ActivateError> {
        let opened = self.online.open_offer(offer, &Unobserved).await?;
        let code = code.map(Secret::new);
        self.online.activate(&opened, code.as_ref(), &Unobserved).await
    }

    /// Asks the issuer about a card.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn refresh(&self, card: &CardId) -> Result<Refreshed, RefreshError> {
        self.online.refresh(card, &Unobserved).await
    }

    /// How a card stands now.
    ///
    /// # Panics
    /// When the phone does not hold it.
    pub async fn standing(&self, card: &CardId) -> Standing {
        self.online.show(card).await.expect("the store").expect("the card").standing
    }

    /// How many cards it holds.
    pub async fn cards(&self) -> usize {
        self.online.cards().await.expect("the store").len()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    RequestLost,
    ReplyLost,
}

/// A network that fails when it is told to.
struct Unreliable {
    inner: Recorder,
    faults: Mutex<Vec<(String, Fate)>>,
}

#[async_trait]
impl Transport for Unreliable {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fate = {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            let at = faults.iter().position(|(path, _)| request.url.path().ends_with(path));
            at.map(|at| faults.remove(at).1)
        };
        match fate {
            None => self.inner.send(request).await,
            Some(Fate::RequestLost) => Err(TransportError::Unreachable),
            Some(Fate::ReplyLost) => {
                self.inner.send(request).await?;
                Err(TransportError::Interrupted)
            }
        }
    }
}

/// An instant, for tests that compare.
pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
