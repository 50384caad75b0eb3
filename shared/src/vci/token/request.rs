//! What is sent to the token endpoint.

use url::form_urlencoded;

use crate::secret::Secret;
use crate::vci::error::{Coded, TokenErrorCode};
use crate::vci::sign_in::CodeVerifier;
use crate::vci::{GRANT_AUTHORIZATION_CODE, GRANT_PRE_AUTHORIZED_CODE, GRANT_REFRESH_TOKEN};

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn reading_never_panics(form in any::<Vec<u8>>()) {
            let _ = TokenRequest::parse(&form);
        }

        #[test]
        fn whatever_a_pupil_types_arrives(typed in "\\PC{1,20}") {
            let request = code("c", Some(&typed));
            prop_assert_eq!(TokenRequest::parse(request.to_form().expose().as_bytes()), Ok(request));
        }
    }
}
