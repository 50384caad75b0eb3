//! The card as claims of a credential: which there are, which may be kept back, how they are called.
//!
//! Configuration [`CONFIGURATION_SD_JWT`](crate::vci::CONFIGURATION_SD_JWT); every claim comes from the card data and
//! the day of issue, so that the same copy can be written again without being kept.

use base64::Engine as _;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::age_limit::AgeLimit;
use crate::card_data::{CardData, PostalAddress, STATUS_PUPIL};
use crate::sd_jwt::ClaimPath;
use crate::validity::{ValidityPeriod, age_on, warsaw_date};

/// The claim that holds the answer for every [`AgeLimit`].
pub const AGE_EQUAL_OR_OVER: &str = "age_equal_or_over";

/// The longest that a copy lives. It ends with a day, like everyone's: its end tells nobody's birthday.
pub const LIFETIME_DAYS: i64 = 30;

/// `vct` of the cards of `issuer` (its identifier, without a slash at its end); also the address of the type
/// metadata.
pub fn credential_type(issuer: &str) -> String {
    format!("{issuer}{TYPE_PATH}")
}

/// The path of [`credential_type`] below the issuer's identifier.
pub const TYPE_PATH: &str = "/credentials/mlegitymacja/1";

/// What the card says on `day`. None of it is registered: who issued it, its end and its key are added by the issuer.
pub fn of(card: &CardData, day: Date) -> Map<String, Value> {
    let age = age_on(card.birth_date(), day);
    let told = |limit: AgeLimit| (limit.years().to_string(), json!(limit.is_reached_at(age)));
    let ages: Map<String, Value> = AgeLimit::ALL.into_iter().map(told).collect();
    let photo = base64::prelude::BASE64_STANDARD.encode(card.photo.jpeg());
    let claims = [
        ("given_name", json!(card.given_names.as_str())),
        ("family_name", json!(card.surname.as_str())),
        ("birthdate", json!(card.birth_date().to_string())),
        (AGE_EQUAL_OR_OVER, Value::Object(ages)),
        ("picture", json!(format!("data:image/jpeg;base64,{photo}"))),
        ("personal_administrative_number", json!(card.pesel.as_str())),
        ("address", address(&card.home_address)),
        ("pupil_status", json!(STATUS_PUPIL)),
        ("card_number", json!(card.card_number.to_string())),
        ("date_of_issuance", json!(card.validity.first_day().to_string())),
        ("date_of_expiry", json!(card.validity.last_day().to_string())),
        ("school_name", json!(card.school.name.as_str())),
        ("school_address", address(&card.school.address)),
        ("school_rspo", json!(card.school.rspo.number())),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn address(address: &PostalAddress) -> Value {
    json!({
        "street_address": address.street_line(),
        "postal_code": address.postal_code(),
        "locality": address.city(),
        "country": "PL",
    })
}

/// Until when a copy made at `now` is good: at most [`LIFETIME_DAYS`], never beyond the card, and never beyond a
/// birthday that changes one of its answers.
pub fn good_until(birth: Date, validity: &ValidityPeriod, now: Timestamp) -> Timestamp {
    let today = warsaw_date(now);
    let age = age_on(birth, today);
    let answers = |age: u8| AgeLimit::ALL.map(|limit| limit.is_reached_at(age));
    let lasts = (1..=LIFETIME_DAYS).take_while(|days| {
        let day = today.saturating_add(SignedDuration::from_hours(24 * (days - 1)));
        answers(age_on(birth, day)) == answers(age)
    });
    let last = lasts.last().unwrap_or(1);
    let last_day = today.saturating_add(SignedDuration::from_hours(24 * (last - 1)));
    let end = ValidityPeriod::new(today, last_day).map_or(now, |period| period.expires());
    end.min(validity.expires())
}

/// The JSON schema of a copy whose disclosures are put back.
pub const SCHEMA: &str = include_str!("../docs/sd-jwt.schema.json");

/// The type metadata (SD-JWT VC §4) of the cards of `issuer`, to be found at [`credential_type`].
pub fn type_metadata(issuer: &str) -> Value {
    let claims: Vec<Value> = described()
        .into_iter()
        .map(|claim| {
            let names = [("pl", claim.pl), ("en", claim.en)];
            let display = names.map(|(lang, label)| json!({"lang": lang, "label": label}));
            json!({"path": claim.path, "display": display, "sd": "always"})
        })
        .collect();
    json!({
        "vct": credential_type(issuer),
        "name": "mLegitymacja szkolna (symulator)",
        "description": "School card of a pupil in Poland, from a simulator; not a document",
        "display": [
            {"lang": "pl", "name": "mLegitymacja szkolna", "description": "Cyfrowa kopia legitymacji szkolnej (symulator)"},
            {"lang": "en", "name": "Mobile school card", "description": "Digital copy of a school card (simulator)"},
        ],
        "claims": claims,
        "schema_uri": format!("{}/schema.json", credential_type(issuer)),
    })
}

/// A claim that its holder may keep back, with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Where it is.
    pub path: ClaimPath,
    /// In Polish.
    pub pl: String,
    /// In English.
    pub en: String,
}

/// Every claim that may be kept back, each on its own: an address as a whole, each age by itself.
pub fn described() -> Vec<Described> {
    let one = |name: &str, pl: &str, en: &str| Described {
        path: ClaimPath::of(name),
        pl: pl.to_owned(),
        en: en.to_owned(),
    };
    let mut all = vec![
        one("given_name", "Imię (imiona)", "Given names"),
        one("family_name", "Nazwisko", "Family name"),
        one("birthdate", "Data urodzenia", "Date of birth"),
        one("picture", "Zdjęcie", "Photo"),
        one("personal_administrative_number", "PESEL", "PESEL number"),
        one("address", "Adres zamieszkania", "Home address"),
        one("pupil_status", "Status", "Status"),
        one("card_number", "Numer legitymacji", "Card number"),
        one("date_of_issuance", "Data wydania", "Date of issue"),
        one("date_of_expiry", "Ważna do", "Valid until"),
        one("school_name", "Szkoła", "School"),
        one("school_address", "Adres szkoły", "School's address"),
        one("school_rspo", "Numer RSPO szkoły", "School's RSPO number"),
    ];
    all.extend(AgeLimit::ALL.map(AgeLimit::years).map(|over| Described {
        path: ClaimPath::of(AGE_EQUAL_OR_OVER).member(&over.to_string()),
        pl: format!("Ukończone {over} lat"),
        en: format!("Aged {over} or over"),
    }));
    all
}

/// The paths of [`described`].
pub fn hidden() -> Vec<ClaimPath> {
    described().into_iter().map(|claim| claim.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sd_jwt::{SaltSeed, Unsigned};

    fn until(birth: &str, now: &str) -> String {
        let validity =
            ValidityPeriod::new("2025-09-01".parse().unwrap(), "2027-09-30".parse().unwrap()).unwrap();
        good_until(birth.parse().unwrap(), &validity, now.parse().unwrap()).to_string()
    }

    #[test]
    fn a_copy_ends_with_a_day_like_everyones() {
        // Thirty days, today among them; the last ends at midnight in Warsaw.
        assert_eq!(until("2011-03-14", "2026-11-22T12:00:00Z"), "2026-12-21T23:00:00Z");
        assert_eq!(until("2011-03-14", "2026-11-22T22:59:59Z"), "2026-12-21T23:00:00Z");
        assert_eq!(until("2011-03-14", "2026-11-22T23:00:00Z"), "2026-12-22T23:00:00Z", "a new day there");
    }

    #[test]
    fn no_answer_outlives_its_birthday_nor_a_copy_its_card() {
        assert_eq!(until("2008-12-01", "2026-11-22T12:00:00Z"), "2026-11-30T23:00:00Z", "18 on 1 December");
        assert_eq!(until("2009-12-01", "2026-11-22T12:00:00Z"), "2026-12-21T23:00:00Z", "17 changes nothing");
        assert_eq!(until("2008-11-23", "2026-11-22T12:00:00Z"), "2026-11-22T23:00:00Z", "tomorrow");
        assert_eq!(until("2008-11-22", "2026-11-22T12:00:00Z"), "2026-12-21T23:00:00Z", "today, already 18");
        assert_eq!(
            until("2011-02-29".replace("2011", "2008").as_str(), "2026-02-20T12:00:00Z"),
            "2026-02-27T23:00:00Z"
        );
        assert_eq!(until("2011-03-14", "2027-09-25T12:00:00Z"), "2027-09-30T22:00:00Z", "the card's end");
    }

    #[test]
    fn everything_that_the_card_says_may_be_kept_back() {
        let card = crate::card_data::tests::sample();
        let claims = of(&card, "2026-11-22".parse().unwrap());
        let seed = SaltSeed::new([1; 32]);
        let unsigned = Unsigned::new(claims.clone(), &hidden(), |path| seed.salt(path)).unwrap();
        let shown = Value::Object(unsigned.payload().clone());
        for name in shown.as_object().unwrap().keys() {
            assert!(["_sd", "_sd_alg", AGE_EQUAL_OR_OVER].contains(&name.as_str()), "{name} is open");
        }
        assert_eq!(shown[AGE_EQUAL_OR_OVER].as_object().unwrap().len(), 1, "only digests of ages");
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let registered = ["iss", "vct", "nbf", "exp", "cnf", "status"];
        let known: Vec<&str> =
            properties.keys().map(String::as_str).filter(|name| !registered.contains(name)).collect();
        assert_eq!(
            known,
            claims.keys().map(String::as_str).collect::<Vec<_>>(),
            "the schema knows the claims"
        );
        assert_eq!(
            claims[AGE_EQUAL_OR_OVER]["13"],
            json!(age_on(card.birth_date(), "2026-11-22".parse().unwrap()) >= 13)
        );
    }
}
