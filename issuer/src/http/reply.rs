//! Error answers to wallets.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::vci::error::{ErrorBody, ErrorCode, Reason, TokenErrorCode, www_authenticate};
use shared::vci::token::TokenType;

use super::messages;
use super::told::Told;

/// An error answer on its way.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    body: ErrorBody,
    challenge: Option<TokenType>,
    retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// What a client is told: code, text for developers, reason and what the pupil should do next.
    pub(super) fn new(code: impl ErrorCode, description: &str, reason: Reason) -> Self {
        let (pl, en) = messages::of(&reason);
        let body =
            ErrorBody::new(code).with_description(description).with_reason(reason).with_messages(pl, en);
        Self { status: status(code), code: code.as_str(), body, challenge: None, retry_after_seconds: None }
    }

    /// What a client is told when the fault is ours: a code. The cause goes to the log, once.
    pub(super) fn ours(code: impl ErrorCode, cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, code = code.as_str(), "a request failed");
        let retry = (code.status() == 503).then_some(2);
        let body = ErrorBody::new(code);
        Self { status: status(code), code: code.as_str(), body, challenge: None, retry_after_seconds: retry }
    }

    pub(super) fn tries_left(self, tries: u8) -> Self {
        Self { body: self.body.with_tries_left(tries), ..self }
    }

    /// Adds the challenge of RFC 6750 §3 or RFC 9449 §7.1.
    pub(super) fn challenging(self, presented: TokenType) -> Self {
        Self { challenge: Some(presented), ..self }
    }

    pub(super) fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }
}

/// Says in our words what the framework refuses by itself: a body too large, a wrong method, a path that is no text.
pub(super) async fn in_our_words(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let ours = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let status = response.status();
    if ours || !status.is_client_error() {
        return response;
    }
    let description = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
        StatusCode::METHOD_NOT_ALLOWED => "this method is not for this address",
        _ => "the request cannot be read",
    };
    let refusal = Refusal::new(TokenErrorCode::InvalidRequest, description, Reason::Malformed);
    let mut said = Refusal { status, ..refusal }.into_response();
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        said.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    said
}

fn status(code: impl ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = self.challenge.map(|presented| www_authenticate(presented, Some(&self.body)));
        let reason = self.body.reason.as_ref().map(|reason| reason.as_str().to_owned().into());
        let told = Told { code: self.code.into(), reason };
        let mut response = told.on((self.status, Json(self.body)).into_response());
        if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
