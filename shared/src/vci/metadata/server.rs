//! What the authorization server does (RFC 8414, OpenID4VCI 1.0 §12.3).

use serde::{Deserialize, Serialize};

use super::{MAX_METADATA_LENGTH, MetadataError};
use crate::jose::jws::ES256;
use crate::vci::json::read;
use crate::vci::uri::{HttpUrl, IssuerUrl};
use crate::vci::{GRANT_PRE_AUTHORIZED_CODE, GRANT_REFRESH_TOKEN};

/// Metadata of an OAuth 2.0 authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// Its identifier; equal, as text, to the one that the metadata were asked for.
    pub issuer: IssuerUrl,
    /// Where tokens come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<HttpUrl>,
    /// Grant types; absent means `authorization_code` and `implicit` (RFC 8414 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types_supported: Option<Vec<String>>,
    /// Response types of the authorization endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// How clients authenticate at the token endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Algorithms of DPoP proofs (RFC 9449 §5.1); empty where DPoP is not understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether a pre-authorized code may be redeemed without a client id (§12.3).
    #[serde(rename = "pre-authorized_grant_anonymous_access_supported", default)]
    pub pre_authorized_grant_anonymous_access_supported: bool,
}

impl AuthorizationServerMetadata {
    /// This project's own: anonymous wallets, pre-authorized codes, renewal, DPoP with ES256.
    pub fn of(issuer: IssuerUrl, token_endpoint: HttpUrl) -> Self {
        let only = |value: &str| vec![value.to_owned()];
        Self {
            issuer,
            token_endpoint: Some(token_endpoint),
            grant_types_supported: Some(vec![
                GRANT_PRE_AUTHORIZED_CODE.to_owned(),
                GRANT_REFRESH_TOKEN.to_owned(),
            ]),
            // RFC 8414 demands the member although there is no authorization endpoint; `none` is a registered
            // response type that promises nothing.
            response_types_supported: only("none"),
            token_endpoint_auth_methods_supported: only("none"),
            dpop_signing_alg_values_supported: only(ES256),
            pre_authorized_grant_anonymous_access_supported: true,
        }
    }

    /// Reads the document that was fetched from `expected`'s well-known address.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn parse(json: &[u8], expected: &IssuerUrl) -> Result<Self, MetadataError> {
        let metadata: Self = read(json, MAX_METADATA_LENGTH)?;
        metadata.check_issuer(expected)?;
        Ok(metadata)
    }

    /// Holds the document's identifier against the one that was asked for, as text (RFC 8414 §3.3).
    ///
    /// # Errors
    /// [`MetadataError::OtherIssuer`].
    pub fn check_issuer(&self, expected: &IssuerUrl) -> Result<(), MetadataError> {
        if self.issuer == *expected { Ok(()) } else { Err(MetadataError::OtherIssuer) }
    }

    /// Whether `grant_type` is named.
    pub fn grants(&self, grant_type: &str) -> bool {
        self.grant_types_supported.iter().flatten().any(|name| name == grant_type)
    }

    /// Whether DPoP proofs with ES256 are understood.
    pub fn takes_es256_dpop(&self) -> bool {
        self.dpop_signing_alg_values_supported.iter().any(|name| name == ES256)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::vci::uri::UrlPolicy;

    fn issuer() -> IssuerUrl {
        IssuerUrl::parse("http://127.0.0.1:8080", UrlPolicy::default()).unwrap()
    }

    #[test]
    fn server_metadata_are_written_and_read_member_by_member() {
        let server = AuthorizationServerMetadata::of(issuer(), issuer().endpoint("token"));
        let wire = json!({
            "issuer": "http://127.0.0.1:8080",
            "token_endpoint": "http://127.0.0.1:8080/token",
            "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code", "refresh_token"],
            "response_types_supported": ["none"],
            "token_endpoint_auth_methods_supported": ["none"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "pre-authorized_grant_anonymous_access_supported": true,
        });
        assert_eq!(serde_json::to_value(&server).unwrap(), wire);
        let read = AuthorizationServerMetadata::parse(&serde_json::to_vec(&wire).unwrap(), &issuer());
        assert_eq!(read.as_ref(), Ok(&server));
        assert!(server.grants(GRANT_REFRESH_TOKEN) && server.takes_es256_dpop());
        assert!(!server.grants("authorization_code"));
    }

    #[test]
    fn metadata_of_another_issuer_are_not_used() {
        for other in ["http://127.0.0.1:8080/", "http://localhost:8080", "https://127.0.0.1:8080"] {
            let server = json!({"issuer": other, "token_endpoint": "https://a.example/token"});
            let read = AuthorizationServerMetadata::parse(&serde_json::to_vec(&server).unwrap(), &issuer());
            assert_eq!(read, Err(MetadataError::OtherIssuer), "{other}");
        }
    }

    #[test]
    fn foreign_servers_are_understood_and_wrong_types_refused() {
        let parse = |value: &serde_json::Value| {
            AuthorizationServerMetadata::parse(&serde_json::to_vec(value).unwrap(), &issuer())
        };
        let least =
            parse(&json!({"issuer": "http://127.0.0.1:8080", "jwks_uri": "https://a.example/jwks"})).unwrap();
        assert!(!least.pre_authorized_grant_anonymous_access_supported, "absent means no (§12.3)");
        assert!(!least.grants(GRANT_PRE_AUTHORIZED_CODE) && !least.takes_es256_dpop());
        for (name, wrong) in [
            ("issuer", json!(1)),
            ("token_endpoint", json!("http://a.example/token")),
            ("grant_types_supported", json!("refresh_token")),
            ("dpop_signing_alg_values_supported", json!({})),
            ("pre-authorized_grant_anonymous_access_supported", json!("true")),
        ] {
            let mut value = json!({"issuer": "http://127.0.0.1:8080"});
            value[name] = wrong;
            assert_eq!(parse(&value), Err(MetadataError::Malformed), "{value}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>()) {
            let _ = AuthorizationServerMetadata::parse(&bytes, &issuer());
        }
    }
}
