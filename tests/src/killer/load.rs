//! Pupils with phones and an office that works beside them. Whatever gets no answer is asked again.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use issuer::app::{SystemClock, SystemEntropy};
use serde_json::{Value, json};
use shared::clock::Clock as _;
use shared::secret::Secret;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use wallet::acquire::ActivateError;
use wallet::acquire::event::Unobserved;
use wallet::acquire::notification::Told;
use wallet::acquire::offer::OfferSource;
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::documents::CardId;
use wallet::online::{OnlinePhone, Patience, Surroundings};
use wallet::phone::{Parts, UnlockedPhone};
use wallet::pin::NewPin;
use wallet::refresh::Outcome;
use wallet::store::MemoryStores;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::trust::RootCertificate;

use super::ledger::{Activation, Noting, SharedLedger};
use crate::fuzz::mutate::Chance;
use crate::office::{Office, Slip, read_slip};
use crate::world::{PIN, parts};

/// Reasons for which a phone may be refused while everything is as it should be: the office has been there first, or
/// another phone of the same pupil.
const FAIR: [&str; 9] = [
    "already_held",
    "card_expired",
    "cancelled",
    "expired",
    "locked",
    "replaced",
    "revoked",
    "slots_full",
    "superseded",
];

/// How often a phone asks again before that is a finding.
const MOST_ROUNDS: u32 = 500;

/// What the office may know of a pupil while the pupil is busy.
#[derive(Debug, Default)]
pub struct Desk {
    /// The mobile card, once there is a slip for it.
    pub card: Option<String>,
    /// Slips that the office made unasked, for the pupil to take.
    pub tray: Vec<Slip>,
}

/// A pupil with phones.
pub struct Seat {
    pupil: String,
    order: String,
    places: usize,
    phones: Vec<OnlinePhone>,
    slips: Vec<Carried>,
    /// What lies between pupil and office.
    pub desk: Arc<Mutex<Desk>>,
    office: Office,
    ledger: SharedLedger,
    chance: Chance,
}

/// A slip that is to open a card on a phone.
struct Carried {
    slip: Slip,
    phone: usize,
    begun: bool,
}

/// What becomes of a slip after a try.
#[derive(PartialEq, Eq)]
enum Fate {
    Over,
    Again,
}

/// What the phones of a seat are made of.
pub struct Supplies<'a> {
    /// Where the phones' files may lie.
    pub folder: &'a Path,
    /// The public address.
    pub base: &'a str,
    /// The root that phones are to trust.
    pub root: &'a RootCertificate,
    /// Where everything is noted.
    pub ledger: &'a SharedLedger,
}

impl Seat {
    /// A pupil for whom an order can be placed, with as many phones as the card has places, and one more.
    pub async fn take(
        supplies: &Supplies<'_>,
        (office, pupil): (&Office, &str),
        places: usize,
        chance: Chance,
    ) -> Self {
        let order = office.order(pupil).await;
        let http = HttpTransport::new(&HttpOptions::default()).expect("a transport");
        let network = Arc::new(Noting::new(Arc::new(http), supplies.ledger.clone()));
        let issuer = IssuerUrl::parse(supplies.base, UrlPolicy::default()).expect("an issuer");
        let mut phones = Vec::new();
        for n in 0..=places {
            let home = supplies.folder.join(format!("{pupil}-{n}"));
            let parts = Parts { stores: Arc::new(MemoryStores::default()), ..parts() };
            let device = DeviceDescription {
                name: DeviceName::parse(&format!("Telefon {n}")).expect("a name"),
                platform: Platform::Android,
                os_version: Version::new(14, 0),
                app_version: Version::new(1, 0),
            };
            let pin = NewPin::parse(PIN).expect("a PIN");
            let phone = UnlockedPhone::create(&home, &device, &pin, SystemClock.now(), parts);
            let surroundings =
                Surroundings::new(Arc::new(SystemClock), Arc::new(SystemEntropy), network.clone());
            let surroundings = Surroundings { patience: Patience::NONE, ..surroundings };
            let phone = OnlinePhone::new(phone.expect("a new phone"), surroundings);
            phone.accept_terms().await.expect("the terms");
            phone.trust_root(supplies.root, std::slice::from_ref(&issuer)).await.expect("trust");
            phones.push(phone);
        }
        Self {
            pupil: pupil.to_owned(),
            order,
            places,
            phones,
            slips: Vec::new(),
            desk: Arc::default(),
            office: office.clone(),
            ledger: supplies.ledger.clone(),
            chance,
        }
    }

    /// Does one thing, whatever comes to mind.
    pub async fn act(&mut self) {
        self.empty_tray();
        match self.chance.below(12) {
            0..6 => self.use_slip().await,
            6..8 => self.refresh().await,
            8 => self.delete().await,
            9 => self.correct_address().await,
            _ => self.fetch_slip().await,
        }
    }

    fn empty_tray(&mut self) {
        let tray = std::mem::take(&mut self.desk.lock().unwrap_or_else(PoisonError::into_inner).tray);
        for slip in tray {
            let phone = self.chance.below(self.phones.len());
            self.slips.push(Carried { slip, phone, begun: false });
        }
    }

    async fn fetch_slip(&mut self) {
        // Another slip now and then: they may stand in each other's way.
        if self.slips.len() > self.places || (!self.slips.is_empty() && self.chance.below(4) > 0) {
            return;
        }
        let path = format!("/orders/{}/slips", self.order);
        let Some(made) = asked(&self.office, &self.ledger, "POST", &path, json!({})).await else { return };
        let slip = read_slip(&made);
        let mut ledger = self.ledger.open();
        ledger.counts.slips += 1;
        ledger.places.insert(slip.card_id.clone(), self.places);
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).card = Some(slip.card_id.clone());
        let phone = self.chance.below(self.phones.len());
        self.slips.push(Carried { slip, phone, begun: false });
    }

    async fn use_slip(&mut self) {
        if self.slips.is_empty() {
            return self.fetch_slip().await;
        }
        let at = self.chance.below(self.slips.len());
        let mistyped = !self.slips[at].begun
            && self.slips[at].slip.activation_code.is_some()
            && self.chance.below(2) == 0;
        let fate = if mistyped { self.mistype(at).await } else { self.activate(at).await };
        if fate == Fate::Over {
            self.slips.swap_remove(at);
        }
    }

    async fn mistype(&mut self, at: usize) -> Fate {
        let Carried { slip, phone, .. } = &self.slips[at];
        let code = slip.activation_code.clone().unwrap_or_default();
        let wrong: String = code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
        {
            let mut ledger = self.ledger.open();
            ledger.counts.wrong_codes += 1;
            *ledger.wrong_sent.entry(slip.id.clone()).or_default() += 1;
        }
        let error = match follow(&self.phones[*phone], slip, Some(&wrong)).await {
            Ok(_) => {
                self.ledger.open().outrages.push(format!("grant {} opened by a wrong code", slip.id));
                return Fate::Over;
            }
            Err(error) => error,
        };
        if reason(&error) == "wrong_code" || reason(&error) == "locked" {
            let mut ledger = self.ledger.open();
            let told = ledger.wrong_told.entry(slip.id.clone()).or_default();
            // A slip that was locked before counts nothing more.
            *told = (*told + 1).min(5);
        }
        self.fate(&slip.id.clone(), &error)
    }

    async fn activate(&mut self, at: usize) -> Fate {
        let carried = &mut self.slips[at];
        if std::mem::replace(&mut carried.begun, true) {
            self.ledger.open().counts.retries += 1;
        }
        let Carried { slip, phone, .. } = &self.slips[at];
        let phone = &self.phones[*phone];
        match follow(phone, slip, slip.activation_code.as_deref()).await {
            Ok(id) => {
                let shown = phone.show(&id).await.expect("the store").expect("the card");
                let serial = shown.card.certificate().serial().to_string();
                let mut ledger = self.ledger.open();
                ledger.counts.activations += 1;
                let (grant, card) = (slip.id.clone(), slip.card_id.clone());
                ledger.activated.push(Activation { serial, grant, card });
                Fate::Over
            }
            Err(error) => self.fate(&slip.id.clone(), &error),
        }
    }

    /// Whether a slip may still open something, and whether what the phone was told makes sense.
    fn fate(&self, grant: &str, error: &ActivateError) -> Fate {
        let mut ledger = self.ledger.open();
        let reason = reason(error);
        if matches!(reason.as_str(), "cannot_reach" | "try_again") {
            ledger.counts.interrupted += 1;
            return Fate::Again;
        }
        *ledger.refusals.entry(reason.clone()).or_default() += 1;
        if reason == "wrong_code" {
            return Fate::Again;
        }
        let wrong = ledger.wrong_sent.get(grant).copied().unwrap_or(0);
        if !FAIR.contains(&reason.as_str()) || (reason == "locked" && wrong < 5) {
            ledger.outrages.push(format!("grant {grant} refused after {wrong} wrong codes: {error}"));
        }
        Fate::Over
    }

    async fn refresh(&mut self) {
        let phone = self.chance.below(self.phones.len());
        self.refresh_phone(phone).await;
    }

    async fn refresh_phone(&self, phone: usize) {
        let phone = &self.phones[phone];
        let report = phone.refresh_all(&Unobserved).await.expect("the phone's store");
        for (_, refreshed) in report.cards {
            let mut ledger = self.ledger.open();
            match refreshed {
                Ok(refreshed) => {
                    ledger.counts.refreshes += 1;
                    ledger.counts.renewals += u64::from(refreshed.outcome == Outcome::Renewed);
                }
                Err(error) if matches!(error.reason(), "cannot_reach" | "try_again") => {
                    ledger.counts.interrupted += 1;
                }
                Err(error) => {
                    let reason = error.refusal().and_then(|refusal| refusal.reason.as_ref());
                    let reason = reason.map_or(error.reason(), |reason| reason.as_str()).to_owned();
                    *ledger.refusals.entry(reason).or_default() += 1;
                }
            }
        }
    }

    async fn delete(&mut self) {
        let phone = &self.phones[self.chance.below(self.phones.len())];
        let cards = phone.cards().await.expect("the phone's store");
        let Some(shown) = cards.first() else { return };
        let serial = shown.card.certificate().serial().to_string();
        self.ledger.open().may_be_given_up.insert(serial.clone());
        let deleted = phone.delete(shown.card.id(), &Unobserved).await.expect("the phone's store");
        let mut ledger = self.ledger.open();
        ledger.counts.deletions += 1;
        if deleted.told == Told::Delivered {
            ledger.given_up.insert(serial);
        }
    }

    /// The pupil moves: where cards are renewed over the air, the next refresh brings another certificate.
    async fn correct_address(&mut self) {
        let path = format!("/pupils/{}", self.pupil);
        let Some(file) = asked(&self.office, &self.ledger, "GET", &path, Value::Null).await else { return };
        let street = format!("ul. Zmyślona {}", 1 + self.chance.below(999));
        let address = json!({ "street_line": street, "postal_code": "00-951", "city": "Przykładowo" });
        let change = json!({ "version": file["pupil"]["version"], "address": address });
        asked(&self.office, &self.ledger, "PATCH", &path, change).await;
    }

    /// After a kill: whoever got no answer asks again, until there is one.
    pub async fn finish(&mut self) {
        self.empty_tray();
        let mut rounds = 0;
        while let Some(at) = self.slips.iter().position(|carried| carried.begun) {
            rounds += 1;
            let fate = self.activate(at).await;
            if fate == Fate::Again && rounds < MOST_ROUNDS {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            let carried = self.slips.swap_remove(at);
            if fate == Fate::Again {
                self.ledger.open().outrages.push(format!("grant {} never gets an answer", carried.slip.id));
            }
        }
        for phone in &self.phones {
            phone.deliver_notices(&Unobserved).await.expect("the phone's store");
        }
    }

    /// Asks the issuer about every card on every phone.
    pub async fn refresh_everything(&self) {
        for phone in 0..self.phones.len() {
            self.refresh_phone(phone).await;
        }
    }

    /// The serial numbers of the certificates that its phones hold.
    pub async fn held(&self) -> Vec<String> {
        let mut serials = Vec::new();
        for phone in &self.phones {
            let cards = phone.cards().await.expect("the phone's store");
            serials.extend(cards.iter().map(|shown| shown.card.certificate().serial().to_string()));
        }
        serials
    }
}

/// Does one thing of an office for one of its pupils.
pub async fn office_acts(office: &Office, desk: &Mutex<Desk>, ledger: &SharedLedger, chance: &mut Chance) {
    let card = desk.lock().unwrap_or_else(PoisonError::into_inner).card.clone();
    let Some(card) = card else { return };
    let Some(file) = asked(office, ledger, "GET", &format!("/cards/{card}"), Value::Null).await else {
        return;
    };
    let devices = file["devices"].as_array().cloned().unwrap_or_default();
    let live: Vec<&str> = devices
        .iter()
        .filter(|device| device["device"]["state"] == "live")
        .filter_map(|device| device["device"]["id"].as_str())
        .collect();
    if live.is_empty() {
        return;
    }
    let device = live[chance.below(live.len())].to_owned();
    ledger.open().may_have_ended.insert(device.clone());
    if chance.below(2) == 0 {
        let reason = json!({ "reason": "phone_lost" });
        if asked(office, ledger, "POST", &format!("/devices/{device}/revoke"), reason).await.is_some() {
            let mut ledger = ledger.open();
            ledger.counts.revocations += 1;
            ledger.ended.insert(device);
        }
    } else {
        let reason = ["phone_lost", "phone_damaged", "superseded"][chance.below(3)];
        let form = json!({ "device_id": device, "reason": reason });
        if let Some(made) = asked(office, ledger, "POST", &format!("/cards/{card}/reissue"), form).await {
            let mut ledger = ledger.open();
            ledger.counts.reissues += 1;
            if reason == "phone_lost" {
                ledger.ended.insert(device);
            }
            desk.lock().unwrap_or_else(PoisonError::into_inner).tray.push(read_slip(&made));
        }
    }
}

/// What the office is answered; `None` without an answer, or with a refusal.
async fn asked(
    office: &Office,
    ledger: &SharedLedger,
    method: &str,
    path: &str,
    body: Value,
) -> Option<Value> {
    let body = (!body.is_null()).then_some(body);
    let answer = office.attempt(method, path, body).await;
    let mut ledger = ledger.open();
    match answer {
        Ok(answer) if answer.status < 300 => return Some(answer.body),
        // A device may have ended meanwhile; nothing else that there was can be unknown.
        Ok(answer) if answer.code().starts_with("unknown_") && answer.code() != "unknown_device" => {
            ledger.outrages.push(format!("{method} {path}: {}", answer.code()));
        }
        Ok(answer) if answer.status < 500 => {
            *ledger.refusals.entry(format!("office: {}", answer.code())).or_default() += 1;
        }
        Ok(answer) if answer.status != 503 => {
            ledger.outrages.push(format!("{method} {path}: {} {}", answer.status, answer.body));
        }
        _ => ledger.counts.interrupted += 1,
    }
    None
}

async fn follow(phone: &OnlinePhone, slip: &Slip, code: Option<&str>) -> Result<CardId, ActivateError> {
    let offer = OfferSource::from_text(&slip.offer_uri).expect("an offer");
    let opened = phone.open_offer(offer, &Unobserved).await?;
    let code = code.map(Secret::new);
    phone.activate(&opened, code.as_ref(), &Unobserved).await.map(|activated| activated.id)
}

fn reason(error: &ActivateError) -> String {
    let said = error.refusal().and_then(|refusal| refusal.reason.as_ref());
    said.map_or(error.reason(), |reason| reason.as_str()).to_owned()
}
