//! What an issuer says of itself (OpenID4VCI 1.0 §12.2.4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::display::{CredentialMetadata, Display};
use super::{MAX_METADATA_LENGTH, MetadataError};
use crate::jose::jws::ES256;
use crate::sd_jwt::DC_SD_JWT;
use crate::vci::FORMAT_CODE;
use crate::vci::FORMAT_X509;
use crate::vci::json::read;
use crate::vci::uri::{HttpUrl, IssuerUrl};

/// Metadata of a credential issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerMetadata {
    /// The issuer's identifier; equal, as text, to the one that the metadata were asked for.
    pub credential_issuer: IssuerUrl,
    /// Its authorization servers; absent when it is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_servers: Option<Vec<IssuerUrl>>,
    /// Where credentials are requested.
    pub credential_endpoint: HttpUrl,
    /// Where nonces come from; absent when proofs need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce_endpoint: Option<HttpUrl>,
    /// Where the wallet tells what became of a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<HttpUrl>,
    /// Where a typed code becomes an offer (extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mleg_typed_code_endpoint: Option<HttpUrl>,
    /// Whether one request may give several credentials; absent when it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_credential_issuance: Option<BatchIssuance>,
    /// The issuer's names, one per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// What can be issued, by configuration id.
    pub credential_configurations_supported: BTreeMap<String, CredentialConfiguration>,
}

/// Several credentials from one request (§12.2.4), each bound to a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchIssuance {
    /// The most proofs in one request.
    pub batch_size: usize,
}

/// One kind of credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialConfiguration {
    /// The credential format, such as [`FORMAT_X509`].
    pub format: String,
    /// The scope that stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What kind of SD-JWT VC it is (Appendix A.3.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vct: Option<String>,
    /// How the bound key is represented: `jwk`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cryptographic_binding_methods_supported: Vec<String>,
    /// Which key proofs are taken, by proof type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proof_types_supported: BTreeMap<String, ProofType>,
    /// How it is shown. Much-used clients take a configuration without it for one of an older draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_metadata: Option<CredentialMetadata>,
}

/// Which proofs of one type are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofType {
    /// The signature algorithms.
    pub proof_signing_alg_values_supported: Vec<Algorithm>,
}

/// A signature algorithm: a JOSE name, or a COSE number in the configurations of other formats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Algorithm {
    /// As in JOSE: `ES256`.
    Jose(String),
    /// As in COSE: `-7`.
    Cose(i64),
}

impl CredentialConfiguration {
    /// A configuration of format [`FORMAT_X509`], bound to the key that an ES256 `jwt` proof proves.
    pub fn x509(scope: &str, metadata: CredentialMetadata) -> Self {
        let es256 = ProofType { proof_signing_alg_values_supported: vec![Algorithm::Jose(ES256.to_owned())] };
        Self {
            format: FORMAT_X509.to_owned(),
            scope: Some(scope.to_owned()),
            vct: None,
            cryptographic_binding_methods_supported: vec!["jwk".to_owned()],
            proof_types_supported: BTreeMap::from([("jwt".to_owned(), es256)]),
            credential_metadata: Some(metadata),
        }
    }

    /// A configuration of format [`DC_SD_JWT`] and type `vct`, bound to the keys that ES256 `jwt` proofs prove.
    pub fn sd_jwt(scope: &str, vct: String, metadata: CredentialMetadata) -> Self {
        Self { format: DC_SD_JWT.to_owned(), vct: Some(vct), ..Self::x509(scope, metadata) }
    }

    /// A configuration of format [`FORMAT_CODE`], bound likewise.
    pub fn code(scope: &str, metadata: CredentialMetadata) -> Self {
        Self { format: FORMAT_CODE.to_owned(), ..Self::x509(scope, metadata) }
    }

    /// Whether this project's wallet can prove its key: a `jwt` proof with ES256 and a `jwk`.
    pub fn takes_es256_jwt(&self) -> bool {
        let algorithms =
            self.proof_types_supported.get("jwt").map(|jwt| &jwt.proof_signing_alg_values_supported);
        algorithms.is_some_and(|all| {
            all.iter().any(|algorithm| matches!(algorithm, Algorithm::Jose(name) if name == ES256))
        }) && self.cryptographic_binding_methods_supported.iter().any(|method| method == "jwk")
    }
}

impl IssuerMetadata {
    /// Reads the document that was fetched from `expected`'s well-known address.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn parse(json: &[u8], expected: &IssuerUrl) -> Result<Self, MetadataError> {
        let metadata: Self = read(json, MAX_METADATA_LENGTH)?;
        metadata.check_issuer(expected)?;
        Ok(metadata)
    }

    /// Holds the document's identifier against the one that was asked for: as text, not normalised (§12.2.4).
    ///
    /// # Errors
    /// [`MetadataError::OtherIssuer`].
    pub fn check_issuer(&self, expected: &IssuerUrl) -> Result<(), MetadataError> {
        if self.credential_issuer == *expected { Ok(()) } else { Err(MetadataError::OtherIssuer) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::{ClaimDescription, PathStep};
    use super::*;
    use crate::vci::CONFIGURATION_X509;
    use crate::vci::uri::UrlPolicy;

    fn issuer() -> IssuerUrl {
        IssuerUrl::parse("http://127.0.0.1:8080", UrlPolicy::default()).unwrap()
    }

    fn ours() -> IssuerMetadata {
        let metadata = CredentialMetadata {
            display: vec![Display::new("pl", "mLegitymacja szkolna"), Display::new("en", "Mobile school ID")],
            claims: vec![ClaimDescription::new("given_name", true, "Imię", "Given name")],
        };
        IssuerMetadata {
            credential_issuer: issuer(),
            authorization_servers: None,
            credential_endpoint: issuer().endpoint("credential"),
            nonce_endpoint: Some(issuer().endpoint("nonce")),
            notification_endpoint: Some(issuer().endpoint("notification")),
            mleg_typed_code_endpoint: Some(issuer().endpoint("typed-code")),
            batch_credential_issuance: Some(BatchIssuance { batch_size: 10 }),
            display: vec![Display::new("pl", "Szkoła"), Display::new("en", "School")],
            credential_configurations_supported: BTreeMap::from([(
                CONFIGURATION_X509.to_owned(),
                CredentialConfiguration::x509(CONFIGURATION_X509, metadata),
            )]),
        }
    }

    fn wire() -> Value {
        json!({
            "credential_issuer": "http://127.0.0.1:8080",
            "credential_endpoint": "http://127.0.0.1:8080/credential",
            "nonce_endpoint": "http://127.0.0.1:8080/nonce",
            "notification_endpoint": "http://127.0.0.1:8080/notification",
            "mleg_typed_code_endpoint": "http://127.0.0.1:8080/typed-code",
            "batch_credential_issuance": {"batch_size": 10},
            "display": [{"name": "Szkoła", "locale": "pl"}, {"name": "School", "locale": "en"}],
            "credential_configurations_supported": {
                "mlegitymacja_x509": {
                    "format": "vnd.mleg.x509+json",
                    "scope": "mlegitymacja_x509",
                    "cryptographic_binding_methods_supported": ["jwk"],
                    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
                    "credential_metadata": {
                        "display": [
                            {"name": "mLegitymacja szkolna", "locale": "pl"},
                            {"name": "Mobile school ID", "locale": "en"},
                        ],
                        "claims": [{
                            "path": ["given_name"],
                            "mandatory": true,
                            "display": [{"name": "Imię", "locale": "pl"}, {"name": "Given name", "locale": "en"}],
                        }],
                    },
                },
            },
        })
    }

    fn parse(value: &Value) -> Result<IssuerMetadata, MetadataError> {
        IssuerMetadata::parse(&serde_json::to_vec(value).unwrap(), &issuer())
    }

    #[test]
    fn issuer_metadata_are_written_and_read_member_by_member() {
        assert_eq!(serde_json::to_value(ours()).unwrap(), wire());
        assert_eq!(parse(&wire()), Ok(ours()));
        assert!(ours().credential_configurations_supported[CONFIGURATION_X509].takes_es256_jwt());
    }

    #[test]
    fn metadata_of_another_issuer_are_not_used() {
        for other in ["http://127.0.0.1:8080/", "http://localhost:8080", "https://127.0.0.1:8080"] {
            let mut value = wire();
            value["credential_issuer"] = json!(other);
            assert_eq!(parse(&value), Err(MetadataError::OtherIssuer), "{other}");
        }
    }

    #[test]
    fn foreign_issuers_are_understood() {
        let foreign = json!({
            "credential_issuer": "http://127.0.0.1:8080",
            "authorization_servers": ["https://as.example/realms/x"],
            "credential_endpoint": "https://issuer.example/credential?tenant=1",
            "batch_credential_issuance": {"batch_size": 5},
            "display": [{"logo": {"uri": "data:image/png;base64,AA=="}}],
            "credential_configurations_supported": {
                "pid": {
                    "format": "mso_mdoc",
                    "doctype": "eu.europa.ec.eudi.pid.1",
                    "credential_signing_alg_values_supported": [-7],
                    "cryptographic_binding_methods_supported": ["cose_key"],
                    "proof_types_supported": {
                        "cwt": {"proof_signing_alg_values_supported": [-7]},
                        "jwt": {"proof_signing_alg_values_supported": ["ES384"], "key_attestations_required": {}},
                    },
                    "credential_metadata": {"claims": [{"path": ["degrees", null, 0, "type"]}]},
                },
                "bare": {"format": "jwt_vc_json"},
            },
        });
        let read = parse(&foreign).unwrap();
        assert_eq!(read.batch_credential_issuance, Some(BatchIssuance { batch_size: 5 }));
        let pid = &read.credential_configurations_supported["pid"];
        assert!(!pid.takes_es256_jwt());
        let path = &pid.credential_metadata.as_ref().unwrap().claims[0].path;
        assert_eq!(path[1..3], [PathStep::Every, PathStep::Index(0)]);
        assert_eq!(serde_json::to_value(path).unwrap(), json!(["degrees", null, 0, "type"]));
        assert!(!read.credential_configurations_supported["bare"].takes_es256_jwt());
    }

    #[test]
    fn wrong_types_and_forbidden_addresses_are_refused() {
        let with = |pointer: &str, new: Value| {
            let mut value = wire();
            *value.pointer_mut(pointer).unwrap() = new;
            value
        };
        let configuration = "/credential_configurations_supported/mlegitymacja_x509";
        let cases = [
            json!([]),
            json!({}),
            with("/credential_issuer", json!(null)),
            with("/credential_endpoint", json!("http://evil.example/credential")),
            with("/nonce_endpoint", json!("nonce")),
            with("/display", json!({})),
            with("/batch_credential_issuance", json!({"batch_size": -1})),
            with("/credential_configurations_supported", json!([])),
            with(configuration, json!({})),
            with(&format!("{configuration}/cryptographic_binding_methods_supported"), json!("jwk")),
            with(&format!("{configuration}/proof_types_supported/jwt"), json!(["ES256"])),
            with(&format!("{configuration}/credential_metadata/claims/0/path"), json!("given_name")),
            with(&format!("{configuration}/credential_metadata/claims/0/mandatory"), json!("yes")),
        ];
        for value in cases {
            assert_eq!(parse(&value), Err(MetadataError::Malformed), "{value}");
        }
        let long = vec![b' '; MAX_METADATA_LENGTH + 1];
        assert_eq!(IssuerMetadata::parse(&long, &issuer()), Err(MetadataError::TooLong));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>()) {
            let _ = IssuerMetadata::parse(&bytes, &issuer());
        }
    }
}
