//! The school's office as a program sees it: the staff API over HTTP.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::portrait::Portrait;
use crate::pupils::PupilSpec;

/// An office that is signed in by an API token.
#[derive(Clone)]
pub struct Office {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body, or null.
    pub body: Value,
}

impl Answer {
    /// The stable code of a refusal.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// What a slip says.
#[derive(Debug, Clone)]
pub struct Slip {
    /// The grant.
    pub id: String,
    /// The card that it opens.
    pub card_id: String,
    /// The text of the QR code.
    pub offer_uri: String,
    /// The typed fallback.
    pub typed_code: String,
    /// The activation code, where the school's rules ask for one.
    pub activation_code: Option<String>,
    /// The picture of the QR code, PNG.
    pub qr_png: Vec<u8>,
    /// When it ends.
    pub expires_at: jiff::Timestamp,
}

impl Office {
    /// An office of the issuer at `base`.
    pub fn new(base: &str, token: &str) -> Self {
        let http = crate::http::client();
        Self { http, base: base.to_owned(), token: token.to_owned() }
    }

    /// A call; `path` is below `/api/v1`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.attempt(method, path, body).await.expect("an answer of the staff API")
    }

    /// The same to an issuer that may be gone.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn attempt(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let method = method.parse().expect("a method");
        let mut request =
            self.http.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::answer(request).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// A call that must succeed.
    pub async fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let answer = self.call(method, path, body).await;
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let made = self.done("POST", path, Some(body)).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// A school with an agreement, under `preset` with `overrides`.
    pub async fn school(&self, rspo: u32, name: &str, preset: &str, overrides: Value) -> String {
        let form = json!({
            "rspo": rspo, "name": name, "kind": "primary", "rights": "public",
            "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Przykładowo" },
            "rules": { "preset": preset, "overrides": overrides },
        });
        let school = self.made("/schools", form).await;
        let agreement = json!({ "number": "MC/mLeg/2020/0001", "signed_on": "2020-01-02" });
        self.done("PUT", &format!("/schools/{school}/agreement"), Some(agreement)).await;
        school
    }

    /// A pupil, without anything yet.
    pub async fn pupil(&self, school: &str, spec: &PupilSpec) -> String {
        let form = json!({
            "given_names": spec.given_names, "surname": spec.surname, "pesel": spec.pesel,
            "birth_date": spec.birth_date.to_string(), "class_name": spec.class_name,
            "address": { "street_line": "ul. Zmyślona 7/3", "postal_code": "00-951", "city": "Przykładowo" },
        });
        self.made(&format!("/schools/{school}/pupils"), form).await
    }

    /// A guardian's application, checked and complete.
    pub async fn application(&self, pupil: &str) -> String {
        let guardian =
            json!({ "given_names": "Maria", "surname": "Rodzicielska", "email": "maria@przyklad.example" });
        let guardian = self.made(&format!("/pupils/{pupil}/guardians"), guardian).await;
        let form = json!({ "applicant": "guardian", "guardian_id": guardian });
        let application = self.made(&format!("/pupils/{pupil}/applications"), form).await;
        self.done("POST", &format!("/applications/{application}/complete"), Some(json!({}))).await;
        application
    }

    /// Sends a photo in.
    pub async fn photo(&self, pupil: &str, jpeg: Vec<u8>) -> Answer {
        let url = format!("{}/api/v1/pupils/{pupil}/photo", self.base);
        let request =
            self.http.put(url).bearer_auth(&self.token).header("content-type", "image/jpeg").body(jpeg);
        Self::answer(request).await.expect("an answer of the staff API")
    }

    /// A paper card from `issued_on` to `valid_until`.
    pub async fn base_card(&self, pupil: &str, issued_on: &str, valid_until: &str) -> String {
        let form = json!({ "form": "paper", "issued_on": issued_on, "valid_until": valid_until });
        self.made(&format!("/pupils/{pupil}/base-cards"), form).await
    }

    /// A paper card of today, to the day to which the school's cards run.
    pub async fn base_card_of_today(&self, pupil: &str) -> String {
        self.made(&format!("/pupils/{pupil}/base-cards"), json!({ "form": "paper" })).await
    }

    /// A pupil with application, drawn photo and base card: all that an order needs.
    pub async fn ready_pupil(&self, school: &str, n: u16, card: (&str, &str)) -> ReadyPupil {
        let (id, spec) = self.pupil_without_card(school, n).await;
        let base_card = self.base_card(&id, card.0, card.1).await;
        ReadyPupil { id, base_card, spec }
    }

    /// A pupil with application and drawn photo, but without a base card.
    pub async fn pupil_without_card(&self, school: &str, n: u16) -> (String, PupilSpec) {
        let spec = PupilSpec::fictional(n);
        let id = self.pupil(school, &spec).await;
        self.application(&id).await;
        // One school wants at least 354×496 pixels, the other at most 246×304. A few faces are enough for all.
        let mut photo = self.photo(&id, drawn(n % 4, 354, 496)).await;
        if photo.status == 422 {
            photo = self.photo(&id, drawn(n % 4, 236, 304)).await;
        }
        assert!(photo.status < 300, "photo: {} {}", photo.status, photo.body);
        (id, spec)
    }

    /// An order to issue.
    pub async fn order(&self, pupil: &str) -> String {
        self.made(&format!("/pupils/{pupil}/orders"), json!({})).await
    }

    /// A slip of an order.
    pub async fn slip(&self, order: &str) -> Slip {
        let made = self.done("POST", &format!("/orders/{order}/slips?qr=png"), Some(json!({}))).await;
        read_slip(&made)
    }

    /// The codes of a slip, without a picture.
    pub async fn codes(&self, order: &str) -> Slip {
        read_slip(&self.done("POST", &format!("/orders/{order}/slips"), Some(json!({}))).await)
    }

    /// New codes in the place of a slip's.
    pub async fn replace(&self, slip: &str) -> Slip {
        read_slip(&self.done("POST", &format!("/slips/{slip}/replace"), Some(json!({}))).await)
    }

    /// A slip that takes the place of a device.
    pub async fn reissue(&self, card: &str, device: &str, reason: &str) -> Slip {
        let form = json!({ "device_id": device, "reason": reason });
        read_slip(&self.done("POST", &format!("/cards/{card}/reissue"), Some(form)).await)
    }

    /// A card's file: devices, certificates, slips.
    pub async fn card(&self, card: &str) -> Value {
        self.done("GET", &format!("/cards/{card}"), None).await
    }

    /// The ids of a card's devices that are `state`.
    pub async fn devices(&self, card: &str, state: &str) -> Vec<String> {
        let file = self.card(card).await;
        let devices = file["devices"].as_array().cloned().unwrap_or_default();
        let matching = devices.iter().filter(|d| d["device"]["state"] == state);
        matching.filter_map(|d| d["device"]["id"].as_str().map(str::to_owned)).collect()
    }

    /// How a slip stands: its card's file has it.
    pub async fn slip_state(&self, slip: &Slip) -> Value {
        let file = self.card(&slip.card_id).await;
        let slips = file["slips"].as_array().cloned().unwrap_or_default();
        slips.into_iter().find(|shown| shown["id"] == slip.id.as_str()).expect("the slip in its card's file")
    }

    /// Takes the card off a device.
    pub async fn revoke_device(&self, device: &str, reason: &str) {
        self.done("POST", &format!("/devices/{device}/revoke"), Some(json!({ "reason": reason }))).await;
    }
}

/// A drawn portrait of pupil `n`, JPEG. Drawing takes a while, so each is drawn once in a process.
pub fn drawn(n: u16, width: u32, height: u32) -> Vec<u8> {
    static DRAWN: Mutex<BTreeMap<(u16, u32, u32), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let known = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).get(&(n, width, height)).cloned();
    known.unwrap_or_else(|| {
        let jpeg = Portrait::new(u64::from(n)).jpeg(width, height, 95).expect("a drawn portrait");
        DRAWN.lock().unwrap_or_else(PoisonError::into_inner).insert((n, width, height), jpeg.clone());
        jpeg
    })
}

/// What a slip reply says.
pub fn read_slip(made: &Value) -> Slip {
    use base64::Engine as _;
    let secrets = &made["secrets"];
    let text = |name: &str| secrets[name].as_str().unwrap_or_default().to_owned();
    let png = base64::prelude::BASE64_STANDARD.decode(text("qr_png_base64")).expect("base64");
    Slip {
        id: made["slip"]["id"].as_str().expect("a slip's id").to_owned(),
        card_id: made["slip"]["card_id"].as_str().expect("a card's id").to_owned(),
        offer_uri: text("offer_uri"),
        typed_code: text("typed_code"),
        activation_code: secrets["activation_code"].as_str().map(str::to_owned),
        qr_png: png,
        expires_at: text("expires_at").parse().expect("an instant"),
    }
}

/// A pupil for whom an order can be placed.
#[derive(Debug, Clone)]
pub struct ReadyPupil {
    /// The pupil.
    pub id: String,
    /// The base card.
    pub base_card: String,
    /// Who it is.
    pub spec: PupilSpec,
}
