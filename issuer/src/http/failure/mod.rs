//! Error answers of the staff API: problem details (RFC 9457) with a stable code and what to do next.

pub mod code;
mod refusal;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::Code;
pub use refusal::Coded;

use super::staff_api::FieldCode;
use super::told::Told;
use crate::registry::fault::{Faults, FieldFault};
use crate::registry::photo::PhotoRefusal;
use crate::store::StoreError;

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Problem details (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", examples("/api#problem-unknown_pupil"))]
    pub kind: String,
    /// What the status means.
    #[schema(examples("Not Found"))]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// Stable word for programs.
    #[schema(value_type = Code)]
    pub code: String,
    /// What went wrong and what to do next, in English.
    pub detail: String,
    /// The same for people who read Polish.
    pub message_pl: String,
    /// The same for people who read English.
    pub message_en: String,
    /// What is wrong with which field, where fields are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Its name, with dots into nested objects.
    #[schema(examples("address.postal_code"))]
    pub field: String,
    /// Stable word for programs.
    #[schema(value_type = FieldCode)]
    pub code: String,
    /// What to do, in Polish.
    pub message_pl: String,
    /// What to do, in English.
    pub message_en: String,
}

impl From<&FieldFault> for FieldProblem {
    fn from(fault: &FieldFault) -> Self {
        Self {
            field: fault.field.clone(),
            code: fault.code.word().to_owned(),
            message_pl: fault.code.message_pl().to_owned(),
            message_en: fault.code.message_en().to_owned(),
        }
    }
}

impl Problem {
    /// What is answered to `code` where nothing more is known.
    pub fn of(code: Code) -> Self {
        let status = code.status();
        Self {
            kind: format!("/api#problem-{}", code.word()),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.word().to_owned(),
            detail: code.message_en().to_owned(),
            message_pl: code.message_pl().to_owned(),
            message_en: code.message_en().to_owned(),
            fields: Vec::new(),
        }
    }
}

/// An error answer on its way.
#[derive(Debug, Clone)]
pub struct Failure(Box<Problem>, Option<u32>);

impl Failure {
    /// Refuses with a code and its own words.
    pub fn of(code: Code) -> Self {
        Self(Box::new(Problem::of(code)), None)
    }

    /// The same, with the seconds after which to ask again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self(self.0, Some(seconds))
    }

    /// The same, with more to say in English.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.0.message_en.clone_from(&detail);
        self.0.detail = detail;
        self
    }

    /// The same, with what is wrong with which field.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.0.fields = fields;
        self
    }

    /// A failure of ours: the client gets a code alone, the log gets the cause, once.
    pub fn ours(code: Code, cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, code = code.word(), "a staff request failed");
        Self::of(code)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = Told::code(self.0.code.clone());
        let mut response = told.on((status, Json(*self.0)).into_response());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        match status {
            StatusCode::UNAUTHORIZED => {
                let challenge = HeaderValue::from_static("Bearer realm=\"mLegitymacja staff API\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        if let Some(seconds) = self.1 {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl<R: Coded> From<R> for Failure {
    fn from(refusal: R) -> Self {
        let fields = refusal.fields().iter().map(FieldProblem::from).collect();
        Self::of(refusal.code()).with_fields(fields)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Contention => Self::ours(Code::Unavailable, &error),
            StoreError::Constraint(_) | StoreError::Damaged(_) | StoreError::Newer { .. } => {
                Self::ours(Code::InternalError, &error)
            }
        }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::of(Code::FieldsInvalid).with_fields(faults.0.iter().map(FieldProblem::from).collect())
    }
}

impl From<PhotoRefusal> for Failure {
    fn from(refusal: PhotoRefusal) -> Self {
        let field = FieldProblem {
            field: "photo".to_owned(),
            code: refusal.code().to_owned(),
            message_pl: refusal.message_pl(),
            message_en: refusal.message_en(),
        };
        let mut failure = Self::of(Code::PhotoRefused).with_detail(field.message_en.clone());
        failure.0.message_pl.clone_from(&field.message_pl);
        failure.with_fields(vec![field])
    }
}

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::of(Code::BodyTooLarge)
        } else {
            // The body broke off: nobody is there to read this, but whoever is should know what happened.
            Self::of(Code::MalformedJson)
        }
    }
}
