//! Everything on the demo's desk: an issuer in its sandbox, the office, phones, and a folder for all of it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use issuer::app::{self, App, Running, Surroundings, SystemEntropy};
use issuer::config::Given;
use issuer::issuance::Issuance;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::secret::Secret;
use shared::validity::{SchoolTerm, default_last_day, warsaw_date};
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use wallet::acquire::activation::Activated;
use wallet::acquire::event::Unobserved;
use wallet::acquire::refusal::ActivateError;
use wallet::acquire::scan;
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::online::{OnlinePhone, Surroundings as PhoneSurroundings};
use wallet::phone::{Parts, UnlockedPhone};
use wallet::pin::{NewPin, PinCost};
use wallet::transport::Transport;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::trust::RootCertificate;

use crate::office::Office;
use crate::world::crypto_provider;

/// How the demo is played.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where keys, database, phones and pictures go.
    pub folder: PathBuf,
    /// Where the issuer listens; any free port if this one is taken.
    pub listen: SocketAddr,
}

/// The desk.
pub struct Desk {
    /// The office, signed in by the first account's token.
    pub office: Office,
    /// That token.
    pub api_token: Secret,
    folder: PathBuf,
    issuer: Running,
    http: reqwest::Client,
    seeded: Value,
    phones: AtomicU32,
}

impl Desk {
    /// Sets an issuer up in an empty folder and starts it.
    pub(super) async fn set_up(options: &Options) -> Self {
        crypto_provider();
        let listen = if TcpListener::bind(options.listen).is_ok() {
            options.listen
        } else {
            SocketAddr::new(options.listen.ip(), 0)
        };
        let given = Given {
            data: Some(options.folder.join("issuer")),
            listen: Some(listen),
            sandbox: Some(true),
            ..Given::default()
        };
        let surroundings = Surroundings::system();
        let account = app::init(&given, None, "dyrektor", &surroundings).await.expect("a set-up issuer");
        let issuer = App::open(&given, &surroundings).await.and_then(App::start).expect("a listening issuer");
        let base = issuer.settings().issuer().as_str().to_owned();
        Self {
            office: Office::new(&base, account.api_token.expose()),
            api_token: account.api_token,
            folder: options.folder.clone(),
            issuer,
            http: crate::http::client(),
            seeded: Value::Null,
            phones: AtomicU32::new(1),
        }
    }

    /// Keeps what the sandbox says of the demo schools.
    pub(super) fn keep_seeded(&mut self, seeded: Value) {
        self.seeded = seeded;
    }

    /// What the sandbox said of the demo schools.
    pub fn seeded(&self) -> &Value {
        &self.seeded
    }

    /// The issuer's address.
    pub fn base(&self) -> &str {
        self.issuer.settings().issuer().as_str()
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until the issuer has been stopped.
    pub(super) async fn closed(self) {
        let stopper = self.issuer.stopper();
        tokio::spawn(async move {
            let _ = tokio::signal::ctrl_c().await;
            stopper.stop();
        });
        self.issuer.finished().await.expect("an orderly end");
    }

    /// The decisions behind the pages, for what no program may ask for.
    pub(super) fn issuance(&self) -> &Issuance {
        self.issuer.issuance()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.issuer.issuance().now()
    }

    /// The clock of issuer and phones.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.issuer.issuance().clock)
    }

    pub(super) fn today(&self) -> Date {
        warsaw_date(self.now())
    }

    /// First and last day of a card that is issued today.
    pub(super) fn card_days(&self) -> (String, String) {
        let today = self.today();
        (today.to_string(), default_last_day(today, SchoolTerm::Yearly).to_string())
    }

    /// `POST /sandbox/…`
    pub(super) async fn sandbox(&self, path: &str, body: Value) -> Value {
        let response = self.http.post(format!("{}/sandbox/{path}", self.base())).json(&body).send().await;
        let response = response.expect("an answer of the sandbox");
        assert!(response.status().is_success(), "sandbox {path}: {}", response.status());
        response.json().await.unwrap_or(Value::Null)
    }

    /// Moves the clock of issuer and phones forward to an instant.
    pub(super) async fn move_clock(&self, to: Timestamp) {
        self.sandbox("clock", json!({ "now": to })).await;
    }

    /// What people were told.
    pub(super) async fn notices(&self) -> Vec<Value> {
        let response =
            self.http.get(format!("{}/sandbox/mail", self.base())).send().await.expect("an answer");
        response.json().await.expect("a list")
    }

    /// The root certificate, which a phone must be told to trust.
    pub(super) async fn root(&self) -> RootCertificate {
        let response =
            self.http.get(format!("{}/pki/ca/root.pem", self.base())).send().await.expect("an answer");
        RootCertificate::parse(&response.bytes().await.expect("the root")).expect("a root")
    }

    /// A phone with the wallet on it: PIN set, terms agreed to, issuer trusted.
    pub(super) async fn phone(&self, name: &str, platform: Platform, os: &str) -> DemoPhone {
        let network = HttpTransport::new(&HttpOptions::default()).expect("a transport");
        self.phone_on(Arc::new(network), name, platform, os).await
    }

    /// The same on a network of its own.
    pub(super) async fn phone_on(
        &self,
        network: Arc<dyn Transport>,
        name: &str,
        platform: Platform,
        os: &str,
    ) -> DemoPhone {
        let description = DeviceDescription {
            name: DeviceName::parse(name).expect("a device name"),
            platform,
            os_version: Version::parse(os).expect("a version"),
            app_version: Version::parse("1.0.0").expect("a version"),
        };
        let pin = NewPin::parse("271828").expect("a PIN");
        // Two people may call their phones alike.
        let home = self.folder.join("phones").join(format!(
            "{}-{}",
            self.phones.fetch_add(1, SeqCst),
            name.replace(' ', "-")
        ));
        // The demo's PIN protects nobody, so checking it may be quick.
        let parts = Parts::with_pin_cost(Arc::new(SystemEntropy), PinCost::FOR_TESTS);
        let phone = UnlockedPhone::create(&home, &description, &pin, self.now(), parts).expect("a new phone");
        let surroundings = PhoneSurroundings::new(self.clock(), Arc::new(SystemEntropy), network);
        let online = OnlinePhone::new(phone, surroundings);
        online.accept_terms().await.expect("terms agreed to");
        let issuer = IssuerUrl::parse(self.base(), UrlPolicy::default()).expect("an issuer");
        online.trust_root(&self.root().await, &[issuer]).await.expect("trust");
        DemoPhone { online }
    }
}

/// A phone of the demo.
pub(super) struct DemoPhone {
    pub(super) online: OnlinePhone,
}

impl DemoPhone {
    /// Reads a picture and follows what is in it.
    pub(super) async fn activate(
        &self,
        picture: &[u8],
        code: Option<&str>,
    ) -> Result<Activated, ActivateError> {
        let offer = scan::offer(picture).expect("a readable picture");
        let opened = self.online.open_offer(offer, &Unobserved).await?;
        self.online.activate(&opened, code.map(Secret::new).as_ref(), &Unobserved).await
    }

    /// Whether a card is shown as valid now.
    pub(super) async fn shows_valid(&self, card: &wallet::documents::CardId) -> bool {
        let shown = self.online.show(card).await.expect("the store").expect("the card");
        shown.standing.is_valid()
    }

    /// The last second of a card.
    pub(super) async fn last_second(&self, card: &wallet::documents::CardId) -> Timestamp {
        let shown = self.online.show(card).await.expect("the store").expect("the card");
        shown.card.certificate().not_after()
    }

    /// Asks the issuer about a card and says what became of it.
    pub(super) async fn refresh(&self, card: &wallet::documents::CardId) -> &'static str {
        self.online.refresh(card, &Unobserved).await.expect("a refresh").outcome.reason()
    }
}
