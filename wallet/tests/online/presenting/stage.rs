//! A verifier that listens, an authority that has signed a card in several copies, and a phone that holds them.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rcgen::KeyPair;
use serde_json::{Map, Value, json};
use shared::clock::{Clock, ManualClock};
use shared::entropy::Entropy;
use shared::jose::jwk::PublicJwk;
use shared::sd_jwt::{ClaimPath, SaltSeed, Unsigned};
use shared::secret::Secret;
use shared::status::token::{StatusTokenFields, signing_input};
use shared::status::{StatusList, StatusReference};
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use shared::vp::request::object::{RequestObjectError, RequestSigner};
use shared::x509::chain::TrustAnchor;
use shared::x509::signer::SignerPurpose;
use tempfile::TempDir;
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::documents::{
    ArrivedCopy, CardIdentity, CardState, CopyOffer, Endpoints, HeldCard, Issuer, KeptBytes, TrustedRoot,
};
use wallet::online::{OnlinePhone, Surroundings};
use wallet::phone::{Parts, UnlockedPhone};
use wallet::pin::{NewPin, PinCost};
use wallet::present::{AskedFor, PresentError, RequestSource};
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::transport::{Request, Response, Transport, TransportError};
use wallet::verify::offline::Inspector;
use wallet::verify::online::lists::FetchedLists;
use wallet::verify::online::{
    Asked, Checkpoint, CheckpointConfig, IdentifiedBy, Question, SessionState, VerifierIdentity, router,
};

use crate::authority::Authority;
use crate::phone::{CountedEntropy, at};

const SD_JWT: &str = "mlegitymacja_sd_jwt";
pub(super) const VCT: &str = "https://issuer.example/credentials/mlegitymacja/1";
pub(super) const NAME: &str = "Gęślą-Jaźń";
pub(super) const PESEL: &str = "08312112303";
pub(super) const STREET: &str = "ul. Długa 1";
pub(super) const PICTURE: &str = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD";

/// How a verifier is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Address,
    Dns,
    Hash,
}

pub(super) const KINDS: [Kind; 3] = [Kind::Address, Kind::Dns, Kind::Hash];
pub(super) const MODES: [ResponseMode; 2] = [ResponseMode::DirectPost, ResponseMode::DirectPostJwt];

/// Everything that left the phone, in the clear of HTTP.
#[derive(Clone, Default)]
pub(super) struct Wire(Arc<Mutex<Vec<Sent>>>);

/// What was sent to a path.
struct Sent {
    to: String,
    body: Option<String>,
    accept: &'static str,
}

impl Wire {
    /// The bodies that were posted to a path that begins so.
    pub(super) fn posted(&self, path: &str) -> Vec<String> {
        let sent = self.0.lock().unwrap();
        sent.iter().filter(|sent| sent.to.starts_with(path)).filter_map(|sent| sent.body.clone()).collect()
    }

    /// Where something went, and how often.
    pub(super) fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|sent| sent.to.clone()).collect()
    }

    /// What was said to be accepted of a path that begins so.
    pub(super) fn accepted(&self, path: &str) -> Vec<&'static str> {
        let sent = self.0.lock().unwrap();
        sent.iter().filter(|sent| sent.to.starts_with(path)).map(|sent| sent.accept).collect()
    }
}

struct Tapped {
    inner: HttpTransport,
    wire: Wire,
}

#[async_trait]
impl Transport for Tapped {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let body = request.body.as_ref().map(|body| body.text.expose().to_owned());
        let to = request.url[url::Position::BeforePath..].to_owned();
        self.wire.0.lock().unwrap().push(Sent { to, body, accept: request.accept });
        self.inner.send(request).await
    }
}

/// A key with its chain, as a test signs with it.
pub(super) struct Certified {
    pub(super) key: SigningKey,
    pub(super) x5c: Vec<Vec<u8>>,
    pair: KeyPair,
}

impl Certified {
    pub(super) fn new((pair, x5c): (KeyPair, Vec<Vec<u8>>)) -> Self {
        let key = SigningKey::from_pkcs8_der(pair.serialized_der()).unwrap();
        Self { key, x5c, pair }
    }

    pub(super) fn signature(&self, bytes: &[u8]) -> [u8; 64] {
        signature(&self.key, bytes)
    }

    fn chain_pem(&self) -> String {
        let block = |der: &Vec<u8>| {
            let text = base64::prelude::BASE64_STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        self.x5c.iter().map(block).collect()
    }
}

impl RequestSigner for Certified {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], RequestObjectError> {
        Ok(self.signature(message))
    }

    fn x5c(&self) -> &[Vec<u8>] {
        &self.x5c
    }
}

pub(super) fn signature(key: &SigningKey, bytes: &[u8]) -> [u8; 64] {
    let signature: Signature = key.sign(bytes);
    signature.to_bytes().into()
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What the other endpoints of the stage hand out.
#[derive(Clone)]
struct Offstage {
    /// The places on the status list that are turned.
    revoked: Arc<Mutex<Vec<u32>>>,
    /// Whether the lists are out of reach.
    down: Arc<AtomicBool>,
    /// What a rogue verifier serves.
    rogue: Arc<Mutex<String>>,
    signer: Arc<Certified>,
    /// The clock by which the lists are dated.
    clock: Arc<ManualClock>,
    uri: String,
}

/// What an inspector's device believes, under an authority.
pub(super) type Device = Box<dyn Fn(&Authority) -> Inspector>;

pub(super) struct Stage {
    pub(super) clock: Arc<ManualClock>,
    pub(super) entropy: Arc<CountedEntropy>,
    pub(super) authority: Authority,
    pub(super) verifier_key: Certified,
    pub(super) checkpoint: Arc<Checkpoint>,
    pub(super) base: HttpUrl,
    pub(super) phone: OnlinePhone,
    pub(super) wire: Wire,
    issuer: Certified,
    offstage: Offstage,
    _home: TempDir,
}

impl Stage {
    /// A verifier of this kind, and a phone that trusts the root above both and holds three copies of a card.
    pub(super) async fn new(kind: Kind) -> Self {
        Self::with_copies(kind, 3).await
    }

    pub(super) async fn with_copies(kind: Kind, copies: u32) -> Self {
        Self::set(kind, copies, None).await
    }

    /// The same with the verifier on an inspector's device.
    pub(super) async fn on_device(kind: Kind, device: Device) -> Self {
        Self::set(kind, 3, Some(device)).await
    }

    async fn set(kind: Kind, copies: u32, device: Option<Device>) -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-11-22T08:00:00Z")));
        let entropy: Arc<CountedEntropy> = Arc::default();
        let authority = Authority::new("Szkoła", "http://pki.example");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let base = HttpUrl::parse(&format!("http://localhost:{port}/v"), UrlPolicy::default()).unwrap();
        let verifier_key = Certified::new(authority.verifier("Kino Muza", "localhost"));
        let by = |by| {
            let key = verifier_key.pair.serialize_pem();
            VerifierIdentity::from_pem("Muza", &key, &verifier_key.chain_pem(), by).unwrap()
        };
        let identity = match kind {
            Kind::Address => VerifierIdentity::unsigned("Muza"),
            Kind::Dns => by(IdentifiedBy::DnsName),
            Kind::Hash => by(IdentifiedBy::Hash),
        };
        let anchors = vec![TrustAnchor::from_der(&authority.root_der).unwrap()];
        let config = CheckpointConfig { base: base.clone(), identity, anchors, open_rendezvous: true };
        let http = HttpTransport::new(&HttpOptions::default()).unwrap();
        let checkpoint = Checkpoint::new(config, clock.clone(), entropy.clone(), Arc::new(http.clone()));
        let checkpoint = Arc::new(match device {
            Some(device) => checkpoint.on_device(&device(&authority)),
            None => checkpoint,
        });
        let offstage = Offstage {
            revoked: Arc::default(),
            down: Arc::default(),
            rogue: Arc::default(),
            signer: Arc::new(Certified::new(authority.signer(SignerPurpose::StatusList))),
            clock: Arc::new(ManualClock::new(clock.now())),
            uri: format!("http://localhost:{port}/pki/status/1"),
        };
        let app = Router::new()
            .route("/pki/status/1", get(status_list))
            .route(
                "/rogue",
                get(|State(stage): State<Offstage>| async move { stage.rogue.lock().unwrap().clone() }),
            )
            .with_state(offstage.clone())
            .nest("/v", router(checkpoint.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });

        let home = tempfile::tempdir().unwrap();
        let wire = Wire::default();
        let phone =
            phone(home.path(), &clock, &entropy, Arc::new(Tapped { inner: http, wire: wire.clone() }));
        let issuer = Certified::new(authority.signer(SignerPurpose::SdJwt));
        let root = TrustedRoot {
            name: "Szkoła".to_owned(),
            certificate: KeptBytes::from(authority.root_der.clone()),
            added_at: clock.now(),
        };
        phone.phone().documents().trust(&root).unwrap();
        let stage = Self {
            clock,
            entropy,
            authority,
            verifier_key,
            checkpoint,
            base,
            phone,
            wire,
            issuer,
            offstage,
            _home: home,
        };
        stage.give_card(copies);
        stage
    }

    /// The phone gets a card in so many copies; copy `n` has place `n` on the status list.
    fn give_card(&self, copies: u32) {
        let element = self.phone.phone().element();
        let key = element.generate_key(&*self.entropy).unwrap();
        let url = |path: &str| format!("https://issuer.example/{path}").parse().unwrap();
        let card = HeldCard {
            identity: CardIdentity::new("1/2026/77"),
            issuer: Issuer { identifier: "https://issuer.example".to_owned(), name: "SP 12".to_owned() },
            endpoints: Endpoints {
                token: url("token"),
                credential: url("credential"),
                nonce: None,
                notification: None,
            },
            configuration: "mlegitymacja_x509".to_owned(),
            copies: vec![CopyOffer {
                configuration: SD_JWT.to_owned(),
                format: "dc+sd-jwt".to_owned(),
                batch: 10,
            }],
            key,
            x5c: Vec::new(),
            card_data: KeptBytes::from(Vec::new()),
            notification_id: None,
            refresh_token: None,
            acquired_at: self.clock.now(),
            last_refresh: None,
            state: CardState::Valid,
        };
        let phone = self.phone.phone();
        let id = phone.insert_card(&card, None, self.clock.now()).unwrap();
        let begun = phone.begin_copies(&id, SD_JWT, copies as usize).unwrap();
        let arrived = begun.into_iter().zip(0..).map(|((id, key), place)| {
            let public = PublicJwk::from_sec1(&phone.element().public_key(&key).unwrap()).unwrap();
            let credential = self.issue(&public, place, |_| {});
            ArrivedCopy { id, credential, expires_at: at("2027-03-01T00:00:00Z") }
        });
        phone.keep_copies(&arrived.collect::<Vec<_>>(), self.clock.now()).unwrap();
    }

    /// An SD-JWT as an issuer makes it, for the holder of `key`, with an edit before it is signed.
    pub(super) fn issue(
        &self,
        key: &PublicJwk,
        place: u32,
        edit: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        self.issue_by(&self.issuer, key, place, edit)
    }

    pub(super) fn issue_by(
        &self,
        issuer: &Certified,
        key: &PublicJwk,
        place: u32,
        edit: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let claims = json!({
            "vct": VCT, "nbf": at("2026-09-01T00:00:00Z").as_second(), "exp": at("2027-03-01T00:00:00Z").as_second(),
            "cnf": {"jwk": key}, "status": {"status_list": {"idx": place, "uri": self.offstage.uri}},
            "given_name": "Zofia", "family_name": NAME, "birthdate": "2008-11-21", "picture": PICTURE,
            "personal_administrative_number": PESEL,
            "address": {"street_address": STREET, "postal_code": "00-001", "locality": "Warszawa", "country": "PL"},
            "age_equal_or_over": {"13": true, "15": true, "16": true, "18": true, "24": false, "26": false},
            "pupil_status": "uczeń", "card_number": "77/2026", "date_of_issuance": "2026-09-01",
            "date_of_expiry": "2027-09-30", "school_name": "SP 12", "school_address": "ul. Szkolna 2", "school_rspo": "12345",
        });
        let mut claims = claims.as_object().unwrap().clone();
        edit(&mut claims);
        let ages =
            ["13", "15", "16", "18", "24", "26"].map(|age| ClaimPath::of("age_equal_or_over").member(age));
        let open = ["vct", "nbf", "exp", "cnf", "status", "age_equal_or_over"];
        let plain =
            claims.keys().filter(|name| !open.contains(&name.as_str())).map(|name| ClaimPath::of(name));
        let hidden: Vec<ClaimPath> = plain.chain(ages).collect();
        let seed = SaltSeed::new((&*self.entropy as &dyn Entropy).bytes());
        let unsigned = Unsigned::new(claims, &hidden, |path| seed.salt(path)).unwrap();
        let signed = unsigned.sign(&issuer.x5c, |bytes| Ok::<_, Infallible>(issuer.signature(bytes)));
        signed.unwrap().to_text()
    }

    pub(super) fn question(preset: Preset, mode: ResponseMode) -> Question {
        Question {
            response_mode: mode,
            purpose: Some("Bilet ulgowy".to_owned()),
            ..Question::new(preset.query(&[VCT]))
        }
    }

    pub(super) fn ask(&self, preset: Preset, mode: ResponseMode) -> Asked {
        self.checkpoint.ask(Self::question(preset, mode)).unwrap()
    }

    /// The phone reads a link.
    pub(super) async fn read(&self, link: &str) -> Result<AskedFor, PresentError> {
        self.phone.read_request(RequestSource::from_text(link)?).await
    }

    pub(super) async fn read_asked(&self, asked: &Asked) -> AskedFor {
        self.read(asked.link.expose()).await.unwrap()
    }

    pub(super) fn state(&self, asked: &Asked) -> SessionState {
        self.checkpoint.state(&asked.id, None).unwrap()
    }

    pub(super) fn state_with(&self, asked: &Asked, code: &str) -> SessionState {
        self.checkpoint.state(&asked.id, Some(&Secret::new(code))).unwrap()
    }

    /// A rogue verifier serves this from now on; the link to it, under a client identifier.
    pub(super) fn rogue(&self, client_id: &str, object: &str) -> String {
        object.clone_into(&mut self.offstage.rogue.lock().unwrap());
        let address = format!("http://localhost:{}/rogue", self.base.as_url().port().unwrap());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", client_id).append_pair("request_uri", &address);
        format!("openid4vp://?{}", query.finish())
    }

    pub(super) fn revoke(&self, place: u32) {
        self.offstage.revoked.lock().unwrap().push(place);
    }

    pub(super) fn take_lists_down(&self, down: bool) {
        self.offstage.down.store(down, Ordering::SeqCst);
    }

    pub(super) fn later(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.lists_are_ahead(seconds);
    }

    /// Whoever dates the lists has a clock that is ahead of everybody's by so many seconds more.
    pub(super) fn lists_are_ahead(&self, seconds: i64) {
        self.offstage.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// A verifier's lists, none yet; where copies stand on them; and what it fetches.
    pub(super) fn lists(&self) -> (FetchedLists, StatusReference, Wire) {
        let (inner, wire) = (HttpTransport::new(&HttpOptions::default()).unwrap(), Wire::default());
        let lists = FetchedLists::new(Arc::new(Tapped { inner, wire: wire.clone() }));
        (lists, StatusReference { idx: 0, uri: self.offstage.uri.clone() }, wire)
    }

    /// What `path` below the verifier's address answers to a form.
    pub(super) async fn post(&self, url: &str, form: String) -> (u16, Value) {
        let body = wallet::transport::Body { content_type: wallet::transport::FORM, text: Secret::new(form) };
        let request = Request::post(url.parse().unwrap(), Some(body), 64 * 1024);
        self.exchange(request).await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}/{path}", self.base.as_str());
        self.exchange(Request::get(url.parse().unwrap(), 256 * 1024)).await
    }

    async fn exchange(&self, request: Request) -> (u16, Value) {
        let response = HttpTransport::new(&HttpOptions::default()).unwrap().send(request).await.unwrap();
        assert_eq!(response.header("cache-control"), Some("no-store"));
        (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
    }
}

async fn status_list(State(stage): State<Offstage>) -> Result<String, axum::http::StatusCode> {
    if stage.down.load(Ordering::SeqCst) {
        return Err(axum::http::StatusCode::SERVICE_UNAVAILABLE);
    }
    let now: Timestamp = stage.clock.now();
    let fields = StatusTokenFields {
        uri: stage.uri.clone(),
        issued_at: now,
        expires_at: now + SignedDuration::from_hours(12),
        ttl: 1,
    };
    let list = StatusList::of_invalid(1024, stage.revoked.lock().unwrap().iter().copied());
    let input = signing_input(&fields, &list, &stage.signer.x5c).unwrap();
    let signature = stage.signer.signature(input.as_bytes());
    Ok(input.finish(signature))
}

fn phone(
    home: &std::path::Path,
    clock: &Arc<ManualClock>,
    entropy: &Arc<CountedEntropy>,
    transport: Arc<dyn Transport>,
) -> OnlinePhone {
    let device = DeviceDescription {
        name: DeviceName::parse("Telefon Zosi").unwrap(),
        platform: Platform::Android,
        os_version: Version::new(14, 0),
        app_version: Version::new(1, 0),
    };
    let pin = NewPin::parse("493027").unwrap();
    let parts = Parts::with_pin_cost(entropy.clone(), PinCost::FOR_TESTS);
    let phone = UnlockedPhone::create(home, &device, &pin, clock.now(), parts).unwrap();
    OnlinePhone::new(phone, Surroundings::new(clock.clone(), entropy.clone(), transport))
}
