//! The card as the phone keeps it: the credential's bytes, the key's handle, and what refreshing needs.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::secret::Secret;
use url::Url;

use super::StoreError;
use super::record::{KeptBytes, Record, parse};
use crate::hex_name::hex_name;
use crate::secure_element::KeyHandle;

/// A mobile card on this phone.
///
/// Everything here was verified before it was kept; what was not verified is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldCard {
    /// Which card it is: one of each is kept, whatever the number of activations.
    pub identity: CardIdentity,
    /// Who issued it.
    pub issuer: Issuer,
    /// Where its issuer is asked for a refresh.
    pub endpoints: Endpoints,
    /// The credential configuration, such as `mlegitymacja_x509`.
    pub configuration: String,
    /// The device key that the certificate is about.
    pub key: KeyHandle,
    /// The certificate chain in DER, device certificate first, without the root.
    pub x5c: Vec<KeptBytes>,
    /// The card data, exactly the bytes whose digest the certificate attests.
    pub card_data: KeptBytes,
    /// In which further formats its issuer gives copies of it; the copies themselves are kept apart.
    pub copies: Vec<CopyOffer>,
    /// What the issuer calls the issuance; deleting the card reports it back.
    pub notification_id: Option<String>,
    /// DPoP-bound to `key`; never rotated.
    pub refresh_token: Option<Secret>,
    /// When it was first activated on this phone.
    pub acquired_at: Timestamp,
    /// When its issuer last answered about it.
    pub last_refresh: Option<Timestamp>,
    /// What is known of its standing, apart from its period of validity.
    pub state: CardState,
}

/// Which card: a text that is equal for two activations of the same card and for nothing else.
///
/// Made by whoever verified the card, from issuer, school, register number and year. Redacted when
/// printed, and never written in the clear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardIdentity(String);

impl CardIdentity {
    /// The identity that `text` stands for.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardIdentity(…)")
    }
}

hex_name!(
    /// The name under which a card is kept: the same for the same card on this phone, meaningless elsewhere.
    CardId,
    16
);

/// Who issued a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The credential issuer identifier, byte for byte as the issuer writes it: proofs name it as audience.
    pub identifier: String,
    /// Its name for people.
    pub name: String,
}

/// Where the issuer listens, as its metadata said when the card was acquired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Access tokens.
    pub token: Url,
    /// Credentials.
    pub credential: Url,
    /// Nonces for key proofs, if it has such an endpoint.
    pub nonce: Option<Url>,
    /// Notifications, if it takes any.
    pub notification: Option<Url>,
}

/// A format in which the issuer gives copies of a card, as its metadata said when the card was acquired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOffer {
    /// The credential configuration.
    pub configuration: String,
    /// The format, such as `dc+sd-jwt`.
    pub format: String,
    /// The most copies that one request gives.
    pub batch: usize,
}

/// What is known of a card's standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CardState {
    /// Nothing is known against it.
    Valid,
    /// Revoked by its issuer.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Why, as the issuer says it.
        reason: String,
    },
    /// A later one took its place, which this phone does not have.
    Superseded {
        /// Since when.
        since: Timestamp,
    },
}

impl Record for HeldCard {
    const KIND: &'static str = "card";
    const VERSION: u16 = 3;

    fn upgrade(version: u16, json: &[u8]) -> Result<Self, StoreError> {
        match version {
            1 | 2 => parse::<HeldCardV1>(json).map(Self::from),
            found => Err(StoreError::TooOld { what: Self::KIND, found }),
        }
    }
}

/// Version 1 knew the X.509 credential alone. Version 2 had a place for copies inside the card, which no program ever
/// filled: a card would have been sealed anew, photos and all, with every copy that is used.
#[derive(Deserialize)]
struct HeldCardV1 {
    identity: CardIdentity,
    issuer: Issuer,
    endpoints: Endpoints,
    configuration: String,
    key: KeyHandle,
    x5c: Vec<KeptBytes>,
    card_data: KeptBytes,
    notification_id: Option<String>,
    refresh_token: Option<Secret>,
    acquired_at: Timestamp,
    last_refresh: Option<Timestamp>,
    state: CardState,
}

impl From<HeldCardV1> for HeldCard {
    fn from(old: HeldCardV1) -> Self {
        Self {
            identity: old.identity,
            issuer: old.issuer,
            endpoints: old.endpoints,
            configuration: old.configuration,
            key: old.key,
            x5c: old.x5c,
            card_data: old.card_data,
            copies: Vec::new(),
            notification_id: old.notification_id,
            refresh_token: old.refresh_token,
            acquired_at: old.acquired_at,
            last_refresh: old.last_refresh,
            state: old.state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = r#"{"identity":"12345/2026/77","issuer":{"identifier":"https://issuer.example/pl","name":"SP 12"},
        "endpoints":{"token":"https://issuer.example/token","credential":"https://issuer.example/credential",
        "nonce":"https://issuer.example/nonce","notification":null},"configuration":"mlegitymacja_x509",
        "key":"000102030405060708090a0b0c0d0e0f","x5c":["MAA=","MAE="],"card_data":"e30=","notification_id":"n-1",
        "refresh_token":"rt","acquired_at":"2026-11-21T18:30:00Z","last_refresh":null,"state":{"is":"valid"}}"#;

    const V2: &str = r#"{"identity":"12345/2026/77","issuer":{"identifier":"https://issuer.example/pl","name":"SP 12"},
        "endpoints":{"token":"https://issuer.example/token","credential":"https://issuer.example/credential",
        "nonce":"https://issuer.example/nonce","notification":null},"configuration":"mlegitymacja_x509",
        "key":"000102030405060708090a0b0c0d0e0f","x5c":["MAA=","MAE="],"card_data":"e30=",
        "copies":[],
        "notification_id":"n-1","refresh_token":"rt","acquired_at":"2026-11-21T18:30:00Z",
        "last_refresh":"2026-11-22T00:00:00Z","state":{"is":"revoked","since":"2026-11-23T00:00:00Z","reason":"lost"}}"#;

    const V3: &str = r#"{"identity":"12345/2026/77","issuer":{"identifier":"https://issuer.example/pl","name":"SP 12"},
        "endpoints":{"token":"https://issuer.example/token","credential":"https://issuer.example/credential",
        "nonce":"https://issuer.example/nonce","notification":null},"configuration":"mlegitymacja_x509",
        "key":"000102030405060708090a0b0c0d0e0f","x5c":["MAA=","MAE="],"card_data":"e30=",
        "copies":[{"configuration":"mlegitymacja_sd_jwt","format":"dc+sd-jwt","batch":10}],
        "notification_id":"n-1","refresh_token":"rt","acquired_at":"2026-11-21T18:30:00Z",
        "last_refresh":"2026-11-22T00:00:00Z","state":{"is":"revoked","since":"2026-11-23T00:00:00Z","reason":"lost"}}"#;

    #[test]
    fn a_card_kept_by_version_1_is_read() {
        let card = HeldCard::read(1, V1.as_bytes()).unwrap();
        assert_eq!(card.issuer.identifier, "https://issuer.example/pl");
        assert_eq!(card.x5c.iter().map(KeptBytes::as_slice).collect::<Vec<_>>(), [b"0\x00", b"0\x01"]);
        assert_eq!(card.card_data.as_slice(), b"{}");
        assert_eq!(card.refresh_token.as_ref().unwrap().expose(), "rt");
        assert_eq!((card.copies.len(), &card.state), (0, &CardState::Valid));
        // Written again, it is of the present version and says the same.
        assert_eq!(HeldCard::read(3, &card.write().unwrap()).unwrap(), card);
    }

    #[test]
    fn a_card_kept_by_version_2_is_read_and_has_no_copies() {
        let card = HeldCard::read(2, V2.as_bytes()).unwrap();
        assert_eq!((card.identity.as_str(), card.copies.len()), ("12345/2026/77", 0));
    }

    #[test]
    fn the_present_version_is_frozen() {
        let card = HeldCard::read(3, V3.as_bytes()).unwrap();
        assert_eq!(card.copies[0].format, "dc+sd-jwt");
        assert_eq!(card.copies[0].batch, 10);
        assert!(matches!(&card.state, CardState::Revoked { reason, .. } if reason == "lost"));
        let written: serde_json::Value = serde_json::from_slice(&card.write().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(V3).unwrap());
    }

    #[test]
    fn a_card_is_not_told_by_printing_it() {
        let printed = format!("{:?}", HeldCard::read(3, V3.as_bytes()).unwrap());
        assert!(!printed.contains("2026/77") && !printed.contains("\"rt\""), "{printed}");
    }
}
