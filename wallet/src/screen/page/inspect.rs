//! What an inspector sees.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use shared::card_claims::AGE_EQUAL_OR_OVER;
use shared::presentation::verdict::{Check, Checked, Outcome, Tone, Verdict};
use shared::validity::warsaw;
use shared::vp::preset::Preset;

use super::prove::{claim_label, claim_value};
use super::{PhonePage, Scene};
use crate::screen::view::{Found, Inspect};
use crate::screen::words::Say;

/// A screen of an inspector's phone.
pub(in crate::screen) enum InspectPage {
    Choose { data: Vec<String>, counts: String },
    How { purpose: String },
    Scan { purpose: String },
    Waiting { purpose: String, qr: String, digits: String, until: i64 },
    Over { key: &'static str },
    Verdict(Box<VerdictPage>),
}

/// A verdict.
pub(in crate::screen) struct VerdictPage {
    /// The outcome's stable name.
    pub(in crate::screen) word: &'static str,
    /// `good`, `doubtful` or `bad`.
    pub(in crate::screen) tone: &'static str,
    pub(in crate::screen) sign: &'static str,
    pub(in crate::screen) title: String,
    pub(in crate::screen) text: String,
    pub(in crate::screen) reason: String,
    /// Label and value.
    pub(in crate::screen) facts: Vec<(String, String)>,
    /// A data URL, or nothing.
    pub(in crate::screen) portrait: String,
    pub(in crate::screen) no_face: bool,
    /// What was checked by what and when, in one line.
    pub(in crate::screen) checked: String,
    /// When it is gone, in milliseconds.
    pub(in crate::screen) until: Option<i64>,
}

/// A purpose to choose from.
pub(in crate::screen) struct PurposeLine {
    pub(in crate::screen) name: String,
    pub(in crate::screen) title: String,
    pub(in crate::screen) text: String,
}

/// How many pixels a module of a code has.
const QR_PIXELS: u32 = 5;

/// In which order claims are read.
const ORDER: [&str; 10] = [
    "given_name",
    "family_name",
    "pupil_status",
    "age_equal_or_over",
    "birthdate",
    "card_number",
    "date_of_issuance",
    "date_of_expiry",
    "school_name",
    "school_address",
];

/// How the address of a portrait begins that is inside its page.
const PICTURE: &str = "data:image/jpeg;base64,";

/// The purposes that an inspector may choose, in their order.
const PURPOSES: [&str; 5] = ["ticket", "cinema-16", "cinema-18", "library", "card"];

/// What people call a purpose.
pub(super) fn purpose_title(say: Say, purpose: Preset) -> String {
    match purpose {
        Preset::Cinema(age) => say.t1("purpose-cinema", "n", u32::from(age.years())),
        Preset::Ticket | Preset::Library | Preset::FullCard => say.t(&format!("purpose-{}", purpose.name())),
    }
}

impl PhonePage {
    /// The purposes to choose from.
    pub(in crate::screen) fn purposes(&self) -> Vec<PurposeLine> {
        let line = |name: &&str| {
            let purpose = Preset::named(name)?;
            Some(PurposeLine {
                name: (*name).to_owned(),
                title: purpose_title(self.say, purpose),
                text: self.say.t(&format!("purpose-{}-text", purpose.name())),
            })
        };
        PURPOSES.iter().filter_map(line).collect()
    }
}

/// A QR code that a page can show without asking for it.
pub(super) fn qr_url(text: &str) -> String {
    let png = shared::qr::render::png(text, QR_PIXELS).unwrap_or_default();
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

impl Scene<'_> {
    pub(super) async fn inspect(&self, inspect: Inspect) -> InspectPage {
        let title = |purpose: Preset| purpose_title(self.say, purpose);
        match inspect {
            Inspect::Choose => {
                let ages = self.phone.data_ages().await;
                let keys = ["inspect-data-trust", "inspect-data-lists", "inspect-data-time"];
                let data = keys.into_iter().zip(ages).filter_map(|(key, age)| {
                    age.map(|age| self.say.t1(key, "at", self.say.0.instant(age).as_str()))
                });
                let count = self.phone.counted.load(Ordering::Relaxed);
                InspectPage::Choose { data: data.collect(), counts: count.to_string() }
            }
            Inspect::How { purpose } => InspectPage::How { purpose: title(purpose) },
            Inspect::Scan { purpose } => InspectPage::Scan { purpose: title(purpose) },
            Inspect::Waiting { purpose, asked } => InspectPage::Waiting {
                purpose: title(purpose),
                qr: qr_url(asked.link.expose()),
                digits: asked.digits.map_or_else(String::new, |digits| {
                    let digits = digits.to_string();
                    let (left, right) = digits.split_at(digits.len() / 2);
                    format!("{left} {right}")
                }),
                until: asked.expires_at.as_millisecond(),
            },
            Inspect::Over => InspectPage::Over { key: "inspect-over" },
            Inspect::Declined => InspectPage::Over { key: "inspect-refused" },
            Inspect::Verdict(found) => InspectPage::Verdict(Box::new(verdict_page(self.say, &found))),
        }
    }
}

fn verdict_page(say: Say, found: &Found) -> VerdictPage {
    let verdict = &found.verdict;
    let (tone, sign) = match verdict.outcome.tone() {
        Tone::Good => ("good", "✓"),
        Tone::Doubtful => ("doubtful", "?"),
        Tone::Bad => ("bad", "✕"),
    };
    let (facts, portrait) = facts(say, &found.claims);
    VerdictPage {
        word: verdict.code(),
        tone,
        sign,
        title: say.word("verdict", verdict.code()),
        text: outcome_text(say, &verdict.outcome),
        reason: verdict.reason.map_or_else(String::new, |reason| say.word("reason", reason.code())),
        facts,
        portrait,
        no_face: found.no_face,
        checked: checked(say, verdict, found.at),
        until: Some(found.until.as_millisecond()),
    }
}

/// What people read of claims, and the portrait as a data URL.
pub(super) fn facts(say: Say, claims: &[(String, Value)]) -> (Vec<(String, String)>, String) {
    // As they stand on a card: who it is, then what they are, then numbers and dates.
    let place = |claim: &str| ORDER.iter().position(|first| claim.starts_with(first)).unwrap_or(ORDER.len());
    let mut named: Vec<&(String, Value)> = claims.iter().filter(|(claim, _)| claim != "picture").collect();
    named.sort_by_key(|(claim, _)| place(claim));
    let read =
        named.into_iter().map(|(claim, value)| (claim_label(say, claim), claim_value(say, claim, value)));
    let picture = claims.iter().find(|(claim, _)| claim == "picture");
    // Only a picture, whatever an issuer may have signed.
    let picture = picture.and_then(|(_, url)| url.as_str()).filter(|url| url.starts_with(PICTURE));
    (read.collect(), picture.unwrap_or_default().to_owned())
}

fn outcome_text(say: Say, outcome: &Outcome) -> String {
    let at = |key: &str, at: Timestamp| say.t1(key, "at", say.0.instant(at).as_str());
    match outcome {
        Outcome::Expired { since } => at("verdict-expired-text", *since),
        Outcome::NotYetValid { from } => at("verdict-not-yet-valid-text", *from),
        Outcome::Revoked { since, exact: true } => at("verdict-revoked-text", *since),
        Outcome::Revoked { since, exact: false } => at("verdict-revoked-by-text", *since),
        Outcome::UnknownSince { since: Some(since) } => at("verdict-unknown-since-text", *since),
        Outcome::UnknownSince { since: None } => say.t("verdict-unknown-text"),
        Outcome::CodeTooOld { made_at } => at("verdict-code-too-old-text", *made_at),
        Outcome::Valid
        | Outcome::ClockUncertain
        | Outcome::NotTrusted
        | Outcome::Altered
        | Outcome::NotACard => say.t(&format!("verdict-{}-text", outcome.code().replace('_', "-"))),
    }
}

/// What was checked and when, in one line.
fn checked(say: Say, verdict: &Verdict, seen: Timestamp) -> String {
    let at = verdict.at.unwrap_or(seen).to_zoned(warsaw()).strftime("%H:%M:%S").to_string();
    let names: Vec<String> = verdict.checked.iter().map(|check| check_name(say, check)).collect();
    if names.is_empty() {
        return say.t1("inspect-checked-nothing", "at", at.as_str());
    }
    say.t2("inspect-checked", "at", at.as_str(), "what", names.join(", ").as_str())
}

/// What was checked, under which root, and of when the data are that this device had fetched for it.
fn check_name(say: Say, check: &Check) -> String {
    let what = say.word("check", check.what.code());
    let what = match (check.what, check.by.as_deref().map(common_name)) {
        (Checked::Chain, Some(root)) => say.t2("inspect-under", "what", what.as_str(), "root", root),
        _ => what,
    };
    match (check.what, check.as_of) {
        (Checked::Chain | Checked::Revocation, Some(as_of)) => {
            say.t2("inspect-as-of", "what", what.as_str(), "at", say.0.instant(as_of).as_str())
        }
        _ => what,
    }
}

/// The common name in a distinguished name as RFC 4514 writes it; other names as they are.
fn common_name(name: &str) -> &str {
    name.split(['+', ',']).find_map(|part| part.trim_start().strip_prefix("CN=")).unwrap_or(name)
}

/// The claims by their paths: ages one by one.
pub(in crate::screen) fn flat(json: Value) -> Vec<(String, Value)> {
    let Value::Object(members) = json else { return Vec::new() };
    let mut claims = Vec::new();
    for (name, value) in members {
        match value {
            Value::Object(ages) if name == AGE_EQUAL_OR_OVER => {
                claims.extend(ages.into_iter().map(|(age, reached)| (format!("{name}.{age}"), reached)));
            }
            value => claims.push((name, value)),
        }
    }
    claims
}

#[cfg(test)]
mod tests;
