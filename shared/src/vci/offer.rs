//! The credential offer (OpenID4VCI 1.0 §4.1).

use serde::{Deserialize, Serialize};

use super::json::{JsonError, read};
use super::requirements::Requirements;
use super::uri::IssuerUrl;
use crate::secret::Secret;

/// Longest offer, in bytes of JSON.
pub const MAX_OFFER_LENGTH: usize = 16 * 1024;

/// Longest description of a transaction code, in characters (§4.1.1).
pub const MAX_DESCRIPTION_LENGTH: usize = 300;

/// Invitation to fetch credentials; whoever holds it holds its [`PreAuthorizedGrant`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawOffer")]
pub struct CredentialOffer {
    /// Who offers.
    pub credential_issuer: IssuerUrl,
    /// What is offered: keys of the metadata's `credential_configurations_supported`; at least one, none twice.
    pub credential_configuration_ids: Vec<String>,
    /// How to get at it.
    #[serde(skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// What the phone must be (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mleg_requirements: Option<Requirements>,
}

#[derive(Deserialize)]
struct RawOffer {
    credential_issuer: IssuerUrl,
    credential_configuration_ids: Vec<String>,
    #[serde(default)]
    grants: Grants,
    #[serde(default)]
    mleg_requirements: Option<Requirements>,
}

/// The ways to an access token that this project takes; others are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The pre-authorized code flow.
    #[serde(
        rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub pre_authorized: Option<PreAuthorizedGrant>,
}

impl Grants {
    fn is_empty(&self) -> bool {
        self.pre_authorized.is_none()
    }
}

/// A code that stands for the pupil's authorization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorizedGrant {
    /// The code: short-lived, used once.
    #[serde(rename = "pre-authorized_code")]
    pub pre_authorized_code: Secret,
    /// Present when the token request must carry a transaction code, even if it says nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<TxCode>,
    /// Which authorization server to ask, where the issuer names several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<IssuerUrl>,
}

/// How the transaction code looks: in this project the activation code, eight digits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxCode {
    /// Digits or any characters; digits unless said otherwise.
    #[serde(default)]
    pub input_mode: InputMode,
    /// How many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Where the pupil finds it; at most [`MAX_DESCRIPTION_LENGTH`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The characters of a transaction code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// Digits only.
    #[default]
    Numeric,
    /// Any characters.
    Text,
}

impl CredentialOffer {
    /// Reads the JSON of an offer.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub fn parse(json: &[u8]) -> Result<Self, OfferError> {
        let raw: RawOffer = read(json, MAX_OFFER_LENGTH)?;
        Self::try_from(raw)
    }
}

impl TryFrom<RawOffer> for CredentialOffer {
    type Error = OfferError;

    fn try_from(raw: RawOffer) -> Result<Self, OfferError> {
        let ids = raw.credential_configuration_ids;
        if ids.is_empty() {
            return Err(OfferError::NothingOffered);
        }
        if ids.iter().enumerate().any(|(i, id)| ids[..i].contains(id)) {
            return Err(OfferError::OfferedTwice);
        }
        let tx_code = raw.grants.pre_authorized.as_ref().and_then(|grant| grant.tx_code.as_ref());
        let description = tx_code.and_then(|tx_code| tx_code.description.as_deref()).unwrap_or_default();
        if description.chars().count() > MAX_DESCRIPTION_LENGTH {
            return Err(OfferError::DescriptionTooLong);
        }
        Ok(Self {
            credential_issuer: raw.credential_issuer,
            credential_configuration_ids: ids,
            grants: raw.grants,
            mleg_requirements: raw.mleg_requirements,
        })
    }
}

/// Messages complete "cannot read credential offer: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than [`MAX_OFFER_LENGTH`].
    #[error("offer is too long")]
    TooLong,
    /// Not JSON, a required member missing, or a member of the wrong type.
    #[error("offer is not JSON of the expected shape")]
    Malformed,
    /// `credential_configuration_ids` is empty.
    #[error("offer names no credential")]
    NothingOffered,
    /// A configuration is named twice.
    #[error("offer names a credential twice")]
    OfferedTwice,
    /// The transaction code's description is longer than [`MAX_DESCRIPTION_LENGTH`] characters.
    #[error("description of the code is too long")]
    DescriptionTooLong,
}

impl From<JsonError> for OfferError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLong => Self::TooLong,
            JsonError::Malformed => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn wire() -> Value {
        json!({
            "credential_issuer": "http://127.0.0.1:8080",
            "credential_configuration_ids": ["mlegitymacja_x509"],
            "grants": {
                "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                    "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
                    "tx_code": {"input_mode": "numeric", "length": 8, "description": "Kod aktywacyjny"},
                },
            },
            "mleg_requirements": {"min_android": "6.0", "min_ios": "10.3"},
        })
    }

    fn parse(value: &Value) -> Result<CredentialOffer, OfferError> {
        CredentialOffer::parse(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn the_wire_form_is_read_and_written_member_by_member() {
        let offer = parse(&wire()).unwrap();
        assert_eq!(serde_json::to_value(&offer).unwrap(), wire());
        let grant = offer.grants.pre_authorized.as_ref().unwrap();
        assert_eq!(grant.pre_authorized_code.expose(), "oaKazRN8I0IbtZ0C7JuMn5");
        assert_eq!(grant.tx_code.as_ref().unwrap().length, Some(8));
        assert!(!format!("{offer:?}").contains("oaKaz"), "the code is a bearer secret");
    }

    #[test]
    fn the_least_offer_and_unknown_members_are_read() {
        let least = json!({"credential_issuer": "https://a.example", "credential_configuration_ids": ["a"]});
        let offer = parse(&least).unwrap();
        assert_eq!(offer.grants.pre_authorized, None);
        assert_eq!(serde_json::to_value(&offer).unwrap(), least);

        let mut decorated = wire();
        decorated["more"] = json!({"a": 1});
        decorated["grants"]["authorization_code"] = json!({"issuer_state": "x"});
        assert_eq!(parse(&decorated).unwrap(), parse(&wire()).unwrap());
    }

    #[test]
    fn an_empty_tx_code_still_asks_for_a_code() {
        let mut value = wire();
        value["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]["tx_code"] = json!({});
        let grant = parse(&value).unwrap().grants.pre_authorized.unwrap();
        assert_eq!(
            grant.tx_code,
            Some(TxCode { input_mode: InputMode::Numeric, length: None, description: None })
        );
    }

    #[test]
    fn wrong_offers_are_refused_for_their_own_reason() {
        let with = |pointer: &str, new: Value| {
            let mut value = wire();
            *value.pointer_mut(pointer).unwrap() = new;
            value
        };
        let tx = "/grants/urn:ietf:params:oauth:grant-type:pre-authorized_code/tx_code";
        let code = "/grants/urn:ietf:params:oauth:grant-type:pre-authorized_code/pre-authorized_code";
        let cases = [
            (json!([]), OfferError::Malformed),
            (with("/credential_issuer", json!(1)), OfferError::Malformed),
            (with("/credential_issuer", json!("http://a.example")), OfferError::Malformed),
            (with("/credential_issuer", json!("https://a.example?x=y")), OfferError::Malformed),
            (with("/credential_configuration_ids", json!("a")), OfferError::Malformed),
            (with("/credential_configuration_ids", json!([])), OfferError::NothingOffered),
            (with("/credential_configuration_ids", json!(["a", "b", "a"])), OfferError::OfferedTwice),
            (with("/grants", json!("code")), OfferError::Malformed),
            (with(code, json!(1)), OfferError::Malformed),
            (with(tx, json!("12345678")), OfferError::Malformed),
            (with(tx, json!({"input_mode": "morse"})), OfferError::Malformed),
            (with(tx, json!({"length": -1})), OfferError::Malformed),
            (with("/mleg_requirements", json!({"min_app": 1})), OfferError::Malformed),
        ];
        for (value, reason) in cases {
            assert_eq!(parse(&value), Err(reason), "{value}");
        }
        let longest = with(tx, json!({"description": "ż".repeat(300)}));
        assert!(parse(&longest).is_ok());
        let longer = with(tx, json!({"description": "ż".repeat(301)}));
        assert_eq!(parse(&longer), Err(OfferError::DescriptionTooLong));
        assert_eq!(CredentialOffer::parse(&vec![b' '; MAX_OFFER_LENGTH + 1]), Err(OfferError::TooLong));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>(), issuer in any::<String>(), id in any::<String>()) {
            let _ = CredentialOffer::parse(&bytes);
            let _ = parse(&json!({"credential_issuer": issuer, "credential_configuration_ids": [id]}));
        }
    }
}
