//! What the token endpoint answers.

use serde::{Deserialize, Serialize};

use super::TokenType;
use crate::secret::Secret;
use crate::vci::json::{JsonError, MAX_RESPONSE_LENGTH, read};

/// A successful answer of the token endpoint; must not be cached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// What the credential and notification endpoints ask for.
    pub access_token: Secret,
    /// How it is presented.
    pub token_type: TokenType,
    /// Its life in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// For renewal; only where the access token is bound to a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// What it authorizes; foreign issuers name credentials here that must then be asked for by identifier (§6.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<AuthorizationDetail>,
}

impl TokenResponse {
    /// Reads the JSON body of an answer.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        read(json, MAX_RESPONSE_LENGTH)
    }

    /// The identifier by which the credential of `configuration` must be requested, if the answer names one.
    pub fn credential_identifier(&self, configuration: &str) -> Option<&str> {
        self.authorization_details
            .iter()
            .filter(|detail| detail.credential_configuration_id.as_deref() == Some(configuration))
            .find_map(|detail| detail.credential_identifiers.first())
            .map(String::as_str)
    }
}

/// One authorization (§5.1.1, §6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationDetail {
    /// `openid_credential`, or another kind, which does not matter here.
    #[serde(rename = "type")]
    pub kind: String,
    /// For which configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_configuration_id: Option<String>,
    /// The credentials that may be requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_identifiers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn answers_are_written_and_read_member_by_member() {
        let wire =
            json!({"access_token": "at", "token_type": "DPoP", "expires_in": 600, "refresh_token": "rt"});
        let parse = |value: &Value| TokenResponse::parse(&serde_json::to_vec(value).unwrap());
        let response = parse(&wire).unwrap();
        assert_eq!(serde_json::to_value(&response).unwrap(), wire);
        assert!(!format!("{response:?}").contains("rt\""));

        let least = parse(&json!({"access_token": "at", "token_type": "bearer", "scope": "x"})).unwrap();
        assert_eq!(
            serde_json::to_value(&least).unwrap(),
            json!({"access_token": "at", "token_type": "Bearer"})
        );
        for wrong in [
            json!({"token_type": "Bearer"}),
            json!({"access_token": "at"}),
            json!({"access_token": 1, "token_type": "Bearer"}),
            json!({"access_token": "at", "token_type": "mac"}),
            json!({"access_token": "at", "token_type": "Bearer", "expires_in": "600"}),
            json!({"access_token": "at", "token_type": "Bearer", "expires_in": -1}),
            json!({"access_token": "at", "token_type": "Bearer", "authorization_details": {}}),
        ] {
            assert_eq!(parse(&wrong), Err(JsonError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn identifiers_of_foreign_issuers_are_found() {
        let response: TokenResponse = serde_json::from_value(json!({
            "access_token": "at", "token_type": "Bearer",
            "authorization_details": [
                {"type": "openid_credential", "credential_configuration_id": "other", "credential_identifiers": ["o-1"]},
                {"type": "openid_credential", "credential_configuration_id": "card", "credential_identifiers": ["c-1", "c-2"]},
                {"type": "payment", "amount": 1},
            ],
        }))
        .unwrap();
        assert_eq!(response.credential_identifier("card"), Some("c-1"));
        assert_eq!(response.credential_identifier("none"), None);
    }
}
