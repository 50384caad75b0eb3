//! What stands in the books before the first phone comes: a school, pupils with cards, and a slip for each activation.

use serde_json::{Value, json};
use tests::office::Office;

use crate::issuer_process::IssuerProcess;

/// Places on a card, as the rules of 2025 have them.
const PLACES: usize = 5;

/// A slip of a card.
pub(crate) struct Slip {
    /// Where the offer is, below the issuer's address.
    pub(crate) offer_path: String,
    /// What stands beside the code.
    pub(crate) activation_code: String,
}

/// A school by the rules of 2025, with activation codes.
pub(crate) async fn of(office: &Office) -> String {
    office.school(990_001, "Szkoła Podstawowa na Próbę", "zpe-2025", rules()).await
}

/// What is not as the rules of 2025 have it.
pub(crate) fn rules() -> Value {
    json!({ "devices": PLACES, "activation": "qr_with_code", "grant_ttl_hours": 720 })
}

impl IssuerProcess {
    /// As many slips, for as many places on cards.
    pub(crate) async fn slips(&self, count: usize) -> Vec<Slip> {
        let mut cards = tokio::task::JoinSet::new();
        let mut slips = Vec::with_capacity(count);
        let mut asked = 0;
        while slips.len() < count {
            while cards.len() < 8 && asked < count {
                let places = PLACES.min(count - asked);
                asked += places;
                let n = self.pupils.replace(self.pupils.get() + 1);
                cards.spawn(card(self.office.clone(), self.school.clone(), n, places));
            }
            slips.extend(cards.join_next().await.unwrap().unwrap());
        }
        slips
    }
}

async fn card(office: Office, school: String, n: u16, places: usize) -> Vec<Slip> {
    let (pupil, _) = office.pupil_without_card(&school, n).await;
    office.base_card_of_today(&pupil).await;
    let order = office.order(&pupil).await;
    let mut slips = Vec::with_capacity(places);
    for _ in 0..places {
        let made = office.done("POST", &format!("/orders/{order}/slips"), Some(json!({}))).await;
        slips.push(slip(&made["secrets"]));
    }
    slips
}

fn slip(secrets: &Value) -> Slip {
    let uri = secrets["offer_uri"].as_str().unwrap();
    let (_, offer) = uri.split_once("credential_offer_uri=").unwrap();
    let id = offer.rsplit('/').next().unwrap();
    Slip {
        offer_path: format!("/o/{id}"),
        activation_code: secrets["activation_code"].as_str().unwrap().to_owned(),
    }
}
