//! The credential request (OpenID4VCI 1.0 §8.2).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::device::DeviceInfo;
use crate::vci::error::{Coded, CredentialErrorCode};
use crate::vci::json::{JsonError, read};

/// Longest request that is looked at, in bytes.
pub const MAX_REQUEST_LENGTH: usize = 64 * 1024;

/// A request for a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialRequest {
    /// Which credential.
    #[serde(flatten)]
    pub requested: RequestedCredential,
    /// Proofs of the keys that it shall be bound to.
    pub proofs: Proofs,
    /// What the phone says of itself (extension); nothing vouches for it.
    #[serde(rename = "mleg_device", skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceInfo>,
}

/// How the credential is named (§8.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum RequestedCredential {
    /// By a key of the metadata's `credential_configurations_supported`.
    #[serde(rename = "credential_configuration_id")]
    Configuration(String),
    /// By an identifier out of the token response.
    #[serde(rename = "credential_identifier")]
    Identifier(String),
}

/// Key proofs of type `jwt`, at least one; read each with [`UnverifiedProof::parse`](crate::vci::proof::UnverifiedProof::parse).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proofs {
    jwt: Vec<String>,
}

impl Proofs {
    /// A single proof.
    pub fn one(jwt: String) -> Self {
        Self { jwt: vec![jwt] }
    }

    /// Proofs of several keys, one credential for each.
    ///
    /// # Errors
    /// [`CredentialRequestError::NoProofs`] for none.
    pub fn several(jwt: Vec<String>) -> Result<Self, CredentialRequestError> {
        if jwt.is_empty() { Err(CredentialRequestError::NoProofs) } else { Ok(Self { jwt }) }
    }

    /// All proofs; never empty.
    pub fn jwt(&self) -> &[String] {
        &self.jwt
    }

    /// The proof of a request that may have only one.
    ///
    /// # Errors
    /// [`CredentialRequestError::SeveralProofs`].
    pub fn only(&self) -> Result<&str, CredentialRequestError> {
        match self.jwt.as_slice() {
            [jwt] => Ok(jwt),
            _ => Err(CredentialRequestError::SeveralProofs),
        }
    }
}

#[derive(Deserialize)]
struct RawRequest {
    credential_configuration_id: Option<String>,
    credential_identifier: Option<String>,
    proofs: Option<serde_json::Map<String, Value>>,
    proof: Option<Value>,
    credential_response_encryption: Option<Value>,
    mleg_device: Option<DeviceInfo>,
}

impl CredentialRequest {
    /// Reads the JSON body of a request. Unknown members are ignored.
    ///
    /// # Errors
    /// See [`CredentialRequestError`], which knows the standard's code for each.
    pub fn parse(json: &[u8]) -> Result<Self, CredentialRequestError> {
        use CredentialRequestError as Refused;
        let raw: RawRequest = read(json, MAX_REQUEST_LENGTH)?;
        // Answering in the clear what was to be encrypted would be worse than not answering.
        if raw.credential_response_encryption.is_some() {
            return Err(Refused::Encryption);
        }
        let requested = match (raw.credential_configuration_id, raw.credential_identifier) {
            (Some(id), None) => RequestedCredential::Configuration(id),
            (None, Some(id)) => RequestedCredential::Identifier(id),
            (Some(_), Some(_)) => return Err(Refused::NamedTwice),
            (None, None) => return Err(Refused::NotNamed),
        };
        let proofs = match (raw.proofs, raw.proof) {
            (Some(proofs), _) => read_proofs(&proofs)?,
            (None, Some(_)) => return Err(Refused::DraftProof),
            (None, None) => return Err(Refused::NoProofs),
        };
        if raw.mleg_device.as_ref().is_some_and(|device| !device.is_plain()) {
            return Err(Refused::Device);
        }
        Ok(Self { requested, proofs, device: raw.mleg_device })
    }
}

/// Exactly one proof type, `jwt`, with at least one proof (§8.2).
fn read_proofs(proofs: &serde_json::Map<String, Value>) -> Result<Proofs, CredentialRequestError> {
    let Some(jwt) = proofs.get("jwt").filter(|_| proofs.len() == 1) else {
        return Err(if proofs.is_empty() {
            CredentialRequestError::NoProofs
        } else {
            CredentialRequestError::ProofType
        });
    };
    let jwt: Vec<String> = Vec::deserialize(jwt).map_err(|_| CredentialRequestError::ProofType)?;
    if jwt.is_empty() { Err(CredentialRequestError::NoProofs) } else { Ok(Proofs { jwt }) }
}

/// Messages complete "cannot read credential request: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRequestError {
    /// Longer than [`MAX_REQUEST_LENGTH`].
    #[error("body is too long")]
    TooLong,
    /// Not JSON, or a member of the wrong type.
    #[error("body is not JSON of the expected shape")]
    Malformed,
    /// Neither a configuration nor an identifier.
    #[error("neither credential_configuration_id nor credential_identifier is given")]
    NotNamed,
    /// A configuration and an identifier.
    #[error("both credential_configuration_id and credential_identifier are given")]
    NamedTwice,
    /// `credential_response_encryption` was asked for; the metadata offer none.
    #[error("encrypted responses are not supported")]
    Encryption,
    /// No `proofs`, or none in them.
    #[error("proofs are missing")]
    NoProofs,
    /// `proof` as in drafts before version 1.0.
    #[error("proof is of a draft; version 1.0 sends proofs")]
    DraftProof,
    /// Not exactly the proof type `jwt` with a list of texts.
    #[error("proofs are not a list of type jwt")]
    ProofType,
    /// More proofs than one.
    #[error("more than one proof is given")]
    SeveralProofs,
    /// A text of `mleg_device` is empty, too long or holds control characters.
    #[error("description of the device is empty, too long or not plain text")]
    Device,
}

impl From<JsonError> for CredentialRequestError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLong => Self::TooLong,
            JsonError::Malformed => Self::Malformed,
        }
    }
}

impl Coded for CredentialRequestError {
    type Code = CredentialErrorCode;

    fn code(&self) -> CredentialErrorCode {
        match self {
            Self::TooLong | Self::Malformed | Self::NotNamed | Self::NamedTwice | Self::Device => {
                CredentialErrorCode::InvalidCredentialRequest
            }
            Self::Encryption => CredentialErrorCode::InvalidEncryptionParameters,
            Self::NoProofs | Self::DraftProof | Self::ProofType | Self::SeveralProofs => {
                CredentialErrorCode::InvalidProof
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::vci::credential::Platform;

    fn wire() -> Value {
        json!({
            "credential_configuration_id": "mlegitymacja_x509",
            "proofs": {"jwt": ["a.b.c"]},
            "mleg_device": {"name": "Telefon", "platform": "ios", "os_version": "17.5", "app_version": "1.0"},
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut wire = wire();
        wire[name] = value;
        wire
    }

    fn without(name: &str) -> Value {
        let mut wire = wire();
        wire.as_object_mut().unwrap().remove(name);
        wire
    }

    fn parse(value: &Value) -> Result<CredentialRequest, CredentialRequestError> {
        CredentialRequest::parse(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn requests_are_read_and_written_member_by_member() {
        let request = parse(&wire()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), wire());
        assert_eq!(request.requested, RequestedCredential::Configuration("mlegitymacja_x509".into()));
        assert_eq!(request.proofs.only(), Ok("a.b.c"));
        assert_eq!(request.device.unwrap().platform, Platform::Ios);

        let by_identifier = json!({"credential_identifier": "c-1", "proofs": {"jwt": ["a.b.c"]}});
        let request = CredentialRequest {
            requested: RequestedCredential::Identifier("c-1".into()),
            proofs: Proofs::one("a.b.c".into()),
            device: None,
        };
        assert_eq!(serde_json::to_value(&request).unwrap(), by_identifier);
        assert_eq!(parse(&by_identifier), Ok(request));
    }

    #[test]
    fn unknown_members_are_ignored() {
        assert_eq!(parse(&with("format", json!("mso_mdoc"))), parse(&wire()));
        assert_eq!(
            parse(&with("proof", json!({"proof_type": "jwt"}))),
            parse(&wire()),
            "proofs count, not the draft's proof"
        );
    }

    #[test]
    fn wrong_requests_have_their_own_reason_and_code() {
        use CredentialErrorCode::{InvalidCredentialRequest, InvalidEncryptionParameters, InvalidProof};
        use CredentialRequestError as Refused;
        let device =
            |name: &str| json!({"name": name, "platform": "ios", "os_version": "17", "app_version": "1"});
        let mut draft = without("proofs");
        draft["proof"] = json!({"proof_type": "jwt", "jwt": "a.b.c"});
        let cases = [
            (json!(["x"]), Refused::Malformed, InvalidCredentialRequest),
            (with("credential_configuration_id", json!(1)), Refused::Malformed, InvalidCredentialRequest),
            (without("credential_configuration_id"), Refused::NotNamed, InvalidCredentialRequest),
            (with("credential_identifier", json!("x")), Refused::NamedTwice, InvalidCredentialRequest),
            (
                with("credential_response_encryption", json!({"enc": "A128GCM"})),
                Refused::Encryption,
                InvalidEncryptionParameters,
            ),
            (without("proofs"), Refused::NoProofs, InvalidProof),
            (with("proofs", json!({})), Refused::NoProofs, InvalidProof),
            (with("proofs", json!({"jwt": []})), Refused::NoProofs, InvalidProof),
            (with("proofs", json!([])), Refused::Malformed, InvalidCredentialRequest),
            (with("proofs", json!({"jwt": "a.b.c"})), Refused::ProofType, InvalidProof),
            (with("proofs", json!({"jwt": [1]})), Refused::ProofType, InvalidProof),
            (with("proofs", json!({"attestation": ["a.b.c"]})), Refused::ProofType, InvalidProof),
            (with("proofs", json!({"jwt": ["a.b.c"], "di_vp": [{}]})), Refused::ProofType, InvalidProof),
            (draft, Refused::DraftProof, InvalidProof),
            (with("mleg_device", json!("phone")), Refused::Malformed, InvalidCredentialRequest),
            (with("mleg_device", device("")), Refused::Device, InvalidCredentialRequest),
            (with("mleg_device", device("a\u{0}b")), Refused::Device, InvalidCredentialRequest),
        ];
        for (value, reason, code) in cases {
            assert_eq!(parse(&value), Err(reason), "{value}");
            assert_eq!(reason.code(), code, "{value}");
        }
        assert_eq!(CredentialRequest::parse(&vec![b' '; MAX_REQUEST_LENGTH + 1]), Err(Refused::TooLong));
        let several = parse(&with("proofs", json!({"jwt": ["a", "b"]}))).unwrap();
        assert_eq!(several.proofs.only(), Err(Refused::SeveralProofs));
        assert_eq!(several.proofs.jwt(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>(), name in any::<String>()) {
            let _ = CredentialRequest::parse(&bytes);
            let _ = parse(&with("proofs", json!({name.clone(): [name]})));
        }
    }
}
