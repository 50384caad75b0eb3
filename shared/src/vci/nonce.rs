//! The challenge that a key proof answers (OpenID4VCI 1.0 §7).

use serde::{Deserialize, Serialize};

use super::json::{JsonError, MAX_RESPONSE_LENGTH, read};
use crate::secret::Secret;

/// Answer of the nonce endpoint; must not be cached (§7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// The challenge; opaque to the wallet.
    pub c_nonce: Secret,
}

impl NonceResponse {
    /// Reads the JSON body of an answer.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        read(json, MAX_RESPONSE_LENGTH)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_wire_form_is_read_and_written() {
        let wire = json!({"c_nonce": "wKI4LT17ac15ES9bw8ac4"});
        let parse = |value: &Value| NonceResponse::parse(&serde_json::to_vec(value).unwrap());
        let response = parse(&wire).unwrap();
        assert_eq!(serde_json::to_value(&response).unwrap(), wire);
        assert!(!format!("{response:?}").contains("wKI4"));
        let with_expiry = json!({"c_nonce": "wKI4LT17ac15ES9bw8ac4", "c_nonce_expires_in": 60});
        assert_eq!(parse(&with_expiry), Ok(response));
        for wrong in
            [json!({}), json!({"c_nonce": 1}), json!({"c_nonce": null}), json!("wKI4"), json!(["wKI4"])]
        {
            assert_eq!(parse(&wrong), Err(JsonError::Malformed), "{wrong}");
        }
    }
}
