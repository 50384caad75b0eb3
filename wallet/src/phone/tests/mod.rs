//! A phone from its set-up to its end.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;
use shared::secret::Secret;
use tempfile::TempDir;

use super::*;
use crate::device::{DeviceDescription, DeviceName, Platform, Version};
use crate::documents::{
    AuthenticatedTime, CardId, CardIdentity, CardState, ClockVerdict, Consent, Endpoints, HeldCard,
    HistoryEvent, Issuer, KeepError, KeptBytes, OfferHash, TimeSource, TrustedRoot,
};
use crate::pin::{NewPin, Pin};
use crate::secure_element::KeyHandle;
use crate::testing::TestEntropy;

mod cards;
mod copies;
mod copying;
mod keeping;
mod locking;

const PUPIL: &str = "Wiśniewska-Zażółć";
const PESEL: &str = "08312112303";
const SD_JWT: &str = "mlegitymacja_sd_jwt";

fn parts(seed: u64) -> Parts {
    Parts::with_pin_cost(Arc::new(TestEntropy::new(seed)), PinCost::FOR_TESTS)
}

fn device() -> DeviceDescription {
    DeviceDescription {
        name: DeviceName::parse("Telefon Zosi").unwrap(),
        platform: Platform::Ios,
        os_version: Version::new(17, 4),
        app_version: Version::new(1, 0),
    }
}

fn new_pin() -> NewPin {
    NewPin::parse("493027").unwrap()
}

fn pin() -> Pin {
    Pin::parse("493027").unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T18:30:00Z".parse().unwrap()
}

fn create(home: &TempDir, seed: u64) -> UnlockedPhone {
    UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), parts(seed)).unwrap()
}

fn open(home: &TempDir, seed: u64) -> LockedPhone {
    LockedPhone::open(home.path(), parts(seed)).unwrap()
}

fn unlock(home: &TempDir, seed: u64) -> UnlockedPhone {
    open(home, seed).unlock(&pin(), now()).unwrap()
}

fn offer(text: &str) -> OfferHash {
    OfferHash::of_text(text)
}

/// A card about `identity` under `key`, as big as one with a photo.
fn card(identity: &str, key: &KeyHandle) -> HeldCard {
    let data = format!(r#"{{"surname":"{PUPIL}","pesel":"{PESEL}","photo":"{}"}}"#, "x".repeat(80_000));
    HeldCard {
        identity: CardIdentity::new(identity),
        issuer: Issuer { identifier: "https://issuer.example/pl".to_owned(), name: "SP 12".to_owned() },
        endpoints: Endpoints {
            token: "https://issuer.example/token".parse().unwrap(),
            credential: "https://issuer.example/credential".parse().unwrap(),
            nonce: None,
            notification: None,
        },
        configuration: "mlegitymacja_x509".to_owned(),
        key: key.clone(),
        x5c: vec![KeptBytes::from(format!("0CN={PUPIL}").into_bytes())],
        card_data: KeptBytes::from(data.into_bytes()),
        copies: Vec::new(),
        notification_id: Some("n-1".to_owned()),
        refresh_token: Some(Secret::new("refresh-token-of-zosia")),
        acquired_at: now(),
        last_refresh: None,
        state: CardState::Valid,
    }
}

/// Activates a card about `identity`, from the offer to the end.
fn activate(phone: &UnlockedPhone, identity: &str) -> Result<CardId, KeepError> {
    let offer = offer(&format!("offer for {identity} {}", phone.documents().history().unwrap().len()));
    let begun =
        phone.begin_activation(&offer, "https://issuer.example/pl", &["mlegitymacja_x509"], None, now())?;
    let outcome = phone.insert_card(&card(identity, &begun.keys[0].key), Some(&offer), now());
    if outcome.is_err() {
        phone.abandon_activation(&offer)?;
    }
    outcome
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts the directory `from` in the place of `to`.
fn put_in_place(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy_dir(from, to);
}
