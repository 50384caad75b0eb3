//! The way to an offer without a camera: the wallet posts the typed code and gets the offer (extension).
//!
//! The answer is a [`CredentialOffer`](super::offer::CredentialOffer) itself, because the issuer keeps no offer's address.

use serde::{Deserialize, Serialize};

use super::error::{Coded, TypedCodeErrorCode};
use super::json::{JsonError, read};
use crate::secret::Secret;

/// Longest request that is looked at, in bytes.
pub const MAX_REQUEST_LENGTH: usize = 1024;

/// JSON body of the request to the metadata's `mleg_typed_code_endpoint`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedCodeRequest {
    /// The code as typed: `XXXX-XXXX-XXXX`.
    pub typed_code: Secret,
}

impl TypedCodeRequest {
    /// Reads the JSON body of a request.
    ///
    /// # Errors
    /// See [`TypedCodeRequestError`].
    pub fn parse(json: &[u8]) -> Result<Self, TypedCodeRequestError> {
        read(json, MAX_REQUEST_LENGTH).map_err(TypedCodeRequestError)
    }
}

/// The body is not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct TypedCodeRequestError(JsonError);

impl Coded for TypedCodeRequestError {
    type Code = TypedCodeErrorCode;

    fn code(&self) -> TypedCodeErrorCode {
        match self.0 {
            JsonError::TooLong | JsonError::Malformed => TypedCodeErrorCode::InvalidRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_wire_form_is_read_and_written() {
        let wire = json!({"typed_code": "ABCD-EFGH-JKLM"});
        let parse = |value: &Value| TypedCodeRequest::parse(&serde_json::to_vec(value).unwrap());
        let request = parse(&wire).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), wire);
        assert!(!format!("{request:?}").contains("ABCD"));
        for wrong in [json!({}), json!({"typed_code": 1}), json!(["ABCD"])] {
            assert_eq!(
                parse(&wrong).map_err(|error| error.code()),
                Err(TypedCodeErrorCode::InvalidRequest),
                "{wrong}"
            );
        }
    }
}
