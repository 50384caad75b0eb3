//! What the authorization server does (RFC 8414, OpenID4VCI 1.0 §12.3).

use serde::{Deserialize, Serialize};

use super::{MAX_METADATA_LENGTH, MetadataError};
use crate::jose::jws::ES256;
use crate::vci::json::read;
use crate::vci::sign_in::{JUNIOR_SCOPE, PKCE_S256};
use crate::vci::uri::{HttpUrl, IssuerUrl};
use crate::vci::{GRANT_AUTHORIZATION_CODE, GRANT_PRE_AUTHORIZED_CODE, GRANT_REFRESH_TOKEN};

/// Metadata of an OAuth 2.0 authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// Its identifier; equal, as text, to the one that the metadata were asked for.
    pub issuer: IssuerUrl,
    /// Where people sign in with their browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<HttpUrl>,
    /// Where tokens come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<HttpUrl>,
    /// Grant types; absent means `authorization_code` and `implicit` (RFC 8414 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types_supported: Option<Vec<String>>,
    /// Response types of the authorization endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// Methods of PKCE (RFC 7636 §6.2); empty where it is not understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether the browser brings back who sent it (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// Scopes that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// Where an app learns who is signed in (extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mleg_holder_endpoint: Option<HttpUrl>,
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
    /// This project's own: anonymous wallets, pre-authorized codes, renewal, DPoP with ES256; and pupils who sign in on
    /// the portal.
    pub fn of(issuer: IssuerUrl, token_endpoint: HttpUrl, portal: PortalEndpoints) -> Self {
        let only = |value: &str| vec![value.to_owned()];
        Self {
            issuer,
            authorization_endpoint: Some(portal.authorization),
            token_endpoint: Some(token_endpoint),
            grant_types_supported: Some(vec![
                GRANT_PRE_AUTHORIZED_CODE.to_owned(),
                GRANT_AUTHORIZATION_CODE.to_owned(),
                GRANT_REFRESH_TOKEN.to_owned(),
            ]),
            response_types_supported: only("code"),
            code_challenge_methods_supported: only(PKCE_S256),
            authorization_response_iss_parameter_supported: true,
            scopes_supported: only(JUNIOR_SCOPE),
            mleg_holder_endpoint: Some(portal.holder),
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

    /// Whether codes of a sign-in are taken with PKCE's `S256`.
    pub fn takes_s256(&self) -> bool {
        self.code_challenge_methods_supported.iter().any(|name| name == PKCE_S256)
    }

    /// Whether DPoP proofs with ES256 are understood.
    pub fn takes_es256_dpop(&self) -> bool {
        self.dpop_signing_alg_values_supported.iter().any(|name| name == ES256)
    }
}

/// Where pupils sign in, and where an app learns who did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalEndpoints {
    /// The authorization endpoint.
    pub authorization: HttpUrl,
    /// What says who is signed in.
    pub holder: HttpUrl,
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

    fn portal() -> PortalEndpoints {
        PortalEndpoints {
            authorization: issuer().endpoint("portal/authorize"),
            holder: issuer().endpoint("portal/junior/me"),
        }
    }

    #[test]
    fn server_metadata_are_written_and_read_member_by_member() {
        let server = AuthorizationServerMetadata::of(issuer(), issuer().endpoint("token"), portal());
        let wire = json!({
            "issuer": "http://127.0.0.1:8080",
            "authorization_endpoint": "http://127.0.0.1:8080/portal/authorize",
            "token_endpoint": "http://127.0.0.1:8080/token",
            "grant_types_supported": [
                "urn:ietf:params:oauth:grant-type:pre-authorized_code", "authorization_code", "refresh_token",
            ],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "scopes_supported": ["junior"],
            "mleg_holder_endpoint": "http://127.0.0.1:8080/portal/junior/me",
            "token_endpoint_auth_methods_supported": ["none"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "pre-authorized_grant_anonymous_access_supported": true,
        });
        assert_eq!(serde_json::to_value(&server).unwrap(), wire);
        let read = AuthorizationServerMetadata::parse(&serde_json::to_vec(&wire).unwrap(), &issuer());
        assert_eq!(read.as_ref(), Ok(&server));
        assert!(server.grants(GRANT_REFRESH_TOKEN) && server.takes_es256_dpop());
        assert!(server.takes_s256() && !server.grants("implicit"));
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
