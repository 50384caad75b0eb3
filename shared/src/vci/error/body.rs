//! The one body of every refusal.

use serde::{Deserialize, Serialize};

use super::code::ErrorCode;
use super::description::Description;
use super::reason::Reason;
use crate::vci::json::read;

/// Longest error body that a wallet reads, in bytes.
pub const MAX_ERROR_LENGTH: usize = 16 * 1024;

/// What an endpoint says when it refuses. `error` and `error_description` are the standard's, the rest are extensions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The code; see [`ErrorBody::code`].
    pub error: String,
    /// For developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<Description>,
    /// Why, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many wrong activation codes the grant still bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// For the pupil, in Polish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_pl: Option<String>,
    /// For the pupil, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_en: Option<String>,
}

impl ErrorBody {
    /// A body with a code and nothing else: all that a 5xx answer says.
    pub fn new(code: impl ErrorCode) -> Self {
        Self {
            error: code.as_str().to_owned(),
            error_description: None,
            reason: None,
            tries_left: None,
            message_pl: None,
            message_en: None,
        }
    }

    /// Adds a text for developers; see [`Description::new`].
    #[must_use]
    pub fn with_description(self, text: &str) -> Self {
        Self { error_description: Some(Description::new(text)), ..self }
    }

    /// Adds the reason.
    #[must_use]
    pub fn with_reason(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Adds the number of tries left.
    #[must_use]
    pub fn with_tries_left(self, tries: u8) -> Self {
        Self { tries_left: Some(tries), ..self }
    }

    /// Adds the texts for the pupil.
    #[must_use]
    pub fn with_messages(self, pl: impl Into<String>, en: impl Into<String>) -> Self {
        Self { message_pl: Some(pl.into()), message_en: Some(en.into()), ..self }
    }

    /// Reads a body; `None` for anything that is not one, such as a proxy's page.
    pub fn parse(json: &[u8]) -> Option<Self> {
        read(json, MAX_ERROR_LENGTH).ok()
    }

    /// The code as one of an endpoint's; `None` for a code that the endpoint does not have.
    pub fn code<C: ErrorCode>(&self) -> Option<C> {
        C::parse(&self.error)
    }

    /// Whether the pupil typed a wrong activation code: said by our `reason`, or by the 1.1 draft's code.
    pub fn is_wrong_code(&self) -> bool {
        self.reason == Some(Reason::WrongCode) || self.error == super::TokenErrorCode::InvalidTxCode.as_str()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::vci::error::{CredentialErrorCode, TokenErrorCode};

    #[test]
    fn bodies_are_written_and_read_member_by_member() {
        let body = ErrorBody::new(TokenErrorCode::InvalidGrant)
            .with_description("the activation code is \"wrong\"")
            .with_reason(Reason::WrongCode)
            .with_tries_left(4)
            .with_messages("Błędny kod", "Wrong code");
        let wire = json!({
            "error": "invalid_grant",
            "error_description": "the activation code is 'wrong'",
            "reason": "wrong_code",
            "tries_left": 4,
            "message_pl": "Błędny kod",
            "message_en": "Wrong code",
        });
        assert_eq!(serde_json::to_value(&body).unwrap(), wire);
        assert_eq!(ErrorBody::parse(&serde_json::to_vec(&wire).unwrap()), Some(body));
        let bare = ErrorBody::new(CredentialErrorCode::ServerError);
        assert_eq!(serde_json::to_value(&bare).unwrap(), json!({"error": "server_error"}));
    }

    #[test]
    fn foreign_bodies_are_read_as_far_as_they_go() {
        let foreign = json!({"error": "invalid_nonce", "c_nonce": "x", "error_uri": "https://a.example"});
        let body = ErrorBody::parse(&serde_json::to_vec(&foreign).unwrap()).unwrap();
        assert_eq!(body.code(), Some(CredentialErrorCode::InvalidNonce));
        assert_eq!(body.code::<TokenErrorCode>(), None);
        for wrong in [
            json!({}),
            json!({"error": 1}),
            json!({"error": "x", "tries_left": -1}),
            json!({"error": "x", "tries_left": 256}),
            json!({"error": "x", "reason": 1}),
            json!({"error": "x", "error_description": []}),
            json!(["x"]),
        ] {
            assert_eq!(ErrorBody::parse(&serde_json::to_vec(&wrong).unwrap()), None, "{wrong}");
        }
        assert_eq!(ErrorBody::parse(b"<html>"), None);
    }

    #[test]
    fn a_wrong_code_is_recognised_in_both_dialects() {
        assert!(ErrorBody::new(TokenErrorCode::InvalidGrant).with_reason(Reason::WrongCode).is_wrong_code());
        assert!(ErrorBody::new(TokenErrorCode::InvalidTxCode).is_wrong_code());
        assert!(!ErrorBody::new(TokenErrorCode::InvalidGrant).with_reason(Reason::Expired).is_wrong_code());
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>()) {
            let _ = ErrorBody::parse(&bytes);
        }
    }
}
