//! The answer (OpenID4VP 1.0 §8): presentations by the ids of their queries, or why there are none.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::jwe::{CompactJwe, ContentEncryption, JweError, MAX_JWE_LENGTH, OpeningKey, RecipientKey};
use crate::entropy::Entropy;
use crate::jose::json_object;
use crate::secret::Secret;

/// The longest answer, in bytes of the form.
pub const MAX_RESPONSE_LENGTH: usize = 768 * 1024;
/// The most credentials of an answer, and presentations of one.
pub const MAX_PRESENTATIONS: usize = 16;

/// `vp_token`: presentations by the ids of their credential queries (§8.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VpToken(BTreeMap<String, Vec<String>>);

impl VpToken {
    /// The answer with one presentation each.
    pub fn of(presentations: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(presentations.into_iter().map(|(id, presentation)| (id, vec![presentation])).collect())
    }

    /// The presentations by id.
    pub fn presentations(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(id, list)| (id.as_str(), list.as_slice()))
    }

    fn is_bounded(&self) -> bool {
        let fits = |list: &Vec<String>| (1..=MAX_PRESENTATIONS).contains(&list.len());
        (1..=MAX_PRESENTATIONS).contains(&self.0.len()) && self.0.values().all(fits)
    }
}

/// Presentations are personal data.
impl fmt::Debug for VpToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VpToken({} credentials)", self.0.len())
    }
}

/// What a phone answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Presentations.
    Presented(VpToken),
    /// None (§8.5).
    Refused(WalletError),
}

/// Why a phone gives nothing (§8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalletError {
    /// The holder said no, or holds nothing of the kind; a verifier cannot tell which.
    AccessDenied,
    /// The request is not one.
    InvalidRequest,
    /// The client identifier or its certificate is refused.
    InvalidClient,
    /// No format that both know.
    VpFormatsNotSupported,
    /// Anything else that a wallet may say.
    #[serde(other)]
    Other,
}

impl WalletError {
    /// Its code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::VpFormatsNotSupported => "vp_formats_not_supported",
            Self::Other => "server_error",
        }
    }
}

/// An answer with the state of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// What was answered.
    pub answer: Answer,
    /// The request's `state`.
    pub state: Option<Secret>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vp_token: Option<VpToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<WalletError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<Secret>,
}

impl AuthorizationResponse {
    /// The form of `direct_post` (§8.2).
    ///
    /// # Errors
    /// [`ResponseError::Malformed`] should the token not be expressible as JSON.
    pub fn to_form(&self) -> Result<Secret, ResponseError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match &self.answer {
            Answer::Presented(token) => {
                let json = serde_json::to_string(token).map_err(|_| ResponseError::Malformed)?;
                form.append_pair("vp_token", &json);
            }
            Answer::Refused(error) => {
                form.append_pair("error", error.code());
            }
        }
        if let Some(state) = &self.state {
            form.append_pair("state", state.expose());
        }
        Ok(Secret::new(form.finish()))
    }

    /// The form of `direct_post.jwt` (§8.3), encrypted to `recipient`.
    ///
    /// # Errors
    /// [`ResponseError::Encryption`].
    pub fn to_encrypted_form(
        &self,
        recipient: &RecipientKey,
        encryption: ContentEncryption,
        entropy: &dyn Entropy,
    ) -> Result<Secret, ResponseError> {
        let (vp_token, error) = match self.answer.clone() {
            Answer::Presented(token) => (Some(token), None),
            Answer::Refused(error) => (None, Some(error)),
        };
        let body = Body { vp_token, error, state: self.state.clone() };
        let json = serde_json::to_vec(&body).map_err(|_| ResponseError::Malformed)?;
        let jwe = super::jwe::encrypt(&json, recipient, encryption, entropy)?;
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("response", &jwe).finish();
        Ok(Secret::new(form))
    }
}

/// A form that was taken apart; an encrypted one is still shut.
#[derive(Debug, Clone)]
pub enum PostedResponse {
    /// In the clear.
    Plain(AuthorizationResponse),
    /// Encrypted.
    Encrypted(Box<CompactJwe>),
}

impl PostedResponse {
    /// Reads the form that was posted to the response address.
    ///
    /// # Errors
    /// See [`ResponseError`].
    pub fn parse(form: &[u8]) -> Result<Self, ResponseError> {
        if form.len() > MAX_RESPONSE_LENGTH {
            return Err(ResponseError::TooLong);
        }
        let (mut response, mut token, mut error, mut state) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(form) {
            let place = match &*name {
                "response" => &mut response,
                "vp_token" => &mut token,
                "error" => &mut error,
                "state" => &mut state,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(ResponseError::Repeated);
            }
        }
        match (response, token, error) {
            (Some(response), None, None) => Ok(Self::Encrypted(Box::new(CompactJwe::parse(&response)?))),
            (None, token, error) => {
                let token = token
                    .map(|token| json_object(token.as_bytes()).ok_or(ResponseError::Malformed))
                    .transpose()?;
                let error = error.map(|error| wallet_error(&error));
                Ok(Self::Plain(read(token, error, state.map(Secret::new))?))
            }
            _ => Err(ResponseError::Malformed),
        }
    }

    /// Whether the answer was encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted(_))
    }
}

/// Opens an encrypted answer.
///
/// # Errors
/// See [`ResponseError`].
pub fn open(jwe: CompactJwe, key: &OpeningKey) -> Result<AuthorizationResponse, ResponseError> {
    let json = jwe.open(key)?;
    let body: Body = json_object(&json).ok_or(ResponseError::Malformed)?;
    read(body.vp_token, body.error, body.state)
}

fn wallet_error(code: &str) -> WalletError {
    serde_json::from_value(serde_json::Value::from(code)).unwrap_or(WalletError::Other)
}

fn read(
    token: Option<VpToken>,
    error: Option<WalletError>,
    state: Option<Secret>,
) -> Result<AuthorizationResponse, ResponseError> {
    let answer = match (token, error) {
        (Some(token), None) if token.is_bounded() => Answer::Presented(token),
        (None, Some(error)) => Answer::Refused(error),
        _ => return Err(ResponseError::Malformed),
    };
    Ok(AuthorizationResponse { answer, state })
}

/// What the response address says back (§8.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Where the holder's browser is to go on, with a `response_code` in the same-device flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<Secret>,
}

impl Acknowledgement {
    /// The longest acknowledgement, in bytes.
    pub const MAX_LENGTH: usize = 16 * 1024;

    /// Reads one; an answer that is none says nothing, which is allowed.
    pub fn parse(json: &[u8]) -> Self {
        if json.len() > Self::MAX_LENGTH {
            return Self::default();
        }
        json_object(json).unwrap_or_default()
    }
}

/// Messages complete "cannot read the answer: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Longer than [`MAX_RESPONSE_LENGTH`].
    #[error("it is too long")]
    TooLong,
    /// Not of the expected shape: neither presentations nor an error, or both.
    #[error("it is not of the expected shape")]
    Malformed,
    /// A field comes twice.
    #[error("it says something twice")]
    Repeated,
    /// Its encryption.
    #[error(transparent)]
    Encryption(#[from] JweError),
}

const _: () = assert!(MAX_JWE_LENGTH < MAX_RESPONSE_LENGTH, "every JWE that is read fits its form");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vp::request::sample::Counted;

    fn presented() -> AuthorizationResponse {
        let token = VpToken::of([("card".to_owned(), "a.b.c~d~e.f.g".to_owned())]);
        AuthorizationResponse { answer: Answer::Presented(token), state: Some(Secret::new("s 1&2")) }
    }

    fn refused() -> AuthorizationResponse {
        AuthorizationResponse { answer: Answer::Refused(WalletError::AccessDenied), state: None }
    }

    #[test]
    fn both_forms_are_read_back() {
        let key = OpeningKey::draw(&Counted::new(3)).unwrap();
        let recipient = RecipientKey { key: key.public().clone(), kid: None };
        for answer in [presented(), refused()] {
            let plain = PostedResponse::parse(answer.to_form().unwrap().expose().as_bytes()).unwrap();
            assert!(matches!(plain, PostedResponse::Plain(read) if read == answer));
            let form =
                answer.to_encrypted_form(&recipient, ContentEncryption::A256Gcm, &Counted::new(4)).unwrap();
            let posted = PostedResponse::parse(form.expose().as_bytes()).unwrap();
            let PostedResponse::Encrypted(jwe) = posted else { panic!("it was encrypted") };
            assert_eq!(open(*jwe, &key), Ok(answer));
        }
    }

    #[test]
    fn the_form_is_the_standards() {
        // §8.2: an object of arrays, form-encoded.
        assert_eq!(
            presented().to_form().unwrap().expose(),
            "vp_token=%7B%22card%22%3A%5B%22a.b.c%7Ed%7Ee.f.g%22%5D%7D&state=s+1%262"
        );
        assert_eq!(refused().to_form().unwrap().expose(), "error=access_denied");
    }

    #[test]
    fn wrong_answers_are_refused() {
        let many = format!(
            "vp_token={{{}}}",
            (0..17).map(|n| format!("\"c{n}\":[\"x\"]")).collect::<Vec<_>>().join(",")
        );
        let cases = [
            ("", ResponseError::Malformed),
            ("state=a", ResponseError::Malformed),
            ("vp_token=a.b.c", ResponseError::Malformed),
            ("vp_token={}", ResponseError::Malformed),
            ("vp_token={\"card\":[]}", ResponseError::Malformed),
            ("vp_token={\"card\":\"a.b.c\"}", ResponseError::Malformed),
            ("vp_token={\"card\":[{}]}", ResponseError::Malformed),
            ("vp_token={\"card\":[\"x\"]}&error=access_denied", ResponseError::Malformed),
            ("vp_token={\"card\":[\"x\"]}&response=a", ResponseError::Malformed),
            ("vp_token={\"card\":[\"x\"]}&vp_token={\"card\":[\"x\"]}", ResponseError::Repeated),
            (many.as_str(), ResponseError::Malformed),
            ("response=a.b.c", ResponseError::Encryption(JweError::NotFiveParts)),
        ];
        for (form, reason) in cases {
            assert_eq!(PostedResponse::parse(form.as_bytes()).map(|_| ()), Err(reason), "{form}");
        }
        let long = vec![b'a'; MAX_RESPONSE_LENGTH + 1];
        assert_eq!(PostedResponse::parse(&long).map(|_| ()), Err(ResponseError::TooLong));
    }

    #[test]
    fn unknown_errors_are_errors_and_answers_print_nothing() {
        let other = PostedResponse::parse(b"error=user_is_asleep&state=x").unwrap();
        assert!(matches!(
            other,
            PostedResponse::Plain(AuthorizationResponse { answer: Answer::Refused(WalletError::Other), .. })
        ));
        assert!(!format!("{:?}", presented()).contains("a.b.c"));
        assert_eq!(Acknowledgement::parse(b"rubbish"), Acknowledgement::default());
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>(), token in any::<String>()) {
            let _ = PostedResponse::parse(&bytes);
            let _ = PostedResponse::parse(format!("vp_token={token}").as_bytes());
            let _ = Acknowledgement::parse(&bytes);
        }
    }
}
