//! Our phone before somebody else's verifier: it answers well by itself, and badly with a test's help, whose every
//! answer but for the one thing that is bent is what the phone would have sent, signed by the phone's own keys.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use issuer::app::{SystemClock, SystemEntropy};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::clock::Clock as _;
use shared::sd_jwt::{ClaimPath, Presentation, UnverifiedSdJwt};
use shared::secret::Secret;
use shared::validity::warsaw_date;
use shared::vci::CONFIGURATION_SD_JWT;
use shared::vp::request::link::{Place, RequestLink};
use shared::vp::request::object::{Expected, UnverifiedRequest};
use shared::vp::request::{AuthorizationRequest, ResponseMode};
use shared::vp::response::{Answer, AuthorizationResponse, VpToken};
use tests::phone::Phone;
use tests::world::{Plan, World};
use wallet::documents::{CardId, TakenCopy};
use wallet::present::{PresentError, RequestSource};

/// What every verifier asks in these tests.
pub(crate) const ASKED: [&[&str]; 5] =
    [&["family_name"], &["given_name"], &["picture"], &["pupil_status"], &["age_equal_or_over", "24"]];

/// What is done wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bend {
    /// Nothing: that this is accepted shows that the others are refused for what is bent alone.
    Nothing,
    WrongAudience,
    WrongNonce,
    NoKeyBinding,
    OtherKey,
    OtherBindingType,
    StaleBinding,
    AlteredDisclosure,
    DroppedDisclosure,
    AlteredClaims,
    AlteredSignature,
    OverDisclosure,
    UnderDisclosure,
    OtherCredentialId,
    WrongState,
    OtherResponseMode,
    Expired,
}

/// A world in which everybody's clock is the system's, since the peers' is; the phone with its card, and a second
/// phone whose copies are over.
pub(crate) struct OurPhone {
    pub(crate) world: World,
    phone: Phone,
    pub(crate) surname: String,
    pub(crate) card_id: String,
    copies: [TakenCopy; 2],
    outdated: (Phone, TakenCopy),
}

/// An answer of a verifier: its status, and what it says about why.
pub(crate) type Told = (u16, String);

impl OurPhone {
    pub(crate) async fn ready() -> Self {
        let today = SystemClock.now();
        let begun = today.checked_sub(SignedDuration::from_hours(40 * 24)).unwrap();
        let world = World::of(Plan { beginning: begun.to_string().leak(), ..Plan::of("legacy-2019") }).await;
        let (outdated, card, _, _) = activated(&world, 1).await;
        let old = take(&world, &outdated, &card);
        world.clock.set(today);
        let (phone, card, card_id, surname) = activated(&world, 2).await;
        let copies = [take(&world, &phone, &card), take(&world, &phone, &card)];
        Self { world, phone, surname, card_id, copies, outdated: (outdated, old) }
    }

    /// The root that the verifiers are given, PEM.
    pub(crate) async fn root(&self) -> String {
        String::from_utf8(self.world.fetch("/pki/ca/root.pem").await).unwrap()
    }

    pub(crate) fn vct(&self) -> String {
        format!("{}/credentials/mlegitymacja/1", self.world.base())
    }

    /// The phone reads the request behind `link`, agrees to all of it and answers.
    pub(crate) async fn present(&self, link: &str) -> Result<(), PresentError> {
        self.world.clock.set(SystemClock.now());
        let request = self.phone.online.read_request(RequestSource::from_text(link).unwrap()).await?;
        assert_eq!(request.items().len(), ASKED.len());
        self.phone.online.present(&request.consent(&[]).unwrap()).await.map(|_| ())
    }

    /// Answers the request behind `link` with `bend`; what the verifier says.
    pub(crate) async fn answer(&self, link: &str, bend: Bend) -> Told {
        let (address, form) = self.form(link, bend).await;
        post(&address, form).await
    }

    /// Answers the request behind `link` well, twice; what the verifier says the second time.
    pub(crate) async fn replay(&self, link: &str) -> Told {
        let (address, form) = self.form(link, Bend::Nothing).await;
        assert_eq!(post(&address, form.clone()).await.0, 200);
        post(&address, form).await
    }

    /// Answers the request behind `link` with what was made for the one behind `other`.
    pub(crate) async fn cross(&self, link: &str, other: &str) -> Told {
        let (address, _) = self.form(link, Bend::Nothing).await;
        let (_, form) = self.form(other, Bend::Nothing).await;
        post(&address, form).await
    }

    async fn form(&self, link: &str, bend: Bend) -> (String, Secret) {
        self.world.clock.set(SystemClock.now());
        let request = request(link, self.world.now()).await;
        let token = self.presentation(&request, bend);
        let (id, state) = (request.query.credentials()[0].id.clone(), request.state.clone());
        let id = if bend == Bend::OtherCredentialId { "another".to_owned() } else { id };
        let state = if bend == Bend::WrongState { Some("another".to_owned()) } else { state };
        let answer = Answer::Presented(VpToken::of([(id, token)]));
        let response = AuthorizationResponse { answer, state: state.map(Secret::new) };
        let encrypted = request.response_mode == ResponseMode::DirectPostJwt;
        let form = if encrypted && bend != Bend::OtherResponseMode {
            let (key, encryption) = request.client_metadata.encryption().unwrap();
            response.to_encrypted_form(&key, encryption, &SystemEntropy).unwrap()
        } else {
            response.to_form().unwrap()
        };
        (request.response_uri.to_string(), form)
    }

    fn presentation(&self, request: &AuthorizationRequest, bend: Bend) -> String {
        let (phone, copy) = match bend {
            Bend::Expired => (&self.outdated.0, &self.outdated.1),
            _ => (&self.phone, &self.copies[0]),
        };
        let signs = if bend == Bend::OtherKey { &self.copies[1] } else { copy };
        let mut parts = disclosing(copy, bend);
        let dropped = (bend == Bend::DroppedDisclosure).then(|| parts[1].clone());
        match bend {
            Bend::AlteredDisclosure => {
                let mut disclosure: Value = decoded(&parts[1]);
                disclosure[2] = json!("Nowak-Inna");
                parts[1] = encoded(&disclosure);
            }
            Bend::AlteredClaims => {
                let jws: Vec<&str> = parts[0].split('.').collect();
                let mut claims: Value = decoded(jws[1]);
                claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 86_400);
                parts[0] = [jws[0], &encoded(&claims), jws[2]].join(".");
            }
            Bend::AlteredSignature => {
                let place = parts[0].len() - 20;
                let turned = if &parts[0][place..=place] == "A" { "B" } else { "A" };
                parts[0].replace_range(place..=place, turned);
            }
            _ => {}
        }
        let presented = format!("{}~", parts.join("~"));
        if bend == Bend::NoKeyBinding {
            return presented;
        }
        let now = self.world.now().as_second();
        let claims = json!({
            "iat": if bend == Bend::StaleBinding { now - 3600 } else { now },
            "aud": match bend {
                Bend::WrongAudience => "redirect_uri:https://other.example/response".to_owned(),
                _ => request.client_id.to_string(),
            },
            "nonce": if bend == Bend::WrongNonce { "another" } else { &request.nonce },
            "sd_hash": BASE64.encode(Sha256::digest(&presented)),
        });
        let kind = if bend == Bend::OtherBindingType { "jwt" } else { "kb+jwt" };
        let input = format!("{}.{}", encoded(&json!({ "alg": "ES256", "typ": kind })), encoded(&claims));
        let signature = phone.online.phone().element().sign(&signs.key, input.as_bytes()).unwrap();
        let whole = format!("{presented}{input}.{}", BASE64.encode(signature));
        dropped.map_or(whole.clone(), |disclosure| whole.replace(&format!("~{disclosure}~"), "~"))
    }
}

/// The JWT of a copy and the disclosures that answer what is asked, or one more, or one less.
fn disclosing(copy: &TakenCopy, bend: Bend) -> Vec<String> {
    let path =
        |steps: &&[&str]| steps[1..].iter().fold(ClaimPath::of(steps[0]), |path, step| path.member(step));
    let mut paths: Vec<ClaimPath> = ASKED.iter().map(path).collect();
    match bend {
        Bend::OverDisclosure => paths.push(ClaimPath::of("personal_administrative_number")),
        Bend::UnderDisclosure => drop(paths.remove(0)),
        _ => {}
    }
    let held = UnverifiedSdJwt::parse(&copy.credential).unwrap();
    let unsigned = |_: &[u8]| Ok::<_, shared::sd_jwt::PresentError>([0; 64]);
    let shown = Presentation::new(&held, &paths, "", "", Timestamp::UNIX_EPOCH, unsigned).unwrap();
    let (presented, _binding) = shown.as_str().rsplit_once('~').unwrap();
    presented.split('~').map(str::to_owned).collect()
}

fn encoded(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn decoded(text: &str) -> Value {
    serde_json::from_slice(&BASE64.decode(text).unwrap()).unwrap()
}

/// A phone with a card of a new pupil that is valid for long, the card's ids, and the pupil's surname.
async fn activated(world: &World, n: u16) -> (Phone, CardId, String, String) {
    let day = |days: i64| {
        let at = world.now().saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
        warsaw_date(at).to_string()
    };
    let pupil = world.office.ready_pupil(world.school(), n, (&day(-30), &day(200))).await;
    let slip = world.codes_for(&pupil).await;
    let phone = world.phone("Pixel 9").await;
    let card = phone.activate(&slip).await.unwrap();
    (phone, card.id, slip.card_id, pupil.spec.surname)
}

fn take(world: &World, phone: &Phone, card: &CardId) -> TakenCopy {
    let documents = phone.online.phone().documents();
    documents.take_copy(card, CONFIGURATION_SD_JWT, world.now()).unwrap().expect("a copy")
}

async fn request(link: &str, now: Timestamp) -> AuthorizationRequest {
    let link = RequestLink::parse(link).unwrap();
    let unverified = match link.place() {
        Place::Here(request) => (**request).clone(),
        Place::At { address, .. } => {
            let answer = tests::http::get(address.as_url().clone()).await.unwrap();
            UnverifiedRequest::parse(&answer.text().await.unwrap()).unwrap()
        }
    };
    let expected = Expected { client_id: link.client_id(), wallet_nonce: None };
    unverified.verify(expected, now).unwrap().request().clone()
}

async fn post(address: &str, form: Secret) -> Told {
    let request = tests::http::client().post(address).body(form.expose().to_owned());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, body["at"].as_str().unwrap_or_default().to_owned())
}
