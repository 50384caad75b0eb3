//! Code for access token, and renewal (OpenID4VCI 1.0 §6, RFC 6749 §5 and §6).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::form_urlencoded;

use super::error::{Coded, TokenErrorCode};
use super::json::{JsonError, MAX_RESPONSE_LENGTH, read};
use super::sign_in::CodeVerifier;
use super::{GRANT_AUTHORIZATION_CODE, GRANT_PRE_AUTHORIZED_CODE, GRANT_REFRESH_TOKEN};
use crate::secret::Secret;

/// Longest form that is looked at, in bytes.
pub const MAX_TOKEN_REQUEST_LENGTH: usize = 8 * 1024;

/// Every parameter that is read; each comes once at the most.
const PARAMETERS: [&str; 10] = [
    "grant_type",
    "pre-authorized_code",
    "tx_code",
    HOLDER_TOKEN,
    HOLDER_PROOF,
    "code",
    "redirect_uri",
    "client_id",
    "code_verifier",
    "refresh_token",
];
const HOLDER_TOKEN: &str = "mleg_holder_token";
const HOLDER_PROOF: &str = "mleg_holder_proof";

/// A request to the token endpoint; a form, not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// The first token, for the code out of the offer.
    PreAuthorizedCode {
        /// The code of the offer.
        pre_authorized_code: Secret,
        /// What the pupil typed: the activation code.
        tx_code: Option<Secret>,
        /// Who holds the phone, if the phone says so (extension).
        holder: Option<HolderProof>,
    },
    /// A token of another kind, for the code of a sign-in in the browser (RFC 6749 §4.1.3, RFC 7636 §4.5).
    AuthorizationCode {
        /// The code that the browser brought back.
        code: Secret,
        /// Where the browser was told to go back to.
        redirect_uri: String,
        /// Which client asked.
        client_id: String,
        /// Proof that it is the one that asked.
        code_verifier: CodeVerifier,
    },
    /// A further token, for renewal.
    RefreshToken {
        /// The refresh token.
        refresh_token: Secret,
    },
}

/// Who holds a phone for pupils: the token of their sign-in, and proof of the key that it is bound to, which is another
/// key than the card's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderProof {
    /// The access token of the sign-in; parameter `mleg_holder_token`.
    pub token: Secret,
    /// A DPoP proof (RFC 9449 §4.2) for the token endpoint, with the token's hash; parameter `mleg_holder_proof`. Not
    /// needed where the token is bound to no key.
    pub proof: Option<Secret>,
}

impl HolderProof {
    /// Adds the proof to a form that is about to be sent.
    pub fn append_to(&self, form: &Secret) -> Secret {
        let mut form = form_urlencoded::Serializer::new(form.expose().to_owned());
        form.append_pair(HOLDER_TOKEN, self.token.expose());
        if let Some(proof) = &self.proof {
            form.append_pair(HOLDER_PROOF, proof.expose());
        }
        Secret::new(form.finish())
    }
}

impl TokenRequest {
    /// Reads an `application/x-www-form-urlencoded` body. Unknown parameters are ignored; one without a value counts
    /// as absent, one that comes twice is refused (RFC 6749 §3.2).
    ///
    /// # Errors
    /// See [`TokenRequestError`].
    pub fn parse(form: &[u8]) -> Result<Self, TokenRequestError> {
        if form.len() > MAX_TOKEN_REQUEST_LENGTH {
            return Err(TokenRequestError::TooLong);
        }
        let mut found: [Option<Secret>; PARAMETERS.len()] = Default::default();
        for (name, value) in form_urlencoded::parse(form) {
            let Some(at) = PARAMETERS.iter().position(|known| *known == name) else { continue };
            if found[at].replace(Secret::new(value)).is_some() {
                return Err(TokenRequestError::Repeated(PARAMETERS[at]));
            }
        }
        let mut given = |name: &'static str| {
            let at = PARAMETERS.iter().position(|known| *known == name)?;
            found[at].take().filter(|secret| !secret.expose().is_empty())
        };
        let mut needed = |name: &'static str| given(name).ok_or(TokenRequestError::Missing(name));
        let grant_type = needed("grant_type")?;
        match grant_type.expose() {
            GRANT_PRE_AUTHORIZED_CODE => {
                let pre_authorized_code = needed("pre-authorized_code")?;
                let (tx_code, proof) = (given("tx_code"), given(HOLDER_PROOF));
                let holder = given(HOLDER_TOKEN).map(|token| HolderProof { token, proof });
                Ok(Self::PreAuthorizedCode { pre_authorized_code, tx_code, holder })
            }
            GRANT_AUTHORIZATION_CODE => Ok(Self::AuthorizationCode {
                code: needed("code")?,
                redirect_uri: needed("redirect_uri")?.expose().to_owned(),
                client_id: needed("client_id")?.expose().to_owned(),
                code_verifier: CodeVerifier::parse(needed("code_verifier")?.expose())
                    .ok_or(TokenRequestError::Verifier)?,
            }),
            GRANT_REFRESH_TOKEN => Ok(Self::RefreshToken { refresh_token: needed("refresh_token")? }),
            _ => Err(TokenRequestError::UnsupportedGrantType),
        }
    }

    /// The body to send.
    pub fn to_form(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::PreAuthorizedCode { pre_authorized_code, tx_code, holder } => {
                form.append_pair("grant_type", GRANT_PRE_AUTHORIZED_CODE);
                form.append_pair("pre-authorized_code", pre_authorized_code.expose());
                if let Some(tx_code) = tx_code {
                    form.append_pair("tx_code", tx_code.expose());
                }
                if let Some(holder) = holder {
                    return holder.append_to(&Secret::new(form.finish()));
                }
            }
            Self::AuthorizationCode { code, redirect_uri, client_id, code_verifier } => {
                form.append_pair("grant_type", GRANT_AUTHORIZATION_CODE);
                form.append_pair("code", code.expose());
                form.append_pair("redirect_uri", redirect_uri);
                form.append_pair("client_id", client_id);
                form.append_pair("code_verifier", code_verifier.expose().expose());
            }
            Self::RefreshToken { refresh_token } => {
                form.append_pair("grant_type", GRANT_REFRESH_TOKEN);
                form.append_pair("refresh_token", refresh_token.expose());
            }
        }
        Secret::new(form.finish())
    }
}

/// Messages complete "cannot read token request: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRequestError {
    /// Longer than [`MAX_TOKEN_REQUEST_LENGTH`].
    #[error("form is too long")]
    TooLong,
    /// A parameter that this grant type needs is missing or empty.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter comes twice.
    #[error("parameter {0} comes twice")]
    Repeated(&'static str),
    /// The verifier of PKCE is none (RFC 7636 §4.1).
    #[error("code_verifier has another form")]
    Verifier,
    /// None of the three grant types.
    #[error("grant type is not supported")]
    UnsupportedGrantType,
}

impl Coded for TokenRequestError {
    type Code = TokenErrorCode;

    fn code(&self) -> TokenErrorCode {
        match self {
            Self::TooLong | Self::Missing(_) | Self::Repeated(_) | Self::Verifier => {
                TokenErrorCode::InvalidRequest
            }
            Self::UnsupportedGrantType => TokenErrorCode::UnsupportedGrantType,
        }
    }
}

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

/// How an access token is presented; read without regard to case (RFC 6749 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Whoever holds it may use it (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449).
    Dpop,
}

impl TokenType {
    /// The name, which is the scheme of the `Authorization` header too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// Reads a name, whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Bearer, Self::Dpop].into_iter().find(|kind| name.eq_ignore_ascii_case(kind.as_str()))
    }

    /// Takes an `Authorization` header apart into scheme and token.
    pub fn from_authorization(header: &str) -> Option<(Self, Secret)> {
        let (scheme, token) = header.split_once(' ')?;
        let token = token.trim_matches(' ');
        let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        Self::parse(scheme).filter(|_| plain).map(|kind| (kind, Secret::new(token)))
    }

    /// The `Authorization` header for `token`.
    pub fn authorization(self, token: &Secret) -> Secret {
        Secret::new(format!("{} {}", self.as_str(), token.expose()))
    }
}

impl Serialize for TokenType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TokenType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom("token type is neither Bearer nor DPoP"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn code(code: &str, tx_code: Option<&str>) -> TokenRequest {
        TokenRequest::PreAuthorizedCode {
            pre_authorized_code: Secret::new(code),
            tx_code: tx_code.map(Secret::new),
            holder: None,
        }
    }

    #[test]
    fn the_standards_example_is_read() {
        let form = b"grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code=SplxlOBeZQQYbYS6WxSbIA&tx_code=493536";
        assert_eq!(TokenRequest::parse(form), Ok(code("SplxlOBeZQQYbYS6WxSbIA", Some("493536"))));
    }

    #[test]
    fn forms_are_written_parameter_by_parameter() {
        let request = code("a+b&c", Some("12345678"));
        assert_eq!(
            request.to_form().expose(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=a%2Bb%26c&tx_code=12345678",
        );
        let renewal = TokenRequest::RefreshToken { refresh_token: Secret::new("r") };
        assert_eq!(renewal.to_form().expose(), "grant_type=refresh_token&refresh_token=r");
        for request in [request, code("x", None), renewal] {
            assert_eq!(TokenRequest::parse(request.to_form().expose().as_bytes()), Ok(request.clone()));
            assert!(!format!("{request:?}").contains("12345678"));
        }
    }

    #[test]
    fn every_wrong_form_has_its_own_reason_and_code() {
        use TokenErrorCode::{InvalidRequest, UnsupportedGrantType};
        let pre = "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code";
        let signed_in = |more: &str, length| {
            let verifier = "v".repeat(length);
            format!("grant_type=authorization_code&code=x&client_id=c&code_verifier={verifier}{more}")
        };
        let cases = [
            (String::new(), TokenRequestError::Missing("grant_type"), InvalidRequest),
            ("grant_type=".to_owned(), TokenRequestError::Missing("grant_type"), InvalidRequest),
            (
                "grant_type=password&username=x".to_owned(),
                TokenRequestError::UnsupportedGrantType,
                UnsupportedGrantType,
            ),
            (signed_in("", 43), TokenRequestError::Missing("redirect_uri"), InvalidRequest),
            (signed_in("&redirect_uri=r", 42), TokenRequestError::Verifier, InvalidRequest),
            (
                signed_in("&redirect_uri=r&client_id=d", 43),
                TokenRequestError::Repeated("client_id"),
                InvalidRequest,
            ),
            (
                "grant_type=REFRESH_TOKEN&refresh_token=x".to_owned(),
                TokenRequestError::UnsupportedGrantType,
                UnsupportedGrantType,
            ),
            (pre.to_owned(), TokenRequestError::Missing("pre-authorized_code"), InvalidRequest),
            (
                format!("{pre}&pre-authorized_code="),
                TokenRequestError::Missing("pre-authorized_code"),
                InvalidRequest,
            ),
            (
                "grant_type=refresh_token".to_owned(),
                TokenRequestError::Missing("refresh_token"),
                InvalidRequest,
            ),
            (
                format!("{pre}&pre-authorized_code=a&tx_code=1&tx_code=2"),
                TokenRequestError::Repeated("tx_code"),
                InvalidRequest,
            ),
            (
                format!("{pre}&{pre}&pre-authorized_code=a"),
                TokenRequestError::Repeated("grant_type"),
                InvalidRequest,
            ),
            ("x".repeat(MAX_TOKEN_REQUEST_LENGTH + 1), TokenRequestError::TooLong, InvalidRequest),
        ];
        for (form, reason, code) in cases {
            let refused = TokenRequest::parse(form.as_bytes());
            assert_eq!(refused, Err(reason), "{form}");
            assert_eq!(reason.code(), code, "{form}");
        }
        let tolerated = format!("{pre}&pre-authorized_code=a&tx_code=&scope=x&scope=y&mleg_holder_proof=p");
        assert_eq!(TokenRequest::parse(tolerated.as_bytes()), Ok(code("a", None)));
    }

    #[test]
    fn a_phone_says_who_holds_it_and_how_they_signed_in() {
        let holder = HolderProof { token: Secret::new("h&1"), proof: Some(Secret::new("p.q.r")) };
        let with = |holder| TokenRequest::PreAuthorizedCode {
            pre_authorized_code: Secret::new("c"),
            tx_code: Some(Secret::new("12345678")),
            holder,
        };
        let form = with(Some(holder.clone())).to_form();
        assert!(form.expose().ends_with("&mleg_holder_token=h%261&mleg_holder_proof=p.q.r"));
        assert_eq!(holder.append_to(&with(None).to_form()), form);
        let signed_in = TokenRequest::AuthorizationCode {
            code: Secret::new("c"),
            redirect_uri: "http://127.0.0.1:1/junior/signed-in".to_owned(),
            client_id: "mobywatel-junior".to_owned(),
            code_verifier: CodeVerifier::parse(&"v".repeat(43)).unwrap(),
        };
        for request in [with(Some(holder)), signed_in] {
            assert_eq!(TokenRequest::parse(request.to_form().expose().as_bytes()), Ok(request.clone()));
            let printed = format!("{request:?}");
            assert!(!printed.contains("vvv") && !printed.contains("h&1"), "{printed}");
        }
    }

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

    #[test]
    fn authorization_headers_are_taken_apart() {
        let token = Secret::new("czZCaGRSa3F0Mzpn");
        assert_eq!(TokenType::Dpop.authorization(&token).expose(), "DPoP czZCaGRSa3F0Mzpn");
        for (header, kind) in
            [("BEARER czZCaGRSa3F0Mzpn", TokenType::Bearer), ("dpop   czZCaGRSa3F0Mzpn", TokenType::Dpop)]
        {
            assert_eq!(TokenType::from_authorization(header), Some((kind, token.clone())));
        }
        for wrong in ["", "Bearer", "Bearer ", "Basic czZC", "Bearer a b", "Bearer \u{17c}"] {
            assert_eq!(TokenType::from_authorization(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(form in any::<Vec<u8>>(), header in any::<String>()) {
            let _ = TokenRequest::parse(&form);
            let _ = TokenType::from_authorization(&header);
        }

        #[test]
        fn whatever_a_pupil_types_arrives(typed in "\\PC{1,20}") {
            let request = code("c", Some(&typed));
            prop_assert_eq!(TokenRequest::parse(request.to_form().expose().as_bytes()), Ok(request));
        }
    }
}
