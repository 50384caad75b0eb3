//! What an answer refuses with, beside its body: for logs and figures.

use std::borrow::Cow;

use axum::response::Response;

/// The stable code of a refusal, and the reason behind it. Travels with the answer inside the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The code.
    pub code: Cow<'static, str>,
    /// Why, where the code alone leaves that open: a word of a closed list.
    pub reason: Option<Cow<'static, str>>,
}

impl Told {
    /// A code that says it all.
    pub fn code(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), reason: None }
    }

    /// Puts it on an answer.
    #[must_use]
    pub fn on(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
