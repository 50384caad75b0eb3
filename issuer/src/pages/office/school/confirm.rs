//! The page before an act that cannot be taken back: what will happen, then the button.

use askama::Template;
use axum::response::Response;

use crate::pages::form::Fields;
use crate::pages::frame::{Page, render_as};

/// What is asked.
#[derive(Template)]
#[template(path = "office/school_confirm.html")]
pub(in crate::pages::office) struct Confirm {
    pub(in crate::pages::office) page: Page,
    /// Why the act was refused, if it was tried.
    pub(in crate::pages::office) fields: Fields,
    /// The way back: address and text.
    pub(in crate::pages::office) back: (String, String),
    /// What will happen, a paragraph each.
    pub(in crate::pages::office) what: Vec<String>,
    /// Where the form is sent to.
    pub(in crate::pages::office) action: String,
    /// What stands on the button.
    pub(in crate::pages::office) button: String,
}

impl Confirm {
    pub(in crate::pages::office) fn show(self) -> Response {
        render_as(self.fields.status(), &self)
    }
}
