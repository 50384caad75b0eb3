//! The answer to a credential request, and the X.509 credential in it (OpenID4VCI 1.0 §8.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::jose::{base64url, from_base64url};
use crate::vci::json::{JsonError, MAX_RESPONSE_LENGTH, read};

/// The answer; must not be cached. `C` is what the format makes of a credential: [`X509Credential`], a text, any JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialResponse<C = Value> {
    /// The credentials, one per proven key.
    pub credentials: Vec<IssuedCredential<C>>,
    /// What notifications about them are to name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_id: Option<String>,
}

/// One credential of an answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCredential<C = Value> {
    /// The credential.
    pub credential: C,
}

impl<C: DeserializeOwned> CredentialResponse<C> {
    /// Reads the JSON body of an answer. A deferred one (with `transaction_id`) is not understood.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        Self::parse_within(json, MAX_RESPONSE_LENGTH)
    }

    /// As [`parse`](Self::parse), with a limit of one's own, in bytes: [`MAX_COPIES_LENGTH`] for several copies.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse_within(json: &[u8], limit: usize) -> Result<Self, JsonError> {
        read(json, limit)
    }
}

/// Longest answer with several copies of a card, in bytes: each holds the photo, which base64 makes longer twice.
pub const MAX_COPIES_LENGTH: usize = 3 * 1024 * 1024;

impl<C> CredentialResponse<C> {
    /// An answer with several credentials, in the order of the proofs.
    pub fn several(credentials: impl IntoIterator<Item = C>, notification_id: Option<String>) -> Self {
        let credentials = credentials.into_iter().map(|credential| IssuedCredential { credential });
        Self { credentials: credentials.collect(), notification_id }
    }

    /// An answer with one credential.
    pub fn one(credential: C, notification_id: Option<String>) -> Self {
        Self { credentials: vec![IssuedCredential { credential }], notification_id }
    }
}

/// Credentials are personal data: only their number is shown.
impl<C> fmt::Debug for CredentialResponse<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialResponse({} credentials, {:?})", self.credentials.len(), self.notification_id)
    }
}

impl<C> fmt::Debug for IssuedCredential<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuedCredential(…)")
    }
}

/// A credential of the format [`FORMAT_X509`](crate::vci::FORMAT_X509).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X509Credential {
    /// The device certificate and its issuers, without the root; base64 of DER, as in RFC 7515 §4.1.6.
    pub x5c: Vec<String>,
    /// base64url of the card data, byte for byte what the certificate's digest attests.
    pub card: String,
}

impl X509Credential {
    /// Encodes a chain (device certificate first, root left out) and the card data.
    pub fn new<D: AsRef<[u8]>>(chain: impl IntoIterator<Item = D>, card: &[u8]) -> Self {
        Self { x5c: chain.into_iter().map(|der| STANDARD.encode(der)).collect(), card: base64url(card) }
    }

    /// About how long it is as JSON, in bytes.
    pub fn length(&self) -> usize {
        self.card.len() + self.x5c.iter().map(String::len).sum::<usize>() + 512
    }

    /// The certificates as DER, device certificate first; never empty.
    ///
    /// # Errors
    /// [`X509CredentialError::Chain`].
    pub fn chain(&self) -> Result<Vec<Vec<u8>>, X509CredentialError> {
        let chain: Result<Vec<_>, _> =
            self.x5c.iter().map(|certificate| STANDARD.decode(certificate)).collect();
        chain.ok().filter(|chain| !chain.is_empty()).ok_or(X509CredentialError::Chain)
    }

    /// The card data's bytes.
    ///
    /// # Errors
    /// [`X509CredentialError::Card`].
    pub fn card(&self) -> Result<Vec<u8>, X509CredentialError> {
        from_base64url(&self.card).ok_or(X509CredentialError::Card)
    }
}

impl fmt::Debug for X509Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X509Credential({} certificates, …)", self.x5c.len())
    }
}

/// Messages complete "cannot read credential: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum X509CredentialError {
    /// `x5c` is empty or holds something other than base64.
    #[error("certificate chain is empty or not base64")]
    Chain,
    /// `card` is not base64url.
    #[error("card data are not base64url")]
    Card,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn wire() -> Value {
        json!({
            "credentials": [{"credential": {"x5c": ["+/8=", "MIIC"], "card": "-_8"}}],
            "notification_id": "3fwe98js",
        })
    }

    fn parse(value: &Value) -> Result<CredentialResponse<X509Credential>, JsonError> {
        CredentialResponse::parse(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn answers_are_written_and_read_member_by_member() {
        let credential = X509Credential::new([vec![0xfb, 0xff], vec![0x30, 0x82, 0x02]], &[0xfb, 0xff]);
        let response = CredentialResponse::one(credential.clone(), Some("3fwe98js".to_owned()));
        assert_eq!(serde_json::to_value(&response).unwrap(), wire());
        let read = parse(&wire()).unwrap();
        assert_eq!(read, response);
        assert_eq!(credential.chain(), Ok(vec![vec![0xfb, 0xff], vec![0x30, 0x82, 0x02]]));
        assert_eq!(credential.card(), Ok(vec![0xfb, 0xff]));
        let shown = format!("{read:?} {:?} {credential:?}", read.credentials);
        assert!(!shown.contains("MIIC") && !shown.contains("-_8"), "{shown}");
    }

    #[test]
    fn credentials_of_other_formats_are_carried_as_they_are() {
        let wire =
            json!({"credentials": [{"credential": "eyJ~"}, {"credential": {"any": 1}}], "interval": 5});
        let read: CredentialResponse = serde_json::from_value(wire).unwrap();
        assert_eq!(read.credentials[0].credential, json!("eyJ~"));
        assert_eq!(
            serde_json::to_value(CredentialResponse::one("eyJ~", None)).unwrap(),
            json!({"credentials": [{"credential": "eyJ~"}]})
        );
    }

    #[test]
    fn wrong_answers_are_refused() {
        for wrong in [
            json!({}),
            json!({"transaction_id": "x", "interval": 5}),
            json!({"credentials": {}}),
            json!({"credentials": ["x"]}),
            json!({"credentials": [{"credential": "eyJ~"}]}),
            json!({"credentials": [{"credential": {"x5c": "MIIC", "card": "-_8"}}]}),
            json!({"credentials": [{"credential": {"x5c": ["MIIC"]}}]}),
            json!({"credentials": [], "notification_id": 1}),
        ] {
            assert_eq!(parse(&wrong), Err(JsonError::Malformed), "{wrong}");
        }
        let credential = |x5c: &[&str], card: &str| X509Credential {
            x5c: x5c.iter().map(ToString::to_string).collect(),
            card: card.to_owned(),
        };
        for x5c in [&[][..], &["-_8"], &["MIIC", "?"]] {
            assert_eq!(credential(x5c, "").chain(), Err(X509CredentialError::Chain), "{x5c:?}");
        }
        assert_eq!(credential(&[], "+/8=").card(), Err(X509CredentialError::Card));
    }

    proptest! {
        #[test]
        fn reading_never_panics(x5c in any::<Vec<String>>(), card in any::<String>()) {
            let credential = X509Credential { x5c, card };
            let _ = credential.chain();
            let _ = credential.card();
        }

        #[test]
        fn every_byte_survives(chain in prop::collection::vec(any::<Vec<u8>>(), 1..4), card in any::<Vec<u8>>()) {
            let credential = X509Credential::new(&chain, &card);
            prop_assert_eq!(credential.chain(), Ok(chain));
            prop_assert_eq!(credential.card(), Ok(card));
        }
    }
}
